"""Runs the command line in the test's own process, and writes the guests that it is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hvtui.cli import main
from tests.support.small_guests import MACROS


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON object that is all of stdout."""
        report = json.loads(self.out)
        assert isinstance(report, dict)
        return report


Command = Callable[..., Outcome]


@pytest.fixture
def hvtui(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Return ``hvtui("run", path, ...)``."""

    def call(*words: object) -> Outcome:
        capfdbinary.readouterr()
        try:
            status = main([str(word) for word in words])
        except SystemExit as leaving:  # argparse leaves so after --help and at mistakes
            status = leaving.code if isinstance(leaving.code, int) else 1
        out, err = capfdbinary.readouterr()
        assert b"Traceback" not in err
        return Outcome(status, out.decode(), err.decode())

    return call


@pytest.fixture
def guest(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a program with the macros `finish` and `put`."""

    def write(body: str, name: str = "guest.s") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MACROS + body + "\n", encoding="utf-8")
        return path

    return write
