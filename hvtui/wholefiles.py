"""Files that are there whole or not at all, whoever reads them meanwhile."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file, or leave what was there as it is; a `private` one is for its owner alone.

    Raises OSError.
    """
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name[:32]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        if not private:
            # A temporary file is for its owner alone; a report is for whoever may read the folder.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
