"""The devices of one type-1 guest beside the machine's own devices, the two doing the same.

`Twins` gives both every load, store and byte of input. What they answer and where they drive the
interrupt lines must agree after every step: `check` compares.
"""

from __future__ import annotations

from hvtui.machine import bus as memory_map
from hvtui.machine.bus import Bus, Region
from hvtui.machine.devices.clint import Clint
from hvtui.machine.devices.finisher import Finisher
from hvtui.machine.devices.lines import InterruptLines
from hvtui.machine.devices.plic import Plic
from hvtui.machine.devices.uart import Uart
from tests.support.hypervisor_harness import Answer, Bench

PARTS = ("devices", "uart", "plic", "console")
STUBS = """
        .section .text
vm_end:                                         # as the scheduler's, but it counts
        sw      a0, V_EXIT_CODE(s0)
        lw      t0, ended
        addi    t0, t0, 1
        sw      t0, ended, t1
        ret
devices_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    console_init
        call    devices_reset
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
        .section .data
ended:
        .word   0
"""
QUEUE_SIZE = 16
FCR = memory_map.UART_BASE + 2


def device_bench(vms: int = 1) -> Bench:
    """Return a bench with the hypervisor's devices and console."""
    return Bench(PARTS, STUBS, init="devices_init", vms=vms)


class _Clock:
    retired = 0


class Board:
    """Devices of their own on a bus of their own, without a hart."""

    def __init__(self) -> None:
        self.clock = _Clock()
        self.lines = InterruptLines()
        self.plic = Plic(self.lines)
        self.clint = Clint(self.clock, self.lines)
        self.sent = bytearray()
        self.exits: list[int | None] = []
        self.uart = Uart(self._interrupt, self.sent.extend)
        self.finisher = Finisher(self.exits.append, lambda: self.exits.append(None))
        self.bus = Bus(
            (
                Region("f", memory_map.FINISHER_BASE, memory_map.FINISHER_SIZE, self.finisher),
                Region("c", memory_map.CLINT_BASE, memory_map.CLINT_SIZE, self.clint),
                Region("p", memory_map.PLIC_BASE, memory_map.PLIC_SIZE, self.plic),
                Region("u", memory_map.UART_BASE, memory_map.UART_SIZE, self.uart),
            )
        )

    def _interrupt(self, high: bool) -> None:
        self.plic.set_level(memory_map.UART_INTERRUPT, high=high)

    def reset(self) -> None:
        self.clint.reset()
        self.clint.mtime = 0
        self.uart.reset()
        self.plic.reset()


class Twins:
    """A guest of the hypervisor (the selected one of `bench`), and a `Board`."""

    def __init__(self, bench: Bench) -> None:
        bench.start_over()
        self.bench = bench
        self.board = Board()

    def load(self, address: int, size: int) -> None:
        assert self._answer("device_accepts", address, size) == self.board.bus.accepts(address, size)
        answer = self.bench.call("device_load", address, size)
        expected = self.board.bus.load(address, size)
        if expected is None:
            assert answer.a1 == 0
        else:
            assert (answer.a0, answer.a1) == (expected, 1), hex(address)
        self.retire(1)

    def store(self, address: int, size: int, value: int) -> None:
        assert self._answer("device_accepts", address, size) == self.board.bus.accepts(address, size)
        if address & ~0xF8 == FCR and self._is_overfull():
            return
        taken = self._answer("device_store", address, size, value)
        masked = value & (1 << 8 * size) - 1
        assert taken == self.board.bus.store(address, size, masked), hex(address)
        self.retire(1)

    def feed(self, data: bytes) -> None:
        assert self.bench.machine.uart.feed(data) == self.board.uart.feed(data)
        self.check()

    def reset(self) -> None:
        if not self._is_overfull():
            self.bench.call("devices_reset")
            self.board.reset()
            self.check()

    def retire(self, count: int) -> None:
        """Let time pass for both."""
        self.bench.put_long("V_MTIME", (self.bench.long("V_MTIME") + count) % (1 << 64))
        self.board.clock.retired += count
        self.check()

    def drive(self, source: int, high: bool) -> None:
        """Drive a line of the PLIC from a device that the board does not have."""
        self.bench.call("plic_set_level", source, int(high))
        self.board.plic.set_level(source, high=high)
        self.check()

    def check(self) -> None:
        """Let the hypervisor take its interrupts, and compare what a guest could tell."""
        bench, board = self.bench, self.board
        rounds = 0
        while bench.is_interrupted:
            bench.call("console_interrupt")
            rounds += 1
            assert rounds < 10, "the real UART's interrupt never ends"
        assert bench["V_LINES"] == board.lines.levels
        assert bench.long("V_MTIME") == board.clint.mtime
        assert bench.long("V_MTIMECMP") == board.clint.mtimecmp
        assert bench.word(bench.symbols["ended"]) == len(board.exits)
        if board.exits:
            last = board.exits[-1]
            assert bench["V_EXIT_CODE"] == (0xFF if last is None else last)

    def _answer(self, name: str, *arguments: int) -> bool:
        answer: Answer = self.bench.call(name, *arguments)
        assert answer.a0 in (0, 1)
        return answer.a0 == 1

    def _is_overfull(self) -> bool:
        """Tell whether switching the queues now would lose input.

        A guest gets there only by filling its own receiver in loopback while real input is held.
        """
        return self.bench["V_UART_COUNT"] + self.bench["V_UART_HELD_COUNT"] > QUEUE_SIZE


def texts_by_vm(console: bytes, vms: int) -> list[bytes]:
    """Put together what each VM has sent, from a console with lines of all; a last newline is lost."""
    pieces: list[list[bytes]] = [[] for _ in range(vms)]
    for line in console.split(b"\n"):
        for number in range(vms):
            head = b"vm%d" % (number + 1)
            if line.startswith(head + b"| "):
                pieces[number].append((b"\n" if pieces[number] else b"") + line[len(head) + 2 :])
            elif line.startswith(head + b"+ "):
                pieces[number].append(line[len(head) + 2 :])
    return [b"".join(each) for each in pieces]
