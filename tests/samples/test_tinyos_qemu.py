"""The first guest on an independent machine: GNU's tools build it, QEMU runs it.

It must print what its machine file promises, and whatever the speed of the machine: later the
same bytes run virtualized, where some instructions take a hundred times as long.
"""

import tomllib
from pathlib import Path

import pytest

from tests.support.computers import SAMPLES, Part, Qemu, parts_of, skip_without_qemu

NATIVE = SAMPLES / "01-native" / "machine.toml"


@pytest.fixture(autouse=True)
def _qemu() -> None:
    skip_without_qemu()


@pytest.mark.parametrize(
    "clock_shift",
    [
        pytest.param(None, id="real-time"),
        pytest.param(0, id="a-tick-is-1600000-instructions"),
        pytest.param(7, id="a-tick-is-12800-instructions"),
        pytest.param(10, id="a-tick-is-1600-instructions"),
    ],
)
def test_native_sample_prints_what_its_machine_file_expects(
    tmp_path: Path, clock_shift: int | None
) -> None:
    expect = tomllib.loads(NATIVE.read_text(encoding="utf-8"))["expect"]
    outcome = Qemu(tmp_path, clock_shift).run(parts_of(NATIVE))
    assert outcome.console == expect["console"]
    assert outcome.exit_code == expect["exit"]


def test_hello_prints_a_line(tmp_path: Path) -> None:
    outcome = Qemu(tmp_path).run([Part(SAMPLES / "guests" / "hello.s", 0x8000_0000)])
    assert outcome.console == "Hello from the bare machine!\n"
    assert outcome.exit_code == 0
