"""Puts a lab's files into a folder: all of them or none, and nothing of a person's is lost."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hvtui.machinefile.errors import BadInputError, Problem


@dataclass(frozen=True, slots=True)
class Written:
    """What was done. `kept` says under which name a replaced file lies now, by its old one."""

    folder: Path
    kept: Mapping[str, str]


def write_lab(folder: Path, contents: Mapping[str, bytes], *, force: bool = False) -> Written:
    """Write the files `contents`, by name, into `folder`, which is made if it is not there.

    A folder that holds anything is refused unless `force` is given. Then only files of the lab are
    replaced, and those that were changed are kept beside the new ones. Raises BadInputError; after that
    the folder is as it was before.
    """
    folder_exists = _check(folder, contents, force)
    staging_place = folder if folder_exists else folder.parent
    with ExitStack() as cleanup:
        try:
            staging = Path(tempfile.mkdtemp(prefix=".hvtui-new-", dir=staging_place))
            cleanup.callback(shutil.rmtree, staging, ignore_errors=True)
            for name, content in contents.items():
                (staging / name).write_bytes(content)
            if folder_exists:
                return Written(folder, _move_into(folder, staging, contents))
            # mkdtemp lets nobody else in; a lab is an ordinary folder.
            staging.chmod(0o777 & ~_umask())
            staging.rename(folder)
        except OSError as error:
            raise _refusal(
                folder,
                f"the lab cannot be written here: {error.strerror or error}",
                "name a folder that you may write in, on a disk with room",
            ) from error
    return Written(folder, {})


def _check(folder: Path, contents: Mapping[str, bytes], force: bool) -> bool:
    """Tell whether the folder is there already. Raises BadInputError if it cannot be used."""
    try:
        if not os.path.lexists(folder):
            _check_parent(folder)
            return False
        if not folder.is_dir():
            what = "this is a file" if folder.is_file() else "this is not a folder"
            raise _refusal(folder, f"{what}, not a folder for a lab", "give another name")
        held = sorted(entry.name for entry in folder.iterdir())
        if held and not force:
            some = ", ".join(held[:3]) + (", …" if len(held) > 3 else "")
            raise _refusal(
                folder,
                f"this folder is not empty: it holds {some}",
                "name a folder that is not there yet; or replace the lab's own files in this one,\n"
                "    keeping those that you changed under another name, with --force",
            )
        for name in contents:
            if (folder / name).is_dir():
                cause = "a folder lies where a file of the lab goes"
                raise _refusal(folder / name, cause, "move it away")
    except OSError as error:
        raise _refusal(
            folder, f"cannot be looked into: {error.strerror or error}", "name another folder"
        ) from error
    return True


def _check_parent(folder: Path) -> None:
    parent = folder.parent
    if not parent.exists():
        raise _refusal(folder, f"there is no folder {parent} to make it in", f"mkdir -p {parent}")
    if not parent.is_dir():
        raise _refusal(folder, f"{parent} is a file, not a folder", "give another name")


def _move_into(folder: Path, staging: Path, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Move each file to its place. Returns the replaced ones; a failure takes everything back."""
    kept: dict[str, str] = {}
    with ExitStack() as undo:
        for name, content in contents.items():
            place = folder / name
            if os.path.lexists(place):
                if place.is_file() and not place.is_symlink() and place.read_bytes() == content:
                    continue
                old = _free_name(place)
                place.rename(old)
                undo.callback(old.rename, place)
                kept[name] = old.name
            (staging / name).rename(place)
            undo.callback(place.unlink)
        undo.pop_all()
    return kept


def _free_name(place: Path) -> Path:
    number = 1
    while os.path.lexists(old := place.with_name(f"{place.name}.old{number}")):
        number += 1
    return old


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refusal(path: Path, cause: str, remedy: str) -> BadInputError:
    return BadInputError(Problem(str(path), cause, remedy=remedy))
