"""The panes of the debugger screen, one file each: what to draw is a pure function of a snapshot."""
