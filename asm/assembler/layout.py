"""Placing the sections, again and again until the sizes agree; then filling in every open value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asm.assembler.expression import EvaluationError, Value
from asm.assembler.relocation import HighPatch
from asm.assembler.sections import Fragment, Section
from asm.assembler.source import Statement
from asm.assembler.symbols import Bound, CircleError, DefinitionError, Name, UndefinedNameError
from asm.assembler.unit import Fixup, SourceError, Unit
from asm.diagnostics import Diagnostic
from asm.isa.registers import REGISTER_NUMBERS
from asm.isa.width import XLEN
from asm.program import LineEntry, LineTable, Place, Program, Segment, Symbol

ENTRY = "_start"


@dataclass(slots=True)
class _Missing:
    """A name that is used and defined nowhere: its first use, and how many there are."""

    statement: Statement
    start: int
    end: int
    count: int = 0
    last: Statement | None = None


@dataclass(eq=False)
class Layout:
    """The layout of one unit."""

    unit: Unit
    missing: dict[str, _Missing] = field(default_factory=dict)
    circles: set[Name] = field(default_factory=set)

    def settle(self) -> None:
        """Place all sections until nothing moves; tell what has no size or never settles."""
        unit = self.unit
        unit.evaluator.early = False
        order = section_order(unit.sections.values())
        moving: list[Fragment] = []
        errors: list[tuple[Statement, EvaluationError | SourceError]] = []
        for _ in range(unit.options.limits.passes):
            unit.evaluator.fresh()
            errors = []
            moving = []
            if not self._place(order, moving, errors):
                break
        else:
            for fragment in moving:
                assert fragment.tail is not None
                unit.diagnostics.add(fragment.tail.statement, _unsettled(fragment.tail.statement))
        for statement, error in errors:
            self.tell(statement, error)

    def _place(
        self,
        order: Iterable[Section],
        moving: list[Fragment],
        errors: list[tuple[Statement, EvaluationError | SourceError]],
    ) -> bool:
        """Place all sections once; return whether anything moved."""
        unit = self.unit
        limit = unit.options.limits.output
        address = unit.options.base
        total = 0
        moved = False
        for section in order:
            if section.is_loaded:
                address += -address % section.alignment
                moved |= section.address != address
                section.address = address
            offset = 0
            for fragment in section.fragments:
                fragment.offset = offset
                offset += len(fragment.data)
                tail = fragment.tail
                if tail is None:
                    continue
                try:
                    size = tail.size(offset, section)
                    if total + offset + size > limit:
                        raise _TooLargeError(limit, tail.statement)
                except (EvaluationError, SourceError) as error:
                    errors.append((tail.statement, error))
                    size = fragment.tail_size if not isinstance(error, _TooLargeError) else 0
                if size != fragment.tail_size:
                    fragment.tail_size = size
                    moving.append(fragment)
                offset += size
            section.size = offset
            total += offset
            if section.is_loaded:
                address += offset
        return moved or bool(moving)

    def tell(self, statement: Statement, error: EvaluationError | SourceError) -> None:
        """Tell an error in an expression or operand of `statement`; undefined names are gathered."""
        if isinstance(error, DefinitionError):
            statement, error = error.statement, error.cause
        if isinstance(error, UndefinedNameError):
            found = self.missing.get(error.name.name)
            if found is None:
                found = _Missing(statement, error.start, error.end)
                self.missing[error.name.name] = found
            # A pseudo-instruction may use a name in each of its instructions.
            found.count += statement is not found.last
            found.last = statement
            return
        if isinstance(error, CircleError):
            if error.names & self.circles:
                return
            self.circles |= error.names
        if isinstance(error, EvaluationError):
            error = SourceError(error.message, error.start, error.end, error.expected)
        self.unit.diagnostics.add(statement, error)

    def check_assumptions(self) -> None:
        """Tell conditions and counts that were decided with an address that has moved since."""
        for assumption in self.unit.assumptions:
            bound = assumption.bound
            try:
                value = self.unit.evaluator.value(bound)[0]
            except EvaluationError:
                continue
            same = value == assumption.value
            if assumption.is_truth:
                same = bool(value) == bool(assumption.value)
            if not same:
                expression = bound.expression
                self.unit.diagnostics.add(
                    bound.statement,
                    SourceError(
                        f"this was {assumption.value} when it was needed and came out as {value}",
                        expression.start,
                        expression.end,
                        "an expression that does not hang on the sizes of lines below it",
                    ),
                )

    def fill(self) -> None:
        """Fill in every value that was left open, and the parts whose size was."""
        unit = self.unit
        for fixup in unit.fixups:
            if isinstance(fixup.patch, HighPatch):
                value = self._value(fixup.bound, quiet=True)
                if value is not None:
                    address = _address(fixup)
                    unit.highs[address] = fixup.patch.distance(address, value)
        for fixup in unit.fixups:
            value = self._value(fixup.bound)
            if value is None:
                continue
            try:
                fixup.patch.apply(
                    fixup.fragment.data, fixup.offset, _address(fixup), value, fixup.bound
                )
            except SourceError as mistake:
                unit.diagnostics.add(fixup.bound.statement, mistake)

    def _value(self, bound: Bound, quiet: bool = False) -> Value | None:
        try:
            return self.unit.evaluator.value(bound)
        except EvaluationError as error:
            if not quiet:
                self.tell(bound.statement, error)
            return None

    def segments(self) -> tuple[Segment, ...]:
        """Return the memory of every loaded section that is not empty."""
        return tuple(
            Segment(
                section.name,
                section.address,
                b"" if section.nobits else self._contents(section),
                section.size,
                "w" in section.flags,
                section.is_code,
            )
            for section in section_order(self.unit.sections.values())
            if section.is_loaded and section.size
        )

    def _contents(self, section: Section) -> bytes:
        parts: list[bytes] = []
        for fragment in section.fragments:
            parts.append(bytes(fragment.data))
            if fragment.tail is not None and fragment.tail_size:
                offset = fragment.offset + len(fragment.data)
                try:
                    parts.append(fragment.tail.fill(offset, fragment.tail_size, section))
                except (EvaluationError, SourceError) as error:
                    self.tell(fragment.tail.statement, error)
        return b"".join(parts)

    def symbols(self) -> dict[str, Symbol]:
        """Return the defined names; those that begin with ``.L`` are for the assembler alone."""
        found: dict[str, Symbol] = {}
        for name in self.unit.symbols:
            if not (name.is_defined or name.value is not None) or name.name.startswith(".L"):
                continue
            symbol = self._symbol(name)
            if symbol is not None:
                found[name.name] = symbol
        return found

    def _symbol(self, name: Name) -> Symbol | None:
        section: str | None = None
        if name.fragment is not None:
            home = name.fragment.section
            if not home.is_loaded:
                return None
            value = home.address + name.fragment.offset + name.offset
            section = home.name
        elif name.value is not None:
            value = name.value
        elif name.bound is not None:
            known = self._value(name.bound)
            if known is None:
                return None
            value, anchor = known
            section = None if anchor is None else anchor.name
        else:
            return None
        size = 0
        if name.size is not None:
            known = self._value(name.size)
            size = max(known[0], 0) if known is not None else 0
        return Symbol(name.name, value, section, name.is_global, name.is_function, size)

    def lines(self) -> LineTable:
        """Return the line table."""
        entries = []
        for line in self.unit.lines:
            section = line.fragment.section
            if not section.is_loaded:
                continue
            size = line.fragment.tail_size if line.size is None else line.size
            if size:
                address = section.address + line.fragment.offset + line.offset
                statement = line.statement
                entries.append(
                    LineEntry(address, size, statement.place, statement.expansions, line.is_code)
                )
        return LineTable(entries)

    def tell_missing(self) -> None:
        """Tell every name that is used and defined nowhere, once each."""
        unit = self.unit
        for name, use in self.missing.items():
            suggestion = ""
            if name[0] in "0123456789":
                way = "below" if name[-1] == "f" else "above"
                message = f'there is no label "{name[:-1]}:" {way} this line'
            elif name in REGISTER_NUMBERS:
                message = f'"{name}" is a register; a label is needed here'
            else:
                message = f'"{name}" is not defined'
                suggestion = unit.suggest_name(name)
                if unit.is_incomplete and not suggestion:
                    continue
            if use.count > 1:
                message += f" (used {use.count} times)"
            unit.diagnostics.add(
                use.statement, SourceError(message, use.start, use.end, suggestion=suggestion)
            )


class _TooLargeError(SourceError):
    def __init__(self, limit: int, statement: Statement) -> None:
        text = statement.text
        super().__init__(
            "the program grows too large here",
            len(text) - len(text.lstrip()),
            len(text.rstrip()),
            f"a program of up to {limit} bytes, zeros included",
        )


def _unsettled(statement: Statement) -> SourceError:
    text = statement.text
    return SourceError(
        "the size of this does not settle: it hangs on addresses that hang on it",
        len(text) - len(text.lstrip()),
        len(text.rstrip()),
        "a size that does not depend on labels below it",
    )


def _address(fixup: Fixup) -> int:
    fragment = fixup.fragment
    return fragment.section.address + fragment.offset + fixup.offset


def section_order(sections: Iterable[Section]) -> list[Section]:
    """Return the sections as they are placed: code, constants, data, zeros; unloaded ones last."""
    return sorted(sections, key=_rank)


def _rank(section: Section) -> tuple[int, int]:
    name = section.name
    if not section.is_loaded:
        return (4, 0)
    if section.is_code:
        return (0, _usual_first(name, ".text"))
    if "w" not in section.flags:
        return (1, _usual_first(name, ".rodata"))
    if not section.nobits:
        return (2, _usual_first(name, ".data"))
    return (3, _usual_first(name, ".bss"))


def _usual_first(name: str, usual: str) -> int:
    if name == usual:
        return 0
    return 1 if name.startswith(usual + ".") else 2


def build(unit: Unit, name: str, sources: Mapping[str, str]) -> Program | None:
    """Place and fill in everything; return the program, or None if there were mistakes."""
    layout = Layout(unit)
    layout.settle()
    layout.check_assumptions()
    layout.fill()
    segments = layout.segments()
    symbols = layout.symbols()
    layout.tell_missing()
    end = max((segment.end for segment in segments), default=0)
    if end > 1 << XLEN:
        unit.diagnostics.put(
            Diagnostic(
                Place(name, 1),
                f"the program ends at 0x{end:x}, beyond the {XLEN}-bit addresses",
                expected="a lower base address",
            )
        )
    if unit.diagnostics:
        return None
    entry = symbols[ENTRY].value if ENTRY in symbols else unit.options.base
    return Program(name, entry, segments, symbols, layout.lines(), dict(sources))
