"""Checking machines against what their `[expect]` says, and grading many of them at once.

Above the headless runs, below the faces: it prints nothing, it returns verdicts.
"""
