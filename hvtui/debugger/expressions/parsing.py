"""From the text of an expression to its parts, by the Lark grammar.

The parser is built once in a process. What leaves this module on a mistake is an `ExpressionError` in
words; the grammar's own names stay inside. Text that is too long or too deep is refused before it can
cost anything.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from hvtui.debugger.expressions import literals
from hvtui.debugger.expressions.errors import ExpressionError, Mark, shown
from hvtui.debugger.expressions.functions import FUNCTIONS, READS
from hvtui.debugger.expressions.tree import Call, Choice, Infix, Name, Node, Number, Prefix

MAX_LENGTH = 2000
MAX_DEPTH = 100


@cache
def _parser() -> Lark:
    text = files("hvtui.debugger.expressions").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", maybe_placeholders=False)


def parse(text: str) -> Node:
    """Return the parts of an expression. Raises ExpressionError."""
    if len(text) > MAX_LENGTH:
        rest = Mark(text, MAX_LENGTH, len(text))
        raise rest.error(f"an expression has at most {MAX_LENGTH} characters, not {len(text)}")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _in_words(text, error) from None
    _refuse_depth(text, tree)
    return _node(text, tree.children[0])


def _refuse_depth(text: str, tree: Tree[Token]) -> None:
    level: list[Tree[Token]] = [tree]
    for _ in range(MAX_DEPTH + 1):
        level = [part for known in level for part in known.children if isinstance(part, Tree)]
        if not level:
            return
    first = next((token for part in level for token in part.scan_values(_is_token)), None)
    start, end = _span(first) if first is not None else (0, len(text))
    raise ExpressionError(f"this is nested more than {MAX_DEPTH} deep", text, start, end)


def _is_token(item: object) -> bool:
    return isinstance(item, Token)


def _span(token: Token) -> tuple[int, int]:
    start = token.start_pos or 0
    return start, start + len(token)


def _mark(text: str, item: Token | Tree[Token]) -> Mark:
    assert isinstance(item, Token)
    return Mark(text, *_span(item))


def _node(text: str, item: Token | Tree[Token]) -> Node:
    if isinstance(item, Token):
        mark = _mark(text, item)
        if item.type == "NUMBER":
            return Number(literals.number(str(item), mark), mark)
        if item.type == "CHARACTER":
            return Number(literals.character(str(item), mark), mark)
        return _name(str(item), mark)
    parts = item.children
    match item.data:
        case "choice":
            condition, chosen, other = (_node(text, part) for part in parts)
            return Choice(condition, chosen, other)
        case "infix":
            mark = _mark(text, parts[1])
            return Infix(str(parts[1]), _node(text, parts[0]), _node(text, parts[2]), mark)
        case "prefix":
            return _prefix(text, parts[0], parts[1])
        case "call":
            return Call(str(parts[0]), _node(text, parts[1]), _mark(text, parts[0]))
    return _node(text, parts[0])  # a group


def _prefix(text: str, sign: Token | Tree[Token], item: Token | Tree[Token]) -> Node:
    mark = _mark(text, sign)
    operand = _node(text, item)
    if sign != "*":
        return Prefix(str(sign), operand, mark)
    # The value of these functions is what memory holds already.
    is_read = isinstance(item, Tree) and item.data == "call" and item.children[0] in READS
    return operand if is_read else Call("word", operand, mark)


_QUALIFIED = re.compile(r'("[^"]*"|[^"]*?)\s*::\s*(.*)', re.DOTALL)


def _name(text: str, mark: Mark) -> Name:
    found = _QUALIFIED.fullmatch(text)
    component, name = (found[1].strip('"'), found[2]) if found else (None, text)
    return Name(name.strip('"'), component, name.startswith('"'), mark)


# What is wrong where the parser stopped, in words

_OPERAND = "a number, a register, a CSR, a symbol or a function such as word(sp)"
_OPERATOR_END = re.compile(r"(?:<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>&^|?:~!])\Z")
_TOKEN = re.compile(r"\w+|<<|>>|<=|>=|==|!=|&&|\|\||::|\S")
_LAST_WORD = re.compile(r"(\w+)\s*\Z")
_WORDS = {"and": "&&", "or": "||", "not": "!"}


def _in_words(text: str, error: UnexpectedInput) -> ExpressionError:
    if isinstance(error, UnexpectedCharacters):
        start, allowed = error.pos_in_stream or 0, error.allowed
    else:
        assert isinstance(error, UnexpectedToken)
        allowed = error.accepts or error.expected
        start = len(text) if error.token.type == "$END" else _span(error.token)[0]
    rest = text[start:]
    found = _TOKEN.match(rest)
    token = found[0] if found else ""
    mark = Mark(text, start, start + max(len(token), 1))
    if not text.strip():
        return Mark(text, 0, 1).error("there is no expression", expected=_OPERAND)
    special = _lexical(mark, rest)
    if special is not None:
        return special
    if "NUMBER" in (allowed or ()):
        return _operand_missing(mark, text[:start], token)
    return _operator_missing(mark, text, token)


def _lexical(mark: Mark, rest: str) -> ExpressionError | None:
    """Return the error of something that is no word of the language at all."""
    sign = rest[:1]
    if sign == "'":
        closing = rest.find("'", 1)
        if closing < 0:
            return mark.error("a closing ' is missing")
        whole = Mark(mark.text, mark.start, mark.start + closing + 1)
        return whole.error("there is not exactly one character between the quotes")
    if sign == '"' and rest.count('"') == 1:
        return mark.error('a closing " is missing')
    if rest.startswith("::"):
        whole = Mark(mark.text, mark.start, mark.start + 2)
        return whole.error('"::" stands between a component and a symbol', expected="COMPONENT::SYMBOL")
    if sign and not (sign.isalnum() or sign in "()?:|&^=!<>+-*/%~_.$\"'"):
        named = f'"{sign}"' if sign.isprintable() else f"U+{ord(sign):04X}"
        return mark.error(f"the character {named} cannot stand here")
    return None


def _operand_missing(mark: Mark, text_before: str, token: str) -> ExpressionError:
    before = text_before.rstrip()
    last = _OPERATOR_END.search(before)
    if last is not None:
        after = Mark(mark.text, last.start(), last.end())
        return after.error(f'an operand is missing after "{last[0]}"', expected=_OPERAND)
    if not token:
        return _unclosed(mark)
    if before.endswith("(") and token == ")":
        return mark.error("there is nothing between the parentheses", expected=_OPERAND)
    return mark.error(f'an operand is missing before "{shown(token)}"', expected=_OPERAND)


def _operator_missing(mark: Mark, text: str, token: str) -> ExpressionError:
    if not token:
        return _unclosed(mark)
    if token == "=":
        return mark.error('"=" does not compare', suggestion="==")
    if token == ")":
        return mark.error('there is no "(" for this ")"')
    if token.lower() in _WORDS:
        return mark.error(f'"{shown(token)}" is not an operator', suggestion=_WORDS[token.lower()])
    before = _LAST_WORD.search(text[: mark.start])
    if before is not None and before[1] in FUNCTIONS:
        function = Mark(text, before.start(1), before.end(1))
        return function.error(f"{before[1]} needs parentheses", expected=f"{before[1]}(...)")
    if token[0].isalnum() or token[0] in "_.$\"'(":
        message = f'an operator is missing before "{shown(token)}"'
        return mark.error(message, expected="an operator such as == or +")
    if _open_places(text[: mark.start]):
        return mark.error(f'a ")" is missing before "{shown(token)}"')
    return mark.error(f'"{shown(token)}" cannot stand here')


def _unclosed(mark: Mark) -> ExpressionError:
    """Return the error of a text that ends too early, though not after an operator."""
    text = mark.text
    places = _open_places(text)
    if places:
        last = Mark(text, places[-1], places[-1] + 1)
        if text[places[-1] + 1 :].strip():
            return last.error('the ")" for this "(" is missing')
        return last.error('an operand is missing after "("', expected=_OPERAND)
    question = max(text.rfind("?"), 0)
    return Mark(text, question, question + 1).error('the ":" for this "?" is missing')


_NOT_QUOTED = re.compile(r"\"[^\"]*\"|'(?:\\.|[^'\\])'|[()]")


def _open_places(text: str) -> list[int]:
    """Return where the parentheses stand that are open at the end of `text`."""
    places: list[int] = []
    for found in _NOT_QUOTED.finditer(text):
        if found[0] == "(":
            places.append(found.start())
        elif found[0] == ")" and places:
            places.pop()
    return places
