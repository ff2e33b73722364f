"""``[expect]``: what it may say, and how that becomes an `Expectation`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from asm.diagnostics import nearest
from asm.isa.causes import CAUSE_NAMES, INTERRUPT_NAMES
from asm.isa.trapbits import TRAP_BITS_BY_NAME
from asm.isa.width import MASK
from hvtui.machinefile.document import Document
from hvtui.machinefile.expectation import ANY, Expectation, MemoryPlace
from hvtui.machinefile.fields import FieldError, Name, Table, describe_value
from hvtui.machinefile.patterns import Pattern, PatternError
from hvtui.machinefile.ranges import Range, exactly, parse_range
from hvtui.machinefile.sizes import SizeError, parse_number

CAUSE_KEYS = tuple(name.key for name in (*CAUSE_NAMES.values(), *INTERRUPT_NAMES.values()))
TRAP_KEYS = (ANY, *TRAP_BITS_BY_NAME, *CAUSE_KEYS)
LOST_KEYS = (ANY, *TRAP_BITS_BY_NAME)

_MOST_ENTRIES = 256
_SYMBOL_PLACE = re.compile(r"(?P<component>.+?)::(?P<symbol>[^\s:+]+)(?:\s*\+\s*(?P<offset>\S+))?")


def _known(key: object, keys: tuple[str, ...], what: str) -> str:
    if key not in keys:
        meant = nearest(str(key), keys)
        raise FieldError(
            f"there is no {what} {str(key)[:40]!r}" + (f"; did you mean {meant!r}?" if meant else ""),
            f"known are {', '.join(keys)}",
        )
    return str(key)


def _trap_key(key: object) -> str:
    return _known(key, TRAP_KEYS, "trap bit or cause")


def _lost_key(key: object) -> str:
    return _known(key, LOST_KEYS, "trap bit")


def _count(value: object) -> Range:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise FieldError(
            f"expected a number or a range, not {describe_value(value)}", 'write 5, "5..9" or ">=1"'
        )
    if isinstance(value, int):
        if value < 0:
            raise FieldError(f"{value} is no count", "give 0 or more")
        return exactly(value)
    try:
        return parse_range(value)
    except SizeError as error:
        raise FieldError(error.message, error.remedy) from error


def _word(value: object) -> Range:
    """A word's value: as a count, and a negative number means its two's complement."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not -(MASK + 1) // 2 <= value <= MASK:
            raise FieldError(f"{describe_value(value)} does not fit a word of 32 bits")
        return exactly(value & MASK)
    return _count(value)


def _all_alike(value: object) -> object:
    """Take a single count as the count of all together."""
    return {ANY: value} if isinstance(value, int | str) else value


def _at_least_one(value: object) -> object:
    """Take a list of components as: each of them ran."""
    if not isinstance(value, list):
        return value
    if not all(isinstance(name, str) for name in value):
        raise FieldError(
            "expected names of components",
            'write ran = ["guest kernel"], or with instructions { "guest kernel" = ">=100" }',
        )
    return dict.fromkeys(value, ">=1")


def _pattern(value: object) -> Pattern:
    if not isinstance(value, str):
        raise FieldError(
            f"expected a regular expression, not {describe_value(value)}",
            "write it in single quotes, in which a backslash is itself: 'ticks: [0-9]+'",
        )
    try:
        return Pattern(value)
    except PatternError as error:
        raise FieldError(error.message, error.remedy) from error


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _of_virtual_machines(value: object) -> object:
    """Refuse a table below the name of a virtual machine: a dot in a name that is not in quotes."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict) and inner:
            whole = f"{name}.{next(iter(inner))}"
            raise FieldError(
                f"expected what {name!r} prints, not a table",
                f'put the name of a virtual machine in another one into quotes: "{whole}"',
            )
    return value


def _memory_place(key: object) -> MemoryPlace:
    text = str(key).strip()
    found = _SYMBOL_PLACE.fullmatch(text)
    number = (found["offset"] or "0") if found else text
    try:
        offset = parse_number(number)
        if not 0 <= offset <= MASK:
            raise SizeError("", "")
    except SizeError as error:
        raise FieldError(
            f"{text[:60]!r} is no place in memory",
            'write a physical address, 0x80001000, or "component::symbol", "component::symbol+4"',
        ) from error
    if found is None:
        return MemoryPlace(text, offset)
    return MemoryPlace(text, offset, found["component"], found["symbol"])


TrapKey = Annotated[str, PlainValidator(_trap_key)]
LostKey = Annotated[str, PlainValidator(_lost_key)]
Count = Annotated[Range, PlainValidator(_count)]
Word = Annotated[Range, PlainValidator(_word)]
Place = Annotated[MemoryPlace, PlainValidator(_memory_place)]
OnePattern = Annotated[Pattern, PlainValidator(_pattern)]
Patterns = Annotated[
    list[OnePattern], BeforeValidator(_one_or_more), Field(min_length=1, max_length=_MOST_ENTRIES)
]
Lost = Annotated[dict[LostKey, Count], BeforeValidator(_all_alike)]


class ExpectTable(Table):
    """``[expect]``: what a run must show."""

    console: str | None = None
    console_pattern: Patterns | None = None
    consoles: Annotated[dict[Name, str], BeforeValidator(_of_virtual_machines)] = Field(
        default_factory=dict
    )
    console_patterns: Annotated[dict[Name, Patterns], BeforeValidator(_of_virtual_machines)] = Field(
        default_factory=dict
    )
    exit: Annotated[int, Field(ge=0, le=MASK)] | None = None
    ends: Literal["finisher", "tohost", "stuck", "limit"] | None = None
    max_instructions: Annotated[int, Field(ge=1)] | None = None
    traps: Annotated[dict[TrapKey, Count], BeforeValidator(_all_alike)] = Field(default_factory=dict)
    ignored: Lost = Field(default_factory=dict)
    leaked: Lost = Field(default_factory=dict)
    memory: Annotated[dict[Place, Word], Field(max_length=_MOST_ENTRIES)] = Field(default_factory=dict)
    ran: Annotated[dict[Name, Count], BeforeValidator(_at_least_one)] = Field(default_factory=dict)
    not_ran: list[Name] = Field(default_factory=list)
    input: str = ""

    def expectation(self, document: Document) -> Expectation:
        """Return what the table of `document` says, with the lines where it says it."""
        return Expectation(
            console=self.console,
            exit=self.exit,
            ends=self.ends,
            console_patterns=tuple(self.console_pattern or ()),
            vm_consoles=self.consoles,
            vm_console_patterns={vm: tuple(patterns) for vm, patterns in self.console_patterns.items()},
            traps=self.traps,
            ignored=self.ignored,
            leaked=self.leaked,
            memory=self.memory,
            ran=self.ran,
            not_ran=tuple(self.not_ran),
            max_instructions=self.max_instructions,
            input=self.input,
            path=document.path if "expect" in document.data else None,
            lines=document.lines_in("expect"),
        )
