"""Handlers and a decoder from the instructions' rows: an interpreter whose steps are native code.

A decoded slot holds the address of a handler and, packed, the operands that the meaning uses. Each row
gives a few handlers, all from its one meaning:

- ``near.NAME``: a jump within the page goes straight to the slot of its target;
- ``far.NAME``: a jump to another page finds it by the translations of fetches;
- ``slow.NAME``: for rows that load or store, when the quick test of the translation fails;
- ``told.NAME``: for jumps through a link register, while somebody follows calls and returns.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from asm.isa.instruction import Instruction
from asm.isa.meaning import REGISTER_FIELDS
from asm.isa.rows import INSTRUCTIONS
from asm.isa.width import MASK, XLEN
from hvtui.machine.fast.layout import PLACES, X_NOWHERE
from hvtui.machine.fast.lowering import (
    QUICK,
    SLOT_SHIFT,
    MeaningEmitter,
    nodes_of,
    parsed,
    services_of,
    static_target,
)
from hvtui.machine.fast.notation import RARE, REGISTER, NotationError, Value
from hvtui.machine.probes import LINK_REGISTERS, LINKING

_WIDE = 8  # fields with more bits than this take the upper half of the operands

_REGISTER_BYTES = {"rd": 0, "rs1": 8, "rs2": 16}
_SMALL_BYTE, _WIDE_WORD = 24, 32


def rows_functions(constants: Mapping[str, int], functions: Mapping[str, int]) -> Iterator[str]:
    """Yield the IR of every row's handlers. Raises NotationError for a meaning that is too much."""
    for row in INSTRUCTIONS:
        for kind in kinds_of(row):
            yield RowEmitter(constants, functions, row, kind).handler()


def kinds_of(row: Instruction) -> tuple[str, ...]:
    """Return the kinds of handlers that a row has."""
    told = ("told",) if row.name in LINKING else ()
    if static_target(row) is not None:
        return ("near", "far", *told)
    if told:
        return ("near", *told)
    return ("near", "slow") if services_of(row) & QUICK else ("near",)


def packed_fields(row: Instruction) -> dict[str, int]:
    """Return where, from which bit on, the operands hold each field that the meaning uses."""
    used = {node.id for node in nodes_of(row) if isinstance(node, ast.Name)}
    places: dict[str, int] = {}
    for name, field in row.encoding.fields.items():
        if name in used:
            is_wide = field.width > _WIDE
            place = _REGISTER_BYTES.get(name, _WIDE_WORD if is_wide else _SMALL_BYTE)
            if place in places.values():
                raise NotationError(f"{row.name}: there is no room for the operand {name}")
            places[name] = place
    return places


class RowEmitter(MeaningEmitter):
    """Writes one handler of a row."""

    def __init__(
        self, constants: Mapping[str, int], functions: Mapping[str, int], row: Instruction, kind: str
    ) -> None:
        super().__init__(constants, functions)
        self.row = row
        self.kind = kind
        self.places = packed_fields(row)
        # The slot to go on with, if the jump stays in the page.
        self.next_ip: str | None = None

    @property
    def left(self) -> str:
        return self._left

    @property
    def is_quick(self) -> bool:
        return self.kind == "near"

    def handler(self) -> str:
        """Return the handler's IR."""
        self._left = self.let("sub i64 %p.budget, 1")
        none, some = self.fresh("none"), self.fresh("some")
        self.branch(self.let(f"icmp slt i64 {self.left}, 0"), none, some, RARE)
        self.begin(none)
        self.undo("exhausted")
        self.begin(some)
        self.known["ip"] = Value("%p.ip", natural=True)
        self.known["budget"] = Value("%p.budget", natural=True)
        if self.kind == "told":
            self.may_tell()
        self.unpack()
        self.statements(parsed(self.row).body, is_tail=True)
        if not self.ended:
            self.finish()
        return self.text(f"{self.kind}.{self.row.name}")

    def may_tell(self) -> None:
        """Leave the instruction to the reference if it cannot be told of now."""
        refused, granted = self.fresh("refused"), self.fresh("granted")
        found = self.let("call i64 @may_tell(ptr %cpu, i64 %p.ip)")
        self.branch(self.let(f"icmp slt i64 {found}, 0"), refused, granted, RARE)
        self.begin(refused)
        self.undo("hard")
        self.begin(granted)

    def unpack(self) -> None:
        """Read the operands and the source registers, all at the beginning."""
        pc = self.let(f"lshr i64 %p.ip, {SLOT_SHIFT}")
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
                self.known[name] = self.load(self.register(name), XLEN, kind=REGISTER)
        if "csr" in self.places:
            self.known["info"] = self.csr_info(self.known["csr"].text)

    def register(self, name: str) -> str:
        number = self.known[f"number {name}"].text
        return self.let(f"getelementptr i32, ptr %cpu, i64 {number}")

    # Where it goes on.

    def undo(self, handler: str) -> None:
        self.become(self.callee(handler), "%p.ip", "%p.budget", "%p.delta")

    def be_refused(self) -> None:
        self.store(self.field_pointer(PLACES["pc"].offset), 32, self.known["pc"].text)
        self.undo("refuse")

    def go_on(self, handler: str, pc: str) -> None:
        self.store(self.field_pointer(PLACES["pc"].offset), 32, pc)
        self.become(self.callee(handler), "%p.ip", self.left, "%p.delta")

    @property
    def jumps(self) -> bool:
        return self.next_ip is not None or super().jumps

    def forget_jump(self) -> None:
        super().forget_jump()
        self.next_ip = None

    def jump_by(self, field: str) -> None:
        # The decoder has seen to it that the target is another instruction, and aligned.
        distance = self.known[field].text
        if self.kind == "near":
            self.next_ip = self.let(f"add i64 %p.ip, {self.let(f'shl i64 {distance}, {SLOT_SHIFT}')}")
        else:
            self.next_pc = self.word(self.let(f"add i64 {self.known['pc'].text}, {distance}"))

    def proceed(self) -> None:
        if self.next_pc is None:
            ip = self.next_ip or self.let(f"add i64 %p.ip, {self.row.encoding.length << SLOT_SHIFT}")
            self.dispatch(ip, self.left, "%p.delta")
        elif self.kind == "told":
            told = f"i64 %p.ip, i64 {self.known['pc'].text}, i64 {self.next_pc}, i64 %p.budget"
            self.line(f"call i64 @tell(ptr %cpu, {told})")
            self.go_on("go", self.next_pc)
        else:
            ip, delta = self.slot_at(self.next_pc)
            self.dispatch(ip, self.left, delta)


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
