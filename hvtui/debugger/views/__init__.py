"""What a person looks at in a machine, as values: its CSRs and a guest's, page walks, memory.

Each view is computed over a session that stands still, or from the thread that moves it, and changes
nothing. Screens and commands draw the same values.
"""
