"""What a person is told about an expression that is wrong: the words, the place, the suggestion."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvtui.debugger.expressions.compiling import Expression, compile_expression
from hvtui.debugger.expressions.errors import EvaluationError, ExpressionError
from hvtui.debugger.expressions.names import Scope
from hvtui.debugger.expressions.parsing import MAX_DEPTH, MAX_LENGTH
from tests.support.debugged import Part, system_of
from tests.support.readable import FakeMachine

SYSTEM = system_of(
    Part("hypervisor", "main: nop\nhandler: nop\n.equ LIMIT, 3\n", 0x8000_0000, "hypervisor"),
    Part("tinyos of vm1", "trap_entry: nop\nloop: nop\n", 0x8001_0000, "kernel", "vm1"),
    Part("tinyos of vm2", "trap_entry: nop\nloop: nop\n", 0x8002_0000, "kernel", "vm2"),
    cpu="vt",
)
SCOPE = Scope.of(SYSTEM, SYSTEM.components[0])


def error(text: str, scope: Scope = SCOPE) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, scope)
    return caught.value


def test_an_error_shows_the_expression_and_a_caret() -> None:
    assert str(error("a0 + mian")) == (
        'no register, CSR or symbol is named "mian"\n'
        "    a0 + mian\n"
        "         ^^^^\n"
        "    did you mean: main"
    )
    assert error("a0 + mian").column == 6
    assert error("mian").brief == 'no register, CSR or symbol is named "mian"; did you mean main?'


@pytest.mark.parametrize(
    ("text", "marked", "words"),
    [
        ("", "", "there is no expression"),
        ("   ", " ", "there is no expression"),
        ("a0 +", "+", 'an operand is missing after "+"'),
        ("a0 == && 3", "==", 'an operand is missing after "=="'),
        ("* / 2", "*", 'an operand is missing after "*"'),
        ("/ 2", "/", 'an operand is missing before "/"'),
        ("()", ")", "there is nothing between the parentheses"),
        ("(", "(", 'an operand is missing after "("'),
        ("word(", "(", 'an operand is missing after "("'),
        ("(a0 + 1", "(", 'the ")" for this "(" is missing'),
        ("('(' + (1)", "(", 'the ")" for this "(" is missing'),
        ("a0 ? 1", "?", 'the ":" for this "?" is missing'),
        ("a0 ? : 1", "?", 'an operand is missing after "?"'),
        ("a0)", ")", 'there is no "(" for this ")"'),
        ("a0 a1", "a1", 'an operator is missing before "a1"'),
        ("(a0) 12", "12", 'an operator is missing before "12"'),
        ("a0 ! 1", "!", '"!" cannot stand here'),
        ("a0 : 1", ":", '":" cannot stand here'),
        ("(a0 : 1)", ":", 'a ")" is missing before ":"'),
        ("word sp", "word", "word needs parentheses"),
        ("word", "word", "word is a function"),
        ("1 + @", "@", 'the character "@" cannot stand here'),
        ("a0[3]", "[", 'the character "[" cannot stand here'),
        ("1 \x00", "\x00", "the character U+0000 cannot stand here"),
        ("hypervisor::", "::", '"::" stands between a component and a symbol'),
        ("'ab'", "'ab'", "there is not exactly one character between the quotes"),
        ("''", "''", "there is not exactly one character between the quotes"),
        ("'a", "'", "a closing ' is missing"),
        ('"tiny', '"', 'a closing " is missing'),
        ("'\u00fc'", "'\u00fc'", "more than one byte"),
        (r"'\q'", r"'\q'", "is not an escape"),
        ("09", "09", '"09" is not a number'),
        ("0x", "0x", '"0x" is not a number'),
        ("1__0", "1__0", '"1__0" is not a number'),
        ("1.5", "1.5", '"1.5" is not a number'),
        ("0x1_0000_0000_0000_0000", "0x1_0000_0000_0000_0000", "does not fit in 64 bits"),
        ("at(a0)", "at", "at() asks where a symbol lies"),
        ("at(main + 4)", "at", "at() asks where a symbol lies"),
        ("at(LIMIT)", "at", "LIMIT is a plain number"),
        ("mstatus.", "mstatus.", "a field of mstatus is missing"),
        ("mvmcb", "mvmcb", "vt has no CSR mvmcb"),
        ('"a\nb"', '"a\nb"', 'no symbol is named "a?b"'),
    ],
)
def test_mistakes_are_named_where_they_are(text: str, marked: str, words: str) -> None:
    found = error(text)
    assert words in found.message
    assert text[found.start : found.end] == marked


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("mian", "main"),
        ("A0", "a0"),
        ("$mstatsu", "$mstatus"),
        ("mstatsu.MIE", "mstatus.MIE"),
        ("mstatus.MEI", "mstatus.MIE"),
        ("trapmap.wrstats", "trapmap.wrstatus"),
        ("hypervisr::main", "hypervisor::main"),
        ("tinyos::loop", ""),
        ('"tinyos of vm3"::loop', '"tinyos of vm1"::loop'),
        ('"tinyos of vm1"::trap_enter', '"tinyos of vm1"::trap_entry'),
        ("wrod(sp)", "word"),
        ("a0 = 3", "=="),
        ("a0 and a1", "&&"),
        ("a0 OR a1", "||"),
    ],
)
def test_what_was_probably_meant_is_suggested(text: str, suggestion: str) -> None:
    assert error(text).suggestion == suggestion


def test_a_symbol_of_several_components_lists_them() -> None:
    found = error("pc == trap_entry")
    assert found.message == '2 components have a symbol "trap_entry"'
    assert found.expected == '"tinyos of vm1"::trap_entry, "tinyos of vm2"::trap_entry'
    inside = Scope.of(SYSTEM, SYSTEM.components[1])
    assert compile_expression("trap_entry", inside).evaluate(FakeMachine()) == 0x8001_0000


def test_a_dollar_sign_asks_for_the_machines_names_alone() -> None:
    assert error("$main").message == 'no register or CSR is named "main"'
    assert error('"a0"').message == 'no symbol is named "a0"'


def test_a_field_that_is_far_from_all_lists_them() -> None:
    assert error("mtvec.qqqqqqqq").expected == "BASE, MODE"


def test_memory_that_cannot_be_read_is_marked_in_the_expression() -> None:
    result = compile_expression("1 + *word(a0)", SCOPE).attempt(FakeMachine())
    assert isinstance(result, EvaluationError)
    assert str(result) == "nothing at 0x0\n    1 + *word(a0)\n         ^^^^"


def test_length_and_depth_are_bounded() -> None:
    assert f"at most {MAX_LENGTH}" in error("1" * (MAX_LENGTH + 1)).message
    for text in (
        "(" * 900 + "1" + ")" * 900,
        "-" * 1500 + "1",
        "1" + "+1" * 900,
        "1?" * 400 + "1" + ":1" * 400,
    ):
        found = error(text)
        assert f"more than {MAX_DEPTH} deep" in found.message
        assert max(map(len, str(found).splitlines())) < 130
    deep = compile_expression("!" * (MAX_DEPTH - 2) + "a0", SCOPE)
    assert deep.evaluate(FakeMachine()) == 0


_GRAMMAR = files("hvtui.debugger.expressions").joinpath("grammar.lark").read_text(encoding="utf-8")
_TERMINALS = re.findall(r"^([A-Z_]+)(?:\.\d+)?:", _GRAMMAR, re.MULTILINE)
_GRAMMAR_NAME = re.compile(rf"\$END|__ANON|Token\(|\b(?:{'|'.join(_TERMINALS)})\b")
_PIECES = [
    *("a0", "x10", "pc", "mstatus.MIE", "mstatus.", "main", "nowhere", "hypervisor", "::"),
    *('"tinyos of vm1"', "word(", "at(", "int(", "f(", "(", ")", "?", ":", "'a'", "'", '"', "$"),
    *("1", "0x", "0x12", "09", "12_3", "\u0663", "instant", "trapmap.wrstatus", "word", "and"),
    *("+", "-", "*", "/", "%", "<<", ">>", "<", "<=", "==", "=", "!=", "!", "~", "&", "&&"),
    *("|", "||", "^", " ", "\n", "\t", "@", "[", ",", ".", "\\", "\x00", "\u00fc"),
]
_texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=25).map("".join))


def compiled(text: str) -> Expression | ExpressionError:
    try:
        return compile_expression(text, SCOPE)
    except ExpressionError as found:
        return found


@given(_texts)
def test_any_text_is_an_expression_or_an_error_in_words(text: str) -> None:
    found = compiled(text)
    if isinstance(found, Expression):
        result = found.attempt(FakeMachine(registers={10: 3}))
        assert isinstance(result, EvaluationError) or found.kind.wrap(result) == result
        return
    assert 0 <= found.start <= found.end <= len(text) + 1
    assert len(_TERMINALS) > 15
    assert not _GRAMMAR_NAME.search(f"{found.message} {found.expected} {found.suggestion}")
    assert "\n" not in found.message
    assert str(found).startswith(found.message)


@given(st.sampled_from(_PIECES), st.integers(1, 400))
def test_the_same_again_and_again_is_an_expression_or_an_error_in_words(piece: str, count: int) -> None:
    found = compiled(piece * count)
    if isinstance(found, ExpressionError):
        assert max(map(len, str(found).splitlines())) < 240
