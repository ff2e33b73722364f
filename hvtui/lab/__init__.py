"""The lab that ``hvtui new`` writes: the files under ``template``, as they are shipped with hvtui.

Each of them is valid as it stands, so a lab is a copy. The one thing that is put in is the CPU.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_TEMPLATE = "template"
# The files name this CPU where the lab's own stands; those that need another one name that.
DEFAULT_CPU = "vt"
_CPU_LINE = re.compile(rf'^(cpu\s*=\s*)"{DEFAULT_CPU}"$', re.MULTILINE)


def lab_files(cpu: str = DEFAULT_CPU) -> Mapping[str, bytes]:
    """Return the lab's files by name, in the order of the names.

    `cpu` is the CPU generation that the machine files of the hypervisor shall name.
    """
    found = {
        entry.name: entry.read_bytes()
        for entry in files(__name__).joinpath(_TEMPLATE).iterdir()
        # What an editor left behind in a checkout is no part of the lab.
        if entry.is_file() and not entry.name.startswith(".")
    }
    return {name: _for_cpu(name, found[name], cpu) for name in sorted(found)}


def _for_cpu(name: str, content: bytes, cpu: str) -> bytes:
    if not name.endswith(".toml"):
        return content
    return _CPU_LINE.sub(rf'\g<1>"{cpu}"', content.decode()).encode()
