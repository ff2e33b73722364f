"""What the CSRs make of values that they cannot hold (WARL), where the manual leaves a choice."""

import pytest

from asm.isa.csrs import CSRS_BY_NAME


@pytest.mark.parametrize("name", ["mtvec", "stvec"])
@pytest.mark.parametrize(
    ("written", "kept"), [(0, 0), (1, 1), (2, 0), (3, 1), (0xFFFF_FFFF, 0xFFFF_FFFD)]
)
def test_a_trap_vector_drops_the_upper_bit_of_its_mode(name: str, written: int, kept: int) -> None:
    assert CSRS_BY_NAME[name].legalize(0x8000_0000, written) == kept


def test_the_privilege_mode_that_does_not_exist_becomes_u() -> None:
    mstatus = CSRS_BY_NAME["mstatus"]
    field = mstatus.fields_by_name["MPP"]
    assert [field.of(mstatus.legalize(field.mask, mode << 11)) for mode in range(4)] == [0, 1, 0, 3]
