"""What holds for all tests: none touches what the person keeps, no property fails for being slow."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("hvtui", deadline=None, print_blob=True)
settings.load_profile("hvtui")

_NUMBERS = count()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache for all tests of a run: what is in it cannot be seen but by the time it takes."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def home(_homes: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own, which nobody has made yet, for what hvtui remembers."""
    home = _homes / str(next(_NUMBERS))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return home
