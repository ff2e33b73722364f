"""The serial port, a 16550A at 0x1000_0000, after the PC16550D's data sheet.

It has no bit rate: a byte written is sent at once, and a byte that was fed in can be read at once
if the receiver has room. So the transmitter is always empty, and the character timeout, which
reports bytes below the trigger level, is due at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

MAX_PENDING = 64 << 10


class _Register(IntEnum):
    """Offsets. With LCR's top bit set, the first two are the halves of the divisor."""

    DATA = 0  # read: receiver; write: transmitter
    IER = 1  # interrupt enable
    IIR = 2  # read: interrupt identification; write: FIFO control
    LCR = 3  # line control
    MCR = 4  # modem control
    LSR = 5  # line status
    MSR = 6  # modem status
    SCR = 7  # scratch


_IER_RECEIVED, _IER_TRANSMIT_EMPTY, _IER_LINE_STATUS, _IER_USED = 0x01, 0x02, 0x04, 0x0F
_IIR_NONE, _IIR_TRANSMIT_EMPTY, _IIR_RECEIVED = 0x01, 0x02, 0x04
_IIR_LINE_STATUS, _IIR_TIMEOUT, _IIR_FIFOS = 0x06, 0x0C, 0xC0
_FCR_ENABLE, _FCR_CLEAR_RECEIVER, _FCR_STICKY = 0x01, 0x02, 0xC9
_FCR_CLEAR_TRANSMITTER = 0x04
_LCR_DIVISOR = 0x80
_MCR_OUT2, _MCR_LOOPBACK, _MCR_USED = 0x08, 0x10, 0x1F
_LSR_READY, _LSR_OVERRUN, _LSR_TRANSMITTER_EMPTY = 0x01, 0x02, 0x60
_MSR_CONNECTED = 0xB0  # carrier detect, data set ready, clear to send
_FIFO_SIZE = 16
_TRIGGER_LEVELS = (1, 4, 8, 14)
_DEFAULT_DIVISOR = 0x0C


class UartState(NamedTuple):
    """Everything the UART knows, with the bytes received and those still waiting outside."""

    ier: int
    fcr: int
    lcr: int
    mcr: int
    scr: int
    divisor: int
    overrun: bool
    transmit_event: bool
    received: bytes
    pending: bytes
    input_open: bool


_RESET = UartState(
    ier=0, fcr=0, lcr=0, mcr=_MCR_OUT2, scr=0, divisor=_DEFAULT_DIVISOR, overrun=False,
    transmit_event=False, received=b"", pending=b"", input_open=False,
)  # fmt: skip


class Uart:
    """Eight byte registers, repeated; an access of 2 or 4 bytes is one of the register it starts at.

    `set_interrupt(high)` drives the interrupt line; `output(data)` gets what the guest sends.
    `input_open` says that more input may yet come; whoever feeds says so.
    """

    __slots__ = (
        "_divisor",
        "_fcr",
        "_ier",
        "_lcr",
        "_mcr",
        "_output",
        "_overrun",
        "_pending",
        "_received",
        "_scr",
        "_set_interrupt",
        "_transmit_event",
        "input_open",
    )

    def __init__(self, set_interrupt: Callable[[bool], None], output: Callable[[bytes], None]) -> None:
        self._set_interrupt = set_interrupt
        self._output = output
        self._pending: deque[int] = deque()
        self._received: deque[int] = deque()
        self.restore(_RESET)

    def reset(self) -> None:
        """Set the registers as after power-on. No input is lost."""
        self._send_again()
        self.restore(_RESET._replace(pending=bytes(self._pending), input_open=self.input_open))

    def feed(self, data: bytes) -> int:
        """Send `data` to the guest; returns how many bytes of it were taken.

        Bytes that the receiver has no room for wait outside, `MAX_PENDING` at most. To be called
        between runs only: what comes in is part of the machine's history.
        """
        taken = data[: MAX_PENDING - len(self._pending)]
        self._pending.extend(taken)
        self._update()
        return len(taken)

    @property
    def pending(self) -> int:
        """How many bytes wait outside the receiver."""
        return len(self._pending)

    @property
    def receive_interrupt_enabled(self) -> bool:
        """Whether a byte that comes in raises the interrupt."""
        return self._ier & _IER_RECEIVED != 0 and not self._mcr & _MCR_LOOPBACK

    def capture(self) -> UartState:
        """Return the state, waiting input with it."""
        return UartState(
            self._ier, self._fcr, self._lcr, self._mcr, self._scr, self._divisor, self._overrun,
            self._transmit_event, bytes(self._received), bytes(self._pending), self.input_open,
        )  # fmt: skip

    def restore(self, state: UartState) -> None:
        """Take up a state and drive the interrupt line as it says."""
        (
            self._ier, self._fcr, self._lcr, self._mcr, self._scr, self._divisor, self._overrun,
            self._transmit_event, received, pending, self.input_open,
        ) = state  # fmt: skip
        self._received = deque(received)
        self._pending = deque(pending)
        self._update()

    def accepts(self, offset: int, size: int) -> bool:
        """Every aligned access of 1, 2 or 4 bytes is taken."""
        return True

    def load(self, offset: int, size: int) -> int | None:
        """Read the register at `offset`."""
        divisor = self._lcr & _LCR_DIVISOR
        match _Register(offset & 7):
            case _Register.DATA:
                return self._divisor & 0xFF if divisor else self._receive()
            case _Register.IER:
                return self._divisor >> 8 if divisor else self._ier
            case _Register.IIR:
                return self._identify()
            case _Register.LCR:
                return self._lcr
            case _Register.MCR:
                return self._mcr
            case _Register.LSR:
                return self._line_status()
            case _Register.MSR:
                return self._modem_status()
            case _Register.SCR:
                return self._scr

    def store(self, offset: int, size: int, value: int) -> bool:
        """Write the register at `offset`; the two that report status ignore it."""
        value &= 0xFF
        divisor = self._lcr & _LCR_DIVISOR
        match _Register(offset & 7):
            case _Register.DATA if divisor:
                self._divisor = self._divisor & 0xFF00 | value
            case _Register.DATA:
                self._transmit(value)
            case _Register.IER if divisor:
                self._divisor = self._divisor & 0xFF | value << 8
            case _Register.IER:
                self._enable_interrupts(value & _IER_USED)
            case _Register.IIR:
                self._control_fifos(value)
            case _Register.LCR:
                self._lcr = value
            case _Register.MCR:
                self._mcr = value & _MCR_USED
            case _Register.SCR:
                self._scr = value
        self._update()
        return True

    @property
    def _room(self) -> int:
        """How many bytes the receiver can still take."""
        return (_FIFO_SIZE if self._fcr & _FCR_ENABLE else 1) - len(self._received)

    def _receive(self) -> int:
        value = self._received.popleft() if self._received else 0
        self._update()
        return value

    def _transmit(self, value: int) -> None:
        if self._mcr & _MCR_LOOPBACK:
            if self._room > 0:
                self._received.append(value)
            else:
                self._overrun = True
                if not self._fcr & _FCR_ENABLE:
                    self._received[0] = value
        else:
            self._output(bytes([value]))
        self._transmit_event = True  # it was sent, and the transmitter is empty again

    def _enable_interrupts(self, value: int) -> None:
        """Write IER. Enabling the transmitter's interrupt reports at once that it is empty."""
        if (self._ier ^ value) & _IER_TRANSMIT_EMPTY:
            self._transmit_event = value & _IER_TRANSMIT_EMPTY != 0
        self._ier = value

    def _control_fifos(self, value: int) -> None:
        """Write FCR. Switching the FIFOs on or off empties them, as do the clear bits.

        What the receiver holds when they are switched goes back to the sender, who sends it again:
        else a guest that sets up its UART would lose the start of input that was ready before.
        """
        if (self._fcr ^ value) & _FCR_ENABLE:
            self._send_again()
            value |= _FCR_CLEAR_RECEIVER | _FCR_CLEAR_TRANSMITTER
        if value & _FCR_CLEAR_RECEIVER:
            self._received.clear()
        if value & _FCR_CLEAR_TRANSMITTER:
            self._transmit_event = True
        self._fcr = value & _FCR_STICKY

    def _send_again(self) -> None:
        """Give what the receiver holds back to the sender; in loopback that is the guest itself."""
        if not self._mcr & _MCR_LOOPBACK:
            self._pending.extendleft(reversed(self._received))
        self._received.clear()

    def _identify(self) -> int:
        """Read IIR; reading that the transmitter is empty acknowledges it."""
        cause = self._cause()
        if cause == _IIR_TRANSMIT_EMPTY:
            self._transmit_event = False
            self._update()
        return cause | (_IIR_FIFOS if self._fcr & _FCR_ENABLE else 0)

    def _line_status(self) -> int:
        """Read LSR, which acknowledges an overrun."""
        value = _LSR_TRANSMITTER_EMPTY
        value |= _LSR_READY if self._received else 0
        if self._overrun:
            value |= _LSR_OVERRUN
            self._overrun = False
            self._update()
        return value

    def _modem_status(self) -> int:
        """Read MSR: a cable that is plugged in, or in loopback the outputs of MCR."""
        if not self._mcr & _MCR_LOOPBACK:
            return _MSR_CONNECTED
        return (self._mcr & 0x0C) << 4 | (self._mcr & 0x02) << 3 | (self._mcr & 0x01) << 5

    def _cause(self) -> int:
        """Return the most urgent enabled interrupt as IIR's low bits."""
        if self._ier & _IER_LINE_STATUS and self._overrun:
            return _IIR_LINE_STATUS
        if self._ier & _IER_RECEIVED and self._received:
            fifos = self._fcr & _FCR_ENABLE
            level = _TRIGGER_LEVELS[self._fcr >> 6] if fifos else 1
            return _IIR_RECEIVED if len(self._received) >= level else _IIR_TIMEOUT
        if self._ier & _IER_TRANSMIT_EMPTY and self._transmit_event:
            return _IIR_TRANSMIT_EMPTY
        return _IIR_NONE

    def _update(self) -> None:
        """Let in what there is room for, and drive the interrupt line."""
        if not self._mcr & _MCR_LOOPBACK:
            while self._pending and self._room > 0:
                self._received.append(self._pending.popleft())
        self._set_interrupt(self._cause() != _IIR_NONE)
