"""From a row's meaning to something that runs: the reference interpreter.

For each instruction row the generator below writes a small Python function, once per process. Its
outer half is the *factory*: it takes the hart's services, the fields of one instruction and the pc
where the instruction lies, computes whatever those settle for good (a branch's target, a mask), and
returns the inner half, the *op*: a function without parameters that executes the instruction and
returns the address of the next one. What each instruction does stands in its row alone.

Register values are kept unsigned. The generator follows the range of every expression, so that a
result is masked to XLEN bits only where it could be wider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias, cast

from asm.isa.decode import Decoded
from asm.isa.instruction import Instruction
from asm.isa.meaning import (
    SERVICES,
    Assign,
    Binary,
    Call,
    Choice,
    Constant,
    Expression,
    Name,
    Perform,
    Statement,
    Unary,
    When,
    walk,
)
from asm.isa.rows import INSTRUCTIONS
from asm.isa.width import MASK, SIGN_BIT, XLEN
from hvtui.machine.contexts import Op

Services: TypeAlias = Mapping[str, Callable[..., object]]

# A jump may go to any multiple of the shortest instruction's length (IALIGN).
FETCH_ALIGNMENT = min(row.encoding.length for row in INSTRUCTIONS)

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_TRUTHS = _COMPARISONS | {"and", "or", "not"}
_WORD_RANGE = (0, MASK)


@dataclass(frozen=True, slots=True)
class _ServiceCall:
    """How a service of the meaning language is called on the hart.

    `name` is the key among the hart's services, `{size}` standing for the constant argument `size`,
    which is then not passed. `hidden` names what the hart needs besides the row's own arguments.
    With `goes_on`, the result is the address of the next instruction.
    """

    name: str
    hidden: tuple[str, ...] = ()
    goes_on: bool = False


_SERVICE_CALLS: Mapping[str, _ServiceCall] = {
    "load": _ServiceCall("load{size}"),
    "store": _ServiceCall("store{size}"),
    "load_reserved": _ServiceCall("load_reserved{size}"),
    "store_conditional": _ServiceCall("store_conditional{size}"),
    "amo_address": _ServiceCall("amo_address{size}"),
    "read": _ServiceCall("read_physical{size}"),
    "write": _ServiceCall("write_physical{size}"),
    "environment_call": _ServiceCall("environment_call"),
    "breakpoint_trap": _ServiceCall("breakpoint_trap", ("pc",)),
    "permit": _ServiceCall("permit", ("decoded", "pc")),
    "csr_access": _ServiceCall("csr_access", ("decoded", "pc")),
    "csr_read": _ServiceCall("csr_read"),
    "csr_stored": _ServiceCall("csr_stored"),
    "csr_write": _ServiceCall("csr_write"),
    "return_from_trap": _ServiceCall("return_from_trap", ("decoded", "pc"), goes_on=True),
    "wait_for_interrupt": _ServiceCall("wait_for_interrupt"),
    "fence_translations": _ServiceCall("fence_translations"),
    "fence_code": _ServiceCall("fence_code"),
}

# Arguments that are register-wide words, whatever the expression that makes them.
_WORD_ARGUMENTS = frozenset({"address", "target", "value", "asid"})
# Services whose result is as wide as the `size` they read.
_SIZED_RESULTS = frozenset({"load", "read"})


@dataclass(frozen=True, slots=True)
class _Code:
    """Python text for a value between `low` and `high`."""

    text: str
    low: int
    high: int

    def within(self, low: int, high: int) -> bool:
        return low <= self.low and self.high <= high


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A row's factory and the names of the services and fields that it takes, in order."""

    factory: Callable[..., Op]
    parameters: tuple[str, ...]
    source: str


def bind(decoded: Decoded, pc: int, x: list[int], services: Services) -> Op:
    """Return the op for the instruction `decoded` at the address `pc`.

    `x` is the hart's register list, which the op reads and writes in place. `services` maps the
    names of `_SERVICE_CALLS` and ``odd_jump`` to the hart's functions.
    """
    fields = decoded.fields
    compiled = _compile(decoded.row, fields.get("rd", 1) == 0)
    known: Mapping[str, object] = {"x": x, "pc": pc, "decoded": decoded}
    arguments = [
        fields[name] if name in fields else known[name] if name in known else services[name]
        for name in compiled.parameters
    ]
    return compiled.factory(*arguments)


def source_of(row: Instruction, *, rd_is_zero: bool = False) -> str:
    """Return the Python text that was written for `row`, for a person who wonders."""
    return _compile(row, rd_is_zero).source


@cache
def _compile(row: Instruction, rd_is_zero: bool) -> _Compiled:
    writer = _Writer(row, rd_is_zero)
    source = writer.factory()
    namespace: dict[str, object] = {"quotient": _quotient, "remainder": _remainder}
    exec(compile(source, f"<meaning of {row.name}>", "exec"), namespace)
    return _Compiled(cast("Callable[..., Op]", namespace["factory"]), tuple(writer.parameters), source)


def _quotient(dividend: int, divisor: int) -> int:
    """Divide towards zero."""
    magnitude = abs(dividend) // abs(divisor)
    return -magnitude if (dividend < 0) != (divisor < 0) else magnitude


def _remainder(dividend: int, divisor: int) -> int:
    """Return what `_quotient` leaves: it has the sign of the dividend."""
    return dividend - divisor * _quotient(dividend, divisor)


class _Writer:
    """Writes the factory of one row; with `rd_is_zero`, for the forms that write no register."""

    def __init__(self, row: Instruction, rd_is_zero: bool) -> None:
        self.row = row
        self.rd_is_zero = rd_is_zero
        self.parameters: dict[str, None] = {}
        self.settled: list[str] = []
        self.settled_names: dict[str, _Code] = {}
        self.locals: dict[str, _Code] = {}
        self.registers: dict[str, _Code] = {}
        self.lines: list[str] = []
        self.next_pc = ""

    # The two halves.

    def factory(self) -> str:
        """Return the factory's source; `parameters` is filled on the way."""
        statements = self.row.statements
        following = self.settle(Binary("+", Name("pc"), Name("length")))
        self.next_pc = following.text
        if _branches_before_the_end(statements):
            self.line(2, f"next_pc = {following.text}")
            self.next_pc = "next_pc"
        self.load_registers(statements)
        self.block(statements, 2, is_tail=self.next_pc == following.text)
        self.line(2, f"return {self.next_pc}")
        head = f"def factory({', '.join(self.parameters)}):"
        return "\n".join([head, *self.settled, "    def op():", *self.lines, "    return op"]) + "\n"

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def load_registers(self, statements: tuple[Statement, ...]) -> None:
        """Read each source register once: into a local if it is used more often or after rd."""
        for name in ("rs1", "rs2"):
            uses = _uses(name, statements)
            if not uses:
                continue
            text = f"{self.need('x')}[{self.need(name)}]"
            if uses > 1 or _read_after_rd(name, statements):
                self.line(2, f"{name}_value = {text}")
                text = f"{name}_value"
            self.registers[name] = _Code(text, *_WORD_RANGE)

    def need(self, name: str) -> str:
        """Make `name` a parameter of the factory."""
        self.parameters[name] = None
        return name

    # Statements.

    def block(self, statements: tuple[Statement, ...], depth: int, *, is_tail: bool) -> None:
        for index, statement in enumerate(statements):
            self.statement(statement, depth, is_tail and index == len(statements) - 1)

    def statement(self, statement: Statement, depth: int, is_tail: bool) -> None:
        match statement:
            case Assign("rd", value):
                self.write_rd(value, depth)
            case Assign(name, value):
                if self.is_settled(value):
                    self.locals[name] = self.settle(value)
                else:
                    code = self.value(value)
                    self.line(depth, f"local_{name} = {code.text}")
                    self.locals[name] = _Code(f"local_{name}", code.low, code.high)
            case Perform(Call("jump", (target,))):
                self.jump(target, depth, is_tail)
            case Perform(call):
                text = self.service(call).text
                if not _SERVICE_CALLS[call.function].goes_on:
                    self.line(depth, text)
                else:
                    self.go_on(text, depth, is_tail)
            case When(condition, body):
                self.line(depth, f"if {self.condition(condition)}:")
                before = len(self.lines)
                self.block(body, depth + 1, is_tail=is_tail)
                if len(self.lines) == before:
                    self.line(depth + 1, "pass")

    def write_rd(self, value: Expression, depth: int) -> None:
        if not self.rd_is_zero:
            self.line(depth, f"{self.need('x')}[{self.need('rd')}] = {self.word(value).text}")
        elif _calls_services(value):
            self.line(depth, self.value(value).text)

    def jump(self, target: Expression, depth: int, is_tail: bool) -> None:
        """Go on at `target`. The odd cases, unaligned or to itself, are the hart's to judge."""
        odd = self.need("odd_jump")
        code = self.word(target)
        pc, low_bits = self.need("pc"), FETCH_ALIGNMENT - 1
        if self.is_settled(target):
            test = self.settle_text(f"bool({code.text} & {low_bits}) or {code.text} == {pc}", 0, 1)
            self.line(depth, f"if {test.text}: {odd}({code.text}, {pc})")
        else:
            self.line(depth, f"target_pc = {code.text}")
            code = _Code("target_pc", *_WORD_RANGE)
            self.line(depth, f"if target_pc & {low_bits} or target_pc == {pc}: {odd}(target_pc, {pc})")
        self.go_on(code.text, depth, is_tail)

    def go_on(self, text: str, depth: int, is_tail: bool) -> None:
        """Make `text` the next pc: now, or, if more is to be done, at the end."""
        if is_tail:
            self.line(depth, f"return {text}")
        elif self.next_pc != "next_pc" and text.isidentifier():
            self.next_pc = text
        else:
            self.line(depth, f"next_pc = {text}")
            self.next_pc = "next_pc"

    # What the factory can compute once.

    def is_settled(self, expression: Expression) -> bool:
        """Tell whether the instruction's fields and place alone decide `expression`."""
        if isinstance(expression, Call) and expression.function == "number":
            return True
        for node in walk(expression):
            match node:
                case Name(name) if name in ("rs1", "rs2") and not _only_as_number(name, expression):
                    return False
                case Name(name) if name in self.locals and self.locals[name].text == f"local_{name}":
                    return False
                case Call(function, _) if function in SERVICES:
                    return False
        return True

    def settle(self, expression: Expression) -> _Code:
        """Compute a settled `expression` in the factory, as a register-wide word."""
        return self.settled_code(self.raw_word(expression))

    def settled_code(self, code: _Code) -> _Code:
        return code if code.text.isidentifier() else self.settle_text(code.text, code.low, code.high)

    def settle_text(self, text: str, low: int, high: int) -> _Code:
        if text.removeprefix("-").isdigit():
            return _Code(text, low, high)
        if text not in self.settled_names:
            name = f"settled{len(self.settled_names)}"
            self.settled.append(f"    {name} = {text}")
            self.settled_names[text] = _Code(name, low, high)
        return self.settled_names[text]

    # Expressions. `word` is exact modulo 2**XLEN and lies in 0..MASK, `value` is exact.

    def word(self, expression: Expression) -> _Code:
        if self.is_settled(expression) and not isinstance(expression, Constant):
            return self.settle(expression)
        return self.raw_word(expression)

    def raw_word(self, expression: Expression) -> _Code:
        code = self.modular(expression)
        return code if code.within(*_WORD_RANGE) else _Code(f"({code.text} & {MASK})", *_WORD_RANGE)

    def modular(self, expression: Expression) -> _Code:
        """Return code that is right modulo 2**XLEN, sparing what such a result does not need."""
        match expression:
            case Call("signed" | "unsigned", (operand,)):
                return self.modular(operand)
            case Call("sext", (operand, Constant(bits))) if bits == XLEN:
                return self.modular(operand)
            case Binary("+" | "-" | "*" | "&" | "|" | "^" as operator, left, right):
                if not self.is_settled(expression):
                    is_bitwise = operator in "&|^"
                    sides = (self.part(left, is_bitwise), self.part(right, is_bitwise))
                    return self.arithmetic(operator, *sides)
        return self.raw_value(expression)

    def part(self, expression: Expression, is_bitwise: bool) -> _Code:
        """Return an operand of a modular operation; a word where that may save the mask around it."""
        if self.is_settled(expression) and not isinstance(expression, Constant):
            return self.settle(expression) if is_bitwise else self.value(expression)
        return self.modular(expression)

    def value(self, expression: Expression) -> _Code:
        if self.is_settled(expression) and not isinstance(expression, Constant):
            return self.settled_code(self.raw_value(expression))
        return self.raw_value(expression)

    def raw_value(self, expression: Expression) -> _Code:
        match expression:
            case Constant(value):
                return _Code(str(value), value, value)
            case Name(name):
                return self.name(name)
            case Unary("not", _):
                return _Code(f"(1 if {self.condition(expression)} else 0)", 0, 1)
            case Unary(operator, operand):
                code = self.value(operand)
                low, high = (-code.high, -code.low) if operator == "-" else (~code.high, ~code.low)
                return _Code(f"({operator}{code.text})", low, high)
            case Binary(operator, _, _) if operator in _TRUTHS:
                return _Code(f"(1 if {self.condition(expression)} else 0)", 0, 1)
            case Binary(operator, left, right):
                return self.arithmetic(operator, self.value(left), self.value(right))
            case Choice(condition, yes, no):
                test, first, second = self.condition(condition), self.value(yes), self.value(no)
                return _Code(
                    f"({first.text} if {test} else {second.text})",
                    min(first.low, second.low),
                    max(first.high, second.high),
                )
            case Call(function, _) if function in SERVICES:
                return self.service(expression)
            case Call():
                return self.function(expression)
        raise TypeError(f"{self.row.name}: {expression!r} is no expression")

    def name(self, name: str) -> _Code:
        if name in self.registers:
            return self.registers[name]
        if name in self.locals:
            return self.locals[name]
        if name == "xlen":
            return _Code(str(XLEN), XLEN, XLEN)
        if name == "length":
            length = self.row.encoding.length
            return _Code(str(length), length, length)
        if name == "pc":
            return _Code(self.need("pc"), *_WORD_RANGE)
        field = self.row.encoding.fields.get(name)
        if field is None:
            raise ValueError(f"{self.row.name}: its meaning uses {name!r}, which is nowhere defined")
        return _Code(self.need(name), field.minimum, field.maximum)

    def arithmetic(self, operator: str, left: _Code, right: _Code) -> _Code:
        return _Code(f"({left.text} {operator} {right.text})", *_range(operator, left, right))

    def condition(self, expression: Expression) -> str:
        """Return text whose truth is that of `expression`."""
        if self.is_settled(expression):
            return self.settle_text(f"bool({self.raw_condition(expression)})", 0, 1).text
        return self.raw_condition(expression)

    def raw_condition(self, expression: Expression) -> str:
        match expression:
            case Binary("and" | "or" as operator, left, right):
                return f"({self.condition(left)} {operator} {self.condition(right)})"
            case Unary("not", operand):
                return f"(not {self.condition(operand)})"
            case Binary(operator, left, right) if operator in _COMPARISONS:
                first, second = self.compared(left, right)
                return f"({first} {operator} {second})"
        return self.raw_value(expression).text

    def compared(self, left: Expression, right: Expression) -> tuple[str, str]:
        """Return the sides of a comparison.

        Two signed words compare like unsigned ones whose sign bits are flipped, that is, to which
        half the range was added: one operation less for each side.
        """
        sides = (left, right)
        if any(_is_signed(side) for side in sides) and all(
            _is_signed(side) or self.is_settled(side) for side in sides
        ):
            first, second = (self.raised(side) for side in sides)
            return first, second
        return self.value(left).text, self.value(right).text

    def raised(self, expression: Expression) -> str:
        """Return `expression` plus half the range."""
        if self.is_settled(expression):
            code = self.raw_value(expression)
            return self.settle_text(
                f"({code.text} + {SIGN_BIT})", code.low + SIGN_BIT, code.high + SIGN_BIT
            ).text
        assert isinstance(expression, Call)
        return f"({self.word(expression.arguments[0]).text} ^ {SIGN_BIT})"

    def function(self, call: Call) -> _Code:
        match call:
            case Call("unsigned", (operand,)):
                return self.raw_word(operand)
            case Call("signed", (operand,)):
                return self.sign_extended(self.raw_word(operand), XLEN)
            case Call("sext", (operand, Constant(bits))):
                mask = (1 << bits) - 1
                code = self.value(operand)
                inside = code if code.within(0, mask) else _Code(f"({code.text} & {mask})", 0, mask)
                return self.sign_extended(inside, bits)
            case Call("quotient" | "remainder" as function, (left, right)):
                return self.division(function, self.value(left), self.value(right))
            case Call("number", (Name(name),)):
                return _Code(self.need(name), 0, 31)
        raise ValueError(f"{self.row.name}: {call.function} does not take these arguments")

    def sign_extended(self, code: _Code, bits: int) -> _Code:
        sign = 1 << (bits - 1)
        return _Code(f"(({code.text} ^ {sign}) - {sign})", -sign, sign - 1)

    def division(self, function: str, left: _Code, right: _Code) -> _Code:
        if left.low >= 0 and right.low >= 0:
            operator = "//" if function == "quotient" else "%"
            return _Code(f"({left.text} {operator} {right.text})", 0, left.high)
        bound = max(abs(left.low), abs(left.high))
        return _Code(f"{function}({left.text}, {right.text})", -bound, bound)

    def service(self, call: Call) -> _Code:
        """Return a call of one of the hart's services."""
        service, how = SERVICES[call.function], _SERVICE_CALLS[call.function]
        arguments = dict(zip(service.parameters, call.arguments, strict=True))
        low, high = service.result or (0, 0)
        name, size = how.name, None
        if "{size}" in name:
            given = arguments.pop("size")
            if not isinstance(given, Constant):
                raise ValueError(f"{self.row.name}: the size of a {call.function} is no constant")
            size = given.value
            name = name.format(size=size)
            if call.function in _SIZED_RESULTS:
                high = (1 << 8 * size) - 1
        texts = [self.argument(key, value, size) for key, value in arguments.items()]
        hidden = [self.need(extra) for extra in how.hidden]
        return _Code(f"{self.need(name)}({', '.join([*texts, *hidden])})", low, high)

    def argument(self, parameter: str, expression: Expression, size: int | None) -> str:
        """Return an argument as narrow as the hart wants it.

        It takes addresses modulo 2**XLEN, and of a value to store the low `size` bytes, so that both
        may come with anything above; other words come exact.
        """
        if parameter not in _WORD_ARGUMENTS:
            return self.value(expression).text
        if parameter == "address" or (parameter == "value" and size is not None and 8 * size < XLEN):
            return self.modular(expression).text
        return self.word(expression).text


def _range(operator: str, left: _Code, right: _Code) -> tuple[int, int]:
    """Return the least and greatest value of an operation on two ranges."""
    match operator:
        case "+":
            return left.low + right.low, left.high + right.high
        case "-":
            return left.low - right.high, left.high - right.low
        case "*":
            corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
            return min(corners), max(corners)
        case "<<":
            return min(left.low << right.high, left.low), max(left.high << right.high, left.high)
        case ">>":
            return min(left.low, left.low >> right.high), max(left.high, left.high >> right.high)
        case "&" if left.low >= 0 or right.low >= 0:
            highs = [code.high for code in (left, right) if code.low >= 0]
            return 0, min(highs)
    bits = max(abs(bound).bit_length() for code in (left, right) for bound in (code.low, code.high))
    low = 0 if left.low >= 0 and right.low >= 0 else -(1 << bits)
    return low, (1 << bits) - 1


def _is_signed(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.function == "signed"


def _calls_services(expression: Expression) -> bool:
    return any(isinstance(node, Call) and node.function in SERVICES for node in walk(expression))


def _only_as_number(name: str, expression: Expression) -> bool:
    return _value_uses(name, expression) == 0


def _value_uses(name: str, node: Statement | Expression) -> int:
    """Count the places below `node` that use the value of register field `name`."""
    nodes = list(walk(node))
    names = sum(isinstance(found, Name) and found.name == name for found in nodes)
    numbers = sum(
        isinstance(found, Call) and found.function == "number" and found.arguments == (Name(name),)
        for found in nodes
    )
    return names - numbers


def _uses(name: str, statements: tuple[Statement, ...]) -> int:
    return sum(_value_uses(name, statement) for statement in statements)


def _read_after_rd(name: str, statements: tuple[Statement, ...]) -> bool:
    """Tell whether the register is read after rd, which may be the same one, was written."""
    written = False
    for statement in statements:
        if written and _value_uses(name, statement):
            return True
        written = written or any(
            isinstance(node, Assign) and node.name == "rd" for node in walk(statement)
        )
        if isinstance(statement, When) and _read_after_rd(name, statement.body):
            return True
    return False


def _branches_before_the_end(statements: tuple[Statement, ...]) -> bool:
    """Tell whether a condition decides where to go on while more is to be done."""
    for index, statement in enumerate(statements):
        if not isinstance(statement, When):
            continue
        if index < len(statements) - 1 and any(_goes_on(node) for node in walk(statement)):
            return True
        if any(_goes_on(node) for inner in statement.body[:-1] for node in walk(inner)):
            return True
        if _branches_before_the_end(statement.body):
            return True
    return False


def _goes_on(node: Statement | Expression) -> bool:
    if not isinstance(node, Call):
        return False
    return node.function == "jump" or (
        node.function in _SERVICE_CALLS and _SERVICE_CALLS[node.function].goes_on
    )
