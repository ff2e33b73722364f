"""Directives that choose the section."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from asm.assembler.directives.arguments import Handler, check_count
from asm.assembler.expression import Expression
from asm.assembler.source import Statement
from asm.assembler.syntax import Attribute, Operand, Parsed, Text
from asm.assembler.unit import SourceError, Unit


@dataclass(frozen=True, slots=True)
class _Usual:
    """Flags of a section that has a usual name."""

    flags: str
    nobits: bool = False


# By the first part of the name: .text.start is code as .text is.
_USUAL: Mapping[str, _Usual] = {
    ".text": _Usual("ax"),
    ".init": _Usual("ax"),
    ".fini": _Usual("ax"),
    ".rodata": _Usual("a"),
    ".data": _Usual("aw"),
    ".sdata": _Usual("aw"),
    ".init_array": _Usual("aw"),
    ".fini_array": _Usual("aw"),
    ".preinit_array": _Usual("aw"),
    ".bss": _Usual("aw", True),
    ".sbss": _Usual("aw", True),
}
# Sections that are for tools and are never loaded.
_UNLOADED = (
    ".comment", ".note", ".debug", ".stab", ".gnu", ".riscv", ".eh_frame", ".group", ".line",
)  # fmt: skip

_SECTION_NAME = re.compile(r"[\w.$-]+")
_FORM = '.section name, "flags", @progbits'
_FLAGS = "a (loaded), w (writable), x (code)"


def _usual(name: str) -> _Usual | None:
    parts = name.split(".")
    return _USUAL.get("." + parts[1]) if len(parts) > 1 and not parts[0] else None


def _section(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 1, 6, _FORM)
    operands = parsed.operands
    name = _name(statement, operands[0])
    flags, flags_at = _flags(operands)
    nobits = _is_nobits(operands)
    known = unit.sections.get(name)
    usual = _usual(name)
    if known is not None:
        if flags is not None and flags_at and _significant(flags) != _significant(known.flags):
            raise SourceError(
                f'section {name} was "{known.flags}" before',
                flags_at.start,
                flags_at.end,
                f'"{known.flags}", or another name',
            )
        unit.switch(known)
        return
    if flags is None:
        if usual is not None:
            flags = usual.flags
        elif name.startswith(_UNLOADED):
            flags = ""
        else:
            raise SourceError(
                f'section "{name}" has no flags, so that it would not be loaded',
                operands[0].start,
                operands[0].end,
                f'.section {name}, "aw"  with {_FLAGS}',
            )
    if nobits is None:
        nobits = usual is not None and usual.nobits
    unit.switch(unit.enter(name, flags, nobits))


def _significant(flags: str) -> str:
    return "".join(sorted(set(flags) & set("awx")))


def _name(statement: Statement, operand: Operand) -> str:
    if isinstance(operand, Text):
        return operand.data.decode("utf-8", "replace")
    if isinstance(operand, Expression):
        # As written: a name such as .note.GNU-stack is no single name elsewhere.
        text = statement.text[operand.start : operand.end]
        if _SECTION_NAME.fullmatch(text):
            return text
    raise SourceError("the name of a section is needed here", operand.start, operand.end, _FORM)


def _flags(operands: tuple[Operand, ...]) -> tuple[str | None, Operand | None]:
    if len(operands) < 2:
        return None, None
    operand = operands[1]
    if not isinstance(operand, Text):
        raise SourceError(
            "the flags of a section are a string", operand.start, operand.end, f'"aw": {_FLAGS}'
        )
    flags = operand.data.decode("utf-8", "replace")
    unknown = set(flags) - set("awxMSGTolReE?d0123456789")
    if unknown:
        raise SourceError(
            f'"{sorted(unknown)[0]}" is no flag of a section', operand.start, operand.end, _FLAGS
        )
    return flags, operand


def _is_nobits(operands: tuple[Operand, ...]) -> bool | None:
    if len(operands) < 3:
        return None
    operand = operands[2]
    if isinstance(operand, Attribute):
        kind = operand.name
    elif isinstance(operand, Text):
        kind = operand.data.decode("utf-8", "replace")
    elif isinstance(operand, Expression) and operand.name:
        kind = operand.name
    else:
        raise SourceError("the type of a section is needed here", operand.start, operand.end, _FORM)
    if kind not in ("progbits", "nobits", "note", "init_array", "fini_array", "preinit_array"):
        raise SourceError(
            f'"{kind}" is no type of a section', operand.start, operand.end,
            "@progbits (with contents) or @nobits (zeros)",
        )  # fmt: skip
    return kind == "nobits"


def _switch(name: str) -> Handler:
    usual = _USUAL[name]

    def handle(unit: Unit, statement: Statement, parsed: Parsed) -> None:
        if parsed.operands:
            operand = parsed.operands[0]
            if not (isinstance(operand, Expression) and operand.value == 0):
                raise SourceError(
                    "subsections are not supported", operand.start, operand.end,
                    f"a section of its own: .section {name}.1",
                )  # fmt: skip
        unit.switch(unit.enter(name, usual.flags, usual.nobits))

    return handle


def _push(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    unit.section_stack.append((unit.section, unit.previous))
    if len(unit.section_stack) > unit.options.limits.macro_depth:
        unit.section_stack.pop()
        raise SourceError(
            "sections are pushed too deep", parsed.start, parsed.end, ".popsection for each push"
        )
    _section(unit, statement, parsed)


def _pop(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 0, 0, ".popsection")
    if not unit.section_stack:
        raise SourceError(".popsection without .pushsection before it", parsed.start, parsed.end)
    unit.section, unit.previous = unit.section_stack.pop()


def _previous(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 0, 0, ".previous")
    unit.switch(unit.previous)


def _subsection(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    raise SourceError(
        "subsections are not supported", parsed.start, parsed.end,
        "a section of its own: .section .text.late",
    )  # fmt: skip


DIRECTIVES: Mapping[str, Handler] = {
    ".section": _section,
    ".text": _switch(".text"),
    ".data": _switch(".data"),
    ".rodata": _switch(".rodata"),
    ".bss": _switch(".bss"),
    ".sdata": _switch(".sdata"),
    ".sbss": _switch(".sbss"),
    ".pushsection": _push,
    ".popsection": _pop,
    ".previous": _previous,
    ".subsection": _subsection,
}
