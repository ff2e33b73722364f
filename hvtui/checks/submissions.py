"""From the paths that a person names to what is checked: machines, or programs handed in for a lab."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asm.objects.image import ImageError
from hvtui.machinefile.document import read_document
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.expectation import Expectation
from hvtui.machinefile.images import check_file
from hvtui.machinefile.loading import MACHINE_FILE
from hvtui.machinefile.samples import path_of_machine
from hvtui.machinefile.schema import check_document

# Folders in folders, deeper than anybody sorts their work; a stranger's may go on for ever.
_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Submission:
    """Something to check: `path` is a machine file, a source or a program.

    If there is none, `problem` says why; that is a failed submission, and no reason to stop.
    """

    name: str
    path: Path | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Lab:
    """A teacher's machine file: submissions take the place of `component`, whose file is `file`."""

    path: Path
    component: str
    file: str
    components: tuple[str, ...]
    expect: Expectation


def open_lab(path: Path, component: str | None) -> Lab:
    """Read a lab. Without a `component`, submissions replace the first one.

    Raises BadInputError if the file is no machine file or has no such component.
    """
    path = path / MACHINE_FILE if path.is_dir() else path
    document = read_document(path)
    file = check_document(document)
    names = [table.name for table in file.component]
    if component is None:
        component = names[0]
    if component not in names:
        raise BadInputError(
            Problem(
                str(path),
                f"there is no component {component!r} that a submission could replace",
                remedy=f"components are {', '.join(names)}",
            )
        )
    table = file.component[names.index(component)]
    return Lab(
        path, component, Path(table.image[1]).name, tuple(names), file.expect.expectation(document)
    )


def find_submissions(paths: Sequence[Path], lab: Lab | None) -> tuple[Submission, ...]:
    """Return what is to be checked, in the order of the paths; within a folder by name.

    Without a lab, a path is a machine file, a program, the name of a sample, a folder with a
    ``machine.toml``, a folder in which every ``machine.toml`` is meant, however deep, or if there is
    none, a folder of machine files with other names. With a lab, it is a program, a folder with a file
    called as the component's own, or a folder of such folders, each of which is a submission even if
    that file is missing.

    Raises BadInputError for a path that does not exist.
    """
    file = MACHINE_FILE if lab is None else lab.file
    return tuple(submission for path in paths for submission in _at(path, file, is_lab=lab is not None))


def _at(path: Path, file: str, *, is_lab: bool) -> Iterator[Submission]:
    meant = path if is_lab else path_of_machine(str(path))
    try:
        check_file(meant)
    except ImageError as error:
        raise BadInputError(Problem(error.file, error.cause, remedy=error.remedy)) from error
    if not meant.is_dir() or meant != path:
        # A file that somebody names is trusted to be what it is.
        yield Submission(str(path), meant)
    elif (path / file).is_file() or not is_lab:
        yield from list(_below(path, file)) or _machine_files(path) or [_without(path, file)]
    else:
        for folder in _folders(path) or [path]:
            yield from list(_below(folder, file)) or [_without(folder, file)]


def _machine_files(folder: Path) -> list[Submission]:
    """Return the machine files of a folder in which none has the usual name."""
    return [Submission(str(path), path) for path in sorted(folder.glob("*.toml"))]


def _below(folder: Path, file: str, depth: int = 0) -> Iterator[Submission]:
    """Find all files of that name; what lies below a folder that has one belongs to it."""
    path = folder / file
    if path.is_file():
        yield _checked(folder, path)
        return
    if depth < _MAX_DEPTH:
        for inner in _folders(folder):
            yield from _below(inner, file, depth + 1)


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder by name, without hidden ones and without links."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    return [
        folder / entry.name
        for entry in entries
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    ]


def _checked(folder: Path, path: Path) -> Submission:
    """A link must not hand in a file of the teacher's or of another student's."""
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return Submission(str(folder), None, f"{path.name} is a link that leads out of this folder")
    return Submission(str(folder), path)


def _without(folder: Path, file: str) -> Submission:
    return Submission(str(folder), None, f"no {file} in this folder")
