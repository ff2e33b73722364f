"""Exit statuses of the command line's own; those of a run are in `hvtui.headless.ending`."""

# A mistake on the command line or in a file.
BAD_INPUT = 2
# Nobody reads the output any more (the same for SIGPIPE).
NO_READER = 141
