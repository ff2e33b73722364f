"""The language in which an instruction's row says what the instruction does.

A meaning is a few statements in Python's notation, restricted to what can be executed exactly by an
interpreter and lowered to 64-bit machine code::

    old = csr_read(csr) if access & 1 else 0
    if rs1 < rs2: jump(pc + target)
    rd = signed(rs1) >> shamt

Names
    ``rs1 rs2``   the values of those registers, unsigned, XLEN bits
    ``rd``        may only be assigned; the hart keeps the low XLEN bits, and none for x0
    ``pc``        the address of this instruction; ``length`` its bytes
    fields        ``imm target upper shamt zimm csr aq rl`` as the encoding holds them
    ``xlen``      the register width in bits
    others        locals, assigned once before use

Expressions are integers: ``+ - * & | ^ ~ << >>``, comparisons (0 or 1), ``and or not``,
``a if c else b`` (the branch not chosen is not evaluated), `FUNCTIONS` and `SERVICES`.
`number(rs1)` is the register's number instead of its value.

Two rules keep every row fit for compilation; `asm.isa.meaning_rules` checks them: no intermediate
needs more than 64 bits, and every check that can end the instruction comes before the first write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from asm.isa.width import MASK


class Effect(Enum):
    """What a service may do, seen from the rule "checks before writes"."""

    CHECK = "may end the instruction; writes nothing (reading a device is part of its check)"
    CHECKED_WRITE = "may end the instruction, else writes"
    READ = "reads, cannot fail"
    WRITE = "writes, cannot fail"


@dataclass(frozen=True, slots=True)
class Service:
    """Something the hart does for a meaning: its parameters, effect and the range of its result."""

    parameters: tuple[str, ...]
    effect: Effect
    result: tuple[int, int] | None
    summary: str


_WORD = (0, MASK)
_BIT = (0, 1)

SERVICES: Mapping[str, Service] = {
    "load": Service(("address", "size"), Effect.CHECK, _WORD, "read `size` bytes of memory, unsigned"),
    "store": Service(
        ("address", "size", "value"), Effect.CHECKED_WRITE, None, "write `size` bytes of memory"
    ),
    "load_reserved": Service(
        ("address", "size"), Effect.CHECKED_WRITE, _WORD, "read and set the reservation"
    ),
    "store_conditional": Service(
        ("address", "size", "value"),
        Effect.CHECKED_WRITE,
        _BIT,
        "write if the reservation holds; 0 for success",
    ),
    "amo_address": Service(
        ("address", "size"),
        Effect.CHECK,
        (0, (1 << 34) - 1),
        "the physical address of an aligned place that may be read and written",
    ),
    "read": Service(("place", "size"), Effect.READ, _WORD, "read a place of `amo_address`"),
    "write": Service(("place", "size", "value"), Effect.WRITE, None, "write a place of `amo_address`"),
    "jump": Service(("target",), Effect.CHECK, None, "go on at `target`; an unaligned one is a trap"),
    "environment_call": Service((), Effect.CHECK, None, "trap: the cause names the mode"),
    "breakpoint_trap": Service((), Effect.CHECK, None, "trap: breakpoint at this pc"),
    "permit": Service(
        (), Effect.CHECK, _BIT, "1 if this kernel instruction executes, 0 if it is ignored"
    ),
    "csr_access": Service(
        ("csr", "reads", "writes"),
        Effect.CHECK,
        (0, 3),
        "which of the wanted accesses take place: bit 0 the read, bit 1 the write",
    ),
    "csr_read": Service(("csr",), Effect.READ, _WORD, "the CSR's value as software sees it"),
    "csr_stored": Service(("csr",), Effect.READ, _WORD, "the value that a set or clear starts from"),
    "csr_write": Service(("csr", "value"), Effect.WRITE, None, "write a CSR, fields made legal"),
    "return_from_trap": Service(
        ("privilege",), Effect.CHECKED_WRITE, None, "xRET of mode 3 (M) or 1 (S)"
    ),
    "wait_for_interrupt": Service((), Effect.CHECK, None, "skip time to the next interrupt"),
    "fence_translations": Service(
        ("address", "asid"), Effect.WRITE, None, "order page-table writes before later walks"
    ),
    "fence_code": Service((), Effect.WRITE, None, "order stores before later fetches"),
}

# Functions without effect, with the number of their arguments.
FUNCTIONS: Mapping[str, int] = {
    "signed": 1,  # the low XLEN bits as two's complement
    "unsigned": 1,  # the low XLEN bits
    "sext": 2,  # the low n bits (a constant) as two's complement
    "quotient": 2,  # division rounded towards zero
    "remainder": 2,  # with the sign of the dividend
    "number": 1,  # number(rd): the register's number
}

REGISTER_FIELDS = ("rd", "rs1", "rs2")


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a register, a field, `pc`, `length`, `xlen` or a local."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``-a``, ``~a`` or ``not a``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """An arithmetic, bitwise, shift or comparison operator, or ``and`` and ``or``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """``yes if condition else no``: only the chosen branch is evaluated."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS` or a service of `SERVICES`."""

    function: str
    arguments: tuple[Expression, ...]


Expression: TypeAlias = Constant | Name | Unary | Binary | Choice | Call


@dataclass(frozen=True, slots=True)
class Assign:
    """``name = value``; the name `rd` writes the register."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Perform:
    """A service called for its effect."""

    call: Call


@dataclass(frozen=True, slots=True)
class When:
    """``if condition: body``."""

    condition: Expression
    body: tuple[Statement, ...]


Statement: TypeAlias = Assign | Perform | When

_BINARY: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.And: "and",
    ast.Or: "or",
}
_UNARY: Mapping[type[ast.AST], str] = {ast.USub: "-", ast.Invert: "~", ast.Not: "not"}


class MeaningError(ValueError):
    """A row's meaning is not in the language; the message names the row and the place."""


def parse_meaning(text: str, row: str) -> tuple[Statement, ...]:
    """Read the meaning `text` of the instruction called `row`.

    Raises MeaningError for anything beyond the language described above.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise MeaningError(f"{row}: {error}") from error
    return _Reader(row).block(tree.body)


def walk(node: Statement | Expression) -> Iterator[Statement | Expression]:
    """Yield `node` and everything below it, in the order of evaluation as written."""
    yield node
    match node:
        case Assign(_, value):
            yield from walk(value)
        case Perform(call):
            yield from walk(call)
        case When(condition, body):
            yield from walk(condition)
            for statement in body:
                yield from walk(statement)
        case Unary(_, operand):
            yield from walk(operand)
        case Binary(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case Choice(condition, yes, no):
            for part in (condition, yes, no):
                yield from walk(part)
        case Call(_, arguments):
            for argument in arguments:
                yield from walk(argument)


@dataclass(frozen=True, slots=True)
class _Reader:
    row: str

    def refuse(self, node: ast.AST) -> MeaningError:
        return MeaningError(f"{self.row}: {ast.unparse(node)!r} is not in the meaning language")

    def block(self, nodes: list[ast.stmt]) -> tuple[Statement, ...]:
        return tuple(self.statement(node) for node in nodes if not isinstance(node, ast.Pass))

    def statement(self, node: ast.stmt) -> Statement:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if name in ("rs1", "rs2", "pc"):
                    raise self.refuse(node)
                return Assign(name, self.expression(value))
            case ast.Expr(value=ast.Call() as call):
                performed = self.expression(call)
                if isinstance(performed, Call) and performed.function in SERVICES:
                    return Perform(performed)
            case ast.If(test=test, body=body, orelse=[]):
                return When(self.expression(test), self.block(body))
        raise self.refuse(node)

    def expression(self, node: ast.expr) -> Expression:
        match node:
            case ast.Constant(value=int(value)):
                return Constant(value)
            case ast.Name(id=name):
                return Name(name)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return Unary(_UNARY[type(op)], self.expression(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return Binary(_BINARY[type(op)], self.expression(left), self.expression(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _BINARY:
                return Binary(_BINARY[type(op)], self.expression(left), self.expression(right))
            case ast.BoolOp(op=op, values=[left, right]):
                return Binary(_BINARY[type(op)], self.expression(left), self.expression(right))
            case ast.IfExp(test=test, body=yes, orelse=no):
                return Choice(self.expression(test), self.expression(yes), self.expression(no))
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                return self.call(node, function, arguments)
        raise self.refuse(node)

    def call(self, node: ast.Call, function: str, arguments: list[ast.expr]) -> Call:
        if function in FUNCTIONS:
            wanted = FUNCTIONS[function]
        elif function in SERVICES:
            wanted = len(SERVICES[function].parameters)
        else:
            raise self.refuse(node)
        if len(arguments) != wanted:
            raise self.refuse(node)
        return Call(function, tuple(self.expression(argument) for argument in arguments))
