"""Bare-metal programs print what they see of traps, CSRs, paging, PMP and devices: the same as in QEMU.

Each program in `programs/` runs on QEMU and on our machine. The two texts must agree, but for the
known differences of `tests.support.oracle_differences`, each of which has to be met where this table
says so and nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from asm.assembler.assembly import assemble_file
from asm.objects.elf_reader import read_elf
from asm.objects.elf_writer import write_elf
from asm.program import Program
from tests.support import oracle_gnu, oracle_ours, oracle_qemu
from tests.support.oracle_compare import compare
from tests.support.oracle_differences import KNOWN, standard_order

PROGRAMS = Path(__file__).parent / "programs"

# Each program, and where its text is known to differ.
EXPECTED: Mapping[str, set[str]] = {
    "console": set(),
    "counters": {"carry", "counter-write"},
    "csrs": {"more-bits", "reserved-mpp", "reserved-vector-mode", "status-bits", "survey"},
    "interrupts": set(),
    "memory": {"sc-after-trap", "sc-without-reservation", "torn-store"},
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

_NO_QEMU = oracle_qemu.missing()
_NO_GNU = oracle_gnu.missing("as", "ld")


def test_every_program_is_in_the_table() -> None:
    names = {path.stem for path in PROGRAMS.glob("*.s")} - {"lib", "random_pages", "random_steps"}
    assert names == set(EXPECTED)


def test_every_known_difference_is_met_by_a_program() -> None:
    assert {each.key for each in KNOWN} == set().union(*EXPECTED.values())


@pytest.mark.skipif(_NO_QEMU is not None, reason=_NO_QEMU or "")
@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_prints_the_same_as_in_qemu(name: str, tmp_path: Path) -> None:
    program = assemble_file(PROGRAMS / f"{name}.s")
    console_in = CONSOLE_IN.get(name, b"")
    theirs = oracle_qemu.run(write_elf(program), tmp_path, console_in)
    ours = oracle_ours.run(program, console_in)
    assert theirs.console.endswith("end\n"), theirs.console[-500:]
    result = compare(ours.console, standard_order(theirs.console), KNOWN, oracle_ours.word_at(program))
    assert not result.unexplained, str(result)
    assert ours.status == theirs.status == 0
    assert set(result.met) == EXPECTED[name]


@pytest.mark.skipif(_NO_GNU is not None, reason=_NO_GNU or "")
@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_is_the_same_from_gnu_tools(name: str, tmp_path: Path) -> None:
    source = PROGRAMS / f"{name}.s"
    theirs = read_elf(oracle_gnu.assemble(source, tmp_path), name)
    assert memory_of(assemble_file(source)) == memory_of(theirs)


def memory_of(program: Program) -> Mapping[int, int]:
    """Return the bytes that are not 0, by address."""
    return {
        segment.address + offset: byte
        for segment in program.segments
        for offset, byte in enumerate(segment.data)
        if byte
    }
