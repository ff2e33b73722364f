"""Files that are there whole or not at all, whoever reads them meanwhile."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file, or leave what was there as it is; a `private` one is for its owner alone.

    Raises OSError.
    """
    with whole_file(path, private=private) as stream:
        stream.write(data)


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Yield a stream to write a file to, which takes its place when all went well. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name[:32]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        if not private:
            # A temporary file is for its owner alone; a report is for whoever may read the folder.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
