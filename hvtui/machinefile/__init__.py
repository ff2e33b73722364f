"""Machine files: from a path that a person names to a computer with its programs loaded.

Between the machine, which knows addresses, and the debugger, which shows components. `loading` is
the way in; `System` is what comes out.
"""
