"""How much a session or a machine keeps: the lengths of all containers that can be reached from it.

Whatever grows without bound while a machine runs is a list, a dictionary or the like that gets longer;
here each of them is found and named by the way to it: ``session._mover.timeline.history._moments``.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from asm.program import Program
from hvtui.machinefile.system import System

# What is followed: our own objects. The files of a system are as they were read.
_OURS = ("hvtui", "asm", "tests")
_FIXED = (System, Program)
# In a longer container the elements are not looked at.
_MOST_ELEMENTS = 20_000
_STATM = Path("/proc/self/statm")


def resident() -> int:
    """Return how many bytes of memory this process takes: where nobody tells, the most it ever took."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class _Mallinfo(ctypes.Structure):
    """What `mallinfo2` of the GNU C library returns."""

    _fields_: ClassVar = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


def allocated() -> int | None:
    """Return how many bytes the C library's allocator has given out, None where it does not tell.

    The process may take more: what was given back lies between what was not, and waits to be used.
    """
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform == "linux" else None
    if ask is None:
        return None
    ask.restype = _Mallinfo
    info = ask()
    return int(info.uordblks + info.hblkhd)


def kept(**roots: object) -> dict[str, int]:
    """Return how many elements each container has that `roots` lead to, and each cache of functions.

    What is found in elements of one container counts together, under ``[]``.
    """
    return dict(_modules()) | _reached(roots)


def _reached(roots: Mapping[str, object]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    seen: set[int] = set()
    waiting = deque(roots.items())
    while waiting:
        path, found = waiting.popleft()
        if id(found) in seen or isinstance(found, (str, bytes, memoryview, type, *_FIXED)):
            continue
        seen.add(id(found))
        size = _cache_size(found)
        if size is not None:
            sizes[path] = sizes.get(path, 0) + size
        elif isinstance(found, (list, tuple, dict, Set, deque, bytearray)):
            # A tuple does not grow; what is in it may.
            if not isinstance(found, tuple):
                sizes[path] = sizes.get(path, 0) + len(found)
            if len(found) <= _MOST_ELEMENTS and not isinstance(found, bytearray):
                waiting.extend((f"{path}[]", element) for element in _elements(found))
        elif type(found).__module__.partition(".")[0] in _OURS:
            waiting.extend((f"{path}.{name}", value) for name, value in _attributes(found))
    return sizes


def _elements(container: Iterable[object]) -> Iterable[object]:
    if isinstance(container, dict):
        return [*container.values()]
    return [each for each in container if not isinstance(each, (int, str, bytes))]


def _attributes(found: object) -> Iterator[tuple[str, object]]:
    yield from getattr(found, "__dict__", {}).items()
    for kind in type(found).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(found, name):
                yield name, getattr(found, name)


def _cache_size(found: object) -> int | None:
    """Return how many results a function keeps, None if it is none that does."""
    ask = getattr(found, "cache_info", None)
    size = getattr(ask(), "currsize", None) if callable(ask) else None
    return size if isinstance(size, int) else None


def _modules() -> Iterator[tuple[str, int]]:
    for name, module in tuple(sys.modules.items()):
        if isinstance(module, ModuleType) and name.partition(".")[0] in ("hvtui", "asm"):
            for label, value in vars(module).items():
                if getattr(value, "__module__", name) != name:
                    continue
                size = _cache_size(value)
                if size is None and isinstance(value, (list, dict, set, deque)):
                    size = len(value)
                if size is not None and not label.startswith("__"):
                    yield f"{name}:{label}", size
                if isinstance(value, type):
                    yield from _methods(f"{name}:{label}", value)


def _methods(path: str, kind: type) -> Iterator[tuple[str, int]]:
    for name, value in vars(kind).items():
        size = _cache_size(value)
        if size is not None:
            yield f"{path}.{name}", size


@dataclass(frozen=True)
class Growth:
    """A container that was longer late than it had ever been before."""

    path: str
    before: int
    late: int

    def __str__(self) -> str:
        return f"{self.path}: {self.before:,} elements, later {self.late:,}"


def grown(
    before: Iterable[Mapping[str, int]], late: Iterable[Mapping[str, int]], *, slack: int = 16
) -> list[Growth]:
    """Return the containers whose longest `late` length exceeds that `before`, by more than `slack`
    elements and a tenth.
    """
    first, second = _longest(before), _longest(late)
    found = [
        Growth(path, first.get(path, 0), size)
        for path, size in second.items()
        if size > first.get(path, 0) * 1.1 + slack
    ]
    return sorted(found, key=lambda growth: growth.before - growth.late)


def _longest(samples: Iterable[Mapping[str, int]]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for sample in samples:
        for path, size in sample.items():
            longest[path] = max(longest.get(path, 0), size)
    return longest
