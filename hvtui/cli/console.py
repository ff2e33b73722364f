"""What the guest prints, streamed to stdout as it comes or kept for a report; and what it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol

from hvtui.machine.devices.uart import Uart
from hvtui.machine.events import DeviceOutput

# A guest that prints for ever must not take all memory of the one who asked for a report.
MAX_KEPT = 64 << 20

_FEED = 4096


class Console(Protocol):
    """Takes the guest's output."""

    at_line_start: bool

    def write(self, event: DeviceOutput) -> None:
        """Take what a device sent."""

    def flush(self) -> None:
        """Let a person see all that came so far."""


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


class KeptConsole:
    """Keeps the output, `MAX_KEPT` bytes of it at most."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self.at_line_start = True
        self.is_cut = False

    def write(self, event: DeviceOutput) -> None:
        room = MAX_KEPT - len(self._kept)
        self._kept += event.data[:room]
        self.is_cut = self.is_cut or len(event.data) > room

    def flush(self) -> None:
        """Nobody watches."""

    @property
    def text(self) -> str:
        """The output as text; bytes that are not UTF-8 become replacement characters."""
        return self._kept.decode("utf-8", "replace")


class ConsoleInput:
    """Hands `data` to the guest, as much at a time as its serial port takes."""

    def __init__(self, uart: Uart, data: bytes) -> None:
        self._uart = uart
        self._rest = memoryview(data)

    def feed(self) -> bool:
        """Hand over what there is room for; tells whether that was anything."""
        taken = self._uart.feed(bytes(self._rest[:_FEED])) if self._rest else 0
        self._rest = self._rest[taken:]
        # Once all is handed over, a guest that waits for more waits for ever.
        self._uart.input_open = bool(self._rest)
        return taken > 0

    def close(self) -> None:
        """Say that nothing more will come."""
        self._rest = self._rest[:0]
        self._uart.input_open = False
