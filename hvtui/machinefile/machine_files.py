"""From a machine file to a System."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from asm.diagnostics import AssemblyError, Diagnostic, UnusedReplacementError, nearest
from asm.objects.image import ImageError
from asm.program import Program
from hvtui.machine.memory import RAM_BASE
from hvtui.machinefile.complaints import MACHINE, Complaints
from hvtui.machinefile.document import Document, read_document
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.images import (
    SourceOptions,
    check_file,
    files_of,
    kind_of_program,
    read_dtb,
    read_program,
    tidy,
)
from hvtui.machinefile.lessons import is_within, lesson_beside
from hvtui.machinefile.schema import (
    ComponentTable,
    MachineFile,
    MachineTable,
    check_document,
    component_key,
)
from hvtui.machinefile.system import Component, Overrides, System, Translates, is_end_of_path


def load_machine_file(path: Path, overrides: Overrides) -> System:
    """Load a machine file and every program it names.

    Raises BadInputError with all problems of the file, and AssemblyError for a source's mistakes.
    """
    _refuse_single_options(path, overrides)
    document = read_document(path)
    file = check_document(document)
    _check_substitutes(path, file, overrides)
    loader = _Loader(document, overrides)
    ram_size = overrides.ram or file.machine.ram
    found = [loader.component(index, table) for index, table in enumerate(file.component)]
    # Addresses are looked at only once every program is there.
    loader.finish()
    components = tuple(component for component in found if component is not None)
    dtb = loader.dtb(file.machine)
    lesson = loader.lesson(file.machine)
    loader.complaints.about_layout(components, ram_size)
    loader.complaints.about_dtb(dtb, ram_size, components)
    loader.complaints.finish()
    return System(
        path=path,
        title=file.machine.title or path.parent.resolve().name,
        cpu=overrides.cpu or file.machine.cpu,
        ram_size=ram_size,
        timebase=file.machine.timebase,
        components=components,
        dtb=dtb,
        lesson=lesson,
        max_instructions=file.machine.max_instructions,
        expect=file.expect.expectation(document),
        overrides=overrides,
        files=tuple(dict.fromkeys((path.absolute(), *loader.files))),
    )


def _refuse_single_options(path: Path, overrides: Overrides) -> None:
    for given, option, key in (
        (overrides.at is not None, "--at", "at"),
        (bool(overrides.defines), "-D", "defines"),
    ):
        if given:
            remedy = f"in a machine file each component has its own '{key}'"
            raise BadInputError(Problem(str(path), f"{option} is for a single program", remedy=remedy))


def _check_substitutes(path: Path, file: MachineFile, overrides: Overrides) -> None:
    names = [table.name for table in file.component]
    for name in overrides.substitutes:
        if name not in names:
            meant = nearest(name, names)
            message = f"there is no component {name!r} to replace"
            remedy = f"did you mean {meant!r}? " if meant else ""
            remedy += f"components are {', '.join(names)}"
            raise BadInputError(Problem(str(path), message, remedy=remedy))


class _Loader:
    """Reads the files that one machine file names, collecting what is wrong with them."""

    def __init__(self, document: Document, overrides: Overrides) -> None:
        self.document = document
        self.overrides = overrides
        self.folder = document.path.parent
        self.complaints = Complaints(self._problem)
        self.files: list[Path] = []
        self._diagnostics: dict[Diagnostic, None] = {}

    def _problem(self, index: int, key: str, message: str, remedy: str) -> Problem:
        if index == MACHINE:
            return self.document.problem(("machine", key), f"[machine], key '{key}'", message, remedy)
        called = component_key(self.document.data, index, key)
        return self.document.problem(("component", index, key), called, message, remedy)

    def finish(self) -> None:
        """Raise what was found: the file's own problems first, then those of all its sources."""
        self.complaints.finish()
        if self._diagnostics:
            raise AssemblyError(tuple(self._diagnostics))

    def dtb(self, table: MachineTable) -> bytes | None:
        """Return the device tree blob that the command line or else the file names."""
        if self.overrides.dtb is not None:
            self.files.append(self.overrides.dtb.absolute())
            try:
                return read_dtb(self.overrides.dtb)
            except ImageError as error:
                raise BadInputError(Problem(error.file, error.cause, remedy=error.remedy)) from error
        if table.dtb is None:
            return None
        path = tidy(self.folder / table.dtb)
        self.files.append(path.absolute())
        try:
            return read_dtb(path)
        except ImageError as error:
            self.complaints.add_file(MACHINE, "dtb", error)
            return None

    def lesson(self, table: MachineTable) -> Path | None:
        """Return the lesson that the file names, or else the one beside it."""
        if table.lesson is None:
            return lesson_beside(self.document.path)
        path = tidy(self.folder / table.lesson)
        try:
            check_file(path)
        except ImageError as error:
            self.complaints.add_file(MACHINE, "lesson", error)
            return None
        if not is_within(path, self.folder) or not path.is_file():
            self.complaints.add(
                MACHINE,
                "lesson",
                f"{path} is no file in the folder of this machine file",
                "put the lesson beside it, or leave the key out: LESSON.md is found by itself",
            )
            return None
        return path

    def component(self, index: int, table: ComponentTable) -> Component | None:
        """Return the component, or None after a complaint."""
        substitute = self.overrides.substitutes.get(table.name)
        try:
            kind, path = self._image(table, substitute)
        except ImageError as error:
            self.complaints.add_file(index, "", error)
            return None
        at = RAM_BASE if index == 0 and kind == "source" and table.at is None else table.at
        if at is None and kind != "elf":
            self.complaints.add(
                index,
                "",
                f"nothing says where this {kind} lies in memory",
                "add the physical address of its first byte, such as: at = 0x80400000",
            )
            return None
        if kind == "elf" and table.linked is not None and substitute is None:
            cause = "an ELF file says itself what it is linked for"
            self.complaints.add(index, "linked", cause, "leave this key out")
            return None
        options = self._source_options(index, table, path.parent, own=substitute is None)
        linked = at if table.linked is None else table.linked
        try:
            program = read_program(kind, path, linked or 0, options)
        except ImageError as error:
            self.complaints.add_file(index, kind, error)
            return None
        except UnusedReplacementError as error:
            self._about_unused(index, error)
            return None
        except AssemblyError as error:
            # A source that several components use has its mistakes once.
            self._diagnostics |= dict.fromkeys(error.diagnostics)
            return None
        self.files += files_of(path, program)
        if substitute is None:
            self._check_believes_in(index, table, program)
        if linked is None or kind == "elf":
            linked = program.base
        return Component(
            name=table.name,
            role=table.role,
            program=program,
            at=linked if at is None else at,
            linked=linked,
            vm=table.vm,
            believes=table.believes,
            believes_in=table.believes_in,
            translates=self._translates(index, table, program) if substitute is None else None,
        )

    def _translates(self, index: int, table: ComponentTable, program: Program) -> Translates | None:
        """Return where a component translates; None if it does not, or after a complaint."""
        told = table.translates
        if told is None:
            return None
        missing = [name for name in (told.cache, told.end, told.map) if name not in program.symbols]
        for name in missing:
            meant = nearest(name, list(program.symbols))
            self.complaints.add(
                index,
                "translates",
                f"the program has no symbol {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                "name the labels of the code cache, of its end and of the map beside it",
            )
        if missing:
            return None
        first, last, origins = (
            program.symbols[name].value for name in (told.cache, told.end, told.map)
        )
        return Translates(told.vm, first, last, origins)

    def _check_believes_in(self, index: int, table: ComponentTable, program: Program) -> None:
        """Complain of files that no code comes from."""
        files = sorted({entry.outermost.file for entry in program.lines})
        for name in table.believes_in:
            if not any(is_end_of_path(name, file) for file in files):
                names = [Path(file).name for file in files]
                meant = nearest(Path(name).name, names)
                self.complaints.add(
                    index,
                    "believes_in",
                    f"no code comes from a file {name!r}"
                    + (f"; did you mean {meant!r}?" if meant else ""),
                    f"files with code are {', '.join(names[:8]) or 'not known'}",
                )

    def _image(self, table: ComponentTable, substitute: Path | None) -> tuple[str, Path]:
        """Return the kind of a component's file, and the file."""
        if substitute is not None:
            return kind_of_program(substitute), substitute
        kind, name = table.image
        return kind, tidy(self.folder / name)

    def _source_options(
        self, index: int, table: ComponentTable, beside: Path, *, own: bool
    ) -> SourceOptions:
        """Say what a source may read: a stranger's machine file must not widen that by itself.

        A source that is not the machine file's `own` may not read what else lies beside that.
        """
        include = tuple(tidy(self.folder / name) for name in table.include)
        for folder in include:
            if not _is_within(folder, (self.folder, beside, *self.overrides.include)):
                self.complaints.add(
                    index,
                    "include",
                    f"the folder {folder} lies outside the folders of this file and of the source",
                    f"if you trust this machine file, allow it with -I {folder}",
                )
        searched = (*self.overrides.include, *include)
        allowed = (self.folder, *searched) if own else searched
        replace = self._replace(index, table, (beside, *searched)) if own else {}
        return SourceOptions(searched, allowed, dict(table.defines), replace)

    def _replace(self, index: int, table: ComponentTable, folders: tuple[Path, ...]) -> dict[str, Path]:
        """Return what is read in place of included files: it is bound to folders as includes are."""
        replace = {}
        for name, file in table.replace.items():
            path = tidy(self.folder / file)
            try:
                check_file(path)
            except ImageError as error:
                self.complaints.add_file(index, "replace", error)
                continue
            if not _is_within(path, (self.folder, *folders)):
                self.complaints.add(
                    index,
                    "replace",
                    f"{path} lies outside the folders of this file and of the source",
                    f"if you trust this machine file, allow it with -I {path.parent}",
                )
            replace[name] = path
        return replace

    def _about_unused(self, index: int, error: UnusedReplacementError) -> None:
        for name, meant in error.names.items():
            self.complaints.add(
                index,
                "replace",
                f"the source never includes {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                "give the file's name as the .include writes it",
            )


def _is_within(path: Path, folders: Iterable[Path]) -> bool:
    return any(is_within(path, folder) for folder in folders)
