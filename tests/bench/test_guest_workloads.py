"""The guests under type1.s that the bench measures do the work they are said to do, everywhere."""

from __future__ import annotations

import re

import pytest

from hvtui.machine.engines import Engine
from hvtui.machine.events import Tally
from tests.bench.bench_fast import Ours, Qemu, Simulator, Spike, loaded
from tests.bench.fast_workloads import Workload, workloads
from tests.bench.guest_workloads import TIMEBASE, pagingos_image, tinyos_image

_MASK = 0xFFFF_FFFF
_WORDS, _HEAP_PAGES = 64, 6
_ILLEGAL, _ECALL_U, _TIMER, _LOAD_PAGE = (2, False), (8, False), (7, True), (13, False)
_GUESTS = [each for each in workloads() if each.speaks]


def _round(state: int, words: list[int]) -> int:
    """Work on some words of memory as the guests' programs do: xorshift, added up."""
    for place, word in enumerate(words):
        state ^= state << 13 & _MASK
        state ^= state >> 17
        state ^= state << 5 & _MASK
        words[place] = word + state & _MASK
    return state + words[-1] & _MASK


def _worker(number: int, rounds: int, *, calls: bool) -> int:
    state, words = number, [0] * _WORDS
    for _ in range(rounds):
        state = _round(state, words) + number * calls & _MASK
    return state


def _pager(number: int, rounds: int) -> int:
    state, pages = number, [[0] * _WORDS for _ in range(_HEAP_PAGES)]
    for left in range(rounds, 0, -1):
        for words in pages:
            state = _round(state, words)
        if left % 8 == 0:
            state = 2 * state + 1 & _MASK
    return state


def _made(console: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"makes (\d+)", console)]


def _run(image: bytes, timebase: int = TIMEBASE) -> tuple[bytes, Tally]:
    machine = loaded(image, Engine.AUTO, timebase)
    console, tally = bytearray(), Tally()
    machine.observers.output.append(lambda output: console.extend(output.data))
    machine.observers.tallies.append(tally)
    machine.run(max_retired=50_000_000)
    assert machine.exit is not None
    assert machine.exit.code == 0
    return bytes(console), tally


def test_the_workers_under_type1_make_what_they_would_make_alone() -> None:
    rounds = 40
    console, tally = _run(tinyos_image(rounds, 0))
    assert _made(console) == [
        *(_worker(number, rounds, calls=True) for number in (1, 2, 3)),
        _worker(4, 4 * rounds, calls=False),
    ]
    # A call each round and a yield each eighth: the kernel's trap and return are the hypervisor's work.
    assert tally.traps[_ECALL_U] > 3 * rounds
    assert tally.traps[_ILLEGAL] > 5 * tally.traps[_ECALL_U]


def test_the_clock_interrupts_the_guest_that_does_not_call() -> None:
    assert _run(tinyos_image(40, 0), timebase=1)[1].traps[_TIMER] > 3


def test_the_pagers_get_every_page_back_as_it_was() -> None:
    rounds = 9
    console, tally = _run(pagingos_image(rounds, 0))
    assert _made(console) == [_pager(number, rounds) for number in (1, 2, 3)]
    # Six pages of heap in three frames: each round moves six of them, or nearly.
    assert console.count(b" out,") == 3
    assert tally.traps[_LOAD_PAGE] > 3 * rounds * _HEAP_PAGES


@pytest.mark.parametrize("workload", _GUESTS, ids=lambda workload: workload.name)
@pytest.mark.parametrize(
    "simulator",
    [Spike(), Qemu("QEMU -icount", ("-icount", "shift=0"))],
    ids=lambda simulator: simulator.name,
)
def test_other_simulators_print_the_same(simulator: Simulator, workload: Workload) -> None:
    why = simulator.missing()
    if why:
        pytest.skip(why)
    image = workload.build(3, simulator.interval)
    ours = Ours(Engine.AUTO, "hvtui", 1).run(image, workload)
    said = workload.said(ours.console)
    assert len(_made(ours.console)) >= 3
    assert workload.said(simulator.run(image, workload).console) == said
