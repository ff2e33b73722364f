"""From a path to a System: a machine file, or a single source, ELF file or raw binary."""

from __future__ import annotations

from pathlib import Path

from asm.objects.image import ImageError
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machine.memory import DEFAULT_RAM_SIZE, RAM_BASE
from hvtui.machinefile.complaints import Complaints
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.images import (
    SourceOptions,
    check_file,
    files_of,
    kind_of_program,
    read_dtb,
    read_program,
)
from hvtui.machinefile.lessons import lesson_beside
from hvtui.machinefile.system import Component, Overrides, System

MACHINE_FILE = "machine.toml"


def load_system(path: Path, overrides: Overrides | None = None) -> System:
    """Load a machine file (or the folder of one), a source, an ELF file or a raw binary.

    Raises BadInputError for whatever is wrong with the files, and AssemblyError, with places in the
    source, for what is wrong in one.
    """
    overrides = overrides or Overrides()
    check_engine(overrides.engine)
    try:
        check_file(path)
        path = path / MACHINE_FILE if (path / MACHINE_FILE).is_file() else path
        kind = _kind(path, overrides)
        if kind != "machine":
            return _load_single(path, kind, overrides)
    except ImageError as error:
        raise BadInputError(Problem(error.file, error.cause, remedy=error.remedy)) from error
    # Checking a machine file takes a library whose import a single program need not wait for.
    from hvtui.machinefile.machine_files import load_machine_file

    return load_machine_file(path, overrides)


def check_engine(engine: Engine) -> None:
    """Raise BadInputError if an engine was asked for that cannot run here."""
    if engine is Engine.FAST and (why := why_not_fast()):
        raise BadInputError(Problem("--engine fast", why, remedy="choose auto or reference"))


def _kind(path: Path, overrides: Overrides) -> str:
    """Tell what a file is: ``machine``, ``source``, ``elf`` or ``binary``."""
    if path.is_dir():
        raise ImageError(str(path), f"this folder has no {MACHINE_FILE}", "name a file in it")
    if not path.is_file():
        raise ImageError(str(path), "this is not a regular file", "copy its bytes to a file")
    if path.suffix.lower() == ".toml":
        return "machine"
    kind = kind_of_program(path)
    if kind == "binary" and overrides.at is None:
        raise ImageError(
            str(path),
            "this is not a machine file (.toml), a source (.s) or an ELF file",
            "for a raw binary, say where it is loaded: --at 0x80000000",
        )
    return kind


def _load_single(path: Path, kind: str, overrides: Overrides) -> System:
    if overrides.defines and kind != "source":
        raise ImageError(str(path), "-D is for a source: this program is already translated")
    ram_size = overrides.ram or DEFAULT_RAM_SIZE
    linked = RAM_BASE if overrides.at is None else overrides.at
    options = SourceOptions(overrides.include, overrides.include, overrides.defines)
    program = read_program(kind, path, linked, options)
    if kind == "elf":
        linked = program.base
    at = linked if overrides.at is None else overrides.at
    component = Component(path.stem, "kernel", program, at, linked)
    dtb = read_dtb(overrides.dtb) if overrides.dtb else None
    complaints = Complaints(
        lambda _index, _key, message, remedy: Problem(str(path), message, remedy=remedy)
    )
    complaints.about_layout((component,), ram_size)
    complaints.about_dtb(dtb, ram_size, (component,))
    complaints.finish()
    return System(
        path=path,
        title=path.name,
        cpu=overrides.cpu or "classic",
        ram_size=ram_size,
        timebase=1,
        components=(component,),
        dtb=dtb,
        lesson=lesson_beside(path),
        overrides=overrides,
        files=files_of(path, program, overrides.dtb),
    )
