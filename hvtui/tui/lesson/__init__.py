"""Lessons: Markdown as lines for a pane, and the links in it that drive the debugger."""
