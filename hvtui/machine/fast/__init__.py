"""The fast engine: the rows' meanings as machine code, beside the reference interpreter.

It runs what is easy and leaves *before* any instruction that is not; the reference does that one.
"""
