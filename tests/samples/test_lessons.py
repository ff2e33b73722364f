"""The lessons are true: what they say to type is understood, what they name is there."""

from __future__ import annotations

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from asm.isa.causes import CAUSE_NAMES, INTERRUPT_NAMES
from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from asm.isa.pseudo import PSEUDO_INSTRUCTIONS
from asm.isa.registers import REGISTER_NUMBERS
from asm.isa.trapbits import TRAP_BITS_BY_NAME
from hvtui.cli.commands import COMMANDS
from hvtui.debugger.locations import LocationError, resolve
from hvtui.debugger.trapconditions import ConditionError, parse_condition
from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from hvtui.tui.actions.everything import ACTIONS
from hvtui.tui.actions.table import key_name

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
LESSONS = sorted(SAMPLES.glob("[0-9]*/LESSON.md"))
EACH = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.parent.name)

QUOTED = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^    |`)(hvtui [^`\n]+)", re.MULTILINE)
# What is said to be typed, or to set a breakpoint on.
TYPED = re.compile(r"(?:types?|breakpoints? on(?: the (?:trap|bit))?|one on(?: the trap)?)\s+`([^`]+)`")
# ... and where the keys that set it stand beside it.
AT_TRAPS = re.compile(r"`([^`]+)` \(`t`\)")
AT_PLACES = re.compile(r"`([^`]+)` \(`/`")

PANE_KEYS = {"Enter", "Esc", "Del", "Tab", "Right", "Left", "Up", "Down"}
VOCABULARY = {
    *(key_name(key) for action in ACTIONS for key in action.keys),
    *PANE_KEYS,
    *CSRS_BY_NAME,
    *(name for row in CSRS_BY_NAME.values() for name in row.fields_by_name),
    *INSTRUCTIONS_BY_NAME,
    *(pseudo.name for pseudo in PSEUDO_INSTRUCTIONS),
    *REGISTER_NUMBERS,
    *TRAP_BITS_BY_NAME,
    *(name.key for name in (*CAUSE_NAMES.values(), *INTERRUPT_NAMES.values())),
    *GENERATIONS,
    *COMMANDS,
    *("any", "trap", "interrupt", "return", "injection", "ignored", "leaked"),
    *("hvtui", "exits", "bits", "causes", "traps", "components"),
}
# A name: not a single letter, nor a number without its 0x.
WORD = re.compile(r"(?![0-9a-f]{8}$)[A-Za-z_]\w+")


@cache
def text_of(lesson: Path) -> str:
    return lesson.read_text(encoding="utf-8")


@cache
def system_of(lesson: Path) -> System:
    return load_system(lesson.parent)


@cache
def names_of(lesson: Path) -> frozenset[str]:
    """Return every word that the programs of a lesson, and its machine file, know."""
    system = system_of(lesson)
    data = tomllib.loads((lesson.parent / "machine.toml").read_text(encoding="utf-8"))
    found = set(_keys(data))
    for component in system.components:
        found |= {component.name, component.vm or "", *component.program.symbols}
        for source in component.program.sources.values():
            found.update(re.findall(r"\.(?:equ|macro)\s+(\w+)", source))
        for file in component.program.sources:
            found |= {Path(file).name, Path(file).stem}
    for text in (system.expect.console or "", *system.expect.vm_consoles.values()):
        found.update(text.split())
    return frozenset(found)


def _keys(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from _keys(value)
    if isinstance(data, list):
        for value in data:
            yield from _keys(value)


def is_condition(lesson: Path, text: str) -> bool:
    try:
        parse_condition(text, [component.name for component in system_of(lesson).components])
    except ConditionError:
        return False
    return True


def is_place(lesson: Path, text: str) -> bool:
    try:
        resolve(system_of(lesson), text)
    except LocationError:
        return False
    return True


def test_every_sample_has_a_lesson() -> None:
    assert [path.parent for path in LESSONS] == sorted(
        path.parent for path in SAMPLES.glob("[0-9]*/machine.toml")
    )


@EACH
def test_commands_are_understood_and_lead_to_files_that_are_there(lesson: Path) -> None:
    found = COMMAND.findall(text_of(lesson))
    assert any(line.startswith("hvtui debug ") for line in found)
    for line in found:
        _, name, *words = shlex.split(line)
        if not words:
            assert name in COMMANDS
            continue
        parser = argparse.ArgumentParser(exit_on_error=False)
        COMMANDS[name].load().add_arguments(parser)
        arguments = vars(parser.parse_args(words))
        paths = arguments.get("path") or arguments["paths"]
        for path in paths if isinstance(paths, list) else [paths]:
            assert (ROOT / path).exists(), line


@EACH
def test_what_is_to_be_typed_is_understood(lesson: Path) -> None:
    text = text_of(lesson)
    for typed in TYPED.findall(text):
        assert is_condition(lesson, typed) or is_place(lesson, typed), typed
    for typed in AT_TRAPS.findall(text):
        assert is_condition(lesson, typed), typed
    for typed in AT_PLACES.findall(text):
        assert is_place(lesson, typed), typed


@EACH
def test_names_are_those_of_the_programs_and_the_machine(lesson: Path) -> None:
    for quoted in QUOTED.findall(text_of(lesson)):
        if quoted.startswith("samples/"):
            assert (ROOT / quoted).exists(), quoted
        elif WORD.fullmatch(quoted):
            assert quoted in VOCABULARY or quoted in names_of(lesson), quoted


@EACH
def test_lines_fit_a_page(lesson: Path) -> None:
    long = [
        line for line in text_of(lesson).splitlines() if len(line) > 104 and not line.startswith("|")
    ]
    assert not long
