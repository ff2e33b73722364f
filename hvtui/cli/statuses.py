"""Exit statuses that no guest chose."""

# A mistake on the command line or in a file.
BAD_INPUT = 2
# The limit of instructions was reached (what timeout(1) says).
LIMIT = 124
# Ctrl+C (what shells say of a process that SIGINT ended).
INTERRUPTED = 130
# Nobody reads the output any more (the same for SIGPIPE).
NO_READER = 141
