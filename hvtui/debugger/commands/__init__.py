"""The debugger's command language, in gdb's words: ``break main if a0 == 3``, ``x/8xw sp``, ``rc``.

`interpreter.Interpreter` executes lines over a session and writes plain text lines; `table.Command`
is what is known of a command, and `everything.COMMANDS` the table of them all, from which names,
abbreviations, help and completion come. The commands stand in one module a subject.
"""
