"""`tohost` as programs for Spike use it: a doubleword that a hart of 32 bits writes in two halves."""

from __future__ import annotations

import pytest

from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import DeviceOutput, ExitReason
from tests.support.guest import machine_with

LOW_FIRST = "sw a0, 0(t0)\n sw a1, 4(t0)\n"
HIGH_FIRST = "sw a1, 4(t0)\n sw a0, 0(t0)\n"

# put: writes the character a0 to the console and waits until it is taken.
PUT = """
put:    li   a1, 0x01010000
        {stores}
1:      lw   t1, 0(t0)
        lw   t2, 4(t0)
        or   t1, t1, t2
        bnez t1, 1b
        ret
"""
DATA = "\n.balign 64\n tohost: .dword 0\n after: .word 0\n"


def listen(machine: Machine) -> list[DeviceOutput]:
    heard: list[DeviceOutput] = []
    machine.observers.output.append(heard.append)
    return heard


def text(heard: list[DeviceOutput]) -> bytes:
    return b"".join(event.data for event in heard)


@pytest.mark.parametrize("stores", [LOW_FIRST, HIGH_FIRST], ids=["low first", "high first"])
def test_characters_go_to_the_console_and_odd_ones_do_not_end_the_run(stores: str) -> None:
    machine, symbols = machine_with(
        """
        _start: la   t0, tohost
                la   s0, words
        next:   lbu  a0, 0(s0)
                beqz a0, done
                call put
                addi s0, s0, 1
                j    next
        done:   li   a0, 2 * 9 + 1
                li   a1, 0
        """
        + stores
        + "j .\n"
        + PUT.format(stores=stores)
        + 'words: .asciz "Even odd\\n"\n'
        + DATA
    )
    machine.tohost = symbols["tohost"]
    heard = listen(machine)
    assert machine.run() == Stop(StopReason.EXITED, 9)
    assert machine.exit is not None
    assert machine.exit.reason is ExitReason.TOHOST
    assert text(heard) == b"Even odd\n"


def test_an_interrupt_between_the_halves_does_not_matter() -> None:
    machine, symbols = machine_with(
        "_start: la t0, tohost\n la t1, handler\n csrw mtvec, t1\n li a0, 'E'\n li a1, 0x01010000\n"
        + LOW_FIRST
        + "j .\n .balign 4\n handler: csrw mip, zero\n mret\n"
        + DATA
    )
    machine.tohost = symbols["tohost"]
    heard = listen(machine)
    while machine.read_physical(symbols["tohost"], 4) != b"E\0\0\0":
        assert machine.step() is None
    for name, value in (("mie", 2), ("mip", 2), ("mstatus", 8)):
        machine.hart.set_csr(name, value)
    assert machine.run().reason is StopReason.STUCK
    assert machine.hart.traps == 1
    assert text(heard) == b"E"


def test_the_other_half_is_known_by_its_physical_address() -> None:
    # Data accesses as S would make them, at 0x4000_0000 a megapage that leads to RAM.
    machine, symbols = machine_with(
        """
        _start: la   t1, table
                li   t2, (0x80000000 >> 2) | 0xcf
                li   t3, 0x400
                add  t3, t1, t3
                sw   t2, 0(t3)
                srli t1, t1, 12
                li   t2, 1 << 31
                or   t1, t1, t2
                csrw satp, t1
                li   t1, -1
                csrw pmpaddr0, t1
                li   t1, 0x1f
                csrw pmpcfg0, t1
                li   t1, (1 << 17) | (1 << 11)
                csrs mstatus, t1
                la   t0, tohost
                li   t1, 0x80000000 - 0x40000000
                sub  t0, t0, t1
                li   a0, 'E'
                li   a1, 0x01010000
        """
        + LOW_FIRST
        + "li a0, 1\n sw a0, 0(t0)\n j .\n"
        + DATA
        + ".balign 4096\n table: .space 4096\n"
    )
    machine.tohost = symbols["tohost"]
    heard = listen(machine)
    assert machine.run() == Stop(StopReason.EXITED, 0)
    assert text(heard) == b"E"


def test_a_word_behind_a_tohost_of_one_word_is_the_guests_own() -> None:
    machine, symbols = machine_with(
        "_start: la t0, tohost\n li a0, 0x01010000\n sw a0, 4(t0)\n lw a2, 4(t0)\n j .\n" + DATA
    )
    machine.tohost = symbols["tohost"]
    heard = listen(machine)
    assert machine.run().reason is StopReason.STUCK
    assert machine.hart.x[12] == 0x01010000
    assert not heard


def test_a_machine_captured_between_the_halves_goes_on_the_same() -> None:
    machine, symbols = machine_with(
        "_start: la t0, tohost\n li a0, 'E'\n li a1, 0x01010000\n" + LOW_FIRST + "j .\n" + DATA
    )
    machine.tohost = symbols["tohost"]
    heard = listen(machine)
    while machine.read_physical(symbols["tohost"], 4) != b"E\0\0\0":
        assert machine.step() is None
    between = machine.capture()
    machine.run()
    after = machine.capture()
    machine.restore(between)
    machine.run()
    assert machine.capture() == after
    assert text(heard) == b"EE"
