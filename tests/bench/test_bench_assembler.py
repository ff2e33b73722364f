"""The benchmark of the assembler measures sources that assemble. No time is asserted."""

from asm.assembler.assembly import assemble_text
from tests.bench import bench_assembler as bench


def test_the_source_has_the_lines_it_is_asked_for_and_assembles() -> None:
    text = bench.source(2000)
    assert abs(text.count("\n") - 2000) <= 1
    assert assemble_text(text).end > 0x8000_0000 + 2000


def test_each_seed_gives_another_source() -> None:
    assert bench.source(100, 1) != bench.source(100, 2)
    assert bench.source(100, 1) == bench.source(100, 1)


def test_ours_is_measured() -> None:
    assert bench.measure(1, 200)["ours"] > 0
