"""A handed-in program takes the place of a component's own, and may read nothing of the teacher's."""

from pathlib import Path

import pytest

from asm.diagnostics import AssemblyError
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides
from tests.support.lab import ONE, Lab

LAB = ONE.replace('binary = "kernel.bin"', 'source = "kernel.s"').replace(
    "at     =", 'include = ["given"]\nat     ='
)


@pytest.fixture
def handed_in(lab: Lab) -> Path:
    lab.write("lab/machine.toml", LAB)
    lab.write("lab/kernel.s", "nop\n")
    lab.write("lab/solution.s", "nop\n")
    lab.write("lab/given/help.s", "nop\n")
    return lab.folder / "handed in" / "kernel.s"


def _load(lab: Lab, path: Path, name: str = "kernel") -> int:
    system = load_system(lab.folder / "lab", Overrides(substitutes={name: path}))
    return system.components[0].size


def test_it_takes_the_place(lab: Lab, handed_in: Path) -> None:
    lab.write("handed in/kernel.s", '.include "mine.s"\n.include "help.s"\nnop\n')
    lab.write("handed in/mine.s", "nop\n")
    assert _load(lab, handed_in) == 12


def test_it_may_be_an_elf_file_or_a_raw_binary(lab: Lab, handed_in: Path) -> None:
    assert _load(lab, lab.write("handed in/kernel.bin", bytes(20))) == 20


@pytest.mark.parametrize("included", ["../lab/solution.s", "solution.s", "../lab/kernel.s"])
def test_it_may_not_read_the_teachers_files(lab: Lab, handed_in: Path, included: str) -> None:
    lab.write("handed in/kernel.s", f'.include "{included}"\n')
    with pytest.raises(AssemblyError):
        _load(lab, handed_in)


def test_what_cannot_be_replaced(lab: Lab, handed_in: Path) -> None:
    with pytest.raises(BadInputError, match="did you mean 'kernel'"):
        _load(lab, handed_in, "kernal")
    with pytest.raises(BadInputError, match="there is no such file"):
        _load(lab, handed_in)
