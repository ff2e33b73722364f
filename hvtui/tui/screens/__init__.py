"""The screens: gallery, debugger, and the dialogs over it."""
