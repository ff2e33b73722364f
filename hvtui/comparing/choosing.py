"""Which machines do the same work: those that run the same programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from asm.diagnostics import AssemblyError
from asm.objects.image import ImageError
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import Sample
from hvtui.machinefile.system import System

_PROGRAM = "user"


def same_work(samples: Iterable[Sample]) -> Iterator[tuple[str, System]]:
    """Yield the first of `samples`, and each other one that runs the very same programs.

    What cannot be opened is left out: whoever names it is told why.
    """
    wanted: Counter[bytes] | None = None
    for sample in samples:
        system = _loaded(sample.path)
        if system is None:
            continue
        programs = programs_of(system)
        if wanted is None:
            wanted = programs
        if programs == wanted:
            yield sample.name, system


def _loaded(path: Path) -> System | None:
    try:
        return load_system(path)
    except (BadInputError, ImageError, AssemblyError, OSError):
        return None


def programs_of(system: System) -> Counter[bytes]:
    """Return the bytes of the programs, whatever they are called and wherever they lie."""
    return Counter(
        b"".join(segment.data for segment in component.program.segments)
        for component in system.components
        if component.role == _PROGRAM
    )
