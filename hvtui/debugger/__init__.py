"""The debugger engine: it knows no screen.

`session.Session` is the way in: it holds a machine with its programs, steps and runs it, stops it at
breakpoints and traps, and hands out a `snapshot.Snapshot` of what there is to see. Screens, the
command line and tests drive the same object.
"""
