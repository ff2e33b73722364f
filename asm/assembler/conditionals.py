"""The tests of conditionals: what ``.if``, ``.ifdef``, ``.ifc`` and their kin ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from asm.assembler.expression import Expression
from asm.assembler.macros import without_needless_blanks
from asm.assembler.source import Statement, word_span
from asm.assembler.syntax import Parsed, Text, parse_statement
from asm.assembler.unit import SourceError, Unit

# Decides whether the lines after a statement count; the number is the column after its first word.
Test = Callable[[Unit, Statement, int], bool]


def one_expression(parsed: Parsed, what: str = "number") -> Expression:
    """Return the only operand of a directive. Raises SourceError; `what` says what it needs."""
    if len(parsed.operands) == 1 and isinstance(parsed.operands[0], Expression):
        return parsed.operands[0]
    raise SourceError(
        f'"{parsed.word}" needs one {what}', parsed.start, parsed.end, f"{parsed.word} {what}"
    )


def is_true(unit: Unit, statement: Statement, end: int) -> bool:
    """Tell whether the number after ``.if`` or ``.elseif`` is not zero. Raises SourceError."""
    expression = one_expression(parse_statement(statement.text))
    return unit.number_now(expression, statement, is_truth=True) != 0


def _compare(holds: Callable[[int], bool]) -> Test:
    def test(unit: Unit, statement: Statement, end: int) -> bool:
        expression = one_expression(parse_statement(statement.text))
        return holds(unit.number_now(expression, statement))

    return test


def _defined(expected: bool) -> Test:
    def test(unit: Unit, statement: Statement, end: int) -> bool:
        expression = one_expression(parse_statement(statement.text), "name")
        if expression.name is None:
            raise SourceError("this is not a name", expression.start, expression.end, "a name")
        return unit.symbols.has(expression.name) is expected

    return test


def _blank(expected: bool) -> Test:
    return lambda unit, statement, end: (not statement.text[end:].strip()) is expected


def _same(expected: bool) -> Test:
    def test(unit: Unit, statement: Statement, end: int) -> bool:
        left, comma, right = statement.text[end:].partition(",")
        if not comma:
            raise SourceError(
                "two texts are needed, with a comma between", *word_span(statement), ".ifc a, b"
            )
        texts = [without_needless_blanks(text.strip()) for text in (left, right)]
        return (texts[0] == texts[1]) is expected

    return test


def _same_strings(expected: bool) -> Test:
    def test(unit: Unit, statement: Statement, end: int) -> bool:
        operands = parse_statement(statement.text).operands
        if len(operands) != 2 or not all(isinstance(item, Text) for item in operands):
            raise SourceError("two strings are needed", *word_span(statement), '.ifeqs "a", "b"')
        left, right = operands
        assert isinstance(left, Text)
        assert isinstance(right, Text)
        return (left.data == right.data) is expected

    return test


TESTS: Mapping[str, Test] = {
    ".if": is_true,
    ".ifne": is_true,
    ".ifeq": _compare(lambda value: value == 0),
    ".ifgt": _compare(lambda value: value > 0),
    ".ifge": _compare(lambda value: value >= 0),
    ".iflt": _compare(lambda value: value < 0),
    ".ifle": _compare(lambda value: value <= 0),
    ".ifdef": _defined(True),
    ".ifndef": _defined(False),
    ".ifnotdef": _defined(False),
    ".ifb": _blank(True),
    ".ifnb": _blank(False),
    ".ifc": _same(True),
    ".ifnc": _same(False),
    ".ifeqs": _same_strings(True),
    ".ifnes": _same_strings(False),
}
CONDITIONALS = frozenset({*TESTS, ".else", ".elseif", ".elsif", ".endif"})
