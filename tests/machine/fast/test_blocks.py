"""Code that is executed over and over becomes blocks of machine code: only the time tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from asm.assembler.assembly import assemble_text
from asm.isa.decode import decode
from hvtui.machine.board import Machine, StopReason
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machine.fast import hot_code
from hvtui.machine.fast.blocks import Block, Step, block_around
from hvtui.machine.fast.hot_code import HotCode
from tests.support.engine_agreement import compare

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

BASE = 0x8000_0000
OFTEN = 101

SUMS = """
_start: li      s0, 100000
        li      a0, 0
again:  addi    a0, a0, 3
        xor     a1, a1, a0
        sw      a1, 0x400(gp)
        lw      a2, 0x400(gp)
        andi    t0, a0, 7
        bnez    t0, odd
        call    twice
odd:    addi    s0, s0, -1
        bnez    s0, again
done:   j       done
        .balign 2048
twice:  slli    a3, a2, 1
        ret
"""

TIMER_ON = """
_start: la      t0, handler
        csrw    mtvec, t0
        li      s1, 0x02004000
        li      s2, 0x0200bff8
        sw      zero, 4(s1)
        li      t0, 0x80
        csrw    mie, t0
        csrsi   mstatus, 8
"""


def image_of(text: str) -> bytes:
    (segment,) = assemble_text(text).segments
    return segment.data


def machine_with(text: str, engine: Engine, *, at_once: bool = True) -> Machine:
    machine = Machine(engine=engine)
    machine.load(BASE, image_of(text))
    machine.reset(BASE)
    machine.hart.set_x(3, BASE + 0x10000)
    if engine is Engine.FAST and at_once:
        hot_code_of(machine).compile_at_once(OFTEN)
    return machine


def hot_code_of(machine: Machine) -> HotCode:
    engine = machine._engine
    assert engine is not None
    return engine.hot_code


def both(text: str) -> tuple[Machine, Machine]:
    return machine_with(text, Engine.REFERENCE), machine_with(text, Engine.FAST)


def run_alike(reference: Machine, fast: Machine, instants: tuple[int, ...]) -> None:
    for instant in instants:
        assert reference.run(until_instant=instant) == fast.run(until_instant=instant)
        assert not compare(reference.capture(), fast.capture())


# What becomes a block.


def steps_of(text: str) -> Callable[[int], Step | None]:
    data = image_of(text)

    def step_at(offset: int) -> Step | None:
        decoded = decode(int.from_bytes(data[offset : offset + 4], "little"))
        if decoded is None:
            return None
        name = decoded.row.name
        return Step(offset, decoded.word, decoded.row, decoded.fields, f"near.{name}")

    return step_at


def block_of(text: str, offset: int = 0) -> Block:
    block = block_around(offset, steps_of(text))
    assert block is not None
    return block


def test_a_block_is_entered_where_jumps_lead_back_and_behind_calls() -> None:
    block = block_of(
        """
_start: li   s0, 9            # 0
again:  addi a0, a0, 1        # 4
        beqz a0, skip         # 8
        jal  ra, other        # 12
        addi a1, a1, 1        # 16
skip:   addi s0, s0, -1       # 20
        bnez s0, again        # 24
        j    _start           # 28
other:  ret                   # 32
"""
    )
    assert list(block.steps) == list(range(0, 36, 4))
    assert block.entries == (0, 4, 16, 32)
    # Only jumped to from within: not entered, but a place of its own.
    assert block.leaders == {0, 4, 12, 16, 20, 28, 32}
    assert [step.offset for step in block.straight(4)] == [4, 8]


def test_a_block_goes_on_behind_a_trap_and_a_csr_that_is_written() -> None:
    block = block_of("ecall\naddi a0, a0, 1\ncsrw mstatus, a0\naddi a0, a0, 1\nj . - 16")
    assert block.entries == (0, 4, 12)
    assert [step.row.name for step in block.straight(0)] == ["ecall"]


def test_a_block_holds_what_is_near_and_no_more_than_can_be_compiled_soon() -> None:
    text = "addi a0, a0, 1\n" * 1000 + "j . - 4000\n"
    block = block_of(text, 2000)
    assert 2000 in block.steps
    assert len(block.steps) == 256
    assert max(block.steps) - min(block.steps) == 4 * 255


def test_what_has_no_block_around_it_has_none() -> None:
    assert block_around(8, lambda offset: None) is None


# What a guest does with and without.


def test_a_loop_runs_in_a_block_and_does_the_same() -> None:
    reference, fast = both(SUMS)
    run_alike(reference, fast, (1, 1000, 1001, 1717, 5000, 20000, 20011))
    assert hot_code_of(fast).blocks


def test_a_loop_that_changes_itself_loses_its_block_and_gets_another() -> None:
    reference, fast = both(
        """
_start: la      s1, change
        lw      s2, 0(s1)
        li      s4, 0x00100000
outer:  li      s0, 300
inner:  addi    a1, a1, 1
change: addi    a0, a0, 1
        addi    s0, s0, -1
        bnez    s0, inner
        add     s2, s2, s4              # another constant to add
        sw      s2, 0(s1)
        j       outer
"""
    )
    run_alike(reference, fast, (900, 1300, 2600, 5000, 20000))
    assert hot_code_of(fast).taken_up > 3


def test_a_store_into_the_block_that_makes_it_holds_at_once() -> None:
    reference, fast = both(
        """
_start: la      s1, change
        lw      s2, 0(s1)
        lw      s3, other
        li      s0, 5000
inner:  addi    s0, s0, -1
        andi    t0, s0, 127
        bnez    t0, 1f
        sw      s3, 0(s1)               # just ahead, in the same straight piece
change: addi    a0, a0, 1
        sw      s2, 0(s1)
1:      bnez    s0, inner
done:   j       done
other:  addi    a0, a0, 64
"""
    )
    run_alike(reference, fast, (600, 700, 3000, 10000, 20000))
    assert hot_code_of(fast).taken_up


def test_a_breakpoint_in_a_block_holds_and_lets_go() -> None:
    reference, fast = both(SUMS)
    run_alike(reference, fast, (3000,))
    place = assemble_text(SUMS).symbols["odd"].value
    for machine in (reference, fast):
        machine.probes.breakpoints = frozenset({place})
        for _ in range(3):
            assert machine.run().reason is StopReason.BREAKPOINT
            assert machine.hart.pc == place
    assert not compare(reference.capture(), fast.capture())
    for machine in (reference, fast):
        machine.probes.breakpoints = frozenset()
    before = hot_code_of(fast).taken_up
    run_alike(reference, fast, (30000,))
    assert hot_code_of(fast).taken_up > before


def test_a_state_with_other_code_is_taken_up_without_the_blocks_of_this_one() -> None:
    reference, fast = both(SUMS)
    kept = [machine.capture() for machine in (reference, fast)]
    run_alike(reference, fast, (5000,))
    other = image_of(SUMS.replace("a0, a0, 3", "a0, a0, 5"))
    for machine in (reference, fast):
        machine.write_physical(BASE, other)
    run_alike(reference, fast, (10000,))
    for machine, state in zip((reference, fast), kept, strict=True):
        machine.restore(state)
    run_alike(reference, fast, (100, 5000, 10000))


def test_a_counter_that_stands_still_stands_still_in_a_block() -> None:
    reference, fast = both(
        """
_start: li      s0, 2000
again:  csrr    a0, mcycle
        add     a1, a1, a0
        addi    s0, s0, -1
        andi    t0, s0, 511
        bnez    t0, 1f
        csrr    t1, mcountinhibit
        xori    t1, t1, 1
        csrw    mcountinhibit, t1
1:      bnez    s0, again
done:   j       done
"""
    )
    run_alike(reference, fast, (1000, 3000, 6000, 11000))
    assert hot_code_of(fast).blocks


def run_interrupted(text: str, instants: tuple[int, ...]) -> None:
    """Run a program that the timer interrupts, alike, and in blocks."""
    reference, fast = both(text)
    run_alike(reference, fast, instants)
    assert reference.hart.state.traps > 40
    assert hot_code_of(fast).blocks


def test_a_timer_interrupts_a_block_at_the_same_instruction() -> None:
    run_interrupted(
        TIMER_ON
        + """
again:  addi    a0, a0, 1
        xor     a1, a1, a0
        bnez    a0, again
        .balign 4
handler: lw     t0, 0(s2)
        addi    t0, t0, 977
        sw      t0, 0(s1)
        mret
""",
        (990, 5000, 20000, 50000),
    )


def test_a_timer_that_a_block_sets_interrupts_it_when_it_is_due() -> None:
    run_interrupted(
        TIMER_ON
        + """
again:  addi    a0, a0, 1
        andi    t1, a0, 15
        bnez    t1, 1f
        lw      t0, 0(s2)
        addi    t0, t0, 7               # in this very round
        sw      t0, 0(s1)
        addi    a2, a2, 1
        addi    a2, a2, 1
        addi    a2, a2, 1
        addi    a2, a2, 1
1:      xor     a1, a1, a0
        j       again
        .balign 4
handler: addi   a3, a3, 1
        li      t0, -1
        sw      t0, 0(s1)
        mret
""",
        (300, 900, 5000, 20000),
    )


def test_a_page_that_a_block_maps_elsewhere_is_elsewhere_at_once() -> None:
    reference, fast = both(
        """
        .equ    ROOT, 0x80010000
_start: li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      s1, ROOT
        li      t0, 0x200000cf          # 0x80000000: itself
        li      t1, 0x800
        add     t1, t1, s1
        sw      t0, 0(t1)
        li      t0, 0x20004401          # 0: by the table at 0x80011000
        sw      t0, 0(s1)
        li      s2, 0x80011000
        li      s4, 0x200050cf          # page 5: the page at 0x80014000
        li      s5, 0x400               # or the one after it
        li      t0, 0x80014000
        li      t1, 0x80015000
        sw      t0, 0(t0)
        sw      t1, 0(t1)
        sw      s4, 20(s2)
        li      t0, 0x200058cf          # page 6: the page at 0x80016000
        sw      t0, 24(s2)
        li      t0, 0x80016000
        sw      t0, 0(t0)
        li      s6, 0x5000
        li      s7, 0x5ffc
        srli    t0, s1, 12
        li      t1, 0x80000000
        or      t0, t0, t1
        csrw    satp, t0
        la      t0, again
        csrw    mepc, t0
        li      t0, 0x800
        csrw    mstatus, t0
        mret
again:  lw      a0, 0(s6)
        xor     s4, s4, s5
        sw      s4, 20(s2)
        lw      a1, 0(s6)               # no fence: no translation outlives its entry here
        sub     a2, a1, a0
        add     a3, a3, a2
        lw      a4, 0(s7)
        lw      a5, 2(s7)               # from two pages, which lie apart
        j       again
"""
    )
    run_alike(reference, fast, (200, 201, 202, 203, 1000, 1003, 5000))
    assert reference.hart.x[12] in (0x1000, 0xFFFF_F000)
    assert reference.hart.x[15] == 0x6000_0000
    assert hot_code_of(fast).blocks


# Living with it.


def test_blocks_are_compiled_meanwhile_and_taken_up_when_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hot_code, "WARM", 1)
    machine = machine_with(SUMS.replace("100000", "0x7fffffff"), Engine.FAST, at_once=False)
    ends = time.monotonic() + 60
    while not hot_code_of(machine).blocks and time.monotonic() < ends:
        machine.run(until_instant=machine.instant + 4_000_000)
    assert hot_code_of(machine).blocks
    assert hot_code_of(machine).failure is None


def test_a_stop_that_another_thread_wants_ends_a_block_that_runs_for_ever() -> None:
    machine = machine_with("_start: addi a0, a0, 1\n addi a1, a1, 1\n j _start\n", Engine.FAST)
    machine.run(until_instant=10_000)
    assert hot_code_of(machine).blocks
    timer = threading.Timer(0.2, machine.request_stop)
    timer.start()
    assert machine.run().reason is StopReason.REQUESTED
    timer.join()


def test_where_blocks_cannot_be_compiled_all_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(hot_code, "compile_block", fail)
    monkeypatch.setattr(hot_code, "_COMPILER", hot_code._Compiler())
    reference, fast = both(SUMS)
    run_alike(reference, fast, (1000, 5000, 20000))
    assert not hot_code_of(fast).blocks
    assert isinstance(hot_code_of(fast).failure, RuntimeError)


def test_a_machine_has_so_many_blocks_and_then_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot_code, "MOST_BLOCKS", 2)
    pages = "".join(
        f"""
        .balign 4096
page{number}: li s0, 200
1:      addi    a0, a0, {number}
        addi    s0, s0, -1
        bnez    s0, 1b
        tail    page{(number + 1) % 5}
"""
        for number in range(5)
    )
    reference, fast = both(pages)
    run_alike(reference, fast, (1000, 5000, 20000, 40000))
    assert hot_code_of(fast).taken_up > 5
    assert len(hot_code_of(fast).blocks) <= 2
