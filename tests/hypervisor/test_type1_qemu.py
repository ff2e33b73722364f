"""The hypervisor on an independent machine: GNU's tools build it, QEMU runs it.

QEMU has TLBs and a clock of its own, and does not know our trap bitmap: to the hypervisor it is one
more classic CPU. Each guest must say there what it says on our machine.
"""

from pathlib import Path

import pytest

from tests.support.computers import SAMPLES, Qemu, parts_of, run_machine_file, skip_without_qemu
from tests.support.virtualized import spoken_by


@pytest.fixture(autouse=True)
def _qemu() -> None:
    skip_without_qemu()


@pytest.mark.parametrize(
    ("sample", "vms"), [("02-type1-classic", 1), ("07-two-vms", 2), ("08-shadow-paging", 1)]
)
def test_guests_say_on_qemu_what_they_say_here(tmp_path: Path, sample: str, vms: int) -> None:
    machine = SAMPLES / sample / "machine.toml"
    # The guest's clock is the count of its instructions, so QEMU has to count them, too.
    there = Qemu(tmp_path, clock_shift=0).run(parts_of(machine))
    here = run_machine_file(machine, "--max-instructions=3000000")
    assert there.exit_code == here.exit_code == 0
    for number in range(1, vms + 1):
        said = spoken_by(number, here.console.encode())
        assert said
        assert spoken_by(number, there.console.encode()) == said
