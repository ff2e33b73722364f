"""Where lessons lie: the Markdown beside a machine, and which files one lesson may lead to.

A machine may come from a stranger, so nothing outside its folder is shown as its lesson, but for the
samples, whose lessons lead to each other.
"""

from __future__ import annotations

from pathlib import Path

LESSON_FILE = "LESSON.md"
_SUFFIX = ".md"


def lesson_beside(path: Path) -> Path | None:
    """Return the lesson in the folder of a machine's file, None if there is none."""
    lesson = path.parent / LESSON_FILE
    try:
        return lesson if lesson.is_file() and is_within(lesson, path.parent) else None
    except (OSError, ValueError):
        return None


def linked_lesson(lesson: Path, target: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the lesson that a link's `target` leads to from `lesson`; None if it may not, or is none.

    `roots` are the folders in which lessons may lie.
    """
    if not target.lower().endswith(_SUFFIX):
        return None
    try:
        path = (lesson.parent / target).resolve()
        return path if path.is_file() and any(is_within(path, root) for root in roots) else None
    except (OSError, RuntimeError, ValueError):
        return None


def is_within(path: Path, folder: Path) -> bool:
    """Tell whether a path lies in a folder, wherever symbolic links lead. False for what cannot be."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False
