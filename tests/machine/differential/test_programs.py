"""Bare-metal programs print what they see of traps, CSRs, paging, PMP and devices: the same as in QEMU.

Each program in `programs/` runs on QEMU and on our machine. The two texts must agree, but for the
known differences of `tests.support.oracle_differences`, each of which has to be met where this table
says so and nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from asm.elf_reader import read_elf
from tests.support import oracle_gnu, oracle_ours, oracle_qemu
from tests.support.oracle_compare import compare
from tests.support.oracle_differences import KNOWN, standard_order

PROGRAMS = Path(__file__).parent / "programs"

# Each program, and where its text is known to differ.
EXPECTED: Mapping[str, set[str]] = {
    "console": set(),
    "counters": {"carry"},
    "csrs": {"more-bits", "reserved-mpp", "reserved-vector-mode", "status-bits", "survey"},
    "interrupts": set(),
    "memory": {"sc-without-reservation", "torn-store"},
    "modes": {"mprv-after-return"},
    "plic": set(),
    "pmp": {"atomic-in-scan", "fetch-without-entries", "reserved-pmp-bits", "walk-write-refused"},
    "sv32": {
        "atomic-cause",
        "atomic-in-matrix",
        "far-address",
        "sc-without-reservation",
        "stale-fetch",
        "walk-to-nowhere",
    },
    "traps": {
        "atomic-cause",
        "breakpoint-tval",
        "misaligned-fetch-tval",
        "sc-without-reservation",
        "write-of-no-bit",
    },
    "uart": set(),
}
CONSOLE_IN = {"console": b"Hello, you!\nSecond line\n"}

_MISSING = oracle_qemu.missing() or oracle_gnu.missing("as", "ld")
pytestmark = pytest.mark.skipif(_MISSING is not None, reason=_MISSING or "")


def test_every_program_is_in_the_table() -> None:
    names = {path.stem for path in PROGRAMS.glob("*.s")} - {"lib", "random_steps"}
    assert names == set(EXPECTED)


def test_every_known_difference_is_met_by_a_program() -> None:
    assert {each.key for each in KNOWN} == set().union(*EXPECTED.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_prints_the_same_as_in_qemu(name: str, tmp_path: Path) -> None:
    elf = oracle_gnu.assemble(PROGRAMS / f"{name}.s", tmp_path)
    console_in = CONSOLE_IN.get(name, b"")
    theirs = oracle_qemu.run(elf, tmp_path, console_in)
    ours = oracle_ours.run(elf, console_in)
    assert theirs.console.endswith("end\n"), theirs.console[-500:]
    word_at = oracle_ours.word_at(read_elf(elf, name))
    result = compare(ours.console, standard_order(theirs.console), KNOWN, word_at)
    assert not result.unexplained, str(result)
    assert ours.status == theirs.status == 0
    assert set(result.met) == EXPECTED[name]
