"""The devices of a type-1 guest: they answer as the machine's own do, whatever a guest tries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine import bus as memory_map
from tests.support.hypervisor_harness import Bench
from tests.support.virtual_devices import Twins, device_bench

UART, PLIC = memory_map.UART_BASE, memory_map.PLIC_BASE
CLINT, FINISHER = memory_map.CLINT_BASE, memory_map.FINISHER_BASE
DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR = (UART + register for register in range(8))
FCR = IIR
CLAIM = PLIC + 0x20_0004
MEIP, SEIP = 1 << 11, 1 << 9

Step = Callable[[Twins], None]


@pytest.fixture(scope="module")
def bench() -> Bench:
    return device_bench()


def words() -> st.SearchStrategy[int]:
    return st.one_of(
        st.sampled_from([0, 1, 2, 7, 8, 10, 31, 32, 95, 96, 0x5555, 0x3333, 0x7777, 0xFFFF_FFFF]),
        st.integers(0, 0xFFFF_FFFF),
    )


def aligned(addresses: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    """Addresses with a size, naturally aligned."""
    return st.tuples(addresses, st.sampled_from([1, 2, 4])).map(
        lambda pair: (pair[0] & -pair[1], pair[1])
    )


def anywhere() -> st.SearchStrategy[tuple[int, int]]:
    regions = [
        (UART, 0x110),
        (CLINT, 0x10),
        (CLINT + 0x3FF8, 0x18),
        (CLINT + 0xBFF0, 0x18),
        (CLINT + 0xFFF0, 0x20),
        (FINISHER, 0x10),
        (FINISHER + 0xFF8, 0x10),
        (PLIC - 8, 0x10),
        (PLIC, 0x190),
        (PLIC + 0xFF8, 0x20),
        (PLIC + 0x1FF8, 0x20),
        (PLIC + 0x2078, 0x20),
        (PLIC + 0x20F8, 0x10),
        (PLIC + 0x1F_FFF8, 0x18),
        (PLIC + 0x20_0FF8, 0x18),
        (PLIC + 0x20_1FF8, 0x10),
        (PLIC + 0x5F_FFF8, 0x10),
        (0, 1 << 32),
    ]
    inside = [st.integers(base, base + size - 1) for base, size in regions]
    return aligned(st.one_of(*inside))


def accesses(places: st.SearchStrategy[tuple[int, int]]) -> st.SearchStrategy[Step]:
    loads = places.map(lambda place: lambda twins: twins.load(*place))
    stores = st.tuples(places, words()).map(lambda both: lambda twins: twins.store(*both[0], both[1]))
    return st.one_of(loads, stores)


def storing(place: int, value: int) -> Step:
    return lambda twins: twins.store(place, 1, value)


def uart_steps() -> st.SearchStrategy[Step]:
    """What drivers do to a UART, more or less sensibly, and input that comes meanwhile."""
    interesting = {
        DATA: st.integers(0, 255),
        IER: st.integers(0, 15),
        FCR: st.sampled_from([0, 1, 3, 5, 7, 0x41, 0x81, 0xC1, 0x06]),
        LCR: st.sampled_from([3, 3, 3, 0x83]),
        MCR: st.sampled_from([8, 8, 0x18, 0x0B, 0x1F]),
        SCR: st.integers(0, 255),
    }
    stores = [values.map(partial(storing, place)) for place, values in interesting.items()]
    loads = st.sampled_from([DATA, DATA, DATA, IIR, IIR, LSR, LSR, IER, MSR]).map(
        lambda place: lambda twins: twins.load(place, 1)
    )
    feeds = st.binary(min_size=1, max_size=24).map(lambda data: lambda twins: twins.feed(data))
    return st.one_of(*stores, loads, loads, loads, feeds, feeds, st.just(Twins.reset))


def plic_steps() -> st.SearchStrategy[Step]:
    """Priorities, enables, thresholds, claims and completions, of sources that come and go."""
    sources = st.one_of(st.sampled_from([1, 10, 31, 32, 63, 64, 95]), st.integers(1, 95))
    places = st.one_of(
        sources.map(lambda source: PLIC + 4 * source),
        st.sampled_from([PLIC + 0x2000 + 0x80 * c + 4 * n for c in range(2) for n in range(3)]),
        st.sampled_from([PLIC + 0x20_0000, PLIC + 0x20_1000]),
    )
    stores = st.tuples(places, words()).map(lambda both: lambda twins: twins.store(both[0], 4, both[1]))
    claims = st.sampled_from([CLAIM, CLAIM + 0x1000]).map(lambda at: lambda twins: twins.load(at, 4))
    served = st.one_of(sources, sources, st.integers(0, 140), words())
    completions = st.tuples(st.sampled_from([CLAIM, CLAIM + 0x1000]), served).map(
        lambda both: lambda twins: twins.store(both[0], 4, both[1])
    )
    drives = st.tuples(sources.filter(lambda source: source != 10), st.booleans()).map(
        lambda both: lambda twins: twins.drive(*both)
    )
    pending = st.sampled_from([PLIC + 0x1000 + 4 * n for n in range(3)]).map(
        lambda at: lambda twins: twins.load(at, 4)
    )
    resets = st.just(Twins.reset)
    return st.one_of(
        stores, stores, stores, claims, claims, completions, drives, drives, pending, resets
    )


def run(bench: Bench, steps: list[Step]) -> Twins:
    twins = Twins(bench)
    for step in steps:
        step(twins)
    return twins


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(accesses(anywhere()), min_size=20, max_size=60))
def test_any_access_anywhere_does_what_it_does_on_the_machine(bench: Bench, steps: list[Step]) -> None:
    run(bench, steps)


def clint_places() -> st.SearchStrategy[tuple[int, int]]:
    regions = [(0, 8), (0x3FFC, 16), (0xBFF4, 12)]
    return aligned(st.one_of(*(st.integers(CLINT + at, CLINT + at + n - 1) for at, n in regions)))


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(accesses(clint_places()), min_size=20, max_size=60))
def test_the_clint_is_the_machines_clint(bench: Bench, steps: list[Step]) -> None:
    """Parts of its registers, too, and time that passes between."""
    run(bench, steps)


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(uart_steps(), min_size=20, max_size=80))
def test_the_uart_is_the_machines_uart(bench: Bench, steps: list[Step]) -> None:
    """Input at any moment, queues on, off and cleared, loopback, interrupts and resets."""
    ready: list[Step] = [
        lambda twins: twins.store(PLIC + 4 * 10, 4, 1),
        lambda twins: twins.store(PLIC + 0x2000, 4, 1 << 10),
    ]
    run(bench, ready + steps)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(plic_steps(), min_size=20, max_size=80))
def test_the_plic_is_the_machines_plic(bench: Bench, steps: list[Step]) -> None:
    run(bench, steps)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), steps=st.lists(uart_steps(), max_size=10))
def test_all_input_arrives_in_order(bench: Bench, data: bytes, steps: list[Step]) -> None:
    """However the driver began: once it only reads, both receive the same until nothing is left."""
    twins = run(bench, steps)
    twins.feed(data)
    twins.store(LCR, 1, 3)
    twins.store(MCR, 1, 8)
    for _ in range(2 * len(data) + 300):
        twins.load(LSR, 1)
        twins.load(DATA, 1)
    assert twins.bench.machine.uart.pending == twins.board.uart.pending == 0


def test_registers_after_power_on(bench: Bench) -> None:
    bench.start_over()
    values = [bench.call("device_load", UART + register, 1).a0 for register in range(8)]
    assert values == [0, 0, 1, 0, 8, 0x60, 0xB0, 0]
    assert bench["V_LINES"] == 0


@pytest.mark.parametrize(
    ("size", "value", "code"),
    [(4, 0x5555, 0), (2, 0x5555, 0), (4, 0x0007_3333, 7), (4, 0xFFFF_3333, 0xFFFF), (4, 0x7777, 0xFF)],
)
def test_the_finisher_ends_the_vm(bench: Bench, size: int, value: int, code: int) -> None:
    bench.start_over()
    assert bench.call("device_store", FINISHER, size, value).a0 == 1
    assert bench.word(bench.symbols["ended"]) == 1
    assert bench["V_EXIT_CODE"] == code


@pytest.mark.parametrize(("fcr", "level"), [(0x01, 1), (0x41, 4), (0x81, 8), (0xC1, 14)])
def test_the_trigger_level_tells_how_many_bytes_are_there(bench: Bench, fcr: int, level: int) -> None:
    twins = Twins(bench)
    twins.store(FCR, 1, fcr)
    twins.store(IER, 1, 1)
    for count in range(16):
        cause = 0xC1 if count == 0 else 0xCC if count < level else 0xC4
        assert bench.call("device_load", IIR, 1).a0 == cause
        twins.load(IIR, 1)
        twins.feed(b"x")


@pytest.mark.parametrize("source", [96, 97, 106, 127, 128, 0x400, 0x8000_0000, 0xFFFF_FFFF])
def test_completing_what_does_not_exist_changes_nothing(bench: Bench, source: int) -> None:
    bench.start_over()
    for place in range(PLIC + 0x2000, PLIC + 0x2100, 4):
        bench.call("device_store", place, 4, 0xFFFF_FFFF)
    size = bench.symbols["VCPU_SIZE"]
    for word in range(3):
        bench.put_word(bench.vcpu + bench.symbols["V_PLIC_SERVICE"] + 4 * word, 0xFFFF_FFFF)
    before = bench.machine.read_physical(bench.vcpu, size)
    assert bench.call("device_store", CLAIM, 4, source).a0 == 1
    assert bench.machine.read_physical(bench.vcpu, size) == before


def test_a_byte_that_arrives_interrupts_the_guest_if_it_wants_that(bench: Bench) -> None:
    bench.start_over()
    bench.call("device_store", PLIC + 40, 4, 1)
    bench.call("device_store", PLIC + 0x2080, 4, 1 << 10)
    bench.machine.uart.feed(b"x")
    assert not bench.is_interrupted
    bench.call("device_store", IER, 1, 1)
    assert bench["V_LINES"] == SEIP
    assert bench.call("device_load", CLAIM + 0x1000, 4).a0 == 10
    assert bench["V_LINES"] == 0
    assert bench.call("device_load", DATA, 1).a0 == ord("x")
    bench.machine.uart.feed(b"y")
    assert bench.is_interrupted
    bench.call("console_interrupt")
    assert not bench.is_interrupted
    assert bench["V_LINES"] == 0, "the guest has not completed the first interrupt"
    bench.call("device_store", CLAIM + 0x1000, 4, 10)
    assert bench["V_LINES"] == SEIP


def test_a_full_receiver_leaves_the_rest_outside_and_is_no_storm(bench: Bench) -> None:
    bench.start_over()
    bench.call("device_store", FCR, 1, 1)
    bench.call("device_store", IER, 1, 1)
    bench.machine.uart.feed(bytes(range(100)))
    while bench.is_interrupted:
        bench.call("console_interrupt")
    assert bench["V_UART_COUNT"] == 16
    received = [bench.call("device_load", DATA, 1).a0 for _ in range(100)]
    assert received == list(range(100))


def test_what_guests_do_all_day_is_short(bench: Bench) -> None:
    """Reading LSR and sending a byte: the costs of a guest's console output, in instructions."""
    bench.start_over()
    assert bench.call("device_load", LSR, 1).cost <= 30
    assert bench.call("device_store", DATA, 1, ord("x")).cost <= 45
