"""Typing to virtual machines: each gets its line in its turn, whether it sleeps or polls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asm import assemble_text
from hvtui.machine.board import Machine, StopReason
from tests.support.virtualized import CPUS, Guest, guest_of_program, listen, spoken_by, virtualized

LIMIT = 3_000_000

# Both kernels print a prompt, read a line to its newline and not a byte further, greet, and turn the
# machine off.
_COMMON = """
        .equ UART, 0x10000000
        .equ PLIC, 0xc000000
print:  li   t0, UART
1:      lbu  t1, (a0)
        beqz t1, 3f
2:      lbu  t2, 5(t0)
        andi t2, t2, 0x20
        beqz t2, 2b
        sb   t1, (t0)
        addi a0, a0, 1
        j    1b
3:      ret
greet:  la   a0, hello
        call print
        la   a0, line
        call print
        li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, (t0)
1:      wfi
        j    1b
        .data
prompt: .asciz "name? "
hello:  .asciz "hello "
done:   .word 0
line:   .space 256
"""

POLLER = (
    """
_start: li   t0, UART
        la   a0, prompt
        call print
        la   s1, line
again:  lbu  t1, 5(t0)
        andi t1, t1, 1
        beqz t1, again
        lbu  t1, (t0)
        sb   t1, (s1)
        addi s1, s1, 1
        li   t2, '\\n'
        bne  t1, t2, again
        call greet
"""
    + _COMMON
)

SLEEPER = (
    """
_start: la   t0, trap
        csrw mtvec, t0
        li   s0, UART
        li   t1, {queues}
        sb   t1, 2(s0)
        la   a0, prompt
        call print
        li   t0, PLIC
        li   t1, 3
        sw   t1, 40(t0)
        li   t2, 0x2000
        add  t2, t0, t2
        li   t1, 1 << 10
        sw   t1, (t2)
        li   s2, PLIC + 0x200000
        li   t1, 1
        sb   t1, 1(s0)
        li   t1, 1 << 11
        csrw mie, t1
        la   s1, line
        la   s3, done
sleep:  lw   t0, (s3)
        bnez t0, greet
        wfi
        csrsi mstatus, 8
        csrci mstatus, 8
        j    sleep
        .balign 4
trap:   lw   s4, 4(s2)
1:      lbu  t1, 5(s0)
        andi t1, t1, 1
        beqz t1, 2f
        lbu  t1, (s0)
        sb   t1, (s1)
        addi s1, s1, 1
        li   t2, '\\n'
        bne  t1, t2, 1b
        sw   t2, (s3)
        sb   zero, 1(s0)
2:      sw   s4, 4(s2)
        mret
"""
    + _COMMON
)


def kernel(text: str) -> Guest:
    return guest_of_program(assemble_text(text))


POLLS = kernel(POLLER)
SLEEPS = kernel(SLEEPER.format(queues=1))
SLEEPS_WITHOUT_QUEUES = kernel(SLEEPER.format(queues=0))


def started(*guests: Guest, cpu: str = "classic") -> tuple[Machine, bytearray]:
    """Return a machine whose console somebody sits at, and what it prints."""
    machine = virtualized(*guests, cpu=cpu).fresh_machine()
    machine.uart.input_open = True
    return machine, listen(machine)


@pytest.mark.parametrize("cpu", CPUS)
def test_vms_wait_for_their_lines_and_get_them_one_after_the_other(cpu: str) -> None:
    """Who waits has shown its prompt, and costs nothing: the real hart waits, too."""
    machine, console = started(SLEEPS, SLEEPS_WITHOUT_QUEUES, cpu=cpu)
    assert machine.run(max_retired=LIMIT).reason is StopReason.WAITING
    begun = console.index(b"vm1|")
    assert console[begun:] == b"vm1| name? \nvm2| name? "
    machine.uart.feed(b"Ada")
    assert machine.run(max_retired=LIMIT).reason is StopReason.WAITING
    machine.uart.feed(b" L.\n")
    assert machine.run(max_retired=LIMIT).reason is StopReason.WAITING
    assert spoken_by(1, bytes(console)) == b"name? hello Ada L."
    assert spoken_by(2, bytes(console)) == b"name? "
    machine.uart.feed(b"Bob\n")
    stop = machine.run(max_retired=LIMIT)
    assert (stop.reason, stop.code) == (StopReason.EXITED, 0)
    assert spoken_by(2, bytes(console)) == b"name? hello Bob"


@pytest.mark.parametrize(
    "guests",
    [
        (POLLS, SLEEPS, POLLS),
        (SLEEPS, POLLS, SLEEPS_WITHOUT_QUEUES),
        (SLEEPS_WITHOUT_QUEUES, SLEEPS, SLEEPS),
    ],
)
def test_lines_typed_ahead_reach_their_vms(guests: tuple[Guest, ...]) -> None:
    """What a VM has not read, in its receiver or not, is the next one's."""
    machine, console = started(*guests)
    machine.uart.feed(b"Ada, with a name that is longer than a receiver\nBob\nCy\n")
    stop = machine.run(max_retired=LIMIT)
    assert (stop.reason, stop.code) == (StopReason.EXITED, 0)
    said = [spoken_by(number, bytes(console)) for number in (1, 2, 3)]
    assert said == [
        b"name? hello Ada, with a name that is longer than a receiver",
        b"name? hello Bob",
        b"name? hello Cy",
    ]


@settings(max_examples=25)
@given(
    guests=st.permutations([POLLS, SLEEPS, SLEEPS_WITHOUT_QUEUES]).map(lambda order: order[:2]),
    text=st.lists(st.text("abcdefgh ", max_size=40), min_size=2, max_size=2),
    gaps=st.lists(st.integers(0, 30_000), min_size=1, max_size=12),
    chunk=st.integers(1, 30),
)
def test_it_does_not_matter_when_bytes_arrive(
    guests: list[Guest], text: list[str], gaps: list[int], chunk: int
) -> None:
    machine, console = started(*guests)
    typed = "".join(f"{line}\n" for line in text).encode()
    for number in range(0, len(typed), chunk):
        machine.run(max_retired=machine.retired + gaps[number // chunk % len(gaps)])
        machine.uart.feed(typed[number : number + chunk])
    stop = machine.run(max_retired=LIMIT)
    assert (stop.reason, stop.code) == (StopReason.EXITED, 0), console
    for number, line in enumerate(text, 1):
        assert spoken_by(number, bytes(console)) == f"name? hello {line}".encode()
