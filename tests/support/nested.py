"""A hypervisor inside a hypervisor: type1 under type1, and one of the samples' guests inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from tests.support.computers import SAMPLES

RAM = 0x8000_0000
# type1 keeps so much for itself; its virtual machine's memory comes after.
OWN = 0x40_0000
SLOTS, SLOT_SIZE = 0x1_0000, 0x2000


def nested(folder: Path, guest: str, programs: Sequence[str] = (), *, cpu: str = "vt") -> System:
    """Return a machine with type1 (outer) that runs type1 (inner) that runs `guest`.

    The inner hypervisor is in ``vm1`` and believes to be alone on a `classic` CPU; its guest, with
    `programs` in the slots of tinyos, is in ``vm1.vm1``. The machine file is written to `folder`.
    """
    rows = [
        f'[machine]\ntitle = "nested"\ncpu = "{cpu}"\nram = "16M"\n',
        _component("outer", "hypervisor", "hypervisors/type1.s", RAM, defines="VM_SIZE = 0x800000"),
        _component("inner", "hypervisor", "hypervisors/type1.s", RAM + OWN, RAM, "vm1"),
        _component(guest, "kernel", f"guests/{guest}.s", RAM + 2 * OWN, RAM, "vm1.vm1"),
    ]
    for number, program in enumerate(programs):
        linked = RAM + SLOTS + number * SLOT_SIZE
        source = f"users/{program}.s"
        rows.append(_component(program, "user", source, linked + 2 * OWN, linked, "vm1.vm1"))
    path = folder / "machine.toml"
    path.write_text("\n".join(rows))
    return load_system(path)


def _component(
    name: str,
    role: str,
    source: str,
    at: int,
    linked: int | None = None,
    vm: str = "",
    defines: str = "",
) -> str:
    rows = [
        "[[component]]",
        f'name = "{name}"',
        f'role = "{role}"',
        f'source = "{(SAMPLES / source).as_posix()}"',
        f"at = {at:#x}",
        f"believes = {3 if role == 'user' else 0}",
    ]
    rows += [f"linked = {linked:#x}"] if linked is not None else []
    rows += [f'vm = "{vm}"'] if vm else []
    rows += [f"defines = {{ {defines} }}"] if defines else []
    return "\n".join(rows) + "\n"
