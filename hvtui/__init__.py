"""hvtui: a terminal debugger in which people see virtualization."""

__version__ = "0.1.0"
