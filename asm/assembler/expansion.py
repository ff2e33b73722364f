"""The flow of statements: includes, macros, loops and conditionals, before anything is parsed.

The open files, macros and loops are an explicit stack, so that their depth is bounded by our own
limits and not by Python's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat

from asm.assembler.conditionals import CONDITIONALS, TESTS, is_true, one_expression
from asm.assembler.files import FileError, Folders, Found, read_source
from asm.assembler.macros import (
    Macro,
    bind_arguments,
    parse_header,
    split_arguments,
    substitute,
    without_needless_blanks,
)
from asm.assembler.source import HEAD, Source, Statement, statements, word_span
from asm.assembler.syntax import StatementError, Text, parse_statement
from asm.assembler.unit import SourceError, Unit
from asm.diagnostics import Diagnostic
from asm.program import Expansion, Place

_LOOP_NAME = re.compile(r"\s*([A-Za-z_.$][\w.$]*)(?:\s*,|\s+|$)")

_BLOCKS: Mapping[str, str] = {
    ".macro": ".endm", ".rept": ".endr", ".irp": ".endr", ".irpc": ".endr", ".rep": ".endr",
}  # fmt: skip
_ENDS: Mapping[str, str] = {".endm": ".endm", ".endmacro": ".endm", ".endr": ".endr"}


@dataclass(slots=True)
class Condition:
    """An open conditional: whether its lines count, and whether one of its parts has been taken."""

    statement: Statement
    active: bool
    taken: bool
    outer_active: bool
    has_else: bool = False


@dataclass(slots=True)
class Frame:
    """An open file, macro or loop: what is left of it, and how many conditionals it stands in."""

    kind: str
    name: str
    flow: Iterator[Statement]
    conditions: int
    found: Found | None = None
    macros: int = 0


@dataclass(eq=False)
class Flow:
    """Yields the statements that count, one by one; they may define what decides about the next."""

    unit: Unit
    folders: Folders
    sources: dict[str, Source] = field(default_factory=dict)
    macros: dict[str, Macro] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    uses: int = 0
    expanded: int = 0
    expanded_text: int = 0

    def open_source(self, source: Source, found: Found | None) -> None:
        """Read `source` next."""
        self.sources[source.name] = source
        self.frames.append(Frame("file", source.name, statements(source), len(self.conditions), found))

    def __iter__(self) -> Iterator[tuple[Statement, re.Match[str]]]:
        """Yield each statement that counts, with its head: labels and first word."""
        frames = self.frames
        while frames:
            frame = frames[-1]
            statement = next(frame.flow, None)
            if statement is None:
                self._close(frames.pop())
                continue
            if frame.kind != "file" and not self._within_limits(statement):
                continue
            head = HEAD.match(statement.text)
            assert head is not None
            word = head["word"]
            if word:
                word = word.lower()
                if word in CONDITIONALS:
                    self._guard(statement, head, self._conditional)
                    continue
                if self.conditions and not self.conditions[-1].active:
                    continue
                if word in self.macros:
                    self._guard(statement, head, self._use_macro)
                    continue
                if word in _BLOCKS or word in _ENDS:
                    self._guard(statement, head, self._block)
                    continue
                if word == ".exitm":
                    self._guard(statement, head, self._exit_macro)
                    continue
                if word == ".include":
                    self._guard(statement, head, self._include)
                    continue
                if word == ".purgem":
                    self._guard(statement, head, self._forget_macro)
                    continue
                if word == ".end":
                    frames.clear()
                    self.conditions.clear()
                    return
            elif self.conditions and not self.conditions[-1].active:
                continue
            yield statement, head

    def _close(self, frame: Frame) -> None:
        """Leave a file, macro or loop; its conditionals must be closed."""
        while len(self.conditions) > frame.conditions:
            opened = self.conditions.pop().statement
            self._tell_unclosed(opened, ".endif", frame)

    def _tell_unclosed(self, opened: Statement, closer: str, frame: Frame) -> None:
        head = HEAD.match(opened.text)
        assert head is not None
        word = (head["word"] or "").lower()
        end = "the end of the file" if frame.kind == "file" else f"the end of {frame.name}"
        self.unit.diagnostics.add(
            opened,
            SourceError(f'"{word}" is not closed: no {closer} before {end}', *head.span("word")),
        )

    def _guard(
        self,
        statement: Statement,
        head: re.Match[str],
        act: Callable[[Statement, re.Match[str]], None],
    ) -> None:
        """Define the labels before a word that is no ordinary operation, then act on it."""
        try:
            if head["labels"] and not (self.conditions and not self.conditions[-1].active):
                self.unit.define_labels(statement, head["labels"], head.start("labels"))
            act(statement, head)
        except StatementError as error:
            self.unit.diagnostics.add(statement, SourceError(error.message, error.start, error.end))
        except SourceError as mistake:
            self.unit.diagnostics.add(statement, mistake)

    # Conditionals.

    def _conditional(self, statement: Statement, head: re.Match[str]) -> None:
        word = head["word"].lower()
        conditions = self.conditions
        start, end = head.span("word")
        if word in TESTS:
            active = not conditions or conditions[-1].active
            # An error in the test must not make the lines after it count as if they stood alone.
            conditions.append(Condition(statement, False, True, active))
            if active:
                try:
                    truth = TESTS[word](self.unit, statement, end)
                except (SourceError, StatementError):
                    # Neither part counts, and what they would define is missing.
                    self.unit.is_incomplete = True
                    raise
                conditions[-1].active = conditions[-1].taken = truth
            return
        floor = self.frames[-1].conditions
        if len(conditions) <= floor:
            raise SourceError(f'"{word}" without an .if before it', start, end)
        top = conditions[-1]
        if word == ".endif":
            conditions.pop()
            return
        if top.has_else:
            raise SourceError(f'"{word}" after the .else', start, end, ".endif")
        if word == ".else":
            top.has_else = True
            top.active = top.outer_active and not top.taken
            return
        top.active = False
        if top.outer_active and not top.taken:
            top.active = top.taken = is_true(self.unit, statement, end)

    # Macros and loops.

    def _within_limits(self, statement: Statement) -> bool:
        """Count a statement of a macro or loop; tell when it is one too many, and leave them all."""
        self.expanded += 1
        self.expanded_text += len(statement.text)
        try:
            self._check_limits(0, 0, statement)
        except SourceError as error:
            self.unit.diagnostics.add(statement, error)
            return False
        return True

    def _check_limits(self, more: int, more_text: int, statement: Statement) -> None:
        """Raise SourceError if so many more statements and characters would be too many."""
        limits = self.unit.options.limits
        if self.expanded + more > limits.expanded:
            what = f"{limits.expanded} statements"
        elif self.expanded_text + more_text > limits.expanded_text:
            what = f"{limits.expanded_text} characters"
        else:
            return
        self._stop_expanding()
        raise SourceError(
            f"macros and loops produce more than {what}",
            *word_span(statement),
            expected="a smaller count, or an .if that ends the macro",
        )

    def _stop_expanding(self) -> None:
        """Leave all macros and loops."""
        while self.frames and self.frames[-1].kind != "file":
            frame = self.frames.pop()
            del self.conditions[frame.conditions :]

    def _use_macro(self, statement: Statement, head: re.Match[str]) -> None:
        macro = self.macros[head["word"].lower()]
        limits = self.unit.options.limits
        start, end = head.span("word")
        depth = self.frames[-1].macros + 1
        if depth > limits.macro_depth:
            self._stop_expanding()
            raise SourceError(
                f'macros are nested more than {limits.macro_depth} deep at "{macro.name}"',
                start,
                end,
                "a macro that uses itself needs an .if that ends it",
            )
        values = bind_arguments(macro, statement, start, end)
        place = statement.locate(start, end)[0]
        expansions = (*statement.expansions, Expansion(macro.name, place))
        body = substitute(macro.body, values, self.uses, expansions, limits.statement)
        self.uses += 1
        self.frames.append(Frame("macro", macro.name, iter(body), len(self.conditions), None, depth))

    def _forget_macro(self, statement: Statement, head: re.Match[str]) -> None:
        name = statement.text[head.end() :].strip()
        if self.macros.pop(name.lower(), None) is None:
            raise SourceError(
                f'there is no macro "{name}"', *word_span(statement),
                suggestion=self.unit.diagnostics.suggest(name, "macro", self.macros),
            )  # fmt: skip
        self.unit.macro_names.discard(name.lower())

    def _exit_macro(self, statement: Statement, head: re.Match[str]) -> None:
        frames = self.frames
        if all(frame.kind == "file" for frame in frames) or frames[-1].kind == "file":
            raise SourceError(".exitm outside of a macro", *head.span("word"))
        while frames[-1].kind == "loop":
            frames.pop()
        if frames[-1].kind == "macro":
            frame = frames.pop()
            del self.conditions[frame.conditions :]

    def _block(self, statement: Statement, head: re.Match[str]) -> None:
        word = head["word"].lower()
        start, end = head.span("word")
        if word in _ENDS:
            opener = ".macro" if _ENDS[word] == ".endm" else ".rept, .irp or .irpc"
            raise SourceError(f'"{word}" without {opener} before it', start, end)
        body = self._body(statement, word)
        if word == ".macro":
            self._define_macro(statement, end, body)
        elif word in (".rept", ".rep"):
            self._repeat(statement, end, body)
        else:
            self._repeat_over(statement, word, end, body)

    def _body(self, opened: Statement, word: str) -> list[Statement]:
        """Take the statements up to the end that belongs to `opened`; none if it is missing."""
        body: list[Statement] = []
        closers = [_BLOCKS[word]]
        frame = self.frames[-1]
        for statement in frame.flow:
            head = HEAD.match(statement.text)
            inner = (head["word"] or "").lower() if head else ""
            if inner in _BLOCKS:
                closers.append(_BLOCKS[inner])
            elif inner in _ENDS and _ENDS[inner] in closers:
                while closers.pop() != _ENDS[inner]:
                    pass
                if not closers:
                    if head and head["labels"]:
                        label = statement.text[: head.start("word")]
                        body.append(
                            Statement(label, statement.source, statement.line, statement.column)
                        )
                    return body
            body.append(statement)
        self._tell_unclosed(opened, _BLOCKS[word], frame)
        return []

    def _define_macro(self, statement: Statement, end: int, body: list[Statement]) -> None:
        try:
            name, parameters = parse_header(statement, end)
        except SourceError:
            self.unit.is_incomplete = True
            raise
        key = name.lower()
        if key in self.macros:
            place = self.macros[key].defined_at.place
            at = statement.text.index(name, end)
            raise SourceError(
                f'macro "{name}" is already defined at {place}', at, at + len(name),
                ".purgem forgets a macro",
            )  # fmt: skip
        self.macros[key] = Macro(name, parameters, tuple(body), statement)
        self.unit.macro_names.add(key)

    def _repeat(self, statement: Statement, end: int, body: list[Statement]) -> None:
        parsed = parse_statement(statement.text)
        expression = one_expression(parsed)
        count = self.unit.number_now(expression, statement)
        if count < 0:
            raise SourceError(
                f"a loop cannot run {count} times", expression.start, expression.end, "0 or more"
            )
        self._check_loop(count, body, statement)
        unrolled = self._substituted(body, {}, statement, parsed.word)
        self._push_loop(parsed.word, chain.from_iterable(repeat(unrolled, count if body else 0)))

    def _repeat_over(self, statement: Statement, word: str, end: int, body: list[Statement]) -> None:
        found = _LOOP_NAME.match(statement.text, end)
        if found is None:
            raise SourceError(
                f'"{word}" needs a name and values', *word_span(statement), f"{word} name, a, b, c"
            )
        name, at = found[1], found.end()
        rest = without_needless_blanks(statement.text[at:].strip())
        values = [argument for argument, _ in split_arguments(rest)] or [""]
        if word == ".irpc":
            values = list("".join(values)) or [""]
        self._check_loop(len(values), body, statement)
        self._push_loop(
            word,
            chain.from_iterable(
                self._substituted(body, {name: value}, statement, word) for value in values if body
            ),
        )

    def _check_loop(self, count: int, body: list[Statement], statement: Statement) -> None:
        """Raise SourceError if a loop is going to produce too much, before it begins."""
        size = sum(len(item.text) for item in body)
        self._check_limits(count * len(body), count * size, statement)

    def _substituted(
        self, body: list[Statement], values: dict[str, str], statement: Statement, word: str
    ) -> list[Statement]:
        expansions = (*statement.expansions, Expansion(word, statement.place))
        return substitute(body, values, self.uses, expansions, self.unit.options.limits.statement)

    def _push_loop(self, word: str, flow: Iterable[Statement]) -> None:
        self.frames.append(
            Frame("loop", word, iter(flow), len(self.conditions), None, self.frames[-1].macros)
        )

    # Includes.

    def _include(self, statement: Statement, head: re.Match[str]) -> None:
        limits = self.unit.options.limits
        parsed = parse_statement(statement.text)
        if len(parsed.operands) != 1 or not isinstance(parsed.operands[0], Text):
            raise SourceError(
                ".include needs the name of a file", *head.span("word"), '.include "file.s"'
            )
        operand = parsed.operands[0]
        opened = [frame for frame in self.frames if frame.kind == "file"]
        try:
            name = operand.data.decode("utf-8", "surrogateescape")
            found = self.folders.find_included(
                name, statement.source.name if opened[-1].found else None
            )
            for index, frame in enumerate(opened):
                if frame.found and frame.found.path == found.path:
                    chain_text = " -> ".join([item.name for item in opened[index:]] + [found.name])
                    raise FileError(f"the includes go round in a circle: {chain_text}")
            if len(opened) > limits.include_depth:
                raise FileError(f"includes are nested more than {limits.include_depth} deep")
            source = read_source(found, limits)
        except FileError as problem:
            self.unit.is_incomplete = self.unit.lacks_file = True
            if problem.line:
                place = Place(found.name, problem.line, problem.column)
                self.unit.diagnostics.put(Diagnostic(place, problem.message, expected=problem.expected))
                return
            raise SourceError(problem.message, operand.start, operand.end, problem.expected) from None
        self.expanded_text += len(source.text)
        self._check_limits(0, 0, statement)
        self.open_source(source, found)


FLOW_WORDS = frozenset({*CONDITIONALS, *_BLOCKS, *_ENDS, ".exitm", ".include", ".purgem", ".end"})
