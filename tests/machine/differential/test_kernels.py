"""Kernels that gcc compiled run on our machine as in QEMU, and end through the finisher or `tohost`."""

from pathlib import Path

import pytest

from asm.objects.elf_reader import read_elf
from hvtui.machine.events import ExitReason
from tests.support import oracle_gnu, oracle_ours, oracle_qemu

KERNELS = Path(__file__).parent / "kernels"

_NO_GCC = oracle_gnu.missing("gcc")
_NO_QEMU = oracle_qemu.missing()
pytestmark = pytest.mark.skipif(_NO_GCC is not None, reason=_NO_GCC or "")


def built(name: str, folder: Path, *options: str) -> bytes:
    sources = [KERNELS / "crt0.s", KERNELS / f"{name}.c"]
    return oracle_gnu.compile_c(sources, KERNELS / "link.ld", folder, *options)


@pytest.mark.skipif(_NO_QEMU is not None, reason=_NO_QEMU or "")
@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize(("name", "status"), [("machine", 0), ("paging", 3)])
def test_a_kernel_prints_the_same_as_in_qemu(
    name: str, status: int, level: str, tmp_path: Path
) -> None:
    elf = built(name, tmp_path, level)
    theirs = oracle_qemu.run(elf, tmp_path)
    ours = oracle_ours.run(read_elf(elf, "kernel.elf"))
    assert theirs.console.endswith("end\n"), theirs.console[-1000:]
    assert ours == theirs
    assert ours.status == status


@pytest.mark.parametrize("code", [0, 1, 21])
def test_a_store_to_tohost_ends_the_run(code: int, tmp_path: Path) -> None:
    program = read_elf(built("tohost", tmp_path, f"-DCODE={code}"), "tohost.elf")
    machine, console = oracle_ours.load(program)
    machine.tohost = program.symbols["tohost"].value
    machine.run(max_retired=100_000)
    assert console.decode() == "leaving\n"
    assert machine.exit is not None
    assert (machine.exit.reason, machine.exit.code) == (ExitReason.TOHOST, code)
