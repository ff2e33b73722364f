"""From the instructions' rows to handlers and a decoder in LLVM IR.

A decoded slot holds the address of a handler and, packed, the operands that the meaning uses. Each row
gives a few handlers, all from its one meaning:

- ``near.NAME``: a jump within the page goes straight to the slot of its target;
- ``far.NAME``: a jump to another page finds it by the translations of fetches;
- ``slow.NAME``: for rows that load or store, when the quick test of the translation fails;
- ``told.NAME``: for jumps through a link register, while somebody follows calls and returns.

What a meaning asks of the hart is inline where it has to be quick and else a function of the
``native_`` modules. A check that fails leaves the instruction undone to `refuse`: the meanings check
before they write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.instruction import Instruction
from asm.isa.meaning import REGISTER_FIELDS
from asm.isa.rows import INSTRUCTIONS
from asm.isa.width import MASK, XLEN
from hvtui.machine.fast.layout import PLACES, TLB_ENTRIES, TLB_ENTRY_SIZE, X_NOWHERE
from hvtui.machine.fast.notation import RARE, HandlerEmitter, NotationError, Value
from hvtui.machine.probes import LINK_REGISTERS, LINKING

SLOT_SIZE = 16
_SLOT_SHIFT = 2  # a slot is four times as large as the instruction it stands for
_PAGE = 0xFFFF_F000
_PAGE_OFFSET = 0xFFF
_WIDE = 8  # fields with more bits than this take the upper half of the operands

_REGISTER_BYTES = {"rd": 0, "rs1": 8, "rs2": 16}
_SMALL_BYTE, _WIDE_WORD = 24, 32

# Services that can refuse, as functions: what they are given besides the row's own arguments.
_CHECKED: Mapping[str, tuple[str, ...]] = {
    "load": (),
    "store": (),
    "load_reserved": (),
    "store_conditional": (),
    "amo_address": (),
    "csr_access": ("ip", "pc", "budget"),
    "environment_call": (),
    "breakpoint_trap": ("pc",),
    "permit": ("ip", "pc", "budget"),
    "return_from_trap": ("ip", "pc", "budget"),
}
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "csr_read": ("budget",),
    "csr_stored": ("budget",),
    "csr_write": (),
}
_NOTHING = frozenset({"fence_translations", "fence_code"})
_ALWAYS_REFUSED = frozenset({"environment_call", "breakpoint_trap"})
_SIZELESS = frozenset({"load_reserved", "store_conditional", "amo_address"})
# After these the next instruction has to be looked for: its slot or translation may have gone.
_DISTURBING = frozenset({"store_conditional", "write"})
_INLINE = frozenset({"load", "store"})


def rows_functions(constants: Mapping[str, int], functions: Mapping[str, int]) -> Iterator[str]:
    """Yield the IR of every row's handlers. Raises NotationError for a meaning that is too much."""
    for row in INSTRUCTIONS:
        for kind in kinds_of(row):
            yield RowEmitter(constants, functions, row, kind).handler()


def kinds_of(row: Instruction) -> tuple[str, ...]:
    """Return the kinds of handlers that a row has."""
    names = {
        node.func.id
        for node in _nodes(row)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    told = ("told",) if row.name in LINKING else ()
    if static_target(row) is not None:
        return ("near", "far", *told)
    if told:
        return ("near", *told)
    return ("near", "slow") if names & _INLINE else ("near",)


def static_target(row: Instruction) -> str | None:
    """Return the field that says, relative to the pc, where the row jumps to; None if none does."""
    for node in _nodes(row):
        match node:
            case ast.Call(func=ast.Name(id="jump"), args=[target]):
                return _relative(target)
    return None


def _relative(target: ast.expr) -> str | None:
    match target:
        case ast.BinOp(left=ast.Name(id="pc"), op=ast.Add(), right=ast.Name(id=name)):
            return name
    return None


def _nodes(row: Instruction) -> list[ast.AST]:
    return list(ast.walk(_parsed(row)))


def _parsed(row: Instruction) -> ast.Module:
    """Return the meaning. That it is in the language is for the language's own reader to say."""
    assert row.statements is not None
    return ast.parse(row.meaning)


def packed_fields(row: Instruction) -> dict[str, int]:
    """Return where, from which bit on, the operands hold each field that the meaning uses."""
    used = {node.id for node in _nodes(row) if isinstance(node, ast.Name)}
    places: dict[str, int] = {}
    for name, field in row.encoding.fields.items():
        if name in used:
            is_wide = field.width > _WIDE
            place = _REGISTER_BYTES.get(name, _WIDE_WORD if is_wide else _SMALL_BYTE)
            if place in places.values():
                raise NotationError(f"{row.name}: there is no room for the operand {name}")
            places[name] = place
    return places


class RowEmitter(HandlerEmitter):
    """Writes one handler of a row."""

    def __init__(
        self, constants: Mapping[str, int], functions: Mapping[str, int], row: Instruction, kind: str
    ) -> None:
        super().__init__(constants, functions)
        self.row = row
        self.kind = kind
        self.known: dict[str, Value] = {}
        self.places = packed_fields(row)
        # Where to go on, once all is done: the ip of a slot, or a pc.
        self.next_ip: str | None = None
        self.next_pc: str | None = None
        self.disturbs = False
        self.settles = False

    def handler(self) -> str:
        """Return the handler's IR."""
        left = self.let("sub i64 %p.budget, 1")
        self.left = left
        none, some = self.fresh("none"), self.fresh("some")
        self.branch(self.let(f"icmp slt i64 {left}, 0"), none, some, RARE)
        self.begin(none)
        self.become("@exhausted", "%p.ip", "%p.budget", "%p.delta")
        self.begin(some)
        self.known["ip"] = Value("%p.ip", natural=True)
        self.known["budget"] = Value("%p.budget", natural=True)
        if self.kind == "told":
            self.may_tell()
        self.unpack()
        self.statements(_parsed(self.row).body, is_tail=True)
        if not self.ended:
            self.finish()
        return self.text(f"{self.kind}.{self.row.name}")

    def may_tell(self) -> None:
        """Leave the instruction to the reference if it cannot be told of now."""
        refused, granted = self.fresh("refused"), self.fresh("granted")
        found = self.let("call i64 @may_tell(ptr %cpu, i64 %p.ip)")
        self.branch(self.let(f"icmp slt i64 {found}, 0"), refused, granted, RARE)
        self.begin(refused)
        self.become("@hard", "%p.ip", "%p.budget", "%p.delta")
        self.begin(granted)

    def unpack(self) -> None:
        """Read the operands and the source registers, all at the beginning."""
        pc = self.let(f"lshr i64 %p.ip, {_SLOT_SHIFT}")
        self.known["pc"] = Value(
            self.let(f"and i64 {self.let(f'add i64 {pc}, %p.delta')}, {MASK}"), True
        )
        self.known["xlen"] = Value(str(XLEN), True)
        self.known["length"] = Value(str(self.row.encoding.length), True)
        start = self.let("inttoptr i64 %p.ip to ptr")
        for name, place in self.places.items():
            pointer = self.let(f"getelementptr i8, ptr {start}, i64 {8 + place // 8}")
            field = self.row.encoding.fields[name]
            if place == _WIDE_WORD:
                self.known[name] = self.load(pointer, 32, signed=field.minimum < 0)
                continue
            number = self.load(pointer, 8)
            if name not in REGISTER_FIELDS:
                self.known[name] = number
                continue
            self.known[f"number {name}"] = number
            if name != "rd":
                self.known[name] = self.load(self.register(name), 32)

    def register(self, name: str) -> str:
        number = self.known[f"number {name}"].text
        return self.let(f"getelementptr i32, ptr %cpu, i64 {number}")

    # Statements.

    def statements(self, body: Sequence[ast.stmt], is_tail: bool) -> None:
        for index, node in enumerate(body):
            last = is_tail and index == len(body) - 1
            match node:
                case ast.Assign(targets=[ast.Name(id="rd")], value=value):
                    found = self.value(value)
                    self.store(self.register("rd"), 32, found.text)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.known[name] = self.value(value)
                case ast.Expr(value=ast.Call(func=ast.Name(id="jump"), args=[target])):
                    self.jump(target, last)
                case ast.If(test=test, body=inner, orelse=[]):
                    self.when(test, inner, last)
                case _:
                    self.statement(node)

    def when(self, test: ast.expr, body: Sequence[ast.stmt], is_tail: bool) -> None:
        yes, after = self.fresh("yes"), self.fresh("after")
        self.branch(self.condition(test), yes, after)
        self.begin(yes)
        before = self.next_ip, self.next_pc
        self.statements(body, is_tail)
        if not self.ended:
            if (self.next_ip, self.next_pc) != before:
                raise NotationError(f"{self.row.name}: a jump on one of two ways that meet again")
            self.end(f"br label {after}")
        self.begin(after)

    def jump(self, target: ast.expr, is_tail: bool) -> None:
        relative = _relative(target)
        if relative is not None:
            # The decoder has seen to it that the target is another instruction, and aligned.
            distance = self.known[relative].text
            if self.kind == "near":
                self.next_ip = self.let(
                    f"add i64 %p.ip, {self.let(f'shl i64 {distance}, {_SLOT_SHIFT}')}"
                )
            else:
                self.next_pc = self.word(self.let(f"add i64 {self.known['pc'].text}, {distance}"))
        else:
            pc = self.word(self.value(target).text)
            odd = self.let(f"icmp ne i64 {self.let(f'and i64 {pc}, 3')}, 0")
            itself = self.let(f"icmp eq i64 {pc}, {self.known['pc'].text}")
            bad, good = self.fresh("bad"), self.fresh("good")
            self.branch(self.let(f"or i1 {odd}, {itself}"), bad, good, RARE)
            self.begin(bad)
            self.become("@hard", "%p.ip", "%p.budget", "%p.delta")
            self.begin(good)
            self.next_pc = pc
        if is_tail:
            self.finish()
            self.next_ip = self.next_pc = None

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
            self.go_on("@check", self.following())
            self.begin(on)
        if self.kind == "told" and self.next_pc is not None:
            told = f"i64 %p.ip, i64 {self.known['pc'].text}, i64 {self.next_pc}, i64 %p.budget"
            self.line(f"call i64 @tell(ptr %cpu, {told})")
            self.go_on("@go", self.next_pc)
        elif self.disturbs:
            self.go_on("@go", self.following())
        elif self.next_pc is not None:
            self.far(self.next_pc)
        else:
            ip = self.next_ip or self.let(f"add i64 %p.ip, {self.row.encoding.length << _SLOT_SHIFT}")
            self.dispatch(ip, self.left, "%p.delta")

    def following(self) -> str:
        if self.next_ip is not None or self.next_pc is not None:
            raise NotationError(f"{self.row.name}: it jumps and disturbs what is decoded")
        return self.word(self.let(f"add i64 {self.known['pc'].text}, {self.row.encoding.length}"))

    def go_on(self, handler: str, pc: str) -> None:
        self.store(self.field_pointer(PLACES["pc"].offset), 32, pc)
        self.become(handler, "%p.ip", self.left, "%p.delta")

    def far(self, pc: str) -> None:
        """Go on at a pc: its slot by the translations of fetches, if they have it."""
        index = self.let(f"and i64 {self.let(f'lshr i64 {pc}, 12')}, {TLB_ENTRIES - 1}")
        entry = self.entry("fetch_tlb", index)
        context = self.load(self.field_pointer(PLACES["fetch_context"].offset), 64).text
        wanted = self.let(f"or i64 {context}, {self.let(f'and i64 {pc}, {_PAGE}')}")
        miss, hit = self.fresh("miss"), self.fresh("hit")
        found = self.let(f"icmp ne i64 {self.load(entry, 64).text}, {wanted}")
        self.branch(found, miss, hit, RARE)
        self.begin(miss)
        self.go_on("@go", pc)
        self.begin(hit)
        slots = self.load(self.let(f"getelementptr i8, ptr {entry}, i64 8"), 64).text
        inside = self.let(f"shl i64 {self.let(f'and i64 {pc}, {_PAGE_OFFSET}')}, {_SLOT_SHIFT}")
        ip = self.let(f"add i64 {slots}, {inside}")
        delta = self.let(f"sub i64 {pc}, {self.let(f'lshr i64 {ip}, {_SLOT_SHIFT}')}")
        self.dispatch(ip, self.left, delta)

    def entry(self, tlb: str, index: str) -> str:
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
            case "load", [place, ast.Constant(value=int(size))] if self.kind == "near":
                return self.quick_load(place, size)
            case "store", [place, ast.Constant(value=int(size)), value] if self.kind == "near":
                self.quick_store(place, size, value)
                return None
            case "read", [place, _]:
                return self.load(self.let(f"inttoptr i64 {self.value(place).text} to ptr"), 32)
            case "write", [place, _, value]:
                given = f"i64 {self.value(place).text}, i64 {self.value(value).text}"
                self.line(f"call i64 @write_place(ptr %cpu, {given})")
                self.disturbs = True
                return None
            case "wait_for_interrupt", []:
                self.become("@hard", "%p.ip", "%p.budget", "%p.delta")
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
        return Value(self.let(f"call i64 @{name}(ptr %cpu{texts})"), natural=name in _PLAIN)

    def word_of(self, argument: ast.expr) -> str:
        return self.word(self.value(argument).text)

    def checked(self, name: str, arguments: Sequence[ast.expr]) -> Value | None:
        """Call a service that can refuse; go on only if it does not."""
        if name in _SIZELESS:
            arguments = [arguments[0], *arguments[2:]]
        if name in _INLINE:
            # What lies in memory may be the time.
            self.store(self.field_pointer(PLACES["budget"].offset), 64, "%p.budget")
        found = self.service(name, arguments, _CHECKED[name])
        refused, granted = self.fresh("refused"), self.fresh("granted")
        self.branch(self.let(f"icmp slt i64 {found.text}, 0"), refused, granted, RARE)
        self.begin(refused)
        self.store(self.field_pointer(PLACES["verdict"].offset), 64, found.text)
        self.store(self.field_pointer(PLACES["pc"].offset), 32, self.known["pc"].text)
        self.become("@refuse", "%p.ip", "%p.budget", "%p.delta")
        self.begin(granted)
        if name == "return_from_trap":
            self.go_on("@returned", found.text)
            return None
        if name in _ALWAYS_REFUSED:
            self.end("unreachable")
            return None
        self.disturbs |= name in _DISTURBING or name == "store"
        self.settles |= name == "store"
        return Value(found.text, natural=True)

    def quick_load(self, place: ast.expr, size: int) -> Value:
        pointer, _ = self.quick("load_tlb", place, size)
        bits = 8 * size
        text = self.let(f"load i{bits}, ptr {pointer}, align {size}")
        return Value(self.let(f"zext i{bits} {text} to i64"), natural=True)

    def quick_store(self, place: ast.expr, size: int, value: ast.expr) -> None:
        found = self.value(value).text
        pointer, host = self.quick("store_tlb", place, size)
        granule = self.let(f"add i64 {self.let(f'lshr i64 {host}, 4')}, %marks")
        mark = self.load(self.let(f"inttoptr i64 {granule} to ptr"), 8).text
        self.or_slow(self.let(f"icmp ne i64 {mark}, 0"))
        narrow = self.let(f"trunc i64 {found} to i{8 * size}")
        self.line(f"store i{8 * size} {narrow}, ptr {pointer}, align {size}")

    def quick(self, tlb: str, place: ast.expr, size: int) -> tuple[str, str]:
        """Return where a place lies in the process; or become slow, if the translation is not known."""
        virtual = self.word(self.value(place).text)
        index = self.let(f"and i64 {self.let(f'lshr i64 {virtual}, 12')}, {TLB_ENTRIES - 1}")
        entry = self.entry(tlb, index)
        context = self.load(self.field_pointer(PLACES["data_context"].offset), 64).text
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
        self.become(f"@slow.{self.row.name}", "%p.ip", "%p.budget", "%p.delta")
        self.begin(quick)


def decoder() -> str:
    """Return the function that decodes, in the notation: ``decode(word, offset)``.

    `offset` is that of the instruction within its page. It returns the handler and leaves the
    operands in `cpu.operands`.
    """
    lines = ["def decode(word, offset):", "    opcode = word & 127"]
    groups: dict[int, list[Instruction]] = {}
    for row in INSTRUCTIONS:
        groups.setdefault(row.encoding.match & 127, []).append(row)
    for opcode, rows in groups.items():
        lines.append(f"    if opcode == {opcode}:")
        # The row that fixes more bits comes first.
        for row in sorted(rows, key=lambda row: -row.encoding.mask.bit_count()):
            lines.append(f"        if word & {row.encoding.mask} == {row.encoding.match}:")
            lines += ["            " + line for line in _decoding(row)]
    lines.append('    return handler("illegal")')
    return "\n".join(lines) + "\n"


def _decoding(row: Instruction) -> Iterator[str]:
    parts = []
    for name, place in packed_fields(row).items():
        field = row.encoding.fields[name]
        bits = " | ".join(
            f"(word >> {part.low} & {(1 << part.width) - 1}) << {part.field_low}"
            for part in field.slices
        )
        yield f"{name} = {bits}"
        if name == "rd":
            yield f"if rd == 0: rd = {X_NOWHERE}"
        if field.signed:
            sign = 1 << (field.width - 1)
            yield f"{name} = ({name} ^ {sign}) - {sign}"
        parts.append(f"({name} & {MASK}) << {place}")
    yield f"cpu.operands = {' | '.join(parts) or '0'}"
    target = static_target(row)
    if target is not None:
        yield f'if {target} == 0 or {target} & 3: return handler("hard")'
    if row.name in LINKING:
        tests = [f"{name} == {link}" for name in ("rd", "rs1") for link in sorted(LINK_REGISTERS)
                 if name in row.encoding.fields]  # fmt: skip
        yield f'if cpu.follows and ({" or ".join(tests)}): return handler("told.{row.name}")'
    if target is not None:
        yield f'if offset + {target} < 0 or offset + {target} > 4095: return handler("far.{row.name}")'
    yield f'return handler("near.{row.name}")'
