"""Holds every step of a machine against what was foretold of it."""

from __future__ import annotations

from hvtui.debugger.rehearsal import Foretold, Rehearsal
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import ExitReason, KernelInstruction, TrapReturned, TrapTaken


class Witness:
    """Steps `machine`, and checks that all comes as it was foretold. `seen` counts kinds of steps."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.rehearsal = Rehearsal(machine)
        self.seen: dict[str, int] = {}
        self.resets = 0
        self._traps: list[TrapTaken] = []
        self._returns: list[TrapReturned] = []
        self._kernel: list[KernelInstruction] = []
        machine.observers.trap.append(self._traps.append)
        machine.observers.trap_return.append(self._returns.append)
        machine.observers.kernel.append(self._kernel.append)
        machine.observers.reset.append(self._count_reset)

    def _count_reset(self) -> None:
        self.resets += 1

    def step(self) -> Stop | None:
        """Take a step."""
        machine, resets = self.machine, self.resets
        instant = machine.instant
        for heard in (self._traps, self._returns, self._kernel):
            heard.clear()
        foretold = self.rehearsal.foretell()
        stop = machine.step()
        if foretold is None:
            assert machine.exit is not None
            assert machine.instant == instant
            return stop
        assert foretold.waits == (machine.instant == instant)
        if foretold.waits:
            assert stop is not None
            assert stop.reason in (StopReason.WAITING, StopReason.STUCK)
            self._count("wait")
            return stop
        assert foretold.effects is not None
        assert foretold.effects.resets == (self.resets > resets)
        if not foretold.effects.resets:
            self._check_hart(foretold)
        self._check_events(foretold)
        self._check_memory(foretold)
        return stop

    def _check_hart(self, foretold: Foretold) -> None:
        hart, state, rehearsal = self.machine.hart, self.rehearsal.state, self.rehearsal
        assert (foretold.next_pc, foretold.next_privilege) == (hart.pc, hart.privilege)
        assert list(state.x) == hart.x
        assert state.csr == hart.state.csr
        assert (state.clock.retired, state.traps) == (hart.retired, hart.traps)
        assert rehearsal.csrs.mcycle.value == hart.csrs.mcycle.value
        assert rehearsal.csrs.minstret.value == hart.csrs.minstret.value
        assert rehearsal.pmp.capture() == hart.pmp.capture()
        assert rehearsal.memory.reservation == hart.access.reservation
        if foretold.written is not None:
            number, value = foretold.written
            assert hart.x[number] == value
            self._count("written")
        if foretold.csr_written is not None:
            # Time goes on while the instruction retires, and the timer's bit follows it.
            name, after = foretold.csr_written.name, foretold.csr_written.after
            timer = 0xA0 if name in ("mip", "sip") else 0
            assert hart.csr_value(name) & ~timer == after & ~timer
            self._count("csr")

    def _check_events(self, foretold: Foretold) -> None:
        assert [foretold.trap] == (self._traps or [None])
        assert [foretold.returned] == (self._returns or [None])
        assert [foretold.kernel] == (self._kernel or [None])
        if foretold.trap is not None:
            self._count("interrupt" if foretold.trap.is_interrupt else f"trap {foretold.trap.cause}")
        if foretold.returned is not None:
            self._count("xret")
        if foretold.kernel is not None:
            self._count("kernel")

    def _check_memory(self, foretold: Foretold) -> None:
        use, effects, machine = foretold.memory, foretold.effects, self.machine
        assert effects is not None
        is_finished = machine.exit is not None and machine.exit.reason is ExitReason.FINISHER
        assert (effects.exit_status is not None) == is_finished
        if use is None or foretold.trap is not None:
            return
        self._count(use.device or use.access.name)
        assert use.physical is not None
        found = machine.read_physical(use.physical, use.size)
        # Two halves on two pages need not lie side by side.
        crosses = (use.address & 0xFFF) + use.size > 0x1000
        if found is not None and not crosses and use.device != "tohost":
            expected = use.before if use.after is None else use.after
            assert int.from_bytes(found, "little") == expected

    def _count(self, kind: str) -> None:
        self.seen[kind] = self.seen.get(kind, 0) + 1
