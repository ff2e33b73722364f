"""The state of one assembly: sections, names, what is yet to be filled in, lines and mistakes.

Directives and instructions act on a `Unit`; the layout then places what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from asm.assembler.expression import EvaluationError, Expression, Reference, Value
from asm.assembler.files import Folders
from asm.assembler.sections import Fragment, Section, Tail
from asm.assembler.source import Statement
from asm.assembler.symbols import Bound, DefinitionError, Evaluator, Name, Symbols, UndefinedNameError
from asm.assembler.syntax import Label
from asm.diagnostics import Diagnostic, nearest
from asm.isa.registers import REGISTER_NUMBERS
from asm.options import Options
from asm.program import Place

# A message may quote the source, whose words may be of any length.
_LONGEST_MESSAGE = 300
# Names that are looked at for suggestions, in all.
_MAX_COMPARISONS = 500_000


class SourceError(Exception):
    """A statement is wrong: what is told, and the columns of its text to mark."""

    def __init__(
        self, message: str, start: int, end: int, expected: str = "", suggestion: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.expected = expected
        self.suggestion = suggestion


class ConsequenceError(SourceError):
    """A statement is wrong, but most likely for a mistake that has been told already."""


class LimitReachedError(Exception):
    """The limit of diagnostics is reached: there is no use in going on."""


class Patch(Protocol):
    """How a value is filled into bytes that were left open."""

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """Fill `value` in at `offset` of `data`; the byte there has `address`. Raises SourceError."""


@dataclass(slots=True, eq=False)
class Fixup:
    """Bytes of a fragment that wait for the value of an expression."""

    fragment: Fragment
    offset: int
    patch: Patch
    bound: Bound


@dataclass(slots=True)
class Line:
    """Bytes that a statement made: `size` of them in a fragment, or its tail if `size` is None."""

    fragment: Fragment
    offset: int
    size: int | None
    statement: Statement
    is_code: bool


@dataclass(slots=True)
class Assumption:
    """A value that a line needed before the layout was settled; it must turn out the same."""

    bound: Bound
    value: int
    is_truth: bool


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """Storage that ``.comm`` or ``.lcomm`` asks for; `size` and `alignment` in bytes."""

    name: Name
    size: int
    alignment: int
    statement: Statement


class Diagnostics:
    """The mistakes found so far, each told once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: dict[tuple[Place, str], tuple[tuple[int, int, int], Diagnostic]] = {}
        self._files: dict[str, int] = {}
        self._nearest: dict[tuple[str, str], str] = {}
        self._comparisons = 0
        self.has_consequences = False

    def __bool__(self) -> bool:
        return bool(self._found) or self.has_consequences

    def add(self, statement: Statement, mistake: SourceError) -> None:
        """Tell a mistake in `statement`. Raises LimitReachedError at the limit."""
        if isinstance(mistake, ConsequenceError):
            self.has_consequences = True
            return
        place, width = statement.locate(mistake.start, mistake.end)
        self.put(
            Diagnostic(
                place,
                mistake.message[:_LONGEST_MESSAGE],
                statement.source_line(place.line),
                width,
                mistake.expected,
                mistake.suggestion,
                statement.expansions,
            )
        )

    def put(self, diagnostic: Diagnostic) -> None:
        """Tell a mistake; the same one at the same place is told once."""
        place = diagnostic.place
        key = (place, diagnostic.message)
        if key in self._found:
            return
        outer = diagnostic.expansions[0].place if diagnostic.expansions else place
        file = self._files.setdefault(outer.file, len(self._files))
        self._found[key] = ((file, outer.line, len(self._found)), diagnostic)
        if len(self._found) == self._limit:
            note = f"there are more mistakes than these {self._limit}; correct some and try again"
            self._found[place, note] = ((len(self._files), 0, 0), Diagnostic(place, note))
            raise LimitReachedError

    def sorted(self) -> list[Diagnostic]:
        """Return all mistakes in the order of the source."""
        by_place = sorted(self._found.values(), key=lambda item: item[0])
        return [diagnostic for _, diagnostic in by_place]

    def suggest(self, word: str, kind: str, known: Iterable[str]) -> str:
        """Return the nearest of `known` names of a `kind`, or an empty string.

        Looking takes a while: what was found is remembered, and in a source with very many names and
        mistakes there is a last suggestion.
        """
        key = (kind, word)
        if key not in self._nearest:
            names = list(known) if self._comparisons < _MAX_COMPARISONS else []
            self._comparisons += len(names)
            self._nearest[key] = nearest(word, names)
        return self._nearest[key]


@dataclass(eq=False)
class Unit:
    """One assembly under way."""

    options: Options
    folders: Folders
    has_folder: bool
    sections: dict[str, Section] = field(default_factory=dict)
    symbols: Symbols = field(default_factory=Symbols)
    evaluator: Evaluator = field(default_factory=Evaluator)
    fixups: list[Fixup] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    # The distance that each %pcrel_hi bridges, by its address: what %pcrel_lo asks for.
    highs: dict[int, int] = field(default_factory=dict)
    commons: dict[str, Common] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.diagnostics = Diagnostics(self.options.limits.diagnostics)
        self.section = self.enter(".text", "ax", alignment=4)
        self.previous = self.section
        self.section_stack: list[tuple[Section, Section]] = []
        self.filled = 0
        self.macro_names: set[str] = set()
        # Set when an include, a condition or a macro's definition failed: names that are missing may
        # be missing for that reason, and are not told unless they look misspelt.
        self.is_incomplete = False
        self.lacks_file = False
        for name, value in self.options.defines.items():
            found = self.symbols.mention(name)
            found.value = value
            found.may_change = True

    # Sections and bytes.

    def enter(self, name: str, flags: str, nobits: bool = False, alignment: int = 1) -> Section:
        """Return the section of that name; it is made on first use."""
        found = self.sections.get(name)
        if found is None:
            found = self.sections[name] = Section(name, flags, nobits, alignment)
        return found

    def switch(self, section: Section) -> None:
        """Let what follows go to `section`."""
        self.previous, self.section = self.section, section

    def emit(self, data: bytes, statement: Statement, is_code: bool) -> None:
        """Append `data` to the current section."""
        section = self.section
        fragment = section.fragments[-1]
        buffer = fragment.data
        if section.nobits and any(data):
            raise SourceError(
                f'"{section.name}" holds no bytes of the program, only zeros',
                *_word(statement),
                expected="a section with contents, such as .data; or .space N here",
            )
        self.count(len(data), statement)
        self.lines.append(Line(fragment, len(buffer), len(data), statement, is_code))
        buffer += data

    def count(self, size: int, statement: Statement) -> None:
        """Count `size` bytes of output. Raises SourceError when there are too many."""
        self.check_room(size, statement)
        self.filled += size

    def check_room(self, size: int, statement: Statement) -> None:
        """Raise SourceError if there is no room for `size` more bytes of output."""
        limit = self.options.limits.output
        if self.filled + size > limit:
            raise SourceError(
                f"{size} more bytes are too many",
                *_word(statement),
                expected=f"a program of up to {limit} bytes, zeros included",
            )

    def open_bytes(
        self, placeholder: bytes, patches: Iterable[tuple[int, Patch, Bound]], statement: Statement,
        is_code: bool,
    ) -> None:  # fmt: skip
        """Append bytes whose parts wait for values: (offset in them, patch, expression)."""
        fragment = self.section.fragments[-1]
        start = len(fragment.data)
        self.emit(placeholder, statement, is_code)
        for offset, patch, bound in patches:
            self.fixups.append(Fixup(fragment, start + offset, patch, bound))

    def add_tail(self, tail: Tail, is_code: bool) -> None:
        """Append a part whose size the layout finds."""
        section = self.section
        try:
            size = tail.size(section.here, section)
        except (EvaluationError, SourceError):
            size = 0
        self.count(size, tail.statement)
        fragment = section.close(tail, size)
        self.lines.append(Line(fragment, len(fragment.data), None, tail.statement, is_code))

    # Names and values.

    def bind(self, expression: Expression, statement: Statement, ahead: int = 0) -> Bound:
        """Tie the names of an expression to what they mean at this line.

        ``.`` is `ahead` bytes after what the section holds by now.
        """
        if expression.value is not None:
            return Bound(expression, (), statement)
        names = [self._meaning(item, ahead) for item in expression.code if isinstance(item, Reference)]
        return Bound(expression, tuple(names), statement)

    def _meaning(self, reference: Reference, ahead: int) -> Name:
        text = reference.name
        if text == ".":
            fragment = self.section.fragments[-1]
            return Name(".", fragment, len(fragment.data) + ahead)
        if text[0] in "0123456789":
            return self.symbols.mention_numeric(text)
        return self.symbols.mention(text)

    def constant(self, expression: Expression, statement: Statement) -> int | None:
        """Return the number an expression is at this line, or None if it is not known or an address.

        No address takes part, so the value will not change.
        """
        if expression.value is not None:
            return expression.value
        evaluator = self.evaluator
        evaluator.used_address = False
        try:
            value, section = evaluator.value(self.bind(expression, statement))
        except EvaluationError:
            return None
        return None if section is not None or evaluator.used_address else value

    def number_now(self, expression: Expression, statement: Statement, is_truth: bool = False) -> int:
        """Return the number an expression is at this line. Raises SourceError if it is not known.

        If addresses take part, the value is checked again when the layout is settled; for
        `is_truth` only whether it is zero.
        """
        if expression.value is not None:
            return expression.value
        evaluator = self.evaluator
        evaluator.used_address = False
        bound = self.bind(expression, statement)
        try:
            value, section = evaluator.value(bound)
        except UndefinedNameError as error:
            if self.lacks_file:
                return 0
            raise SourceError(
                f'"{error.name.name}" is not defined before this line, where its value is needed',
                error.start,
                error.end,
                suggestion=self.suggest_name(error.name.name),
            ) from None
        except DefinitionError:
            return 0
        except EvaluationError as error:
            raise SourceError(error.message, error.start, error.end, error.expected) from None
        if section is not None:
            raise SourceError(
                "an address is not known yet at this line",
                expression.start,
                expression.end,
                "a number, or the difference of two labels",
            )
        if evaluator.used_address:
            self.assumptions.append(Assumption(bound, value, is_truth))
        return value

    def suggest_name(self, name: str) -> str:
        """Return the defined name that `name` was probably meant to be, or an empty string."""
        return self.diagnostics.suggest(name, "symbol", self.symbols.defined_names())

    def define_label(self, label: Label, statement: Statement) -> None:
        """Define a label here. Raises SourceError if the name is taken."""
        fragment = self.section.fragments[-1]
        if label.name.isdecimal():
            name = self.symbols.define_numeric(label.name)
        elif label.name == ".":
            raise SourceError('"." cannot be a label', label.start, label.end, "a name")
        else:
            name = self.symbols.mention(label.name)
            self.refuse_second(name, label.start, label.end)
        name.fragment = fragment
        name.offset = len(fragment.data)
        name.defined_at = statement
        name.start, name.end = label.start, label.end

    def define_labels(self, statement: Statement, labels: str, start: int) -> None:
        """Define the labels in the text `labels`, which begins at column `start`."""
        for found in _LABEL.finditer(labels):
            begin, end = found.span(1)
            self.define_label(Label(found[1], start + begin, start + end), statement)

    def refuse_second(self, name: Name, start: int, end: int) -> None:
        """Raise SourceError if `name` has a definition."""
        if name.defined_at is None and name.value is None:
            return
        if name.defined_at is None:
            message = f'"{name.name}" is already defined by the caller (-D)'
        else:
            place = name.defined_at.locate(name.start, name.end)[0]
            message = f'"{name.name}" is already defined at {place}'
        raise SourceError(message, start, end, "another name, or a numeric label such as 1:")


_LABEL = re.compile(r"([\w.$]+)\s*:")

Handler = Callable[[Unit, Statement], None]


def _word(statement: Statement) -> tuple[int, int]:
    """The columns of the statement's text without the blanks around it."""
    text = statement.text
    return len(text) - len(text.lstrip()), len(text.rstrip())


def is_register(name: str | None) -> bool:
    """Tell whether `name` names a register."""
    return name is not None and name in REGISTER_NUMBERS
