"""The memory of one type-1 guest beside a machine of its own, the two doing the same.

`MemoryTwins` executes single instructions on both: natively on a `Machine`, and as a guest, whose
ring is switched here as the hypervisor's world switch does it, so that only its PMP, walks, shadow
tables and emulation are looked at. After every step registers, memory and the trap, if there was
one, must agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asm.isa.causes import Cause
from hvtui.machine.board import Machine
from hvtui.machine.events import TrapTaken
from hvtui.machine.memory import PAGE_SIZE
from hvtui.machine.pmp import Pmp
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access
from tests.support.hypervisor_harness import MASK, Bench

PARTS = (
    "rings",
    "pmp",
    "walk",
    "shadow",
    "faults",
    "access",
    "loads",
    "step",
    "devices",
    "uart",
    "plic",
    "console",
)
STUBS = """
        .section .text
memory_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        li      t0, RAM + HYPERVISOR_SIZE
        sw      t0, V_BASE(s0)
        li      t0, RAM + 0x200000
        sw      t0, V_TABLES(s0)
        call    devices_reset
        call    shadow_init
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
retire:                                         # as type1/time.s, but for the clock
        lw      t0, V_NEXT_PC(s0)
        sw      t0, V_PC(s0)
        lw      t0, V_RETIRED(s0)
        addi    t0, t0, 1
        sw      t0, V_RETIRED(s0)
        ret
kernel_instruction:
vm_end:
        ret
"""

RAM_BASE = 0x8000_0000
RAM_SIZE = 4 << 20
VM_BASE = RAM_BASE + (4 << 20)
NO_TRAP = MASK
MPRV, SUM, MXR = 1 << 17, 1 << 18, 1 << 19
PAGED = 1 << 31

_MEMORY_CAUSES = {
    Cause.FETCH_ACCESS,
    Cause.LOAD_ACCESS,
    Cause.STORE_ACCESS,
    Cause.FETCH_PAGE_FAULT,
    Cause.LOAD_PAGE_FAULT,
    Cause.STORE_PAGE_FAULT,
}
_ACCESSED_AND_DIRTY = 0xC0
_RWX = 0x0E
_HANDLER = 0x8030_0000
_NEAR = 8 * PAGE_SIZE  # where tests do almost everything
_EVERYWHERE, _OPEN = MASK, 0x1F
# An access that crosses a page's border is refused twice, by either page, before it goes through.
_ATTEMPTS = 5


def memory_bench(defines: dict[str, int] | None = None) -> Bench:
    """Return a bench with all that emulates a guest's memory."""
    return Bench(PARTS, STUBS, init="memory_init", ram_size=16 << 20, defines=defines)


def write_pmp(bench: Bench, pmp: Pmp, entry: int, config: int, address: int) -> None:
    """Write both registers of an entry on both sides, by way of its register of four entries."""
    bench.call("pmp_write_address", entry, address)
    pmp.set_address(entry, address)
    shift = entry % 4 * 8
    value = pmp.config(entry // 4) & ~(0xFF << shift) | config << shift
    bench.call("pmp_write_config", entry // 4, value)
    pmp.set_config(entry // 4, value)


@dataclass(frozen=True)
class Mode:
    """How a hart sees memory. `root` is the guest-physical address of a page table."""

    privilege: Privilege
    root: int | None = None
    status: int = 0
    as_whom: Privilege | None = None
    """With MPRV: the privilege of loads and stores."""

    @property
    def mstatus(self) -> int:
        return self.status | (0 if self.as_whom is None else MPRV | self.as_whom << 11)

    @property
    def satp(self) -> int:
        return 0 if self.root is None else PAGED | self.root >> 12

    @property
    def data(self) -> Privilege:
        return self.privilege if self.as_whom is None else self.as_whom


class MemoryTwins:
    """A guest of the hypervisor (in `bench`) and `native`, a machine with as much memory.

    Both begin with empty memory, in M mode, at `start_over`. The page tables are to lie in the first
    `table_pages` pages: whatever changes there is followed by an ``sfence.vma``.
    """

    def __init__(self, *, table_pages: int) -> None:
        self.bench = memory_bench()
        self.native = Machine(ram_size=RAM_SIZE)
        self.tables = table_pages * PAGE_SIZE
        self.traps: list[TrapTaken] = []
        self.native.observers.trap.append(self.traps.append)
        self.native.hart.set_csr("mtvec", _HANDLER)
        self._fresh = self.native.capture()
        self.mode = Mode(Privilege.M)
        self.exits = 0

    def start_over(self) -> None:
        """Make both sides as they were at first."""
        self.bench.start_over()
        self.native.restore(self._fresh)
        real = self.bench.machine.hart
        real.set_csr("pmpaddr0", _EVERYWHERE)
        real.set_csr("pmpcfg0", _OPEN)
        real.set_csr("mtvec", _HANDLER)
        self.exits = 0
        self.enter(Mode(Privilege.M))

    # Things to be done.

    def enter(self, mode: Mode) -> None:
        """Go to a mode; another page table is told to the guest's hart by writing satp."""
        if mode.root != self.mode.root:
            self.bench.call("shadow_drop_all")
        self.mode = mode
        self.bench["V_PRIVILEGE"] = mode.privilege
        self.bench["V_SATP"] = mode.satp
        self.bench["V_MSTATUS"] = mode.mstatus

    def write_pmp(self, entry: int, config: int, address: int) -> None:
        write_pmp(self.bench, self.native.hart.pmp, entry, config, address)

    def put(self, physical: int, word: int, *, fence: int | None = None) -> None:
        """Change a word of memory, tell the guest's hart if it may be part of a page table.

        The ``sfence.vma`` is for the address `fence` alone, if there is one.
        """
        data = (word & MASK).to_bytes(4, "little")
        self.native.write_physical(physical, data)
        self.bench.machine.write_physical(physical - RAM_BASE + VM_BASE, data)
        if fence is not None:
            self.bench.call("shadow_drop", fence)
        elif physical < RAM_BASE + self.tables:
            self.bench.call("shadow_drop_all")

    def execute(self, word: int, pc: int, registers: dict[int, int]) -> None:
        """Put an instruction where `pc` leads, if it leads to memory, and execute it."""
        self._set_up_native(pc, registers)
        place = self.native.translate(pc, Access.FETCH, self.mode.privilege)
        if place.target is not None and RAM_BASE <= place.target < RAM_BASE + RAM_SIZE:
            self.put(place.target, word)
        tables = self._tables()
        expected = self._step_native()
        for number in range(32):
            self.bench.put_word(self.bench.vcpu + 4 * number, registers.get(number, 0))
        self.bench["V_PC"] = pc
        found = self._step_guest()
        assert found == expected
        if expected is None:
            assert self.bench["V_PC"] == self.native.hart.pc
        bank = [self.bench.word(self.bench.vcpu + 4 * number) for number in range(32)]
        assert bank == self.native.hart.x
        self._check_memory()
        if self._tables() != tables:
            self.bench.call("shadow_drop_all")

    def check_all(self) -> None:
        """All of memory agrees, and all that the shadow tables map is the guest's own."""
        self._check_memory(RAM_SIZE)
        bench = self.bench
        tables = bench["V_TABLES"]
        for number in range(bench["V_TABLES_USED"]):
            start = tables + number * PAGE_SIZE - RAM_BASE >> 2
            for entry in bench.machine.ram.words[start : start + PAGE_SIZE // 4]:
                if entry & _RWX:
                    assert VM_BASE <= entry >> 10 << 12 < VM_BASE + RAM_SIZE, hex(entry)
                elif entry:
                    inside = (entry >> 10 << 12) - tables
                    assert 0 < inside < bench["V_TABLES_USED"] * PAGE_SIZE, hex(entry)

    # Both sides.

    def _set_up_native(self, pc: int, registers: dict[int, int]) -> None:
        hart = self.native.hart
        for number in range(1, 32):
            hart.set_x(number, registers.get(number, 0))
        hart.state.privilege = self.mode.privilege
        hart.set_csr("mstatus", self.mode.mstatus)
        hart.set_csr("satp", self.mode.satp)
        hart.set_pc(pc)
        hart.settle()

    def _step_native(self) -> tuple[int, int] | None:
        self.traps.clear()
        stop = self.native.step()
        assert stop is None, stop
        return (self.traps[0].cause, self.traps[0].tval) if self.traps else None

    def _step_guest(self) -> tuple[int, int] | None:
        bench = self.bench
        retired = bench["V_RETIRED"]
        for _ in range(_ATTEMPTS):
            trap = self._run_guest()
            if trap is None:
                return None
            if trap.cause not in _MEMORY_CAUSES:
                return trap.cause, trap.tval
            self.exits += 1
            bench["V_CAUSE"], bench["V_VALUE"] = trap.cause, trap.tval
            answer = bench.call("memory_fault")
            if answer.a0 != NO_TRAP:
                return answer.a0, answer.a1
            if bench["V_RETIRED"] != retired:
                return None
        raise AssertionError(f"the guest never comes past {bench['V_PC']:#x}: {trap}")

    def _run_guest(self) -> TrapTaken | None:
        """Let the hardware try the guest's instruction in its ring, by its shadow table."""
        bench, hart = self.bench, self.bench.machine.hart
        root = bench.call("shadow_root")
        assert not bench["V_STALE"] >> root.a1 & 1
        for number in range(1, 32):
            hart.set_x(number, bench.word(bench.vcpu + 4 * number))
        status = self.mode.mstatus & (SUM | MXR)
        if self.mode.as_whom is not None:
            status &= ~MXR
        hart.state.privilege = Privilege.U if self.mode.privilege is Privilege.U else Privilege.S
        hart.set_csr("mstatus", status)
        hart.set_csr("satp", root.a0)
        hart.set_pc(bench["V_PC"])
        hart.settle()
        assert bench.machine.step() is None
        trap = bench.faults.pop() if bench.faults else None
        registers, pc = hart.x.copy(), hart.pc
        hart.state.privilege = Privilege.M
        hart.set_csr("mstatus", 0)
        hart.settle()
        if trap is None:
            bench["V_PC"] = pc
            for number, value in enumerate(registers):
                bench.put_word(bench.vcpu + 4 * number, value)
        return trap

    def _tables(self) -> list[int]:
        """What the page tables say, but for A and D."""
        words = self.native.ram.words[: self.tables // 4]
        return [word & ~_ACCESSED_AND_DIRTY for word in words if word]

    def _check_memory(self, size: int = _NEAR) -> None:
        guest = self.bench.machine.ram.read(VM_BASE, size)
        assert guest == self.native.ram.read(RAM_BASE, size), _first_difference(
            self.native.ram.words, self.bench.machine.ram.words[VM_BASE - RAM_BASE >> 2 :]
        )


def _first_difference(expected: Iterable[int], found: Iterable[int]) -> str:
    for number, (one, other) in enumerate(zip(expected, found, strict=False)):
        if one != other:
            return f"{RAM_BASE + 4 * number:#x}: {one:#x} natively, {other:#x} virtually"
    return "equal"
