"""The meter tells by physical addresses who ran, exactly, and the run itself does not notice it."""

import random

import pytest

from asm.assembler.assembly import assemble_text
from hvtui.machine.board import Machine
from hvtui.machine.regions import ELSEWHERE, RegionCount, RegionMeter
from hvtui.machine.translation import Access

KERNEL, FIRST, SECOND, SHARED = 0x8000_0000, 0x8010_0000, 0x8010_1000, 0x8010_2000
ROOTS = (0x8020_0000, 0x8020_1000)
TABLES = (0x8020_2000, 0x8020_3000)
PAGE = 0x0040_0000  # where both programs believe they are
LIBRARY = PAGE + 0x1000

# Two address spaces, turn and turn about: the same virtual addresses are two programs' pages.
SWITCHER = f"""
        la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t0, 0x1800
        csrc    mstatus, t0
        li      s0, {1 << 31 | ROOTS[0] >> 12:#x}
        li      s1, {1 << 31 | ROOTS[1] >> 12:#x}
        li      s2, {PAGE:#x}
        mv      s3, s2
        j       resume
        .balign 4
handler:
        mv      t0, s0
        mv      s0, s1
        mv      s1, t0
        mv      t0, s3
        csrr    s3, mepc
        addi    s3, s3, 4
        mv      s2, t0
resume: csrw    satp, s0
        csrw    mepc, s2
        mret
"""
PROGRAM = f"""
1:      nop
        li      t1, {LIBRARY:#x}
        jalr    t1
        ecall
        j       1b
"""


def _switching() -> Machine:
    machine = Machine()
    for text, at in (
        (SWITCHER, KERNEL),
        (PROGRAM, FIRST),
        (PROGRAM.replace("nop", "nop\nnop"), SECOND),
        ("nop\nret", SHARED),
    ):
        (segment,) = assemble_text(text).segments
        machine.load(at, segment.data)
    for root, table, page in zip(ROOTS, TABLES, (FIRST, SECOND), strict=True):
        machine.load(root + 4 * (PAGE >> 22), (table >> 12 << 10 | 0x01).to_bytes(4, "little"))
        entries = (page >> 12 << 10 | 0xDF, SHARED >> 12 << 10 | 0xDF)  # V R W X U A D
        machine.load(table, b"".join(entry.to_bytes(4, "little") for entry in entries))
    machine.reset(KERNEL)
    return machine


REGIONS = [[(KERNEL, KERNEL + 0x1000)], [(FIRST, FIRST + 0x1000)], [(SECOND, SECOND + 0x1000)]]
LIMIT = 5000


def _counted_by_steps() -> dict[int, RegionCount]:
    """Count slowly: look where each step begins, and whether it retires."""
    machine = _switching()
    meter = RegionMeter(machine.hart._clock, REGIONS)
    instructions = dict.fromkeys((ELSEWHERE, 0, 1, 2), 0)
    entries = dict(instructions)
    before: int | None = None
    while machine.retired < LIMIT:
        physical = machine.translate(machine.hart.pc, Access.FETCH).physical
        assert physical is not None
        region = meter.region_at(physical)
        retired = machine.retired
        machine.step()
        instructions[region] += machine.retired - retired
        entries[region] += region != before
        before = region
    return {region: RegionCount(instructions[region], entries[region]) for region in instructions}


@pytest.fixture(scope="module")
def expected() -> dict[int, RegionCount]:
    return _counted_by_steps()


def test_programs_at_the_same_virtual_address_are_told_apart(
    expected: dict[int, RegionCount],
) -> None:
    machine = _switching()
    meter = machine.meter_regions(REGIONS)
    machine.run(max_retired=LIMIT)
    assert {region: meter.count(region) for region in expected} == expected
    # It is a real test: all of them ran, and the library, which is in no region, for both.
    assert all(count.entries > 100 for count in expected.values())
    assert sum(count.instructions for count in expected.values()) == LIMIT


@pytest.mark.parametrize("seed", range(3))
def test_stopping_and_asking_in_between_changes_nothing(
    expected: dict[int, RegionCount], seed: int
) -> None:
    choose = random.Random(seed)
    machine = _switching()
    meter = machine.meter_regions(REGIONS)
    while machine.retired < LIMIT:
        goal = min(LIMIT, machine.retired + choose.randrange(1, 60))
        machine.run(max_retired=goal)
        assert meter.count(choose.randrange(3)).instructions <= machine.retired
    assert {region: meter.count(region) for region in expected} == expected


def test_the_run_does_not_notice() -> None:
    plain, metered = _switching(), _switching()
    metered.meter_regions(REGIONS)
    for limit in (1, 7, 500, LIMIT):
        plain.run(max_retired=limit)
        metered.run(max_retired=limit)
        assert plain.capture() == metered.capture()


def test_counting_begins_when_it_is_asked_for() -> None:
    machine = _switching()
    machine.run(max_retired=1000)
    meter = machine.meter_regions(REGIONS)
    machine.run(max_retired=1500)
    counts = [meter.count(region) for region in (ELSEWHERE, 0, 1, 2)]
    assert sum(count.instructions for count in counts) == 500


def test_a_region_may_have_holes() -> None:
    machine = Machine()
    (segment,) = assemble_text("nop\n" * 8 + "1: j 1b\n").segments
    machine.load(KERNEL, segment.data)
    machine.reset(KERNEL)
    meter = machine.meter_regions([[(KERNEL, KERNEL + 8), (KERNEL + 24, KERNEL + 64)]])
    machine.run(max_retired=9)
    assert meter.count(0) == RegionCount(5, 2)
    assert meter.count(ELSEWHERE) == RegionCount(4, 1)
