"""What a person can do on the debugger screen: one table of actions, by subject."""
