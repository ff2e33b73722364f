"""Macros: definitions, the arguments of a use, and the substitution of arguments in a body.

Macros work on text, before statements are parsed, as in GNU as. The text that comes out remembers for
each part where it stood, so that a diagnostic marks the ``\\arg`` of the body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asm.assembler.source import Piece, Statement, parts
from asm.assembler.unit import SourceError
from asm.program import Expansion


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a macro: its default, whether it must be given, whether it takes all the rest."""

    name: str
    default: str = ""
    required: bool = False
    takes_rest: bool = False


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro: name, parameters, the statements of its body, and the statement that defined it."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    defined_at: Statement

    @property
    def form(self) -> str:
        """Name and parameters, as a person writes a use of it."""
        return f"{self.name} {', '.join(parameter.name for parameter in self.parameters)}".rstrip()


_HEADER = re.compile(
    r"[ \t,]*(?P<name>[A-Za-z_.$][\w.$]*)\s*(?::\s*(?P<kind>\w+))?\s*(?P<equals>=)?\s*"
)


def parse_header(statement: Statement, start: int) -> tuple[str, tuple[Parameter, ...]]:
    """Read what follows ``.macro``, from column `start` on. Raises SourceError."""
    text = statement.text
    found = _HEADER.match(text, start)
    if found is None:
        raise SourceError(
            ".macro needs a name", *_rest(text, start), ".macro name first, second=default"
        )
    name = found["name"]
    position = found.end("name")
    if position < len(text) and text[position] not in " \t,":
        raise SourceError(
            f'"{text[position]}" cannot stand here', position, position + 1,
            "a name, then parameters: .macro name first, second=default",
        )  # fmt: skip
    parameters: list[Parameter] = []
    names: set[str] = set()
    while text[position:].strip(" \t,"):
        found = _HEADER.match(text, position)
        if found is None:
            raise SourceError(
                "this is not the name of a parameter",
                *_rest(text, position),
                ".macro name first, second=default, third:req, rest:vararg",
            )
        parameter, position = _parameter(text, found)
        if parameter.name in names:
            raise SourceError(
                f'"{parameter.name}" is a parameter already', found.start("name"), found.end("name")
            )
        names.add(parameter.name)
        parameters.append(parameter)
    return name, tuple(parameters)


def _parameter(text: str, found: re.Match[str]) -> tuple[Parameter, int]:
    kind = (found["kind"] or "").lower()
    if kind not in ("", "req", "vararg"):
        raise SourceError(
            f'"{kind}" is no kind of parameter', found.start("kind"), found.end("kind"),
            "name:req (must be given) or name:vararg (takes all the rest)",
        )  # fmt: skip
    position = found.end("kind") if found["kind"] else found.end("name")
    default = ""
    if found["equals"]:
        default, position = _argument(text, found.end())
    return Parameter(found["name"], default, kind == "req", kind == "vararg"), position


def _rest(text: str, start: int) -> tuple[int, int]:
    """The columns from `start` to the end, without the blanks."""
    begin = min(start + len(text[start:]) - len(text[start:].lstrip(" \t,")), len(text))
    return begin, max(len(text.rstrip()), begin + 1)


# Arguments.

_SYMBOL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$\\")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?|\'(?:\\.|[^\\])\'?')


def without_needless_blanks(text: str) -> str:
    """Drop the blanks that do not part two words, as GNU as does before it cuts arguments."""
    if " " not in text and "\t" not in text:
        return text
    result: list[str] = []
    position = 0
    blank = False
    while position < len(text):
        character = text[position]
        if character in " \t\r\f\v":
            blank = True
            position += 1
            continue
        quoted = _QUOTED.match(text, position) if character in "\"'" else None
        part = quoted[0] if quoted else character
        if (
            blank
            and result
            and (
                (result[-1][-1] in _SYMBOL and part[0] in _SYMBOL)
                or part[0] == '"'
                or result[-1][-1] == '"'
            )
        ):
            result.append(" ")
        blank = False
        result.append(part)
        position += len(part)
    return "".join(result)


def _argument(text: str, position: int) -> tuple[str, int]:
    """Return the argument at `position` and its end: a comma, or a blank outside of brackets."""
    while position < len(text) and text[position] in " \t":
        position += 1
    quoted = _QUOTED.match(text, position) if text[position : position + 1] == '"' else None
    if quoted:
        inner = quoted[0][1:-1] if quoted[0].endswith('"') else quoted[0][1:]
        return re.sub(r'\\(["\\])', r"\1", inner) if "\\" in inner else inner, quoted.end()
    start = position
    depth = 0
    while position < len(text):
        character = text[position]
        if character == "," or (character in " \t" and not depth):
            break
        quoted = _QUOTED.match(text, position) if character in "\"'" else None
        if quoted:
            position = quoted.end()
            continue
        depth = max(depth + (character in "([") - (character in ")]"), 0)
        position += 1
    return text[start:position], position


def split_arguments(text: str) -> list[tuple[str, int]]:
    """Cut text into arguments, at commas and blanks; each with its column."""
    text = text.rstrip()
    found: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        while position < len(text) and text[position] in " \t":
            position += 1
        start = position
        argument, position = _argument(text, position)
        found.append((argument, start))
        while position < len(text) and text[position] in " \t":
            position += 1
        if position < len(text) and text[position] == ",":
            position += 1
            if not text[position:].strip():
                break
    return found


_KEYWORD = re.compile(r"(?P<name>[A-Za-z_.$][\w.$]*)\s*=(?!=)")


def bind_arguments(macro: Macro, statement: Statement, start: int, end: int) -> dict[str, str]:
    """Return the value of each parameter for a use whose arguments stand from `start` to `end`.

    Raises SourceError.
    """
    values: dict[str, str] = {}
    text = without_needless_blanks(statement.text[end:].strip())
    by_name = {parameter.name: parameter for parameter in macro.parameters}
    position = 0
    index = 0
    keywords = False
    while position < len(text):
        keyword = _KEYWORD.match(text, position)
        if keyword and keyword["name"] in by_name:
            parameter = by_name[keyword["name"]]
            if parameter.name in values:
                raise SourceError(
                    f'"{parameter.name}" is given twice', *_rest(statement.text, end), macro.form
                )
            position = keyword.end()
            keywords = True
        elif keywords and keyword:
            raise SourceError(
                f'macro "{macro.name}" has no parameter "{keyword["name"]}"',
                *_rest(statement.text, end),
                macro.form,
            )
        elif keywords:
            raise SourceError(
                "an argument without a name follows one with a name",
                *_rest(statement.text, end),
                macro.form,
            )
        elif index >= len(macro.parameters):
            raise SourceError(
                f'too many arguments for macro "{macro.name}"', *_rest(statement.text, end),
                macro.form,
            )  # fmt: skip
        else:
            parameter = macro.parameters[index]
            index += 1
        if parameter.takes_rest:
            values[parameter.name] = text[position:]
            break
        values[parameter.name], position = _argument(text, position)
        while position < len(text) and text[position] in " \t":
            position += 1
        if position < len(text) and text[position] == ",":
            position += 1
    for parameter in macro.parameters:
        if not values.get(parameter.name):
            if parameter.required:
                raise SourceError(
                    f'macro "{macro.name}" needs a value for "{parameter.name}"',
                    start,
                    end,
                    macro.form,
                )
            values[parameter.name] = parameter.default
    return values


# Substitution.

_ESCAPED = re.compile(r"\\(?:(?P<name>[A-Za-z_.$][\w.$]*)|(?P<count>@)|(?P<nothing>\(\)))")


def substitute(
    body: Sequence[Statement],
    values: Mapping[str, str],
    count: int,
    expansions: tuple[Expansion, ...],
    limit: int,
) -> list[Statement]:
    """Return the statements of `body` with ``\\name``, ``\\@`` and ``\\()`` replaced.

    Raises SourceError, for the first column, if a statement grows beyond `limit` characters.
    """
    made = [_substituted(item, values, count, expansions, limit) for item in body]
    if any(";" in value for value in values.values()):
        return [part for statement in made for part in parts(statement)]
    return made


def _substituted(
    item: Statement,
    values: Mapping[str, str],
    count: int,
    expansions: tuple[Expansion, ...],
    limit: int,
) -> Statement:
    text = item.text
    if "\\" not in text:
        return Statement(
            text, item.source, item.line, item.column, item.pieces, expansions, item.problem
        )
    parts: list[str] = []
    pieces: list[Piece] = []
    length = position = 0
    for found in _ESCAPED.finditer(text):
        end = found.end()
        if found["name"] is not None:
            name = found["name"]
            # \op.w: the parameter is the longest part before a dot that is one.
            while name not in values and "." in name[1:]:
                name = name[: name.rindex(".")]
            if name not in values:
                continue
            replacement = values[name]
            end = found.start() + 1 + len(name)
        else:
            replacement = str(count) if found["count"] else ""
        before = text[position : found.start()]
        if before:
            pieces.extend(_pieces(item, position, found.start(), length))
            parts.append(before)
            length += len(before)
        if replacement:
            place, _ = item.locate(found.start(), end)
            pieces.append(Piece(length, place.line, place.column, end - found.start()))
            parts.append(replacement)
            length += len(replacement)
        position = end
        if length > limit:
            raise SourceError(f"the statement grows beyond {limit} characters", 0, 1)
    if position < len(text):
        pieces.extend(_pieces(item, position, len(text), length))
        parts.append(text[position:])
    problem = item.problem
    return Statement(
        "".join(parts), item.source, item.line, item.column, tuple(pieces), expansions, problem
    )


def _pieces(item: Statement, start: int, end: int, offset: int) -> list[Piece]:
    """Return the pieces for the text of `item` from `start` to `end`, when it moves to `offset`."""
    if not item.pieces:
        return [Piece(offset, item.line, item.column + start)]
    found: list[Piece] = []
    for index, piece in enumerate(item.pieces):
        stop = item.pieces[index + 1].offset if index + 1 < len(item.pieces) else len(item.text)
        first, last = max(piece.offset, start), min(stop, end)
        if first < last:
            column = piece.column + (0 if piece.width else first - piece.offset)
            found.append(Piece(offset + first - start, piece.line, column, piece.width))
    return found
