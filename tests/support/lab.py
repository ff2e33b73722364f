"""A folder in which a test writes machine files and the programs they name."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides, System

NOP = bytes.fromhex("13000000")

ONE = """\
[machine]
title = "One program"

[[component]]
name   = "kernel"
binary = "kernel.bin"
at     = 0x80000000
"""


@dataclass(frozen=True)
class Lab:
    """A folder with ``kernel.bin`` (16 bytes) and whatever a test adds."""

    folder: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, text: str | bytes = ONE, overrides: Overrides | None = None) -> System:
        return load_system(self.write("machine.toml", text), overrides)

    def refusal(self, text: str | bytes = ONE, overrides: Overrides | None = None) -> BadInputError:
        """Return why a machine file is refused; fails if it is not."""
        with pytest.raises(BadInputError) as caught:
            self.load(text, overrides)
        assert "Traceback" not in str(caught.value)
        return caught.value

    def edited(self, old: str, new: str) -> str:
        """Return the simplest machine file with a part replaced."""
        assert old in ONE
        return ONE.replace(old, new)
