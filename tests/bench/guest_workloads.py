"""Guests under type1.s, as images for `bench_fast`: hypervisor, kernel and programs in one ELF file.

They are the hypervisor and the kernels of the samples. The CPU is that of the specification, on
which every kernel instruction traps by itself (`classic`), so any simulator of a RISC-V board can run
them. The programs print what they have made of their work: the same on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from asm.assembler.assembly import assemble_file
from asm.objects.elf_writer import write_elf
from asm.options import Options
from asm.program import LineTable, Program

# The clock of Spike, and of QEMU with -icount shift=0, advances every so many instructions.
TIMEBASE = 100
SPEAKS = b"vm1"
_HERE = Path(__file__).parent
_SAMPLES = Path(__file__).parents[2] / "samples"
_RAM = 0x8000_0000
_VM = 0x8040_0000
_USER = 0x4000_0000


@dataclass(frozen=True)
class Part:
    """A program of the image: linked for one address, placed at another."""

    source: Path
    at: int
    linked: int
    defines: Mapping[str, int] = field(default_factory=dict)


def _hypervisor() -> Part:
    return Part(_SAMPLES / "hypervisors/type1.s", _RAM, _RAM, {"VMS": 1, "TOHOST": 1})


def tinyos_image(rounds: int, interval: int) -> bytes:
    """Return tinyos with three programs that call it and one that only the clock stops."""
    programs = [
        Part(
            _HERE / "guests/worker.s",
            _VM + 0x10000 + slot * 0x2000,
            _RAM + 0x10000 + slot * 0x2000,
            {"ROUNDS": rounds * 4 if slot == 3 else rounds, "CALLS": int(slot != 3)},
        )
        for slot in range(4)
    ]
    return image([_hypervisor(), Part(_SAMPLES / "guests/tinyos.s", _VM, _RAM), *programs])


def pagingos_image(rounds: int, interval: int) -> bytes:
    """Return pagingos with three programs that keep its page tables, and so their shadows, moving."""
    programs = [
        Part(_HERE / "guests/pager.s", _VM + 0x10000 + slot * 0x4000, _USER, {"ROUNDS": rounds})
        for slot in range(3)
    ]
    return image([_hypervisor(), Part(_SAMPLES / "guests/pagingos.s", _VM, _RAM), *programs])


def image(parts: list[Part]) -> bytes:
    """Return an ELF file of all parts, with the names of the first one and its entry."""
    programs = [_program(part) for part in parts]
    segments = tuple(
        replace(
            segment, name=f"{segment.name}.{number}", address=segment.address + part.at - part.linked
        )
        for number, (part, program) in enumerate(zip(parts, programs, strict=True))
        for segment in program.segments
        if segment.size
    )
    names = {name: programs[0].symbols[name] for name in ("tohost", "fromhost")}
    return write_elf(replace(programs[0], segments=segments, symbols=names, lines=LineTable()))


def _program(part: Part) -> Program:
    return _assembled(part.source, part.linked, tuple(sorted(part.defines.items())))


@cache
def _assembled(source: Path, linked: int, defines: tuple[tuple[str, int], ...]) -> Program:
    options = Options(
        base=linked,
        include_dirs=(_SAMPLES / "users",),
        defines=dict(defines),
    )
    return assemble_file(source, options)
