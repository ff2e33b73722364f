"""The walker itself: it finds equal runs equal, and the first step in which two runs differ."""

from __future__ import annotations

from dataclasses import replace

from asm import Options, assemble_text
from hvtui.machinefile.system import Component
from tests.support.virtualized import (
    GUEST_RAM,
    HYPERVISOR_SIZE,
    Guest,
    base_of,
    guest_of_program,
    guest_of_sample,
    native,
    remarks,
    spoken_by,
)
from tests.support.walker import Side, Step, Walk, walk_sides

# Position-independent: it runs the same wherever it lies.
GUEST = """\
_start: li   t0, 3
        la   t1, word
again:  lw   t2, (t1)
        addi t2, t2, 1
        sw   t2, (t1)
        addi t0, t0, -1
        bnez t0, again
        li   t1, 0x100000
        li   t0, 0x5555
        sw   t0, (t1)
        .data
word:   .word 5
"""

# The poorest of hypervisors: it gives the guest its own memory in S, and does nothing for it but to
# take a trap now and then and to repeat what trapped.
HOST = """\
_start: la   t0, trapped
        csrw mtvec, t0
        li   t0, -1
        csrw pmpaddr0, t0
        li   t0, 0x1f
        csrw pmpcfg0, t0
        li   t0, 0x02004000
        li   t1, 30
        sw   t1, (t0)
        sw   zero, 4(t0)
        li   t0, 0x80
        csrw mie, t0
        li   t0, 1 << 11
        csrw mstatus, t0
        li   t0, 0x80400000
        csrw mepc, t0
        li   t0, 0
        li   t1, 0
        mret
        .balign 4
trapped: csrw mscratch, t0
        csrw  mie, zero
        csrr  t0, mscratch
        mret
"""


def relocated(guest: Guest) -> Guest:
    """Return the guest at the address of vm1, with every address in its registers as it was."""
    return Guest(
        tuple(
            replace(part, at=part.at + HYPERVISOR_SIZE, linked=part.linked) for part in guest.components
        )
    )


def hosted_side(source: str) -> Side:
    guest = guest_of_program(assemble_text(source, "guest.s"))
    host = assemble_text(HOST, "host.s")
    system = native(relocated(guest), ram_size=2 * HYPERVISOR_SIZE)
    parts = (Component("host", "hypervisor", host, GUEST_RAM, GUEST_RAM), *system.components)
    return Side(replace(system, components=parts), is_virtual=True, typed=b"")


def bare_side(source: str, base: int = GUEST_RAM) -> Side:
    guest = guest_of_program(assemble_text(source, "guest.s", Options(base=base)))
    return Side(native(guest, ram_size=2 * HYPERVISOR_SIZE), is_virtual=False, typed=b"")


def walked(native_source: str, hosted_source: str) -> Walk:
    """Walk two guests that know no address of theirs, one of them under the poor hypervisor."""
    return walk_sides(bare_side(native_source), hosted_side(hosted_source))


NO_ADDRESSES = GUEST.replace("la   t1, word", "li   t1, 0x80400800")


def test_an_equal_run_is_equal_to_its_end() -> None:
    result = walk_sides(bare_side(GUEST), bare_side(GUEST))
    assert result.divergence is None
    assert result.steps == result.native_machine.retired


def test_what_the_hypervisor_does_and_an_interrupt_of_its_own_is_not_among_the_steps() -> None:
    result = walked(NO_ADDRESSES, NO_ADDRESSES)
    assert result.divergence is None, result.divergence
    assert result.virtual_machine.hart.traps == 1
    assert result.steps == result.native_machine.retired < result.virtual_machine.retired


def test_the_first_other_instruction_is_shown() -> None:
    result = walked(NO_ADDRESSES, NO_ADDRESSES.replace("bnez t0, again", "beqz t0, again"))
    assert result.divergence is not None
    shown = str(result.divergence)
    assert result.divergence.index == 8
    assert "after 8 equal steps" in shown
    natively, virtualized = shown.split("natively:")[1].split("virtualized:")
    assert "bnez" in shown.split("natively:")[0]
    assert "guest.s:3 again" in natively
    assert "guest.s:8 again+0x14" in virtualized


def test_a_register_with_another_value_is_named() -> None:
    result = walked(NO_ADDRESSES, NO_ADDRESSES.replace(".word 5", ".word 6").replace("1\n", "2\n", 1))
    assert result.divergence is not None
    assert "t2 (x7) is 0x00000001 natively, 0x00000002 virtualized" in str(result.divergence)


def test_a_side_that_goes_on_when_the_other_has_ended_is_told_of() -> None:
    for early in (0, 1):
        sides = bare_side(NO_ADDRESSES), hosted_side(NO_ADDRESSES)
        sides[early].machine.tohost = 0x8040_0800
        result = walk_sides(*sides)
        assert result.divergence is not None
        assert "nothing more" in str(result.divergence).split("virtualized:")[early]


def test_steps_are_compared_by_place_mode_and_registers() -> None:
    step = Step(GUEST_RAM, False, (0,) * 32)
    assert step != step._replace(is_user=True)
    assert step != step._replace(physical=GUEST_RAM + 4)
    assert step != step._replace(x=(0,) * 31 + (1,))


def test_the_sample_kernel_agrees_with_itself_with_users_that_trap() -> None:
    sides = [Side(native(guest_of_sample("01-native")), is_virtual=False, typed=b"") for _ in range(2)]
    result = walk_sides(*sides)
    assert result.divergence is None
    assert result.steps > 20_000
    assert result.native_stop is not None
    assert result.native_stop.code == 0


def test_the_console_is_taken_apart_by_the_marks_of_the_speakers() -> None:
    console = (
        b"type1: hello\nvm1| one\nvm2| other\nvm1| half of\nvm2| x\nvm1+  a line\nvm1| \n"
        b"vm1| last\ntype1: vm1 ended\n"
    )
    assert spoken_by(1, console) == b"one\nhalf of a line\n\nlast"
    assert spoken_by(2, console) == b"other\nx"
    assert spoken_by(3, console) == b""
    assert remarks(console) == ["type1: hello", "type1: vm1 ended"]


def test_memory_of_a_guest_lies_where_its_machine_has_it() -> None:
    guest = guest_of_sample("01-native")
    image = guest.image()
    machine = native(guest).fresh_machine()
    assert machine.read_physical(GUEST_RAM, len(image)) == image
    assert base_of(1) == 0x8040_0000
    assert base_of(2) == 0x8080_0000
