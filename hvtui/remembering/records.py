"""One file that is remembered: a JSON object, checked against a model."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from hvtui.wholefiles import write_whole

MAX_SIZE = 1 << 20

_LONGEST_TEXT = 4096
_LARGEST_NUMBER = 1 << 64
_MOST_SET_ASIDE = 9
_MINE_ALONE = 0o700


def is_fit(content: object) -> bool:
    """Tell whether all texts and numbers in something are such as people write."""
    return all(
        (len(value) <= _LONGEST_TEXT and value.isprintable())
        if isinstance(value, str)
        else not isinstance(value, int) or abs(value) <= _LARGEST_NUMBER
        for value in _values(content)
    )


class Content(BaseModel):
    """What a file holds. `version` grows when older programs would misunderstand it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    version: int = 1

    @model_validator(mode="after")
    def _check(self) -> Content:
        if self.version != type(self).model_fields["version"].default:
            raise ValueError(f"it is of version {self.version}, which this hvtui does not know")
        if not is_fit(self):
            raise ValueError("a text or a number in it is too long, or has control characters")
        return self


def _values(value: object) -> Iterator[object]:
    """Yield everything in it that has no parts."""
    if isinstance(value, BaseModel):
        parts: list[object] = [part for _, part in value]
    elif is_dataclass(value):
        parts = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    else:
        yield value
        return
    for part in parts:
        yield from _values(part)


T = TypeVar("T", bound=Content)


class Record(Generic[T]):
    """The file at `path`, with a `model` of what it holds; `called` is what messages call that.

    `read` and `write` return a message for the person, an empty one if all is well.
    """

    def __init__(self, path: Path, model: type[T], called: str) -> None:
        self.path = path
        self._model = model
        self._called = called
        self._known: bytes | None = None
        self._has_failed = False

    @property
    def is_there(self) -> bool:
        """Tell whether there is such a file, whatever it holds."""
        return os.path.lexists(self.path)

    def read(self) -> tuple[T | None, str]:
        """Return what the file holds, None if there is none that can be read."""
        try:
            status = self.path.lstat()
        except FileNotFoundError:
            return None, ""
        except (OSError, ValueError) as error:
            return None, self._unread(_reason(error))
        try:
            if not stat.S_ISREG(status.st_mode) and not self.path.is_file():
                return None, self._set_aside("it is no file")
            data = self._data()
            content = self._model.model_validate_json(data)
        except OSError as error:
            return None, self._unread(_reason(error))
        except ValidationError as error:
            return None, self._set_aside(_complaint(error))
        except ValueError as error:
            return None, self._set_aside(str(error))
        self._known = data
        return content, ""

    def write(self, content: T) -> str:
        """Write the file, if it holds something else."""
        data = content.model_dump_json(indent=1).encode("utf-8", "replace") + b"\n"
        if data == self._known:
            return ""
        if len(data) > MAX_SIZE:
            return self._unwritten(f"it is larger than {MAX_SIZE:,} bytes")
        try:
            self.path.parent.mkdir(_MINE_ALONE, parents=True, exist_ok=True)
            write_whole(self.path, data, private=True)
        except (OSError, ValueError) as error:
            return self._unwritten(_reason(error))
        self._known, self._has_failed = data, False
        return ""

    def _data(self) -> bytes:
        """Raises OSError, and ValueError for a file that is too large."""
        # Should a pipe have come to lie there meanwhile, nobody waits for it.
        handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            data = stream.read(MAX_SIZE + 1)
        if len(data) > MAX_SIZE:
            raise ValueError(f"it is larger than {MAX_SIZE:,} bytes")
        return data

    def _unread(self, reason: str) -> str:
        self._has_failed = True
        return f"{self._called} cannot be read: {self.path}: {reason}"

    def _unwritten(self, reason: str) -> str:
        """Say it once: a disk that is full stays so for a while."""
        if self._has_failed:
            return ""
        self._has_failed = True
        return f"{self._called} cannot be saved: {self.path}: {reason}"

    def _set_aside(self, reason: str) -> str:
        """Give a file that cannot be read another name, so that it is neither lost nor in the way."""
        told = f"{self._called} cannot be read, for {reason}"
        for number in range(1, _MOST_SET_ASIDE + 1):
            aside = self.path.with_name(f"{self.path.name}.damaged-{number}")
            # Of very many damaged files the last one makes way.
            if os.path.lexists(aside) and number < _MOST_SET_ASIDE:
                continue
            try:
                self.path.replace(aside)
            except OSError as error:
                return f"{told}: {self.path}, which cannot be set aside: {_reason(error)}"
            return f"{told}: it was set aside as {aside}"
        raise AssertionError("there is a last number")


def keep_newest(folder: Path, most: int) -> None:
    """Remove the oldest files of a folder, so that no more than `most` are left."""
    with suppress(OSError):
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
        for _, path in sorted(((_age(path), path) for path in found), reverse=True)[most:]:
            with suppress(OSError):
                path.unlink()


def _age(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def _complaint(error: ValidationError) -> str:
    """Say in a line what is wrong first."""
    first: Any = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{place}: {message}" if place else message
