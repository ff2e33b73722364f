"""The fast engine: the rows' meanings as machine code, beside the reference interpreter.

It runs what is easy and leaves *before* any instruction that is not; the reference does that one.

`engine` goes into native code and out of it. The rows' meanings become that by `lowering`: `handlers`
of an interpreter and, where `hot_code` finds it worth it, blocks (`blocks`, `block_lowering`). What
the hart does for them is in the ``native_`` modules, in a small language, `notation`. `program` is
all of it, `compilation` makes it run, `layout` is the state that it shares with Python.
"""
