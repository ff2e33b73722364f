"""The test finisher: how a guest ends the machine."""

from __future__ import annotations

import pytest

from hvtui.machine.devices.finisher import Finisher


class Machine:
    """Notes what the finisher asks for."""

    def __init__(self) -> None:
        self.asked: list[int | str] = []
        self.finisher = Finisher(self.asked.append, lambda: self.asked.append("reset"))


@pytest.mark.parametrize(
    ("value", "size", "asked"),
    [
        (0x5555, 4, [0]),
        (0x5555, 2, [0]),
        (0x7_3333, 4, [7]),
        (0xFFFF_3333, 4, [0xFFFF]),
        (0x7777, 4, ["reset"]),
        (0x1234, 4, []),
        (0, 4, []),
    ],
)
def test_a_store_ends_or_resets_the_machine(value: int, size: int, asked: list[int | str]) -> None:
    machine = Machine()
    assert machine.finisher.store(0, size, value)
    assert machine.asked == asked


def test_bytes_are_refused() -> None:
    machine = Machine()
    assert not machine.finisher.store(0, 1, 0x55)
    assert machine.finisher.load(0, 1) is None


def test_the_rest_of_its_page_reads_zero_and_ignores_stores() -> None:
    machine = Machine()
    assert machine.finisher.store(4, 4, 0x5555)
    assert machine.finisher.load(0, 4) == machine.finisher.load(4, 2) == 0
    assert machine.asked == []
