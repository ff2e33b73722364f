"""What native code tells late is what the reference tells at once."""

from __future__ import annotations

import pytest

from asm.assembler.assembly import assemble_text
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machine.events import NOTHING_URGENT, TrapReturned, TrapTaken
from tests.support.debugged import OPENED

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

# M returns to S at an address that no page table knows, time and again.
_RETURNS_TO_NOWHERE = (
    OPENED
    + """
        la      t1, root
        srli    t1, t1, 12
        li      t0, 0x80000000
        or      t1, t1, t0
        csrw    satp, t1
        .balign 4
handler: li     t0, 0x40000000
        csrw    mepc, t0
        li      t1, 0x800
        csrs    mstatus, t1
        mret
        .balign 4096
root:   .space  4096
"""
)


# U calls from within its own control block: what is stored of the exit lies where the call was.
_CALLS_FROM_ITS_BLOCK = (
    OPENED
    + """
        la      t0, block
        csrw    0x7c1, t0
        addi    t0, t0, 4
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
        .balign 4
handler: nop
        j       handler
        .balign 64
block:  .word   0
        ecall
        .word   0, 0, 0
"""
)


def _machine(text: str, cpu: str, engine: Engine) -> Machine:
    machine = Machine(cpu=cpu, ram_size=1 << 20, engine=engine)
    program = assemble_text(text)
    for segment in program.segments:
        machine.load(segment.address, segment.data.ljust(segment.size, b"\0"))
    machine.reset(program.entry)
    return machine


def _returns(engine: Engine) -> list[TrapReturned]:
    machine = _machine(_RETURNS_TO_NOWHERE, "classic", engine)
    heard: list[TrapReturned] = []
    machine.observers.trap_return.append(heard.append)
    machine.observers.late[machine.observers.trap_return[0]] = lambda: NOTHING_URGENT
    machine.run(until_instant=100)
    return heard


def test_a_return_to_where_nothing_can_be_fetched_leads_to_no_physical_address() -> None:
    expected = [(event.pc, event.resumed_physical) for event in _returns(Engine.REFERENCE)]
    assert len(expected) > 3
    found = _returns(Engine.FAST)
    assert [(event.pc, event.resumed_physical) for event in found] == expected


@pytest.mark.parametrize("engine", [Engine.REFERENCE, Engine.FAST])
def test_the_word_that_trapped_is_told_even_if_the_exit_is_written_over_it(engine: Engine) -> None:
    machine = _machine(_CALLS_FROM_ITS_BLOCK, "svm", engine)
    heard: list[TrapTaken] = []
    machine.observers.trap.append(heard.append)
    machine.observers.late[machine.observers.trap[0]] = lambda: NOTHING_URGENT
    machine.run(until_instant=50)
    assert [event.word for event in heard] == [0x73]
