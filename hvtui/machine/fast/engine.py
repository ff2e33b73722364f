"""The fast engine of one machine: into native code and out of it.

What it runs is what the reference would run. The state is copied in, native code runs until the steps
are done or until it meets an instruction that is not its own, and the state is copied out. Then the
reference does that one instruction.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Set

from asm.isa.csrs import PMP_ENTRIES
from asm.isa.trapbits import TrapBit
from hvtui.machine.access import AccessPath
from hvtui.machine.devices.clint import Clint
from hvtui.machine.devices.lines import InterruptLines
from hvtui.machine.events import Observers
from hvtui.machine.fast.compilation import native
from hvtui.machine.fast.hot_code import HotCode
from hvtui.machine.fast.layout import CSR_WORDS, MOST_REGIONS, Cpu
from hvtui.machine.fast.program import (
    COUNTERS,
    EXIT_HARD,
    EXIT_LIMIT,
    EXIT_LOOK,
    MIXED,
    NO_CSR,
    OUTCOMES,
    PAGE_SLOTS_SIZE,
    csr_info,
)
from hvtui.machine.fast.telling import Telling
from hvtui.machine.generations import Refusal
from hvtui.machine.hart import Hart
from hvtui.machine.hart_state import REGISTERS
from hvtui.machine.memory import DECODED, PAGE_SIZE, WALKED, Ram
from hvtui.machine.pmp import PmpState
from hvtui.machine.privilege import Privilege
from hvtui.machine.regions import ELSEWHERE, NO_REGION, RegionMeter

__all__ = ["EXIT_HARD", "EXIT_LIMIT", "EXIT_LOOK", "FastEngine"]

# How many steps are counted out at once: after so many a stop that another thread wants is seen, and it
# is noted where the guest is. A prime, so that no loop is always met at the same instructions.
_CHUNK = (1 << 17) - 1
# How many steps run at most before Python sees what else there is to do, such as a signal.
_LONGEST = 1 << 22

# At most so many pages have decoded slots: with more in use, all are decoded anew.
MAX_CODE_PAGES = 4096

# Native code is worth entering for so many steps. If it was left earlier in the mean (over about so
# many times), it is not entered for a number of times.
_WORTHWHILE = 40
_MEMORY = 8
_REST = 256

_NO_RESERVATION = (1 << 64) - 1
_FOR_EVER = 1 << 62
_WORD64 = (1 << 64) - 1


class FastEngine:
    """The engine of the machine with these parts.

    Unless it `rests`, native code is entered however soon it is left again.

    Raises UnavailableError where machine code cannot be made or run.
    """

    def __init__(
        self,
        hart: Hart,
        ram: Ram,
        access: AccessPath,
        clint: Clint,
        lines: InterruptLines,
        observers: Observers,
    ) -> None:
        self._native = native()
        self._hart = hart
        self._state = hart.state
        self._ram = ram
        self._access = access
        self._clint = clint
        self._lines = lines
        self._observers = observers
        self._cpu = cpu = Cpu()
        self._pointer = ctypes.byref(cpu)
        self._telling = Telling(cpu, hart, observers)
        self._x = struct.Struct(f"{REGISTERS}I")
        self._csr = struct.Struct(f"{len(CSR_WORDS)}I")
        self._breakpoints: Set[int] = frozenset()
        self._pmp = struct.Struct(f"={PMP_ENTRIES}B{PMP_ENTRIES}I")
        self._pmp_changes = -1
        self._meter: RegionMeter | None = None
        # Steps that native code lately took before it was left, and how often it is not to be entered.
        self._worth = 4 * _WORTHWHILE
        self._resting = 0
        self.rests = True
        self._stopped_counters: tuple[bool, bool] | None = None
        pages = ram.size // PAGE_SIZE
        # The host gives the pages of these when they are first used.
        self._slots = mmap.mmap(-1, min(pages, MAX_CODE_PAGES) * PAGE_SLOTS_SIZE)
        self._tables = mmap.mmap(-1, 8 * pages)
        self._changed = mmap.mmap(-1, 4 * pages)
        self._held = mmap.mmap(-1, ram.size // 32)
        self._outside = mmap.mmap(-1, ram.size // 32)
        self._page_regions = mmap.mmap(-1, pages)
        cpu.ram, cpu.ram_base, cpu.ram_size = _address(ram.data), ram.base, ram.size
        cpu.marks = _address(ram.marks)
        cpu.marks_bias = (cpu.marks - (cpu.ram >> 4)) & _WORD64
        cpu.pool, cpu.pool_pages = _address(self._slots), min(pages, MAX_CODE_PAGES)
        cpu.page_slots, cpu.changed = _address(self._tables), _address(self._changed)
        cpu.held, cpu.outside = _address(self._held), _address(self._outside)
        cpu.page_regions = _address(self._page_regions)
        cpu.timebase = clint.timebase
        cpu.slice = _CHUNK
        cpu.stamp = 1
        self._describe()
        self.hot_code = HotCode(cpu, self._native, ram, self._slots, self._tables)
        ram.on_engine = self._marks_met

    def _describe(self) -> None:
        """Tell native code about the CSRs and the generation, which stay as they are."""
        cpu, generation = self._cpu, self._hart.generation
        registers = self._hart.csrs.by_number
        cpu.csr_info[:] = [NO_CSR] * len(cpu.csr_info)
        for number, register in registers.items():
            cpu.csr_info[number] = csr_info(register.row)
        for index, name in enumerate(CSR_WORDS):
            if name in self._hart.csrs.by_name:
                cpu.csr_masks[index] = self._hart.csrs.by_name[name].row.write_mask
        cpu.csr_masks[CSR_WORDS.index("mtrapmap")] = generation.trapcap
        cpu.ignores = sum(1 << bit for bit in TrapBit if generation.refuses(bit) is Refusal.IGNORED)
        cpu.leaks = sum(1 << bit for bit in TrapBit if generation.refuses(bit) is Refusal.LEAKS)
        cpu.generation, cpu.trapcap = generation.number, generation.trapcap

    # Running.

    @property
    def suits(self) -> bool:
        """Tell whether the engine may run now: to count very many regions needs the reference."""
        meter = self._access.meter
        return meter is None or meter.regions <= MOST_REGIONS

    def finish(self) -> None:
        """Hand over what has been counted: a run is over."""
        cpu, tallies = self._cpu, self._observers.tallies
        if not cpu.tallies:
            return
        for index, count in enumerate(cpu.trap_counts):
            if count:
                for tally in tallies:
                    tally.traps[index & 31, index > 31] += count
                cpu.trap_counts[index] = 0
        for index, count in enumerate(cpu.kernel_counts):
            if count:
                for tally in tallies:
                    tally.kernel[TrapBit(index // 4), OUTCOMES[index % 4]] += count
                cpu.kernel_counts[index] = 0

    def stop(self) -> None:
        """Come back soon; from any thread."""
        self._cpu.stop = 1

    def execute(self, max_retired: int | None, until_instant: int | None, room: int) -> None:
        """Execute a step at least, and go on until a count is reached or a while has gone at most.

        As with `Hart.execute`, there must be something left to do, and it may end early. Where native
        code is left again after a few steps, time after time, the reference alone is quicker for a
        while: it may be given `room` instructions.
        """
        if self._resting:
            self._resting -= 1
            self._hart.execute(room)
            return
        before = self._state.instant
        self._place_breakpoints()
        if self._telling.follow():
            self._native.forget_code(self._pointer)
        if self._access.meter is not self._meter:
            self._take_meter()
        self._enter(max_retired, until_instant)
        why = self._native.enter(self._pointer)
        self._leave()
        if why == EXIT_HARD:
            self._hart.execute(1)
            self._worth += (
                min(self._state.instant - before, 16 * _WORTHWHILE) - self._worth
            ) // _MEMORY
            if self._worth < _WORTHWHILE and self.rests:
                self._resting, self._worth = _REST, 4 * _WORTHWHILE

    def _enter(self, max_retired: int | None, until_instant: int | None) -> None:
        cpu, state, observers = self._cpu, self._state, self._observers
        self._x.pack_into(cpu, 0, *state.x)
        self._csr.pack_into(cpu, Cpu.csr.offset, *state.csr.values())
        cpu.pc, cpu.privilege = state.pc, state.privilege
        retired = state.clock.retired
        cpu.retired_at_zero, cpu.budget, cpu.traps = retired, 0, state.traps
        cpu.retired_end = _FOR_EVER if max_retired is None else max_retired
        cpu.instant_end = _FOR_EVER if until_instant is None else until_instant
        cpu.slice_end = retired + state.traps + _LONGEST
        cpu.stop = 0
        reservation = self._access.reservation
        cpu.reservation = _NO_RESERVATION if reservation is None else reservation
        clint = self._clint.capture()
        cpu.lines, cpu.mtimecmp, cpu.mtime_offset = self._lines.levels, clint.mtimecmp, clint.offset
        self._telling.enter()
        cpu.tallies = bool(observers.tallies)
        if self._meter is not None:
            cpu.region = self._native_region(self._meter.current)
            cpu.stamp += 1
            cpu.region_since = self._meter.since
        self._take_counters()
        if self._hart.pmp.changes != self._pmp_changes:
            self._enter_pmp()

    def _take_counters(self) -> None:
        mcycle, minstret = self._hart.csrs.mcycle.capture(), self._hart.csrs.minstret.capture()
        stopped = mcycle.stopped_at is not None, minstret.stopped_at is not None
        self._cpu.cycle_offset = mcycle.offset & _WORD64
        self._cpu.instret_offset = minstret.offset & _WORD64
        if stopped != self._stopped_counters:
            self._stopped_counters = stopped
            for name, stands in zip(COUNTERS, stopped, strict=True):
                for register in COUNTERS[name]:
                    row = self._hart.csrs.by_name[register].row
                    self._cpu.csr_info[row.number] = NO_CSR if stands else csr_info(row)

    def _enter_pmp(self) -> None:
        pmp = self._hart.pmp
        self._pmp_changes = pmp.changes
        state = pmp.capture()
        self._pmp.pack_into(self._cpu, Cpu.pmp_config.offset, *state.config, *state.address)
        self._native.take_pmp(self._pointer)

    def _leave(self) -> None:
        cpu, state = self._cpu, self._state
        state.x[:] = self._x.unpack_from(cpu, 0)
        state.csr.update(zip(CSR_WORDS, self._csr.unpack_from(cpu, Cpu.csr.offset), strict=True))
        state.pc, state.traps = cpu.pc, cpu.traps
        if cpu.privilege != state.privilege:
            state.privilege = Privilege(cpu.privilege)
        state.clock.retired = cpu.retired
        reservation = cpu.reservation
        self._access.reservation = None if reservation == _NO_RESERVATION else reservation
        if cpu.mtimecmp != self._clint.mtimecmp:
            self._clint.mtimecmp = cpu.mtimecmp
        if cpu.changed_count or cpu.log_count:
            pages = struct.unpack_from(f"{cpu.changed_count}I", self._changed)
            granules = cpu.log[: cpu.log_count]
            cpu.changed_count = cpu.log_count = 0
            self._ram.note_stores(pages, granules)
        if cpu.pmp_written:
            self._leave_pmp()
        if self._meter is not None:
            self._leave_meter(self._meter)
        if cpu.sample_count or cpu.drops:
            self.hot_code.look()
        self._hart.settle()
        if cpu.event_count:
            self._telling.tell()

    def _leave_pmp(self) -> None:
        pmp = self._hart.pmp
        self._cpu.pmp_written = 0
        registers = self._pmp.unpack_from(self._cpu, Cpu.pmp_config.offset)
        pmp.restore(PmpState(registers[:PMP_ENTRIES], registers[PMP_ENTRIES:]))
        self._pmp_changes = pmp.changes

    def _take_meter(self) -> None:
        """Tell native code where the regions of a new meter lie, page by page."""
        cpu, ram = self._cpu, self._ram
        self._native.forget_code(self._pointer)
        self._meter = meter = self._access.meter
        cpu.metered = meter is not None
        self._outside[:] = bytes(len(self._outside))
        if meter is None:
            return
        regions = bytearray([meter.regions]) * (ram.size // PAGE_SIZE)
        for start, end, number in meter.ranges:
            first, last = max(start - ram.base, 0), min(end - ram.base, ram.size)
            for page in range(first // PAGE_SIZE, -(-last // PAGE_SIZE)):
                regions[page] = number if regions[page] in (meter.regions, number) else MIXED
            for page in {first // PAGE_SIZE, (last - 1) // PAGE_SIZE} if first < last else ():
                for offset in range(page * PAGE_SIZE, (page + 1) * PAGE_SIZE, 4):
                    if meter.region_at(ram.base + offset) == ELSEWHERE:
                        self._outside[offset >> 5] |= 1 << (offset >> 2 & 7)
        self._page_regions[:] = bytes(regions)

    def _native_region(self, region: int) -> int:
        """Return how native code numbers a region: after the real ones come the others."""
        assert self._meter is not None
        return {ELSEWHERE: self._meter.regions, NO_REGION: self._meter.regions + 1}.get(region, region)

    def _leave_meter(self, meter: RegionMeter) -> None:
        cpu, count = self._cpu, meter.regions + 1
        current = {meter.regions: ELSEWHERE, count: NO_REGION}.get(cpu.region, cpu.region)
        meter.go_on(
            current, cpu.region_since, cpu.region_instructions[:count], cpu.region_entries[:count]
        )
        cpu.region_instructions[: count + 1] = cpu.region_entries[: count + 1] = [0] * (count + 1)
        self._access.follow_meter()

    # What changes outside of native code.

    def _marks_met(self, granule: int, marks: int) -> None:
        if marks & DECODED:
            self._native.drop_code(self._pointer, granule)
        if marks & WALKED:
            self._native.flush(self._pointer)

    def _place_breakpoints(self) -> None:
        """Have the slots of breakpoints left to the reference, which holds the machine there."""
        probes = self._hart.probes
        wanted = probes.breakpoints if probes.armed else frozenset()
        if wanted is self._breakpoints:
            return
        for address in wanted ^ self._breakpoints:
            offset = address - self._ram.base
            if 0 <= offset < self._ram.size:
                self._held[offset >> 5] ^= 1 << (offset >> 2 & 7)
                self._native.drop_code(self._pointer, offset >> 4)
        self._breakpoints = wanted


def _address(buffer: bytearray | memoryview | mmap.mmap) -> int:
    """Return where a buffer lies in this process, for as long as somebody holds it."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
