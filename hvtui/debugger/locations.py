"""From what a person writes (a label, a line, an address) to places in the machine's memory.

    LABEL  LABEL+8  COMPONENT::LABEL  FILE:LINE  COMPONENT::FILE:LINE  0x80000010  COMPONENT::0x80000010

An address alone is physical; after a component's name it is one that the component was linked for.
A star may stand before all of them. What else may follow a star is told in `hvtui.debugger.pointing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from asm.diagnostics import nearest
from asm.program import LineEntry, Program
from hvtui.debugger.positions import short_file
from hvtui.machinefile.system import Component, System

_LINE = re.compile(r"(?P<file>.+):(?P<line>\d+)")
_LABEL = re.compile(r"(?P<label>[^+]+?)(?:\s*\+\s*(?P<offset>0[xX][0-9a-fA-F]+|\d+))?")

_Find: TypeAlias = Callable[[Program], tuple[int, ...]]


class LocationError(ValueError):
    """Nothing is there by that name; the message says what was looked for and what is near."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in physical memory and, where a component fills it, its linked address there."""

    physical: int
    component: Component | None = None
    linked: int = 0

    def __str__(self) -> str:
        if self.component is None:
            return f"{self.physical:#010x}"
        entry = self.component.program.lines.at(self.linked)
        if entry is not None:
            where = f"{short_file(entry.outermost.file)}:{entry.outermost.line}"
        else:
            where = f"{self.linked:#010x}"
        return f"{where} in {self.component.name}"


def resolve(system: System, text: str, preferred: Component | None = None) -> tuple[Location, ...]:
    """Return every place that `text` names, at least one.

    A name that several components have means `preferred`'s, if that has it, else all of them.
    Raises LocationError.
    """
    text = text.strip().removeprefix("*").strip()
    if not text:
        raise LocationError("say where: a label, FILE:LINE or an address")
    components: tuple[Component, ...] = system.components
    rest = text
    if "::" in text:
        name, _, rest = (part.strip() for part in text.partition("::"))
        components = (_component(system, name),)
    address = _number(rest)
    if address is not None:
        return (_at_address(system, address, components[0] if rest is not text else None),)
    by_line = _LINE.fullmatch(rest)
    if by_line is not None:
        found = _each(components, preferred, lambda program: line_addresses(
            program, by_line["file"], int(by_line["line"])))  # fmt: skip
        if not found:
            raise LocationError(_no_line(components, by_line["file"], int(by_line["line"])))
        return found
    by_label = _LABEL.fullmatch(rest)
    label = by_label["label"] if by_label else rest
    offset = int(by_label["offset"], 0) if by_label and by_label["offset"] else 0
    found = _each(components, preferred, lambda program: _label(program, label, offset))
    if not found:
        raise LocationError(_no_label(components, label))
    return found


def line_addresses(program: Program, file: str, line: int) -> tuple[int, ...]:
    """Return where the code of a line begins; of the next line that has code, if it has none.

    A line makes code in several places if a macro that holds it is used several times.
    """
    for name in _files(program, file):
        for candidate in sorted(_code_lines(program, name)):
            if candidate >= line:
                return _beginnings(program, name, candidate)
    return ()


def _each(
    components: Iterable[Component],
    preferred: Component | None,
    find: _Find,
) -> tuple[Location, ...]:
    found = {
        component: tuple(
            Location(linked + component.relocation, component, linked)
            for linked in find(component.program)
        )
        for component in components
    }
    if preferred is not None and found.get(preferred):
        return found[preferred]
    return tuple(location for locations in found.values() for location in locations)


def _files(program: Program, file: str) -> Iterator[str]:
    wanted = file.replace("\\", "/")
    for name in program.sources:
        normal = name.replace("\\", "/")
        if normal == wanted or normal.endswith("/" + wanted):
            yield name


def _code_lines(program: Program, file: str) -> set[int]:
    return {
        place.line
        for entry in program.lines
        if entry.is_code
        for place in (entry.place, entry.outermost)
        if place.file == file
    }


def _beginnings(program: Program, file: str, line: int) -> tuple[int, ...]:
    beginnings: list[int] = []
    before: LineEntry | None = None
    for address in sorted(program.lines.addresses(file, line)):
        entry = program.lines.at(address)
        if entry is None or not entry.is_code:
            continue
        goes_on = (
            before is not None
            and before.address + before.size == address
            and before.outermost == entry.outermost
        )
        if not goes_on:
            beginnings.append(address)
        before = entry
    return tuple(beginnings)


def _label(program: Program, label: str, offset: int) -> tuple[int, ...]:
    symbol = program.symbols.get(label)
    return () if symbol is None or symbol.section is None else (symbol.value + offset,)


def _at_address(system: System, address: int, component: Component | None) -> Location:
    if component is not None:
        return Location(address + component.relocation, component, address)
    owner = system.component_at(address)
    return Location(address, owner, address - owner.relocation if owner else 0)


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _component(system: System, name: str) -> Component:
    names = [component.name for component in system.components]
    if name in names:
        return system.components[names.index(name)]
    near = nearest(name, names)
    raise LocationError(
        f'no component is named "{name}"'
        + (f"; did you mean {near}?" if near else f"; there is {', '.join(names)}")
    )


def _no_line(components: Iterable[Component], file: str, line: int) -> str:
    programs = [component.program for component in components]
    if any(True for program in programs for _ in _files(program, file)):
        return f"{file} has no code at line {line} nor after it"
    known = {short_file(name) for program in programs for name in program.sources}
    near = nearest(short_file(file), known)
    return f'no source is named "{file}"' + (f"; did you mean {near}?" if near else "")


def _no_label(components: Iterable[Component], label: str) -> str:
    labels = {
        symbol.name
        for component in components
        for symbol in component.program.symbols.values()
        if symbol.section is not None
    }
    near = nearest(label, labels)
    return f'no label is named "{label}"' + (f"; did you mean {near}?" if near else "")
