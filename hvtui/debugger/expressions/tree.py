"""The parts of an expression as it is written, before its names mean anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from hvtui.debugger.expressions.errors import Mark


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a character."""

    value: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Name:
    """A name, of a certain component if one was named; `is_quoted` ones can only be symbols."""

    name: str
    component: str | None
    is_quoted: bool
    mark: Mark


@dataclass(frozen=True, slots=True)
class Prefix:
    """An operator before its operand; `mark` is the operator."""

    operator: str
    operand: Node
    mark: Mark


@dataclass(frozen=True, slots=True)
class Infix:
    """An operator between its operands; `mark` is the operator."""

    operator: str
    left: Node
    right: Node
    mark: Mark


@dataclass(frozen=True, slots=True)
class Choice:
    """``condition ? chosen : other``."""

    condition: Node
    chosen: Node
    other: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one argument; `mark` is the function's name."""

    function: str
    argument: Node
    mark: Mark


Node: TypeAlias = Number | Name | Prefix | Infix | Choice | Call
