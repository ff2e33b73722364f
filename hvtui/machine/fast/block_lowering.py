"""A block as one function in LLVM IR: its instructions one after the other, with what is known of each.

The function is a handler for the slots where the block is entered. A straight piece of it is only begun
with steps enough for all of it; else the handlers take the steps that are left. It ends where the next
instruction is not its own, or is to be looked for. The registers stay where the hart has them, so that
there is nothing to do at either end; LLVM finds what need not be read or written again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asm.isa.meaning import REGISTER_FIELDS
from asm.isa.width import MASK, XLEN
from hvtui.machine.fast.blocks import Block, Step, uses
from hvtui.machine.fast.layout import PLACES, X_NOWHERE
from hvtui.machine.fast.lowering import SLOT_SHIFT, MeaningEmitter, parsed, static_target
from hvtui.machine.fast.notation import (
    METADATA,
    OFTEN,
    RARE,
    REGISTER,
    Value,
    compile_function,
    inline_functions,
)
from hvtui.machine.memory import PAGE_SIZE

BLOCK = "block"

_OFFSET = PAGE_SIZE - 1
_PAGE = MASK & ~_OFFSET


@dataclass(frozen=True)
class Surroundings:
    """What a block is lowered among: what `program` lowers all else with, and where that lies.

    `info` says for the number of a CSR what native code always knows of it.
    """

    constants: Mapping[str, int]
    functions: Mapping[str, int]
    inline: Mapping[str, ast.FunctionDef]
    addresses: Mapping[str, int]
    info: Mapping[int, int]


def block_text(block: Block, around: Surroundings) -> str:
    """Return the module with the function. Raises NotationError for what cannot be lowered."""
    emitter = BlockEmitter(block, around)
    text = emitter.whole()
    services = [
        compile_function(node, around.constants, around.functions, around.addresses)
        for node in inline_functions(emitter.called, around.inline)
    ]
    return "\n".join((*services, text, METADATA))


class _Known(dict[str, Value]):
    """What is known of an instruction; what is seldom wanted is only worked out then."""

    def __init__(self, others: Mapping[str, Callable[[], Value]]) -> None:
        super().__init__()
        self._others = others

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._others

    def __missing__(self, name: str) -> Value:
        return self._others[name]()


class BlockEmitter(MeaningEmitter):
    """Writes the function of one block."""

    def __init__(self, block: Block, around: Surroundings) -> None:
        super().__init__(around.constants, around.functions, around.addresses)
        self.code = block
        self.around = around
        self.called: set[str] = set()
        self.step = next(iter(block.steps.values()))
        self.taken = 0
        self.steps_left = ""
        self.jumps_to: int | None = None
        self.slow: str | None = None
        # Where the page lies that was last met by way of a TLB and a base register.
        self.pages: dict[tuple[str, int], tuple[str, str]] = {}
        self.page_is_new = False

    # The whole.

    def whole(self) -> str:
        """Return the function's IR."""
        self.slots += [f"  %{name} = alloca i64" for name in ("left", "place")]
        pc = self.word(self.let(f"add i64 {self.let(f'lshr i64 %p.ip, {SLOT_SHIFT}')}, %p.delta"))
        offset = self.let(f"and i64 {pc}, {_OFFSET}")
        self.page = self.let(f"and i64 {pc}, {_PAGE}")
        self.page_slots = self.let(f"sub i64 %p.ip, {self.let(f'shl i64 {offset}, {SLOT_SHIFT}')}")
        self.line(f"store i64 {offset}, ptr %place")
        self.line("store i64 %p.budget, ptr %left")
        self.begin("%enter")
        place = self.let("load i64, ptr %place")
        # By words, so that a table of them is dense.
        ways = " ".join(f"i64 {entry // 4}, label %at.{entry}" for entry in self.code.entries)
        self.end(f"switch i64 {self.let(f'lshr i64 {place}, 2')}, label %elsewhere [ {ways} ]")
        self.begin("%elsewhere")
        self.dispatch(self.slot_of(place), self.let("load i64, ptr %left"), "%p.delta")
        self.begin("%refused")
        place = self.slot_of(self.let("load i64, ptr %place"))
        self.become(self.callee("leave_block"), place, self.let("load i64, ptr %left"), "%p.delta")
        for leader in sorted(self.code.leaders):
            self.piece(leader)
        return self.text(BLOCK)

    def piece(self, leader: int) -> None:
        """Write a straight piece, from where it may be jumped to."""
        steps = self.code.straight(leader)
        self.begin(f"%at.{leader}")
        self.steps_left = self.let("load i64, ptr %left")
        few, enough = self.fresh("few"), self.fresh("enough")
        self.branch(self.let(f"icmp slt i64 {self.steps_left}, {len(steps)}"), few, enough, RARE)
        self.begin(few)
        self.be_at(steps[0], 0)
        self.undo(self.step.handler)
        self.begin(enough)
        self.pages.clear()
        for number, step in enumerate(steps):
            self.be_at(step, number)
            self.execute()
        if not self.ended:
            self.go_to(steps[-1].following)

    def be_at(self, step: Step, taken: int) -> None:
        """Know what there is to know at an instruction, after so many others of the piece."""
        self.step, self.row, self.taken = step, step.row, taken
        self.disturbs = self.settles = False
        self.forget_jump()
        known = _Known(
            {
                "ip": lambda: Value(self.slot_of(str(step.offset)), natural=True),
                "pc": lambda: Value(self.pc_of(step.offset), natural=True),
                "budget": lambda: Value(self.steps_after(taken), natural=True),
            }
        )
        known["xlen"] = Value(str(XLEN), natural=True)
        known["length"] = Value(str(step.row.encoding.length), natural=True)
        self.known = known

    def execute(self) -> None:
        step = self.step
        for name in uses(step.row) & step.fields.keys():
            number = step.fields[name]
            if name not in REGISTER_FIELDS:
                self.known[name] = Value(str(number), step.row.encoding.fields[name].minimum >= 0)
                continue
            self.known[f"number {name}"] = Value(str(number), natural=True)
            if name != "rd":
                self.known[name] = (
                    self.load(self.hart_register(number), XLEN, kind=REGISTER)
                    if number
                    else Value("0", natural=True)
                )
        if "csr" in step.fields:
            number = step.fields["csr"]
            info = self.around.info.get(number)
            self.known["info"] = (
                self.csr_info(str(number)) if info is None else Value(str(info), natural=True)
            )
        self.statements(parsed(step.row).body, is_tail=True)
        if not self.ended:
            self.finish()

    def callee(self, name: str) -> str:
        self.called.add(name)
        return super().callee(name)

    # Registers, slots and counts.

    def register(self, name: str) -> str:
        number = self.step.fields[name]
        for base in [base for base in self.pages if base[1] == number]:
            del self.pages[base]
        return self.hart_register(number or X_NOWHERE)

    def hart_register(self, number: int) -> str:
        return self.field_pointer(PLACES["x"].offset + number * XLEN // 8)

    def slot_of(self, offset: str) -> str:
        return self.let(f"add i64 {self.page_slots}, {self.let(f'shl i64 {offset}, {SLOT_SHIFT}')}")

    def pc_of(self, offset: int) -> str:
        pc = self.let(f"add i64 {self.page}, {offset}")
        return self.word(pc) if offset == PAGE_SIZE else pc

    def steps_after(self, number: int) -> str:
        return self.let(f"sub i64 {self.steps_left}, {number}") if number else self.steps_left

    @property
    def left(self) -> str:
        return self.steps_after(self.taken + 1)

    # Loads and stores.

    @property
    def is_quick(self) -> bool:
        return True

    def quick(self, tlb: str, virtual: str, size: int) -> tuple[str, str]:
        """Look the page up once for all accesses by the same base register that lie in it."""
        base = tlb, self.step.fields["rs1"]
        known = self.pages.get(base)
        self.page_is_new = known is None
        if known is None:
            pointer, host = super().quick(tlb, virtual, size)
            self.pages[base] = page, start = self.slot(), self.slot()
            self.line(f"store i64 {self.let(f'and i64 {virtual}, {_PAGE}')}, ptr {page}")
            self.line(f"store i64 {self.let(f'sub i64 {host}, {virtual}')}, ptr {start}")
            return pointer, host
        page, start = known
        there = self.let(f"and i64 {virtual}, {_PAGE | size - 1}")
        self.or_slow(self.let(f"icmp ne i64 {there}, {self.let(f'load i64, ptr {page}')}"))
        host = self.let(f"add i64 {self.let(f'load i64, ptr {start}')}, {virtual}")
        return self.let(f"inttoptr i64 {host} to ptr"), host

    def or_slow(self, condition: str) -> None:
        if self.slow is None:
            self.slow = self.fresh("slow")
        quick = self.fresh("quick")
        self.branch(condition, self.slow, quick, RARE)
        self.begin(quick)

    def quick_load(self, virtual: str, size: int) -> Value:
        result, loaded = self.slot(), self.fresh("loaded")
        self.line(f"store i64 {super().quick_load(virtual, size).text}, ptr {result}")
        self.end(f"br label {loaded}")
        self.begin_slow()
        found = self.by_service("load_from_block", "load_tlb", virtual, str(size))
        self.line(f"store i64 {found}, ptr {result}")
        self.go_on_if(self.let(f"icmp sge i64 {found}, 0"), loaded)
        return Value(self.let(f"load i64, ptr {result}"), natural=True)

    def quick_store(self, virtual: str, size: int, value: str) -> None:
        stored = self.fresh("stored")
        super().quick_store(virtual, size, value)
        self.end(f"br label {stored}")
        self.begin_slow()
        found = self.by_service("store_from_block", "store_tlb", virtual, str(size), self.word(value))
        self.go_on_if(self.let(f"icmp eq i64 {found}, 0"), stored)

    def begin_slow(self) -> None:
        assert self.slow is not None
        self.begin(self.slow)
        self.slow = None

    def by_service(self, name: str, tlb: str, virtual: str, *given: str) -> str:
        texts = (virtual, *given, self.known["budget"].text)
        found = self.let(
            f"call i64 {self.callee(name)}(ptr %cpu{''.join(f', i64 {text}' for text in texts)})"
        )
        if self.page_is_new:
            page, start = self.pages[tlb, self.step.fields["rs1"]]
            for slot, field in ((page, "block_page"), (start, "block_host")):
                there = self.load(self.field_pointer(PLACES[field].offset), 64).text
                self.line(f"store i64 {there}, ptr {slot}")
        return found

    def go_on_if(self, condition: str, label: str) -> None:
        """Go on at a label, or leave the block as the service has found."""
        leave = self.fresh("leave")
        self.branch(condition, label, leave, OFTEN)
        self.begin(leave)
        self.be_refused()
        self.begin(label)

    # Where it goes on.

    def undo(self, handler: str) -> None:
        self.become(self.callee(handler), self.known["ip"].text, self.known["budget"].text, "%p.delta")

    def be_refused(self) -> None:
        self.line(f"store i64 {self.step.offset}, ptr %place")
        self.line(f"store i64 {self.known['budget'].text}, ptr %left")
        self.end("br label %refused")

    def go_on(self, handler: str, pc: str) -> None:
        self.store(self.field_pointer(PLACES["pc"].offset), 32, pc)
        self.become(self.callee(handler), "%p.ip", self.left, "%p.delta")

    @property
    def jumps(self) -> bool:
        return self.jumps_to is not None or super().jumps

    def forget_jump(self) -> None:
        super().forget_jump()
        self.jumps_to = None

    def jump_by(self, field: str) -> None:
        if self.step.target is not None:
            self.jumps_to = self.step.target
        else:
            self.next_pc = self.word(
                self.let(f"add i64 {self.known['pc'].text}, {self.known[field].text}")
            )

    def proceed(self) -> None:
        if self.jumps_to is not None:
            self.go_to(self.jumps_to)
        elif self.next_pc is not None:
            self.go_far(self.next_pc)

    def go_to(self, offset: int) -> None:
        """Go on at a place of the page."""
        if offset in self.code.leaders:
            self.line(f"store i64 {self.left}, ptr %left")
            self.end(f"br label %at.{offset}")
        else:
            self.dispatch(self.slot_of(str(offset)), self.left, "%p.delta")

    def go_far(self, pc: str) -> None:
        """Go on at a pc: by way of the entries if it is one of the page."""
        if self.step.target is None and static_target(self.row) is None:
            inside, outside = self.fresh("inside"), self.fresh("outside")
            page = self.let(f"and i64 {pc}, {_PAGE}")
            self.branch(self.let(f"icmp eq i64 {page}, {self.page}"), inside, outside)
            self.begin(inside)
            self.line(f"store i64 {self.let(f'and i64 {pc}, {_OFFSET}')}, ptr %place")
            self.line(f"store i64 {self.left}, ptr %left")
            self.end("br label %enter")
            self.begin(outside)
        ip, delta = self.slot_at(pc)
        self.dispatch(ip, self.left, delta)
