"""The machine: hart, RAM and devices on one board, and the ways to run it.

This is all that faces and the debugger touch. Time is counted in *steps*: an instruction that retires,
a trap, or an interrupt that is taken. The *instant* is the number of steps since reset.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import Enum

from asm.isa.causes import Interrupt
from hvtui.machine import bus as memory_map
from hvtui.machine.access import AccessPath
from hvtui.machine.bus import Bus, Region
from hvtui.machine.devices.clint import Clint
from hvtui.machine.devices.finisher import Finisher
from hvtui.machine.devices.lines import MTIP, InterruptLines
from hvtui.machine.devices.plic import Plic
from hvtui.machine.devices.uart import Uart
from hvtui.machine.engines import Engine, engine_for
from hvtui.machine.events import DeviceOutput, ExitReason, MachineExit, Observers
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.hart import Hart
from hvtui.machine.hart_state import HartState
from hvtui.machine.host_interface import HostInterface
from hvtui.machine.memory import DEFAULT_RAM_SIZE, RAM_BASE, Ram
from hvtui.machine.pmp import Pmp
from hvtui.machine.privilege import Privilege
from hvtui.machine.probes import Held, Probes
from hvtui.machine.regions import RegionMeter
from hvtui.machine.state import MachineState
from hvtui.machine.translation import Access, Translation
from hvtui.machine.trap import Blocked

# How many instructions run at most before a stop that another thread wants is seen.
_SLICE = 1 << 15

_STUCK_STATUS = 1
_DTB_ALIGNMENT = 8
_CONTEXT_ENABLES = (1 << Interrupt.MACHINE_EXTERNAL, 1 << Interrupt.SUPERVISOR_EXTERNAL)


class StopReason(Enum):
    """Why `run` came back."""

    LIMIT = "limit"
    BREAKPOINT = "breakpoint"
    REQUESTED = "requested"
    EXITED = "exited"
    STUCK = "stuck"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Stop:
    """A run or step ended for `reason`; `code` is the exit status if the machine has ended."""

    reason: StopReason
    code: int = 0


def bus_with(finisher: Finisher, clint: Clint, plic: Plic, uart: Uart) -> Bus:
    """Return the bus of the board with these devices on it."""
    return Bus(
        (
            Region("finisher", memory_map.FINISHER_BASE, memory_map.FINISHER_SIZE, finisher),
            Region("clint", memory_map.CLINT_BASE, memory_map.CLINT_SIZE, clint),
            Region("plic", memory_map.PLIC_BASE, memory_map.PLIC_SIZE, plic),
            Region("uart", memory_map.UART_BASE, memory_map.UART_SIZE, uart),
        )
    )


class Machine:
    """A board with a hart of the CPU generation `cpu` and `ram_size` bytes of RAM at 0x8000_0000.

    `timebase` is the number of retired instructions to a tick of `mtime`. `engine` says what runs it;
    `engine_note` tells in a line why the fast one cannot, if that was left to the machine. Raises
    UnavailableError if it was asked for and cannot, ValueError for a
    generation that does not exist, a RAM size that is no multiple of 4 KiB, and a timebase below 1.
    """

    def __init__(
        self,
        *,
        cpu: str = "classic",
        ram_size: int = DEFAULT_RAM_SIZE,
        timebase: int = 1,
        engine: Engine = Engine.REFERENCE,
    ) -> None:
        if cpu not in GENERATIONS:
            raise ValueError(f"no CPU generation {cpu!r}; there are {', '.join(GENERATIONS)}")
        self.generation = GENERATIONS[cpu]
        self.observers = Observers()
        self.ram = Ram(RAM_BASE, ram_size)
        self.exit: MachineExit | None = None
        self._state = HartState()
        self._lines = InterruptLines(self._state.clock.leave)
        self.clint = Clint(self._state.clock, self._lines, timebase)
        self.plic = Plic(self._lines)
        self.uart = Uart(self._drive_uart_line, self._console_output)
        self.finisher = Finisher(self._finish, self._ask_for_reset)
        bus = bus_with(self.finisher, self.clint, self.plic, self.uart)
        pmp = Pmp()
        self._access = AccessPath(self.ram, bus, pmp)
        self.hart = Hart(
            self.ram,
            self._access,
            pmp,
            self.clint,
            self.generation,
            self.observers,
            state=self._state,
            lines=self._interrupt_lines,
            input_helps=self._input_helps,
        )
        self._host = HostInterface(
            self.ram,
            self._access,
            self._state,
            on_exit=self._exit_to_host,
            on_output=self._host_output,
        )
        self._engine, self.engine_note = engine_for(
            engine, self.hart, self.ram, self._access, self.clint, self._lines, self.observers
        )
        self._entry = RAM_BASE
        self._dtb = 0
        self._reset_asked = False
        self._stop_asked = False
        self._runner: int | None = None
        self.reset(RAM_BASE)

    @property
    def engine(self) -> str:
        """The name of the engine that runs it: ``fast`` or ``reference``."""
        return "reference" if self._engine is None else "fast"

    # Filling and starting.

    def load(self, address: int, data: bytes) -> None:
        """Put `data` at the physical `address`. Raises ValueError if it does not fit into RAM."""
        self.ram.write(address, data)

    def place_dtb(self, blob: bytes) -> int:
        """Put a device tree blob at the top of RAM and return its address, which `reset` puts in a1.

        Raises ValueError if it is larger than RAM.
        """
        address = (self.ram.base + self.ram.size - len(blob)) & -_DTB_ALIGNMENT
        self.ram.write(address, blob)
        self._dtb = address
        return address

    @property
    def tohost(self) -> int | None:
        """The physical address where a store can end the run, as on Spike; None for none."""
        return self._host.address

    @tohost.setter
    def tohost(self, address: int | None) -> None:
        self._host.address = address

    def reset(self, entry: int) -> None:
        """Reset hart and devices and start at `entry`; RAM stays as it is."""
        self._entry = entry
        self.exit = None
        self._reset_asked = False
        self._state.clock.retired = self._state.traps = 0
        self._reset_parts()

    # Running.

    @property
    def retired(self) -> int:
        """Instructions retired since reset."""
        return self.hart.retired

    @property
    def instant(self) -> int:
        """Steps since reset."""
        return self._state.instant

    @property
    def probes(self) -> Probes:
        """The debugger's breakpoints, at physical addresses, and its ears for calls and returns.

        A run stops before an instruction with a breakpoint, unless that is its very first step.
        """
        return self.hart.probes

    def step(self) -> Stop | None:
        """Take exactly one step; return a Stop only if the machine has ended or waits for input."""
        self._stop_asked = False
        stop = self.run(until_instant=self.instant + 1)
        return None if stop.reason in (StopReason.LIMIT, StopReason.REQUESTED) else stop

    def run(
        self,
        *,
        max_retired: int | None = None,
        until_instant: int | None = None,
        stop_at: Container[int] = frozenset(),
    ) -> Stop:
        """Run until something is to be told.

        `max_retired` and `until_instant` are absolute counts; the run stops when one is reached.
        `stop_at` are virtual addresses before which it stops; the very first step is not held back. An
        interrupt that is pending at such an address is taken first.
        """
        self._runner = threading.get_ident()
        self.probes.let_pass = self.instant
        try:
            return self._run(max_retired, until_instant, stop_at if stop_at != frozenset() else None)
        finally:
            self._runner = None
            self._stop_asked = False
            if self._engine is not None:
                self._engine.finish()

    def request_stop(self) -> None:
        """Let the run come back soon: after the current step if an observer asks, from another thread
        within some milliseconds. If nothing runs, the next run returns at once.
        """
        self._stop_asked = True
        if self._engine is not None:
            self._engine.stop()
        if self._runner == threading.get_ident():
            self._state.clock.leave()

    def _run(
        self, max_retired: int | None, until_instant: int | None, stop_at: Container[int] | None
    ) -> Stop:
        hart, state, clock = self.hart, self._state, self._state.clock
        is_first = True
        while True:
            if self._host.is_written:
                self._host.serve()
            if self.exit is not None:
                is_stuck = self.exit.reason is ExitReason.STUCK and not is_first
                return Stop(StopReason.STUCK if is_stuck else StopReason.EXITED, self.exit.code)
            if self._reset_asked:
                self._reset_by_guest()
            room = _SLICE
            if max_retired is not None:
                room = min(room, max_retired - clock.retired)
            if until_instant is not None:
                room = min(room, until_instant - state.instant)
            interrupt = hart.interrupts.next()
            if not is_first and interrupt is None and stop_at is not None and state.pc in stop_at:
                return Stop(StopReason.BREAKPOINT)
            if room <= 0:
                return Stop(StopReason.LIMIT)
            if self._stop_asked:
                return Stop(StopReason.REQUESTED)
            if interrupt is not None:
                hart.traps_unit.take_interrupt(*interrupt)
                is_first = False
                continue
            try:
                if self._engine is not None and stop_at is None and self._engine.suits:
                    self._engine.execute(max_retired, until_instant, self._until_timer(room))
                else:
                    hart.execute(self._until_timer(room), stop_at)
            except Held:
                return Stop(StopReason.BREAKPOINT)
            except Blocked as blocked:
                if blocked.input_helps:
                    return Stop(StopReason.WAITING)
                self._end(ExitReason.STUCK, _STUCK_STATUS)
            is_first = False
            if hart.spinning_from is not None or hart.repeats_trap:
                stop = self._look_at_idling(max_retired, until_instant, stop_at)
                if stop is not None:
                    return stop

    def _until_timer(self, room: int) -> int:
        """Return how many instructions may run before the timer interrupt, `room` at most."""
        if self._state.csr["mie"] & MTIP:
            due = self.clint.next_timer_event()
            if due is not None:
                return min(room, due - self._state.clock.retired)
        return room

    # Idling: nothing changes until an interrupt comes, or for ever.

    def _look_at_idling(
        self, max_retired: int | None, until_instant: int | None, stop_at: Container[int] | None
    ) -> Stop | None:
        """After a jump to itself or a trap that repeats: skip to what ends it, or stop."""
        hart, state = self.hart, self._state
        spinning_from, repeats_trap = hart.spinning_from, hart.repeats_trap
        hart.spinning_from, hart.repeats_trap = None, False
        if self.exit is not None or hart.interrupts.next() is not None:
            return None
        if not repeats_trap and spinning_from != hart.x:
            return None
        awaited = hart.interrupts.open
        # While traps repeat nothing retires, so time stands still and no timer helps.
        if awaited & MTIP and self.clint.timer_comes and not repeats_trap:
            if not (hart.is_probed() or (stop_at is not None and state.pc in stop_at)):
                self._skip_spinning(max_retired, until_instant)
            return None
        if self._input_helps(awaited):
            return Stop(StopReason.WAITING)
        self._end(ExitReason.STUCK, _STUCK_STATUS)
        return None

    def _skip_spinning(self, max_retired: int | None, until_instant: int | None) -> None:
        """Count the rounds of a jump to itself until the timer interrupt, without running them."""
        clock = self._state.clock
        target = self.clint.next_timer_event() or clock.retired
        if max_retired is not None:
            target = min(target, max_retired)
        if until_instant is not None:
            target = min(target, until_instant - self._state.traps)
        clock.retired = max(clock.retired, target)

    # What the parts of the board tell each other.

    def _interrupt_lines(self) -> int:
        levels = self._lines.levels
        return levels | MTIP if self.clint.timer_pending else levels

    def _input_helps(self, enabled: int) -> bool:
        """Tell whether a byte on the console would raise one of the `enabled` interrupts."""
        if not (self.uart.input_open and self.uart.receive_interrupt_enabled):
            return False
        return any(
            enabled & bit and self.plic.is_enabled(memory_map.UART_INTERRUPT, context)
            for context, bit in enumerate(_CONTEXT_ENABLES)
        )

    def _drive_uart_line(self, high: bool) -> None:
        self.plic.set_level(memory_map.UART_INTERRUPT, high=high)

    def _console_output(self, data: bytes) -> None:
        self._output("uart", data)

    def _host_output(self, data: bytes) -> None:
        self._output("host", data)

    def _output(self, device: str, data: bytes) -> None:
        if self.observers.output:
            event = DeviceOutput(self.instant, device, data)
            for observer in tuple(self.observers.output):
                observer(event)

    def _finish(self, status: int) -> None:
        self._end(ExitReason.FINISHER, status)

    def _exit_to_host(self, status: int) -> None:
        self._end(ExitReason.TOHOST, status)

    def _end(self, reason: ExitReason, status: int) -> None:
        if self.exit is not None:
            return
        self.exit = MachineExit(self.instant, reason, status)
        self._state.clock.leave()
        for observer in tuple(self.observers.exit):
            observer(self.exit)

    def _ask_for_reset(self) -> None:
        self._reset_asked = True
        self._state.clock.leave()

    def _reset_by_guest(self) -> None:
        """Start over at the entry. Instants go on counting: each belongs to one state of the run."""
        self._reset_asked = False
        self._reset_parts()
        for observer in tuple(self.observers.reset):
            observer()

    def _reset_parts(self) -> None:
        self.clint.reset()
        self.clint.mtime = 0
        self.uart.reset()
        self.plic.reset()
        self.hart.reset(self._entry, self._dtb)

    # State, and the debugger's view of memory.

    def meter_regions(self, regions: Sequence[Sequence[tuple[int, int]]]) -> RegionMeter:
        """Count from now on the instructions that retire in each region, and the entries into it.

        A region is a sequence of physical ranges: first address, first address after.
        """
        meter = RegionMeter(self._state.clock, regions)
        self._access.use_meter(meter)
        return meter

    def capture(self) -> MachineState:
        """Return the machine's state; between steps only. Costs by the pages changed since the last."""
        return MachineState(
            self.hart.capture(),
            self.ram.capture(),
            self.clint.capture(),
            self.plic.capture(),
            self.uart.capture(),
            self._entry,
            self.exit,
        )

    def restore(self, state: MachineState) -> None:
        """Make the machine as it was at `state`. Raises ValueError if its RAM has another size."""
        self.ram.restore(state.ram)
        self.hart.restore(state.hart)
        self.clint.restore(state.clint)
        self.uart.restore(state.uart)
        self.plic.restore(state.plic)
        self._entry = state.entry
        self.exit = state.exit

    def read_physical(self, address: int, size: int) -> bytes | None:
        """Return bytes of RAM, None unless all lie in it."""
        return self.ram.read(address, size)

    def write_physical(self, address: int, data: bytes) -> None:
        """Change bytes of RAM from outside. Raises ValueError if they do not all lie in it."""
        self.ram.write(address, data)

    def translate(
        self, address: int, access: Access, privilege: Privilege | None = None
    ) -> Translation:
        """Tell where an access would arrive and why, with the steps of the walk; changes nothing.

        `privilege` None means the hart as it is, with MPRV for loads and stores.
        """
        return self._access.explain(address, access, privilege)
