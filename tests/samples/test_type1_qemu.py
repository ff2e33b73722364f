"""The type-1 hypervisor on an independent machine: GNU's tools build it, QEMU runs it.

On QEMU the clock has to count instructions (`-icount`), as the hypervisor takes for granted. The CPU
is none of hvtui's generations; it traps what the architecture says, as a classic one.
"""

from pathlib import Path

import pytest

from tests.support.computers import SAMPLES, Qemu, parts_of, skip_without_qemu

NATIVE = SAMPLES / "01-native" / "machine.toml"


@pytest.fixture(autouse=True)
def _qemu() -> None:
    skip_without_qemu()


def lines_of(vm: int, console: str) -> str:
    """What a VM printed. Whole lines: its output is never broken here."""
    prefix = f"vm{vm}| "
    lines = [line for line in console.splitlines(keepends=True) if line.startswith(prefix)]
    return "".join(line.removeprefix(prefix) for line in lines)


@pytest.mark.parametrize(("sample", "vms"), [("02-type1-classic", 1), ("07-two-vms", 2)])
def test_each_virtual_machine_prints_what_the_guest_prints_on_bare_qemu(
    tmp_path: Path, sample: str, vms: int
) -> None:
    (tmp_path / "native").mkdir()
    (tmp_path / "type1").mkdir()
    native = Qemu(tmp_path / "native").run(parts_of(NATIVE))
    virtualized = Qemu(tmp_path / "type1", clock_shift=0).run(
        parts_of(SAMPLES / sample / "machine.toml")
    )
    assert virtualized.exit_code == native.exit_code == 0
    for vm in range(1, vms + 1):
        assert lines_of(vm, virtualized.console) == native.console
