"""What holds for all tests: no property fails because a machine was slow."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("hvtui", deadline=None, print_blob=True)
settings.load_profile("hvtui")
