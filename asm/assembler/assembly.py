"""The assembler: from a source file, or a text, to a `Program`.

A file is cut into statements; includes, macros and conditionals are worked off
(`asm.assembler.expansion`); each statement that is left is parsed by the grammar
(`asm.assembler.syntax`) and acts on the `Unit`; the layout (`asm.assembler.layout`) places what came
of it. A wrong statement is told and left out, so that one run finds every mistake.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from asm.assembler.directives import DIRECTIVES, IGNORED, UNSUPPORTED
from asm.assembler.directives.placement import pad_code
from asm.assembler.directives.symbols import assign, place_commons
from asm.assembler.encoder import encode
from asm.assembler.expansion import FLOW_WORDS, Flow
from asm.assembler.expression import Expression
from asm.assembler.files import FileError, Folders, Found, read_source
from asm.assembler.forms import FORMS
from asm.assembler.layout import build
from asm.assembler.misuse import forms_of, unknown_mnemonic
from asm.assembler.source import Source, Statement
from asm.assembler.syntax import Parsed, StatementError, parse_statement
from asm.assembler.unit import LimitReachedError, SourceError, Unit
from asm.diagnostics import AssemblyError, Diagnostic
from asm.options import Options
from asm.program import Place, Program

_MARKED_NUMBER = re.compile(r"\s*#-?\d")


def assemble_file(path: Path | str, options: Options | None = None) -> Program:
    """Assemble the file at `path`. Raises AssemblyError with every mistake in it."""
    options = options or Options()
    given = Path(path)
    found = Found(given, str(path))
    try:
        found = Found(given.resolve(), str(path))
        source = read_source(found, options.limits)
    except FileError as problem:
        place = Place(found.name, problem.line, problem.column)
        raise AssemblyError([Diagnostic(place, problem.message, expected=problem.expected)]) from None
    except (OSError, RuntimeError, ValueError):
        raise AssemblyError([Diagnostic(Place(found.name, 0), f'cannot find "{found.name}"')]) from None
    return _assemble(source, found, Folders(given, options), options)


def assemble_text(text: str, name: str = "<text>", options: Options | None = None) -> Program:
    """Assemble `text`; `name` is what places call it. Raises AssemblyError with every mistake in it.

    ``.include`` and ``.incbin`` reach the folders of `options` alone.
    """
    options = options or Options()
    return _assemble(Source(name, text), None, Folders(None, options), options)


def _assemble(source: Source, found: Found | None, folders: Folders, options: Options) -> Program:
    unit = Unit(options, folders, found is not None)
    flow = Flow(unit, folders)
    program = None
    try:
        flow.open_source(source, found)
        for statement, head in flow:
            try:
                _perform(unit, statement, head)
            except SourceError as mistake:
                unit.diagnostics.add(statement, mistake)
        place_commons(unit)
        pad_code(unit)
        sources = {name: item.text for name, item in flow.sources.items()}
        program = build(unit, source.name, sources)
    except LimitReachedError:
        pass
    if program is None:
        raise AssemblyError(unit.diagnostics.sorted())
    folders.check_replaced(source.name)
    own = () if found is None else (found.path,)
    return replace(program, files=tuple(map(str, (*own, *folders.found))))


def _perform(unit: Unit, statement: Statement, head: re.Match[str]) -> None:
    """Let one statement act on the unit. Raises SourceError."""
    word = head["word"]
    if word is not None and word.lower() in IGNORED:
        unit.define_labels(statement, head["labels"], head.start("labels"))
        return
    if word is not None and word.lower() in UNSUPPORTED:
        message, remedy = UNSUPPORTED[word.lower()]
        raise SourceError(message, *head.span("word"), remedy)
    try:
        if statement.problem is not None:
            raise StatementError(*statement.problem)
        if len(statement.text) > unit.options.limits.statement:
            raise StatementError("the statement is too long", 0, 1)
        parsed = parse_statement(statement.text)
    except StatementError as problem:
        _recover(unit, statement, head, problem)
        return
    if parsed.labels:
        # What follows the labels is what makes the bytes.
        statement.begin = statement.locate(parsed.start, parsed.end)[0]
        for label in parsed.labels:
            unit.define_label(label, statement)
    if parsed.assigned:
        _assign(unit, statement, parsed)
    elif parsed.word:
        if parsed.word[0] == ".":
            _direct(unit, statement, parsed)
        else:
            encode(unit, statement, parsed)


def _recover(unit: Unit, statement: Statement, head: re.Match[str], problem: StatementError) -> None:
    """Tell a statement that cannot be parsed; its labels count all the same."""
    unit.diagnostics.add(statement, _explained(unit, statement, head, problem))
    unit.define_labels(statement, head["labels"], head.start("labels"))


def _explained(
    unit: Unit, statement: Statement, head: re.Match[str], problem: StatementError
) -> SourceError:
    word = head["word"]
    is_assignment = statement.text[head.end() :].lstrip().startswith("=")
    if word and not is_assignment and statement.problem is None:
        # A word that nobody knows is the mistake, whatever follows it.
        if word.startswith("."):
            if word.lower() not in DIRECTIVES and word.lower() not in FLOW_WORDS:
                return _unknown_directive(unit, word, *head.span("word"))
        elif word.lower() not in FORMS:
            return unknown_mnemonic(unit, word.lower(), *head.span("word"), has_operands=True)
    expected = forms_of(word or "")
    place, _ = statement.locate(problem.end - 1, problem.end)
    rest = statement.source_line(place.line)[place.column :]
    if _MARKED_NUMBER.match(rest):
        expected = 'a number without "#", which begins a comment here'
    return SourceError(problem.message, problem.start, problem.end, expected)


def _unknown_directive(unit: Unit, word: str, start: int, end: int) -> SourceError:
    known = [*DIRECTIVES, *FLOW_WORDS, *IGNORED, *unit.macro_names]
    suggestion = unit.diagnostics.suggest(word.lower(), "directive", known)
    return SourceError(f'there is no directive "{word}"', start, end, suggestion=suggestion)


def _assign(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    span = (parsed.start, parsed.end)
    expression = parsed.operands[0]
    assert isinstance(expression, Expression)

    assign(unit, statement, parsed.word, span, expression, parsed.assigned == "=")


def _direct(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    handler = DIRECTIVES.get(parsed.word)
    if handler is None:
        raise _unknown_directive(unit, parsed.word, parsed.start, parsed.end)
    handler(unit, statement, parsed)
