"""From the text of one statement to its parts: labels, operation, operands, by the Lark grammar.

The parser and a bounded store of parsed statements live once in a process. What leaves this module
on a mistake is a `StatementError` in words; the grammar's own names stay inside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from asm.assembler.expression import (
    Expression,
    Operator,
    Reference,
    constant_value,
    postfix,
    wrap,
)

# Statements up to this length are kept parsed, so many of them; longer ones are parsed anew.
_KEPT_LENGTH = 120
_KEPT_STATEMENTS = 8192

MAX_NESTING = 64


@dataclass(frozen=True, slots=True)
class Label:
    """A label's name, or its digits, and where it stands in the statement."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Memory:
    """An operand such as ``8(sp)``: an offset and a base in parentheses."""

    offset: Expression
    base: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string operand: its bytes, escapes resolved."""

    data: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """An operand such as ``@progbits``, without its sign; or the format of ``.insn``."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """An operand that is left out between two commas."""

    start: int
    end: int


Operand = Expression | Memory | Text | Attribute | Skipped


@dataclass(slots=True)
class Parsed:
    """A parsed statement. `word` is the mnemonic or directive in lower case, or empty.

    `assigned` is the sign of an assignment (``=`` or ``==``), `word` then the name as written.
    `encoded` may hold the bytes of an instruction that depends on nothing but its own text.
    """

    labels: tuple[Label, ...]
    word: str
    start: int
    end: int
    operands: tuple[Operand, ...]
    assigned: str = ""
    encoded: bytes | None = None


class StatementError(Exception):
    """A statement that cannot be parsed; columns count from the start of its text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


@cache
def grammar() -> Lark:
    """Return the parser; it is built on first use."""
    text = files("asm.assembler").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        text,
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
    )


def parse_statement(text: str) -> Parsed:
    """Parse one statement. Raises StatementError."""
    return _kept(text) if len(text) <= _KEPT_LENGTH else _parse(text)


def _parse(text: str) -> Parsed:
    _refuse_deep_nesting(text)
    try:
        tree = grammar().parse(text)
    except UnexpectedInput as error:
        raise _in_words(text, error) from None
    return _statement(tree)


_kept = lru_cache(_KEPT_STATEMENTS)(_parse)


def _refuse_deep_nesting(text: str) -> None:
    if text.count("(") <= MAX_NESTING:
        return
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth > MAX_NESTING:
            raise StatementError(
                f"parentheses are nested more than {MAX_NESTING} deep", index, index + 1
            )


def _statement(tree: Tree[Token]) -> Parsed:
    labels: list[Label] = []
    for part in tree.children:
        assert isinstance(part, Tree)
        first = part.children[0]
        assert isinstance(first, Token)
        start, end = _span(first)
        if part.data == "label":
            if first.type == "NUMBER" and not first.isdecimal():
                raise StatementError(
                    f'"{first}" cannot be a label: a label is a name or a decimal number',
                    start,
                    end,
                )
            labels.append(Label(str(first), start, end))
        elif part.data == "assignment":
            value = _expression(part.children[2])
            return Parsed(tuple(labels), str(first), start, end, (value,), str(part.children[1]))
        else:
            operands = tuple(_operand(item) for item in part.children[1:])
            return Parsed(tuple(labels), first.lower(), start, end, operands)
    return Parsed(tuple(labels), "", 0, 0, ())


def _span(token: Token) -> tuple[int, int]:
    start = token.start_pos
    assert start is not None
    return start, start + len(token)


def _bounds(tree: Tree[Token]) -> tuple[int, int]:
    return tree.meta.start_pos, tree.meta.end_pos


def _operand(item: Token | Tree[Token]) -> Operand:
    if isinstance(item, Token):
        if item.type == "SKIPPED":
            return Skipped(*_span(item))
        if item.type == "FORMAT":
            return Attribute(item.lower(), *_span(item))
        return _expression(item)
    if item.data == "memory":
        start, end = _bounds(item)
        offset, base = item.children
        return Memory(_expression(offset), _expression(base), start, end)
    if item.data == "strings":
        start, end = _bounds(item)
        data = b"".join(string_bytes(str(part), part.start_pos or 0) for part in _tokens(item))
        return Text(data, start, end)
    if item.data == "linked":
        return _linked(item)
    if item.data == "attribute":
        token = _tokens(item)[0]
        return Attribute(token[1:], *_span(token))
    return _expression(item)


def _linked(tree: Tree[Token]) -> Expression:
    """``symbol@plt``: there is no dynamic linking here, so that it is the symbol itself."""
    sign = _tokens(tree)[-1]
    if sign != "@plt":
        raise StatementError(f'"{sign}" cannot stand here', *_span(sign))
    return _expression(tree.children[0])


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _expression(item: Token | Tree[Token]) -> Expression:
    if isinstance(item, Token):
        start, end = _span(item)
        term = _term(item)
        if isinstance(term, int):
            return Expression((term,), start, end, value=term)
        return Expression((term,), start, end, name=term.name)
    start, end = _bounds(item)
    if item.data == "modified":
        inner = _expression(item.children[1])
        token = _tokens(item)[0]
        return Expression(inner.code, start, end, inner.value, inner.name, modifier=token.lower())
    if item.data == "group":
        inner = _expression(item.children[0])
        return Expression(inner.code, start, end, inner.value, inner.name, grouped=True)
    code = postfix(_flat(item.children))
    return Expression(code, start, end, value=constant_value(code))


def _flat(
    items: Sequence[Token | Tree[Token]],
) -> list[int | Reference | Operator | Expression]:
    row: list[int | Reference | Operator | Expression] = []
    for item in items:
        if isinstance(item, Tree):
            row.append(_expression(item))
        elif item.type == "BINARY":
            # GNU as drops blanks between operators before it reads them: `! !` is `!!`.
            row.append(Operator("".join(item.split()), 2, *_span(item)))
        elif item.type == "PREFIX":
            row.append(Operator(str(item), 1, *_span(item)))
        else:
            row.append(_term(item))
    return row


def _term(token: Token) -> int | Reference:
    if token.type == "NUMBER":
        return _number(token)
    if token.type == "CHARACTER":
        return _character(token)
    start, end = _span(token)
    return Reference(str(token), start, end)


_RADIX = {"x": 16, "b": 2}
_MAX_NUMBER = (1 << 64) - 1


def _number(token: Token) -> int:
    text = token.lower()
    try:
        if text.isascii() and text.isdecimal():
            # A number of 64 bits has at most 22 octal digits; int() of a huge one would be slow.
            stripped = text.lstrip("0") or "0"
            octal = len(text) > 1 and text[0] == "0"
            value = int(stripped, 8 if octal else 10) if len(stripped) <= 22 else _MAX_NUMBER + 1
        else:
            value = int(text[2:], _RADIX[text[1]]) if text[0] == "0" and "_" not in text else -1
    except (ValueError, KeyError):
        value = -1
    if value < 0:
        raise StatementError(
            f'"{token}" is not a number (numbers are 10, 0x1f, 0b101 or octal 017)', *_span(token)
        )
    if value > _MAX_NUMBER:
        raise StatementError(f'"{_short(token)}" does not fit in 64 bits', *_span(token))
    return wrap(value)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


_ESCAPE = re.compile(r"\\([0-7]{1,3}|[xX][0-9a-fA-F]+|.)", re.DOTALL)
_ESCAPES = {
    "n": 10, "t": 9, "r": 13, "b": 8, "f": 12, "v": 11, "\\": 92, '"': 34, "'": 39,
}  # fmt: skip


def _escaped(found: str, start: int, end: int) -> int:
    if found[0] in "01234567":
        return int(found, 8) & 0xFF
    if found[0] in "xX" and len(found) > 1:
        # Of many digits the last two count, as in GNU as.
        return int(found[1:][-2:], 16)
    if found in _ESCAPES:
        return _ESCAPES[found]
    raise StatementError(
        f'"\\{found}" is not an escape (they are \\n \\t \\r \\b \\f \\v \\0 \\123 \\x7f \\" \\\\)',
        start,
        end,
    )


def string_bytes(literal: str, start: int = 0) -> bytes:
    """Return the bytes of a quoted string that stands at column `start`. Raises StatementError."""
    inner = literal[1:-1]
    if "\\" not in inner:
        return inner.encode()
    result = bytearray()
    position = 0
    for found in _ESCAPE.finditer(inner):
        result += inner[position : found.start()].encode()
        here = start + 1 + found.start()
        result.append(_escaped(found[1], here, here + len(found[0])))
        position = found.end()
    return bytes(result + inner[position:].encode())


# The closing quote may be missing; '\' is a quote after a backslash that lacks it.
_CHARACTER = re.compile(r"'(\\[0-7]{1,3}|\\.|[^\\])")


def _character(token: Token) -> int:
    found = _CHARACTER.match(token)
    assert found is not None
    inner = found[1]
    start, end = _span(token)
    if inner[0] == "\\":
        return _escaped(inner[1:], start, end)
    if not inner.isascii():
        raise StatementError(
            f"{token} is more than one byte in UTF-8: write it in a string", start, end
        )
    return ord(inner)


# Where the parser stopped, the lexer may take a name for a format or .insn itself.
_STARTS_OPERAND = frozenset(
    {"NAME", "NUMBER", "STRING", "LOCAL", "CHARACTER", "MODIFIER", "FORMAT", "INSN"}
)
_UNFINISHED = frozenset(",(+-*/%|&^!<>=~")
_LONG_CHARACTER = re.compile(r"'[^'\\]{2,}'")
_PLACEHOLDER = re.compile(r"\\[\w.@()]*")


def _in_words(text: str, error: UnexpectedInput) -> StatementError:
    """Say what is wrong where the parser stopped, from the text around the place."""
    if isinstance(error, UnexpectedCharacters):
        return _odd_character(text, error.pos_in_stream or 0)
    assert isinstance(error, UnexpectedToken)
    token = error.token
    ended = token.type == "$END"
    quote = _LONG_CHARACTER.match(text, max(_span(token)[0] - 2, 0)) if not ended else None
    if quote is not None:
        message = f"{quote[0]} is more than one character; a string has double quotes"
        return StatementError(message, quote.start(), quote.end())
    start = len(text.rstrip()) if ended else _span(token)[0]
    shown = token.strip()
    end = start + max(len(shown), 1)
    before = text[:start].rstrip()
    # Mark the sign that leads to nothing, not the emptiness after it.
    if before[-1:] in _UNFINISHED and (ended or token.type not in _STARTS_OPERAND):
        message = f'an operand is missing after "{before[-1]}"'
        return StatementError(message, len(before) - 1, len(before))
    if not before:
        return StatementError(
            f"a statement cannot begin with {shown}" if shown else "there is nothing here", start, end
        )
    is_open = before.count("(") > before.count(")")
    if ended:
        return StatementError(
            'a ")" is missing' if is_open else "the statement is not complete", start, end
        )
    if is_open:
        return StatementError(f'a ")" is missing before "{shown}"', start, end)
    if token.type == "_COMMA":
        return StatementError('an operand is missing before ","', start, end)
    if token.type in _STARTS_OPERAND and re.search(r"\s\S+\s*$", before):
        return StatementError(f'a "," is missing before "{shown}"', start, end)
    quoted = shown if '"' in shown else f'"{shown}"'
    return StatementError(f"{quoted} cannot stand here", start, end)


def _odd_character(text: str, start: int) -> StatementError:
    character = text[start]
    if character == "'":
        return StatementError("a character is missing after the '", start, start + 1)
    found = _PLACEHOLDER.match(text, start)
    if found is not None:
        return StatementError(
            f'"{found[0]}" has no meaning here: there is no macro parameter of that name',
            start,
            found.end(),
        )
    shown = f'"{character}"' if character.isprintable() else f"U+{ord(character):04X}"
    return StatementError(f"the character {shown} cannot stand here", start, start + 1)
