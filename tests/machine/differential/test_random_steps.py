"""Random CSR and system instructions from random modes do the same on our machine as in QEMU.

After each step the program prints what the instruction gave, its trap, and each CSR that it changed, so
that a report names the first step that differs, with its instruction word.
"""

from pathlib import Path

import pytest

from asm.assembler.assembly import assemble_file
from asm.objects.elf_writer import write_elf
from asm.options import Options
from tests.support import oracle_ours, oracle_qemu
from tests.support.oracle_compare import compare
from tests.support.oracle_differences import standard_order
from tests.support.oracle_steps import as_source, random_steps

PROGRAM = Path(__file__).parent / "programs" / "random_steps.s"
STEPS = 400

_NO_QEMU = oracle_qemu.missing()
pytestmark = pytest.mark.skipif(_NO_QEMU is not None, reason=_NO_QEMU or "")


@pytest.mark.parametrize("seed", range(3))
def test_random_steps_leave_the_same_csrs_as_in_qemu(seed: int, tmp_path: Path) -> None:
    (tmp_path / "steps.inc").write_text(as_source(random_steps(seed, STEPS)))
    program = assemble_file(PROGRAM, Options(include_dirs=(tmp_path,)))
    theirs = oracle_qemu.run(write_elf(program), tmp_path)
    ours = oracle_ours.run(program)
    assert theirs.console.endswith("end\n"), theirs.console[-500:]
    # No known difference: the steps are drawn so that there is none.
    result = compare(ours.console, standard_order(theirs.console), (), oracle_ours.word_at(program))
    assert not result.unexplained, str(result)
    assert f"step={STEPS - 1:08x}" in ours.console
