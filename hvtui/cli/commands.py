"""The commands of ``hvtui`` as a table. A command's module is imported when it is used, not before."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast


class CommandModule(Protocol):
    """What each command's module has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Tell the parser what the command takes."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it. Returns the exit status; raises what `hvtui.cli.entry` turns into words."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `form` and `summary` for the help, `module` that does it."""

    form: str
    summary: str
    module: str

    def load(self) -> CommandModule:
        """Import the command's module."""
        return cast(CommandModule, import_module(self.module))


COMMANDS: Mapping[str, Command] = {
    "debug": Command(
        "debug PATH", "open a machine in the debugger; plain 'hvtui PATH' too", "hvtui.cli.debug"
    ),
    "run": Command("run PATH", "run a machine without the debugger", "hvtui.cli.run"),
    "serve": Command("serve [PATH]", "show the debugger in a browser", "hvtui.cli.serve"),
    "check": Command("check PATH...", "run machines against their [expect]", "hvtui.cli.check"),
    "compare": Command(
        "compare [NAME...]", "the same work under every technique, side by side", "hvtui.cli.compare"
    ),
    "classify": Command(
        "classify", "try by experiment which CPUs can be virtualized", "hvtui.cli.classify"
    ),
    "keys": Command("keys", "print which keys do what, to change them", "hvtui.cli.keys"),
    "new": Command("new DIR", "write a lab to start from: your first hypervisor", "hvtui.cli.new"),
    "samples": Command("samples", "list the machines that come with hvtui", "hvtui.cli.samples"),
    "asm": Command("asm FILE", "assemble a source to ELF, raw binary or listing", "hvtui.cli.asm"),
    "disasm": Command("disasm FILE", "show the instructions of a program", "hvtui.cli.disasm"),
}
