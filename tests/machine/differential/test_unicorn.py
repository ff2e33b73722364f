"""The unprivileged instructions do the same on our hart as on Unicorn's."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asm.isa.instruction import Instruction
from hvtui.machine.board import Machine
from tests.support import oracle_unicorn
from tests.support.oracle_streams import (
    CODE,
    CORNERS,
    POINTER,
    STREAM_ROWS,
    WINDOW,
    WINDOW_SIZE,
    Stream,
    instructions_of,
    random_stream,
    rows_used,
)
from tests.support.oracle_unicorn import HartState, UnicornHart

pytestmark = pytest.mark.skipif(
    oracle_unicorn.missing() is not None, reason=oracle_unicorn.missing() or ""
)

SEEDS = 250


class OurHart:
    """Our machine behind the calls that the Unicorn hart has."""

    def __init__(self) -> None:
        self._machine = Machine()

    def start(self, stream: Stream) -> None:
        machine = self._machine
        machine.reset(CODE)
        machine.load(CODE, b"".join(word.to_bytes(4, "little") for word in stream.words))
        machine.load(WINDOW, stream.window)
        for number, value in enumerate(stream.registers):
            machine.hart.set_x(number, value)
        machine.hart.set_pc(CODE)

    def run(self, stream: Stream, count: int = 0) -> HartState:
        machine = self._machine
        limit = count or 4 * len(stream.words)
        machine.run(max_retired=machine.retired + limit, stop_at={stream.end})
        window = machine.read_physical(WINDOW, WINDOW_SIZE)
        assert window is not None
        return HartState(machine.hart.pc, tuple(machine.hart.x), window)


@pytest.fixture(scope="module")
def harts() -> tuple[OurHart, UnicornHart]:
    return OurHart(), UnicornHart()


def assert_same(stream: Stream, ours: OurHart, theirs: UnicornHart) -> None:
    """Run a stream on both harts; where they differ, find the instruction and say what it did."""
    ours.start(stream)
    theirs.start(stream)
    if ours.run(stream) == theirs.run(stream):
        return
    ours.start(stream)
    theirs.start(stream)
    before = HartState(CODE, stream.registers, stream.window)
    for _ in range(4 * len(stream.words)):
        after, other = ours.run(stream, 1), theirs.run(stream, 1)
        differences = after.differences(other)
        assert not differences, (
            f"{stream.name}: at {before.pc:#x}, {stream.instruction(before.pc)}\n"
            f"with registers {[hex(value) for value in before.registers]}\n"
            f"ours and Unicorn's: {differences[:10]}"
        )
        before = after
    pytest.fail(f"{stream.name}: whole runs differ, single steps do not")


def test_random_streams_leave_the_same_registers_and_memory(
    harts: tuple[OurHart, UnicornHart],
) -> None:
    for seed in range(SEEDS):
        assert_same(random_stream(seed), *harts)


def test_the_streams_use_every_row_that_only_computes() -> None:
    counts = rows_used([random_stream(seed) for seed in range(SEEDS)])
    assert min(counts.values()) > SEEDS // 4, counts


@pytest.mark.parametrize("row", STREAM_ROWS, ids=lambda row: row.name)
def test_each_row_on_corner_values(row: Instruction, harts: tuple[OurHart, UnicornHart]) -> None:
    """The same few uses of one row, with all registers at an edge, every edge in turn."""
    for shift, value in enumerate(CORNERS):
        random = Random(shift)
        registers = [0, *(CORNERS[(shift * n) % len(CORNERS)] for n in range(1, 32))]
        registers[POINTER] = WINDOW + WINDOW_SIZE // 2
        words = [word for _ in range(6) for word in instructions_of(row, random)]
        window = value.to_bytes(4, "little") * (WINDOW_SIZE // 4)
        stream = Stream(tuple(words), tuple(registers), window, f"{row.name}, edge {value:#x}")
        assert_same(stream, *harts)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    """Streams that shrink: few instructions with small operands first."""
    words: list[int] = []
    for _ in range(draw(st.integers(1, 20))):
        row = draw(st.sampled_from(STREAM_ROWS))
        words += instructions_of(row, draw(st.randoms(use_true_random=False)))
    value = st.sampled_from(CORNERS) | st.integers(0, (1 << 32) - 1)
    registers = [0, *draw(st.lists(value, min_size=31, max_size=31))]
    registers[POINTER] = WINDOW + WINDOW_SIZE // 2
    fill = draw(value)
    return Stream(tuple(words), tuple(registers), fill.to_bytes(4, "little") * (WINDOW_SIZE // 4))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=streams())
def test_any_stream_leaves_the_same_state(harts: tuple[OurHart, UnicornHart], stream: Stream) -> None:
    assert_same(stream, *harts)
