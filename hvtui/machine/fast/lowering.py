"""From a row's meaning to LLVM IR: its statements and expressions, and what they ask of the hart.

What a meaning asks of the hart is inline where it has to be quick and else a function of the
``native_`` modules. A check that fails leaves the instruction undone to `refuse`: the meanings check
before they write.

Where operands come from and how it goes on afterwards is known elsewhere: in `handlers`, where a row is
a step of an interpreter, and in `block_lowering`, where it is one instruction of a piece of code.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.instruction import Instruction
from asm.isa.width import MASK, XLEN
from hvtui.machine.fast.layout import CONTEXT_STEP, PLACES, TLB_ENTRIES, TLB_ENTRY_SIZE, X_NOWHERE
from hvtui.machine.fast.notation import GUEST, RARE, REGISTER, HandlerEmitter, NotationError, Value

SLOT_SIZE = 16
SLOT_SHIFT = 2  # a slot is four times as large as the instruction it stands for
_PAGE = 0xFFFF_F000
_PAGE_OFFSET = 0xFFF

# Services that can refuse, as functions: what they are given besides the row's own arguments.
_CHECKED: Mapping[str, tuple[str, ...]] = {
    "load": (),
    "store": (),
    "load_reserved": (),
    "store_conditional": (),
    "amo_address": (),
    "csr_access": ("info", "ip", "pc", "budget"),
    "environment_call": (),
    "breakpoint_trap": ("pc",),
    "permit": ("ip", "pc", "budget"),
    "return_from_trap": ("ip", "pc", "budget"),
}
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "csr_read": ("info", "budget"),
    "csr_stored": ("info", "budget"),
    "csr_write": ("info",),
}
_NOTHING = frozenset({"fence_translations", "fence_code"})
_ALWAYS_REFUSED = frozenset({"environment_call", "breakpoint_trap"})
_SIZELESS = frozenset({"load_reserved", "store_conditional", "amo_address"})
# After these the next instruction has to be looked for: its slot or translation may have gone.
_DISTURBING = frozenset({"store_conditional", "write"})
QUICK = frozenset({"load", "store"})


@cache
def services_of(row: Instruction) -> frozenset[str]:
    """Return the names of the functions and services that the row's meaning calls."""
    return frozenset(
        node.func.id
        for node in nodes_of(row)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )


@cache
def static_target(row: Instruction) -> str | None:
    """Return the field that says, relative to the pc, where the row jumps to; None if none does."""
    for node in nodes_of(row):
        match node:
            case ast.Call(func=ast.Name(id="jump"), args=[target]):
                return _relative(target)
    return None


def _relative(target: ast.expr) -> str | None:
    match target:
        case ast.BinOp(left=ast.Name(id="pc"), op=ast.Add(), right=ast.Name(id=name)):
            return name
    return None


@cache
def nodes_of(row: Instruction) -> tuple[ast.AST, ...]:
    """Return all nodes of the row's meaning."""
    return tuple(ast.walk(parsed(row)))


@cache
def parsed(row: Instruction) -> ast.Module:
    """Return the meaning. That it is in the language is for the language's own reader to say."""
    assert row.statements is not None
    return ast.parse(row.meaning)


class MeaningEmitter(HandlerEmitter, ABC):
    """Writes the meaning of one instruction after the other, each `row` with what is `known` of it.

    Known are the values of the names in the meaning, and by ``number rd`` the numbers of registers; of
    what services are given besides, ``ip``, ``budget`` and, for CSR instructions, ``info``.
    """

    row: Instruction

    def __init__(
        self,
        constants: Mapping[str, int],
        functions: Mapping[str, int],
        addresses: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(constants, functions, addresses)
        self.known: dict[str, Value] = {}
        # Where to go on once all is done: the pc, if that is computed.
        self.next_pc: str | None = None
        self.disturbs = False
        self.settles = False

    # What the place of the instruction decides.

    @property
    @abstractmethod
    def left(self) -> str:
        """The steps that are left after the instruction; before it they are `known` as budget."""

    @abstractmethod
    def register(self, name: str) -> str:
        """Return a pointer to the 32-bit word of the register in the field `name`."""

    @abstractmethod
    def undo(self, handler: str) -> None:
        """Leave the instruction, of which nothing has been done, to a handler."""

    @abstractmethod
    def be_refused(self) -> None:
        """Leave the instruction to `refuse`, for the verdict that has been given."""

    @abstractmethod
    def go_on(self, handler: str, pc: str) -> None:
        """Go on at `pc`, the instruction done, by a handler that looks there."""

    @abstractmethod
    def jump_by(self, field: str) -> None:
        """Note that it goes on at the pc plus that field, which leads to another instruction."""

    @abstractmethod
    def proceed(self) -> None:
        """Go on with the next instruction, wherever the jumps that were noted lead."""

    @property
    @abstractmethod
    def is_quick(self) -> bool:
        """Whether loads and stores are tried by the quick way."""

    # Statements.

    def statements(self, body: Sequence[ast.stmt], is_tail: bool) -> None:
        for index, node in enumerate(body):
            last = is_tail and index == len(body) - 1
            match node:
                case ast.Assign(targets=[ast.Name(id="rd")], value=value):
                    found = self.value(value)
                    self.store(self.register("rd"), XLEN, found.text, REGISTER)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.known[name] = self.value(value)
                case ast.Expr(value=ast.Call(func=ast.Name(id="jump"), args=[target])):
                    self.jump(target, last)
                case ast.If(test=test, body=inner, orelse=[]):
                    self.when(test, inner, last)
                case _:
                    self.statement(node)

    @property
    def jumps(self) -> bool:
        """Whether a jump has been noted."""
        return self.next_pc is not None

    def when(self, test: ast.expr, body: Sequence[ast.stmt], is_tail: bool) -> None:
        yes, after = self.fresh("yes"), self.fresh("after")
        self.branch(self.condition(test), yes, after)
        self.begin(yes)
        before = self.jumps
        self.statements(body, is_tail)
        if not self.ended:
            if self.jumps != before:
                raise NotationError(f"{self.row.name}: a jump on one of two ways that meet again")
            self.end(f"br label {after}")
        self.begin(after)

    def jump(self, target: ast.expr, is_tail: bool) -> None:
        field = _relative(target)
        if field is not None:
            self.jump_by(field)
        else:
            pc = self.word(self.value(target).text)
            odd = self.let(f"icmp ne i64 {self.let(f'and i64 {pc}, 3')}, 0")
            itself = self.let(f"icmp eq i64 {pc}, {self.known['pc'].text}")
            bad, good = self.fresh("bad"), self.fresh("good")
            self.branch(self.let(f"or i1 {odd}, {itself}"), bad, good, RARE)
            self.begin(bad)
            self.undo("hard")
            self.begin(good)
            self.next_pc = pc
        if is_tail:
            self.finish()
            self.forget_jump()

    def forget_jump(self) -> None:
        """Go on behind the instruction again, on another way through it."""
        self.next_pc = None

    def word(self, text: str) -> str:
        return self.let(f"and i64 {text}, {MASK}")

    # The end.

    def finish(self) -> None:
        if self.settles:
            again, on = self.fresh("again"), self.fresh("on")
            pointer = self.field_pointer(PLACES["resettle"].offset)
            self.branch(self.let(f"icmp ne i64 {self.load(pointer, 32).text}, 0"), again, on)
            self.begin(again)
            self.store(pointer, 32, "0")
            self.go_on("check", self.following())
            self.begin(on)
        if self.disturbs:
            self.go_on("go", self.following())
        else:
            self.proceed()

    def following(self) -> str:
        if self.jumps:
            raise NotationError(f"{self.row.name}: it jumps and disturbs what is decoded")
        return self.word(self.let(f"add i64 {self.known['pc'].text}, {self.row.encoding.length}"))

    def slot_at(self, pc: str) -> tuple[str, str]:
        """Return slot and delta of a pc, by the translations of fetches; go on by `go` without one."""
        context = self.load(self.field_pointer(PLACES["fetch_context"].offset), 64).text
        entry = self.entry("fetch_tlb", pc, context)
        wanted = self.let(f"or i64 {context}, {self.let(f'and i64 {pc}, {_PAGE}')}")
        miss, hit = self.fresh("miss"), self.fresh("hit")
        found = self.let(f"icmp ne i64 {self.load(entry, 64).text}, {wanted}")
        self.branch(found, miss, hit, RARE)
        self.begin(miss)
        self.go_on("go", pc)
        self.begin(hit)
        slots = self.load(self.let(f"getelementptr i8, ptr {entry}, i64 8"), 64).text
        inside = self.let(f"shl i64 {self.let(f'and i64 {pc}, {_PAGE_OFFSET}')}, {SLOT_SHIFT}")
        ip = self.let(f"add i64 {slots}, {inside}")
        return ip, self.let(f"sub i64 {pc}, {self.let(f'lshr i64 {ip}, {SLOT_SHIFT}')}")

    def entry(self, tlb: str, virtual: str, context: str) -> str:
        """Return a pointer to the entry of a TLB where a page of a context would be."""
        page, step = (
            self.let(f"lshr i64 {virtual}, 12"),
            self.let(f"lshr i64 {context}, {CONTEXT_STEP}"),
        )
        index = self.let(f"and i64 {self.let(f'xor i64 {page}, {step}')}, {TLB_ENTRIES - 1}")
        offset = self.let(f"mul nuw nsw i64 {index}, {TLB_ENTRY_SIZE}")
        start = self.field_pointer(PLACES[tlb].offset)
        return self.let(f"getelementptr i8, ptr {start}, i64 {offset}")

    # Expressions.

    def name(self, name: str) -> Value:
        if name in self.known:
            return self.known[name]
        return super().name(name)

    def call(self, node: ast.Call) -> Value | None:
        assert isinstance(node.func, ast.Name)
        name, arguments = node.func.id, node.args
        match name, arguments:
            case "number", [ast.Name(id=register)]:
                number = self.known[f"number {register}"].text
                return Value(self.let(f"and i64 {number}, {X_NOWHERE - 1}"), True)
            case "signed", [operand]:
                return self.extended(self.value(operand), XLEN)
            case "unsigned", [operand]:
                return Value(self.word(self.value(operand).text), True)
            case "sext", [operand, ast.Constant(value=int(bits))]:
                return self.extended(self.value(operand), bits)
            case "quotient" | "remainder", [left, right]:
                return self.division(name, self.value(left), self.value(right))
            case "load", [place, ast.Constant(value=int(size))] if self.is_quick:
                return self.quick_load(self.word_of(place), size)
            case "store", [place, ast.Constant(value=int(size)), value] if self.is_quick:
                self.quick_store(self.word_of(place), size, self.value(value).text)
                return None
            case "read", [place, _]:
                return self.load(self.let(f"inttoptr i64 {self.value(place).text} to ptr"), 32)
            case "write", [place, _, value]:
                given = f"i64 {self.value(place).text}, i64 {self.value(value).text}"
                self.line(f"call i64 {self.callee('write_place')}(ptr %cpu, {given})")
                self.disturbs = True
                return None
            case "wait_for_interrupt", []:
                self.undo("hard")
                return None
        if name in _NOTHING:
            for argument in arguments:
                self.value(argument)
            return None
        if name in _CHECKED:
            return self.checked(name, arguments)
        if name in _PLAIN:
            self.settles |= name == "csr_write"
            return self.service(name, arguments, _PLAIN[name])
        raise self.refuse(node)

    def csr_info(self, number: str) -> Value:
        """Return what native code knows of a CSR."""
        where = PLACES["csr_info"]
        scaled = self.let(f"mul nuw i64 {number}, {where.bits // 8}")
        offset = self.let(f"add nuw i64 {scaled}, {where.offset}")
        return self.load(self.let(f"getelementptr i8, ptr %cpu, i64 {offset}"), where.bits)

    def extended(self, value: Value, bits: int) -> Value:
        narrow = self.let(f"trunc i64 {value.text} to i{bits}")
        return Value(self.let(f"sext i{bits} {narrow} to i64"))

    def division(self, function: str, left: Value, right: Value) -> Value:
        natural = left.natural and right.natural
        operation = {"quotient": "div", "remainder": "rem"}[function]
        sign = "u" if natural else "s"
        return Value(self.let(f"{sign}{operation} i64 {left.text}, {right.text}"), natural)

    def service(self, name: str, arguments: Sequence[ast.expr], hidden: Sequence[str]) -> Value:
        given = [self.word_of(argument) for argument in arguments]
        if name == "permit":
            kernel, needs = self.row.kernel, self.row.needs
            if kernel is None or needs is None:
                raise NotationError(f"{self.row.name}: it asks for leave and has no class")
            raising = needs.raised_by
            status = CSRS_BY_NAME["mstatus"].fields_by_name
            given = [
                str(int(kernel)),
                str(needs.privilege),
                str(status[raising].mask if raising else 0),
            ]
        given += [self.known[each].text for each in hidden]
        texts = "".join(f", i64 {text}" for text in given)
        return Value(self.let(f"call i64 {self.callee(name)}(ptr %cpu{texts})"), natural=name in _PLAIN)

    def word_of(self, argument: ast.expr) -> str:
        return self.word(self.value(argument).text)

    def checked(self, name: str, arguments: Sequence[ast.expr]) -> Value | None:
        """Call a service that can refuse; go on only if it does not."""
        if name in _SIZELESS:
            arguments = [arguments[0], *arguments[2:]]
        if name in QUICK:
            # What lies in memory may be the time.
            self.store(self.field_pointer(PLACES["budget"].offset), 64, self.known["budget"].text)
        found = self.service(name, arguments, _CHECKED[name])
        refused, granted = self.fresh("refused"), self.fresh("granted")
        self.branch(self.let(f"icmp slt i64 {found.text}, 0"), refused, granted, RARE)
        self.begin(refused)
        self.store(self.field_pointer(PLACES["verdict"].offset), 64, found.text)
        self.be_refused()
        self.begin(granted)
        if name == "return_from_trap":
            self.go_on("returned", found.text)
            return None
        if name in _ALWAYS_REFUSED:
            self.end("unreachable")
            return None
        self.disturbs |= name in _DISTURBING or name == "store"
        self.settles |= name == "store"
        return Value(found.text, natural=True)

    def quick_load(self, virtual: str, size: int) -> Value:
        """Load from a place; or become slow."""
        pointer, _ = self.quick("load_tlb", virtual, size)
        bits = 8 * size
        text = self.let(f"load i{bits}, ptr {pointer}, align {size}{GUEST}")
        return Value(self.let(f"zext i{bits} {text} to i64"), natural=True)

    def quick_store(self, virtual: str, size: int, value: str) -> None:
        """Store to a place; or become slow."""
        pointer, host = self.quick("store_tlb", virtual, size)
        granule = self.let(f"add i64 {self.let(f'lshr i64 {host}, 4')}, %marks")
        mark = self.load(self.let(f"inttoptr i64 {granule} to ptr"), 8, kind=GUEST).text
        self.or_slow(self.let(f"icmp ne i64 {mark}, 0"))
        narrow = self.let(f"trunc i64 {value} to i{8 * size}")
        self.line(f"store i{8 * size} {narrow}, ptr {pointer}, align {size}{GUEST}")

    def quick(self, tlb: str, virtual: str, size: int) -> tuple[str, str]:
        """Return where a place lies in the process; or become slow, if the translation is not known."""
        context = self.load(self.field_pointer(PLACES["data_context"].offset), 64).text
        entry = self.entry(tlb, virtual, context)
        # A misaligned place is in no entry.
        page = self.let(f"and i64 {virtual}, {_PAGE | size - 1}")
        wanted = self.let(f"or i64 {context}, {page}")
        self.or_slow(self.let(f"icmp ne i64 {self.load(entry, 64).text}, {wanted}"))
        start = self.load(self.let(f"getelementptr i8, ptr {entry}, i64 8"), 64).text
        host = self.let(f"add i64 {start}, {virtual}")
        return self.let(f"inttoptr i64 {host} to ptr"), host

    def or_slow(self, condition: str) -> None:
        slow, quick = self.fresh("slow"), self.fresh("quick")
        self.branch(condition, slow, quick, RARE)
        self.begin(slow)
        self.undo(f"slow.{self.row.name}")
        self.begin(quick)
