"""The benchmark of the screen measures what it says. No time is asserted."""

from tests.bench import bench_screen as bench
from tests.support.debugged import Part, system_of

SPIN = "_start: addi t0, t0, 1\n j _start\n"


async def test_every_measure_is_told() -> None:
    lines = await bench.measure(system_of(Part("main", SPIN)), (120, 40), 2)
    for measure in ("step_line, source in view", "reverse_step_line", "resize", "pause"):
        assert any(line.startswith(measure) for line in lines)
