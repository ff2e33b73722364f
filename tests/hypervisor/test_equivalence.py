"""The sample kernels issue the very same instructions natively and under the hypervisor.

Kernel and users together, timer interrupts included: the guest's clock counts its own instructions,
so that every interrupt comes where it comes natively.
"""

from __future__ import annotations

import pytest

from hvtui.machine.board import StopReason
from tests.support.virtualized import CPUS, Guest, guest_in_sample, guest_of_sample, native, virtualized
from tests.support.walker import Side, walk, walk_sides

LIMIT = 8_000_000


def walked_to_its_end(guest: Guest, cpu: str) -> int:
    """Walk a guest, which must be the same to its good end; return how many steps that took."""
    result = walk(guest, cpu, limit=LIMIT)
    assert result.divergence is None, result.divergence
    for stop in (result.native_stop, result.virtual_stop):
        assert stop is not None
        assert (stop.reason, stop.code) == (StopReason.EXITED, 0)
    return result.steps


@pytest.mark.parametrize("cpu", CPUS)
def test_a_kernel_without_paging_and_its_users_issue_the_same_instructions(cpu: str) -> None:
    assert walked_to_its_end(guest_of_sample("01-native"), cpu) > 50_000


@pytest.mark.parametrize("cpu", CPUS)
def test_a_kernel_with_page_tables_and_its_users_issue_the_same_instructions(cpu: str) -> None:
    assert walked_to_its_end(guest_in_sample("08-shadow-paging"), cpu) > 20_000


def test_a_vm_among_others_issues_the_same_instructions_whoever_runs_in_between() -> None:
    guest = guest_of_sample("01-native")
    bare = Side(native(guest), is_virtual=False, typed=b"")
    two = virtualized(guest, guest, cpu="vt", defines={"SLICE": 1111})
    result = walk_sides(bare, Side(two, is_virtual=True, typed=b"", number=2), limit=LIMIT)
    assert result.divergence is None, result.divergence
    assert result.steps > 50_000


@pytest.mark.parametrize("cpu", ["legacy", "pentium"])
def test_on_an_old_cpu_the_guest_goes_astray(cpu: str) -> None:
    result = walk(guest_of_sample("01-native"), cpu, limit=LIMIT)
    assert result.divergence is not None
    assert result.divergence.index < 10_000
