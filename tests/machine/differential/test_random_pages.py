"""Random page tables and PMP entries give the same accesses, faults and A and D bits as in QEMU."""

from pathlib import Path

import pytest

from asm.assembler.assembly import assemble_file
from asm.objects.elf_writer import write_elf
from asm.options import Options
from tests.support import oracle_ours, oracle_qemu
from tests.support.oracle_compare import compare

PROGRAM = Path(__file__).parent / "programs" / "random_pages.s"
ROUNDS = 80

_NO_QEMU = oracle_qemu.missing()
pytestmark = pytest.mark.skipif(_NO_QEMU is not None, reason=_NO_QEMU or "")


@pytest.mark.parametrize("seed", [1, 7919])
def test_random_pages_are_seen_as_in_qemu(seed: int, tmp_path: Path) -> None:
    program = assemble_file(PROGRAM, Options(defines={"SEED": seed, "ROUNDS": ROUNDS}))
    theirs = oracle_qemu.run(write_elf(program), tmp_path)
    ours = oracle_ours.run(program)
    assert theirs.console.endswith("end\n"), theirs.console[-500:]
    assert theirs.console.count("== setting") == ROUNDS
    result = compare(ours.console, theirs.console, (), oracle_ours.word_at(program))
    assert not result.unexplained, str(result)
