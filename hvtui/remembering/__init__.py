"""What is remembered from one session to the next, in the person's own folders.

Everything here is a convenience: whatever is wrong with a file, or the disk, costs a message, never
the session. Files are written whole or not at all, read within bounds, and checked; one that cannot be
read is set aside under another name.
"""
