"""The machines that come with hvtui, found by where they lie: nothing here knows one by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import hvtui
from hvtui.machinefile.loading import MACHINE_FILE

_FOLDER = "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """A machine to open: `path` is its machine file; `lesson` the Markdown beside it, if any."""

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
    """Return the machines in `folder` (the samples' own by default), in the order of their names.

    A machine file that cannot be read is listed by its folder's name: opening it says what is wrong.
    """
    folder = folder or samples_folder()
    if folder is None:
        return ()
    return tuple(_sample(path) for path in sorted(folder.glob(f"*/{MACHINE_FILE}")))


def _sample(path: Path) -> Sample:
    lesson = next(iter(sorted(path.parent.glob("*.md"))), None)
    return Sample(path.parent.name, _title(path) or path.parent.name, path, lesson)


def _title(path: Path) -> str:
    try:
        machine = tomllib.loads(path.read_text(encoding="utf-8")).get("machine")
    except (OSError, ValueError):
        return ""
    title = machine.get("title") if isinstance(machine, dict) else None
    return title if isinstance(title, str) else ""
