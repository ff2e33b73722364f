"""Changes to a machine from outside, as a person makes them in the debugger."""

from __future__ import annotations

import pytest

from asm.isa.trapbits import TrapBit
from hvtui.debugger.edits import EditError
from hvtui.debugger.session import Session
from tests.support.debugged import KEEPER, Part, session_of

SPY = "_start: csrr t0, mstatus\n j _start\n"

# Has the bitmap in a control block, as a hypervisor on svm does.
BLOCK_KEEPER = KEEPER.replace(
    "_start:",
    """_start: li      t0, 0x80030000
        sw      zero, 0(t0)
        csrw    0x7c1, t0
""",
)


def spied(cpu: str, keeper: str = KEEPER) -> Session:
    session = session_of(
        Part("keeper", keeper), Part("spy", SPY, 0x8001_0000, "user", believes=3), cpu=cpu
    )
    session.break_on_trap("rdstatus")
    return session


@pytest.mark.parametrize(("cpu", "keeper"), [("vt", KEEPER), ("svm", BLOCK_KEEPER)])
def test_a_trap_bit_that_is_set_makes_the_instruction_trap_until_it_is_cleared(
    cpu: str, keeper: str
) -> None:
    session = spied(cpu, keeper)
    told = [session.resume().text.partition(":")[0]]
    for _ in range(2):
        session.toggle_trap_bit(TrapBit.RDSTATUS)
        told += [session.resume().text.partition(":")[0] for _ in range(2)]
    assert told == ["ignored", "trap", "trap", "ignored", "ignored"]


@pytest.mark.parametrize("cpu", ["classic", "legacy", "pentium"])
def test_a_bitmap_that_cannot_be_set_stays_as_it_is(cpu: str) -> None:
    session = spied(cpu)
    with pytest.raises(EditError, match=cpu):
        session.toggle_trap_bit(TrapBit.RDSTATUS)
