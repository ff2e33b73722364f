"""The lab that ``hvtui new`` writes: the files under ``template``, as they are shipped with hvtui.

Each of them is valid as it stands, so a lab is a copy. The one thing that is put in is the CPU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

_TEMPLATE = "template"
# The files name this CPU where the lab's own stands; those that need another one name that.
DEFAULT_CPU = "vt"
_CPU_LINE = re.compile(rf'^(cpu\s*=\s*)"{DEFAULT_CPU}"$', re.MULTILINE)


def lab_files(cpu: str = DEFAULT_CPU) -> Mapping[str, bytes]:
    """Return the lab's files by their paths in it, with ``/``, in the order of these paths.

    `cpu` is the CPU generation that the machine files of the hypervisor shall name.
    """
    found = dict(_walk(files(__name__).joinpath(_TEMPLATE), ""))
    return {path: _for_cpu(path, found[path], cpu) for path in sorted(found)}


def _walk(folder: Traversable, above: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        # What an editor or Python left behind in a checkout is no part of the lab.
        if entry.name.startswith((".", "__")):
            continue
        path = above + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        else:
            yield path, entry.read_bytes()


def _for_cpu(path: str, content: bytes, cpu: str) -> bytes:
    if not path.endswith(".toml"):
        return content
    return _CPU_LINE.sub(rf'\g<1>"{cpu}"', content.decode()).encode()
