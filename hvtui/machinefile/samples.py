"""The machines that come with hvtui, found by where they lie: nothing here knows one by name.

A sample is a folder with a machine file, in the samples' folder or in a group one level below. Its
name is the way there: ``name`` or ``group/name``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import hvtui
from hvtui.machinefile.lessons import lesson_beside
from hvtui.machinefile.loading import MACHINE_FILE

_FOLDER = "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """A machine to open: `path` is its machine file; `lesson` the LESSON.md beside it, if any."""

    name: str
    title: str
    path: Path
    lesson: Path | None = None


def samples_folder() -> Path | None:
    """Return the samples' folder: inside the installed package, else in the checkout around it."""
    package = Path(hvtui.__file__).resolve().parent
    places = (package / _FOLDER, package.parent / _FOLDER)
    return next((place for place in places if place.is_dir()), None)


def list_samples(folder: Path | None = None) -> tuple[Sample, ...]:
    """Return the machines in `folder` (the samples' own by default), and then those of its groups.

    Both come in the order of their names. A machine file that cannot be read is listed by its own
    name: opening it says what is wrong.
    """
    folder = folder or samples_folder()
    if folder is None:
        return ()
    found = [path for depth in ("*", "*/*") for path in sorted(folder.glob(f"{depth}/{MACHINE_FILE}"))]
    return tuple(_sample(path, path.parent.relative_to(folder).as_posix()) for path in found)


def path_of_machine(text: str) -> Path:
    """Return the path that a person means: a file or folder, or a sample named as the list names it.

    A machine file beside a sample's own is called ``name/file.toml``.
    What is there goes before a sample of that name; what is neither is returned as it is.
    """
    path = Path(text)
    folder = samples_folder()
    if folder is None or path.is_absolute() or ".." in path.parts or len(path.parts) not in (1, 2):
        return path
    try:
        there = folder / path
        is_machine = (there / MACHINE_FILE).is_file() or (path.suffix == ".toml" and there.is_file())
        return there if is_machine and not path.exists() else path
    except (OSError, ValueError):
        return path


def _sample(path: Path, name: str) -> Sample:
    return Sample(name, _title(path) or name, path, lesson_beside(path))


def _title(path: Path) -> str:
    # Whoever only wants to know where a sample lies need not wait for the import.
    import tomllib

    try:
        machine = tomllib.loads(path.read_text(encoding="utf-8")).get("machine")
    except (OSError, ValueError):
        return ""
    title = machine.get("title") if isinstance(machine, dict) else None
    return title if isinstance(title, str) else ""
