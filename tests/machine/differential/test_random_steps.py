"""Random CSR and system instructions from random modes do the same on our machine as in QEMU.

After each step the program prints what the instruction gave, its trap, and each CSR that it changed, so
that a report names the first step that differs, with its instruction word.
"""

from pathlib import Path

import pytest

from asm.elf_reader import read_elf
from tests.support import oracle_gnu, oracle_ours, oracle_qemu
from tests.support.oracle_compare import compare
from tests.support.oracle_differences import standard_order
from tests.support.oracle_steps import as_source, random_steps

PROGRAM = Path(__file__).parent / "programs" / "random_steps.s"
STEPS = 500

_MISSING = oracle_qemu.missing() or oracle_gnu.missing("as", "ld")
pytestmark = pytest.mark.skipif(_MISSING is not None, reason=_MISSING or "")


@pytest.mark.parametrize("seed", range(2))
def test_random_steps_leave_the_same_csrs_as_in_qemu(seed: int, tmp_path: Path) -> None:
    (tmp_path / "steps.inc").write_text(as_source(random_steps(seed, STEPS)))
    elf = oracle_gnu.assemble(PROGRAM, tmp_path)
    theirs = oracle_qemu.run(elf, tmp_path)
    ours = oracle_ours.run(elf)
    assert theirs.console.endswith("end\n"), theirs.console[-500:]
    word_at = oracle_ours.word_at(read_elf(elf, PROGRAM.name))
    # No known difference: the steps are drawn so that there is none.
    result = compare(ours.console, standard_order(theirs.console), (), word_at)
    assert not result.unexplained, str(result)
    assert f"step={STEPS - 1:08x}" in ours.console
