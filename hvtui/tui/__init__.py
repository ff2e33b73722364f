"""The terminal's face of the debugger: everything of Textual, and nothing else, lives here."""
