"""A small compiler: from a part of Python's notation to LLVM IR text.

The rows' meanings are written in this notation, and so is what the hart does for them
(`native_memory`, `native_traps`, `native_csrs`). All values are 64-bit integers. Besides what
`asm.isa.meaning` has, there are:

- functions, ``while``, ``else``, ``return``, locals that are assigned more than once;
- ``cpu.name`` and ``cpu.name[index]``: the fields of `layout.Cpu`;
- ``u8[address]`` to ``u64[address]``: memory of the process;
- constants by name, ``address(cpu.name)``: where a field lies, ``handler("name")``: where a handler
  begins, and ``natural(a)``: the same bits, read without a sign;
- in handlers, the locals ``ip``, ``budget`` and ``delta`` and what ends a handler: ``become(other)``,
  ``dispatch()``, which executes the slot at ``ip``, and ``leave(reason)``, which returns to Python.

A value is known to be non-negative or not; that decides between unsigned and signed operations.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from hvtui.machine.fast.layout import PLACES

_WORDS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64}
_ARITHMETIC: Mapping[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
}
_COMPARISON: Mapping[type[ast.AST], tuple[str, str]] = {
    ast.Eq: ("eq", "eq"),
    ast.NotEq: ("ne", "ne"),
    ast.Lt: ("slt", "ult"),
    ast.LtE: ("sle", "ule"),
    ast.Gt: ("sgt", "ugt"),
    ast.GtE: ("sge", "uge"),
}
_TRUTHS = (ast.Compare, ast.BoolOp)

# Which way a test goes nearly always, so that the code for it comes first.
RARE, OFTEN = ", !prof !0", ", !prof !6"
# What lies in the guest's memory, and the registers of the hart: neither is ever the other.
GUEST, REGISTER = ", !tbaa !4", ", !tbaa !5"
METADATA = """\
!0 = !{!"branch_weights", i32 1, i32 4000}
!1 = !{!"hvtui"}
!2 = !{!"guest", !1}
!3 = !{!"register", !1}
!4 = !{!2, !2, i64 0}
!5 = !{!3, !3, i64 0}
!6 = !{!"branch_weights", i32 4000, i32 1}
"""


class NotationError(ValueError):
    """Something is not in the notation; the message shows it."""


@dataclass(frozen=True, slots=True)
class Value:
    """An operand of type i64; `natural` if it is known not to be negative."""

    text: str
    natural: bool = False


@dataclass
class Emitter:
    """Writes the body of one function. Subclasses know more names and calls.

    `functions` are the functions that can be called, with the number of their arguments; `addresses`
    are where some of them, and some handlers, lie in this process. The others are in the same module.
    """

    constants: Mapping[str, int]
    functions: Mapping[str, int]
    addresses: Mapping[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    slots: list[str] = field(default_factory=list)
    locals: dict[str, str] = field(default_factory=dict)
    count: int = 0
    ended: bool = False

    # Lines and blocks.

    def fresh(self, hint: str = "v") -> str:
        self.count += 1
        return f"%{hint}{self.count}"

    def line(self, text: str) -> None:
        if self.ended:
            self.begin(self.fresh("dead"))
        self.lines.append(f"  {text}")

    def let(self, text: str) -> str:
        name = self.fresh()
        self.line(f"{name} = {text}")
        return name

    def begin(self, block: str) -> None:
        if not self.ended:
            self.lines.append(f"  br label {block}")
        self.lines.append(f"{block[1:]}:")
        self.ended = False

    def end(self, text: str) -> None:
        self.line(text)
        self.ended = True

    def branch(self, condition: str, yes: str, no: str, weight: str = "") -> None:
        self.end(f"br i1 {condition}, label {yes}, label {no}{weight}")

    def slot(self) -> str:
        name = self.fresh("slot")
        self.slots.append(f"  {name} = alloca i64")
        return name

    # Statements.

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(target, self.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                self.assign(target, self.value(ast.BinOp(_loaded(target), op, value)))
            case ast.Expr(value=ast.Call() as call):
                self.call(call)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.If(test=test, body=body, orelse=orelse):
                self.choose(test, body, orelse)
            case ast.While(test=test, body=body, orelse=[]):
                self.loop(test, body)
            case ast.Return(value=value):
                result = self.value(value) if value is not None else Value("0")
                self.end(f"ret i64 {result.text}")
            case _:
                raise self.refuse(node)

    def refuse(self, node: ast.AST) -> NotationError:
        return NotationError(f"{ast.unparse(node)!r} is not in the notation")

    def assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            if target.id not in self.locals:
                self.locals[target.id] = self.slot()
            self.line(f"store i64 {value.text}, ptr {self.locals[target.id]}")
            return
        pointer, bits, _ = self.place(target)
        self.store(pointer, bits, value.text)

    def choose(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        yes, no, after = self.fresh("yes"), self.fresh("no"), self.fresh("after")
        self.branch(self.condition(test), yes, no if orelse else after)
        self.begin(yes)
        self.block(body)
        if not self.ended:
            self.end(f"br label {after}")
        if orelse:
            self.begin(no)
            self.block(orelse)
            if not self.ended:
                self.end(f"br label {after}")
        self.begin(after)

    def loop(self, test: ast.expr, body: Sequence[ast.stmt]) -> None:
        head, inside, after = self.fresh("head"), self.fresh("inside"), self.fresh("after")
        self.begin(head)
        self.branch(self.condition(test), inside, after)
        self.begin(inside)
        self.block(body)
        if not self.ended:
            self.end(f"br label {head}")
        self.begin(after)

    # Memory.

    def place(self, node: ast.expr) -> tuple[str, int, bool]:
        """Return the pointer, width and signedness of a field or of memory."""
        match node:
            case ast.Attribute(value=ast.Name(id="cpu"), attr=name):
                where = PLACES[name]
                return self.field_pointer(where.offset), where.bits, where.signed
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="cpu"), attr=name), slice=index):
                where = PLACES[name]
                size = where.bits // 8
                number = self.value(index)
                scaled = self.let(f"mul nuw i64 {number.text}, {size}")
                offset = self.let(f"add nuw i64 {scaled}, {where.offset}")
                return self.let(f"getelementptr i8, ptr %cpu, i64 {offset}"), where.bits, where.signed
            case ast.Subscript(value=ast.Name(id=name), slice=index) if name in _WORDS:
                pointer = self.let(f"inttoptr i64 {self.value(index).text} to ptr")
                return pointer, _WORDS[name], False
        raise self.refuse(node)

    def field_pointer(self, offset: int) -> str:
        return self.let(f"getelementptr i8, ptr %cpu, i64 {offset}")

    def load(self, pointer: str, bits: int, signed: bool = False, kind: str = "") -> Value:
        if bits == 64:
            return Value(self.let(f"load i64, ptr {pointer}, align 1{kind}"))
        text = self.let(f"load i{bits}, ptr {pointer}, align 1{kind}")
        return Value(self.let(f"{'sext' if signed else 'zext'} i{bits} {text} to i64"), not signed)

    def store(self, pointer: str, bits: int, text: str, kind: str = "") -> None:
        if bits < 64:
            text = self.let(f"trunc i64 {text} to i{bits}")
        self.line(f"store i{bits} {text}, ptr {pointer}, align 1{kind}")

    # Expressions.

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int(number)):
                return Value(str(int(number)), number >= 0)
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Value(self.let(f"sub i64 0, {self.value(operand).text}"))
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return Value(self.let(f"xor i64 {self.value(operand).text}, -1"))
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(op, self.value(left), self.value(right))
            case ast.IfExp(test=test, body=yes, orelse=no):
                return self.choice(test, yes, no)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return Value(self.let(f"zext i1 {self.condition(node)} to i64"), natural=True)
            case ast.Call():
                found = self.call(node)
                if found is None:
                    raise self.refuse(node)
                return found
            case ast.Attribute() | ast.Subscript():
                pointer, bits, signed = self.place(node)
                return self.load(pointer, bits, signed)
        raise self.refuse(node)

    def name(self, name: str) -> Value:
        if name in self.locals:
            return Value(self.let(f"load i64, ptr {self.locals[name]}"))
        if name in self.constants:
            number = self.constants[name]
            return Value(str(number), number >= 0)
        raise NotationError(f"{name!r} is nowhere defined")

    def arithmetic(self, op: ast.operator, left: Value, right: Value) -> Value:
        natural = left.natural and right.natural
        if isinstance(op, ast.RShift):
            shift = "lshr" if left.natural else "ashr"
            return Value(self.let(f"{shift} i64 {left.text}, {right.text}"), left.natural)
        if isinstance(op, ast.FloorDiv):
            return Value(self.let(f"udiv i64 {left.text}, {right.text}"), natural=True)
        if isinstance(op, ast.Sub):
            natural = False
        elif isinstance(op, ast.BitAnd):
            natural = left.natural or right.natural
        return Value(self.let(f"{_ARITHMETIC[type(op)]} i64 {left.text}, {right.text}"), natural)

    def choice(self, test: ast.expr, yes: ast.expr, no: ast.expr) -> Value:
        result = self.slot()
        first, second, after = self.fresh("yes"), self.fresh("no"), self.fresh("after")
        self.branch(self.condition(test), first, second)
        naturals = []
        for block, node in ((first, yes), (second, no)):
            self.begin(block)
            found = self.value(node)
            naturals.append(found.natural)
            self.line(f"store i64 {found.text}, ptr {result}")
            self.end(f"br label {after}")
        self.begin(after)
        return Value(self.let(f"load i64, ptr {result}"), all(naturals))

    def condition(self, node: ast.expr) -> str:
        """Return an operand of type i1."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                first, second = self.value(left), self.value(right)
                signed, unsigned = _COMPARISON[type(op)]
                predicate = unsigned if first.natural and second.natural else signed
                return self.let(f"icmp {predicate} i64 {first.text}, {second.text}")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.let(f"xor i1 {self.condition(operand)}, true")
            case ast.BoolOp(op=op, values=[first_node, *others]):
                return self.both(isinstance(op, ast.And), first_node, others)
        return self.let(f"icmp ne i64 {self.value(node).text}, 0")

    def both(self, is_and: bool, first: ast.expr, others: Sequence[ast.expr]) -> str:
        result = self.fresh("slot")
        self.slots.append(f"  {result} = alloca i1")
        after = self.fresh("after")
        found = self.condition(first)
        for node in others:
            self.line(f"store i1 {found}, ptr {result}")
            more = self.fresh("more")
            self.branch(found, *((more, after) if is_and else (after, more)))
            self.begin(more)
            found = self.condition(node)
        self.line(f"store i1 {found}, ptr {result}")
        self.begin(after)
        return self.let(f"load i1, ptr {result}")

    def call(self, node: ast.Call) -> Value | None:
        if not isinstance(node.func, ast.Name):
            raise self.refuse(node)
        name = node.func.id
        if name == "address" and isinstance(node.args[0], ast.Attribute):
            where = PLACES[node.args[0].attr]
            start = self.let("ptrtoint ptr %cpu to i64")
            return Value(self.let(f"add i64 {start}, {where.offset}"), natural=True)
        if name == "natural":
            return Value(self.value(node.args[0]).text, natural=True)
        if name == "handler" and isinstance(node.args[0], ast.Constant):
            return Value(f"ptrtoint (ptr @{node.args[0].value!s} to i64)", natural=True)
        if self.functions.get(name) != len(node.args):
            raise self.refuse(node)
        given = "".join(f", i64 {self.value(argument).text}" for argument in node.args)
        return Value(self.let(f"call i64 {self.callee(name)}(ptr %cpu{given})"))

    def callee(self, name: str) -> str:
        """Return a function or handler as an operand."""
        address = self.addresses.get(name)
        return f"@{name}" if address is None else f"inttoptr (i64 {address} to ptr)"


class HandlerEmitter(Emitter):
    """Writes a handler: a function that ends by becoming another one of the same type."""

    def open(self) -> None:
        """Make locals of what is given to every handler."""
        for name in ("ip", "budget", "delta"):
            self.locals[name] = slot = self.slot()
            self.line(f"store i64 %p.{name}, ptr {slot}")

    def call(self, node: ast.Call) -> Value | None:
        match node:
            case ast.Call(func=ast.Name(id="become"), args=[ast.Name(id=name)]):
                self.become(
                    self.callee(name), *(self.name(each).text for each in ("ip", "budget", "delta"))
                )
                return None
            case ast.Call(func=ast.Name(id="dispatch"), args=[]):
                self.dispatch(*(self.name(each).text for each in ("ip", "budget", "delta")))
                return None
            case ast.Call(func=ast.Name(id="leave"), args=[reason]):
                self.leave(self.value(reason).text, self.name("budget").text)
                return None
        return super().call(node)

    def become(self, target: str, ip: str, budget: str, delta: str) -> None:
        given = f"ptr %cpu, i64 {ip}, i64 {budget}, i64 {delta}, i64 %marks"
        self.line(f"musttail call void {target}({given})")
        self.end("ret void")

    def dispatch(self, ip: str, budget: str, delta: str) -> None:
        """Execute the slot at `ip`: every handler that ends so has an indirect branch of its own."""
        pointer = self.let(f"inttoptr i64 {ip} to ptr")
        self.become(self.let(f"load ptr, ptr {pointer}, align 16"), ip, budget, delta)

    def leave(self, reason: str, budget: str) -> None:
        zero = self.load(self.field_pointer(PLACES["retired_at_zero"].offset), 64).text
        retired = self.let(f"sub i64 {zero}, {budget}")
        self.store(self.field_pointer(PLACES["retired"].offset), 64, retired)
        self.store(self.field_pointer(PLACES["exit"].offset), 32, reason)
        self.end("ret void")

    def text(self, name: str) -> str:
        """Return the function's IR."""
        body = "\n".join(["entry:", *self.slots, *self.lines])
        return f"define dso_local void @{name}({HANDLER_PARAMETERS}) nounwind {{\n{body}\n}}\n"


HANDLER_PARAMETERS = "ptr noalias %cpu, i64 %p.ip, i64 %p.budget, i64 %p.delta, i64 %marks"


def _loaded(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id)
    return target


def functions_in(text: str) -> list[ast.FunctionDef]:
    """Return the functions that a text in the notation defines."""
    found = []
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef):
            raise NotationError(f"{ast.unparse(node)!r} stands outside of functions")
        found.append(node)
    return found


def marks_of(node: ast.FunctionDef) -> Set[str]:
    """Return the decorators of a function: ``@inline`` or ``@handler``, if any."""
    return {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}


def inline_functions(
    called: Set[str], inline: Mapping[str, ast.FunctionDef]
) -> tuple[ast.FunctionDef, ...]:
    """Return those that are laid out in line where something is called, and where they call on."""
    found: dict[str, ast.FunctionDef] = {}
    waiting = sorted(called & inline.keys())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = inline[name]
            waiting += sorted(
                node.func.id
                for node in ast.walk(inline[name])
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in inline
            )
    return tuple(found.values())


def compile_function(
    node: ast.FunctionDef,
    constants: Mapping[str, int],
    functions: Mapping[str, int],
    addresses: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Return the IR of a function, by what `marks_of` tells."""
    marks = marks_of(node)
    if "handler" in marks:
        handler = HandlerEmitter(constants, functions)
        handler.open()
        handler.block(node.body)
        if not handler.ended:
            raise NotationError(f"the handler {node.name} comes to an end without becoming another")
        return handler.text(node.name)
    emitter = Emitter(constants, functions, addresses)
    parameters = []
    for argument in node.args.args:
        emitter.locals[argument.arg] = slot = emitter.slot()
        emitter.line(f"store i64 %p.{argument.arg}, ptr {slot}")
        parameters.append(f", i64 %p.{argument.arg}")
    emitter.block(node.body)
    if not emitter.ended:
        emitter.end("ret i64 0")
    linkage = "internal " if "inline" in marks else "dso_local "
    how = "alwaysinline" if "inline" in marks else "noinline"
    head = f"define {linkage}i64 @{node.name}(ptr noalias %cpu{''.join(parameters)}) {how} nounwind {{"
    return "\n".join([head, "entry:", *emitter.slots, *emitter.lines, "}"]) + "\n"
