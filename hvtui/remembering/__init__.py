"""What is kept from one session to the next, in the person's own folders: never the machine's state."""
