"""What the source pane draws: files, code in memory, and what is said beside their lines."""
