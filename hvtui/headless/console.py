"""What the guest prints, kept for a report; and what it reads."""

from __future__ import annotations

from typing import Protocol

from hvtui.machine.devices.uart import Uart
from hvtui.machine.events import DeviceOutput

MAX_KEPT = 64 << 20

_FEED = 4096


class Console(Protocol):
    """Takes the guest's output."""

    at_line_start: bool

    def write(self, event: DeviceOutput) -> None:
        """Take what a device sent."""

    def flush(self) -> None:
        """Let a person see all that came so far."""


class KeptConsole:
    """Keeps the output, `most` bytes of it at most: a guest that prints for ever must not take all
    memory of the one who asked for a report.
    """

    def __init__(self, most: int = MAX_KEPT) -> None:
        self._most = most
        self._kept = bytearray()
        self.at_line_start = True
        self.is_cut = False

    def write(self, event: DeviceOutput) -> None:
        room = self._most - len(self._kept)
        self._kept += event.data[:room]
        self.is_cut = self.is_cut or len(event.data) > room

    def flush(self) -> None:
        """Nobody watches."""

    @property
    def data(self) -> bytes:
        """The output, to the byte."""
        return bytes(self._kept)

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

    @property
    def has_more(self) -> bool:
        """Tell whether there is something that was not handed over yet."""
        return bool(self._rest)

    def close(self) -> None:
        """Say that nothing more will come."""
        self._rest = self._rest[:0]
        self._uart.input_open = False
