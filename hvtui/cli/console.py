"""What the guest prints, streamed to stdout as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from hvtui.machine.events import DeviceOutput


class StreamedConsole:
    """Writes to a stream: at each end of a line, and whenever `flush` is called.

    `before` is called before anything is written. If nobody reads any more, `broken` is called once
    and the rest is dropped: an error must not tear the machine out of the middle of an instruction.
    """

    def __init__(
        self, stream: BinaryIO, before: Callable[[], None], broken: Callable[[], None]
    ) -> None:
        self._stream = stream
        self._before = before
        self._broken = broken
        self._waiting = bytearray()
        self.at_line_start = True
        self.is_broken = False

    def write(self, event: DeviceOutput) -> None:
        self._waiting += event.data
        if b"\n" in event.data:
            self.flush()

    def flush(self) -> None:
        if not self._waiting or self.is_broken:
            self._waiting.clear()
            return
        self._before()
        try:
            self._stream.write(self._waiting)
            self._stream.flush()
        except BrokenPipeError:
            self.is_broken = True
            self._broken()
        self.at_line_start = self._waiting.endswith(b"\n")
        self._waiting.clear()
