"""Which machines do the same work: those that run the same programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from asm.diagnostics import AssemblyError
from asm.objects.image import ImageError
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import Sample
from hvtui.machinefile.system import System

_PROGRAM = "user"

Named = tuple[str, System]


def same_work(samples: Sequence[Sample]) -> Iterator[tuple[Named, ...]]:
    """Yield groups of machines that do the same work, the first of each being its baseline.

    The first group is led by the first of `samples`, and holds each other one that runs the very same
    programs. Techniques whose guest is another one come after it, with whatever lies beside a sample:
    each group of at least two samples' machines, led by one without a virtual machine. What cannot be
    opened is left out: whoever names it is told why.
    """
    loaded = [(sample, _loaded(sample.path)) for sample in samples]
    opened = [(sample, system) for sample, system in loaded if system is not None]
    if not opened:
        return
    wanted = programs_of(opened[0][1])
    first = [(sample, system) for sample, system in opened if programs_of(system) == wanted]
    yield tuple((sample.name, system) for sample, system in first)
    done = {sample.path for sample, _ in first}
    others = [(sample, system) for sample, system in opened if sample.path not in done]
    groups: dict[frozenset[tuple[bytes, int]], list[Named]] = {}
    for name, system in _with_variants(others):
        groups.setdefault(frozenset(programs_of(system).items()), []).append((name, system))
    for group in groups.values():
        native = [(name, system) for name, system in group if not _has_vms(system)]
        if native and len({system.path.parent for _, system in group}) > 1:
            yield (*native, *((name, system) for name, system in group if _has_vms(system)))


def programs_of(system: System) -> Counter[bytes]:
    """Return the bytes of the programs, whatever they are called and wherever they lie."""
    return Counter(
        b"".join(segment.data for segment in component.program.segments)
        for component in system.components
        if component.role == _PROGRAM
    )


def _with_variants(samples: Iterable[tuple[Sample, System]]) -> Iterator[Named]:
    """Yield each sample, and the other machine files in its folder."""
    for sample, system in samples:
        yield sample.name, system
        for path in sorted(sample.path.parent.glob("*.toml")):
            variant = None if path == sample.path else _loaded(path)
            if variant is not None:
                yield f"{sample.name}/{path.name}", variant


def _has_vms(system: System) -> bool:
    return any(component.vm is not None for component in system.components)


def _loaded(path: Path) -> System | None:
    try:
        return load_system(path)
    except (BadInputError, ImageError, AssemblyError, OSError):
        return None
