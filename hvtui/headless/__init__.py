"""Running a machine to its end without a screen, and counting what happens on the way.

Above the debugger, whose words it uses, and below everything that runs a machine unattended: the
command line's ``run`` and the checks.
"""
