"""The UART as a driver meets it: registers, FIFOs, interrupts, loopback, console input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine.devices.uart import MAX_PENDING, Uart

DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR = range(8)
FCR = IIR
READY, OVERRUN, EMPTY = 0x01, 0x02, 0x60
RECEIVED, THRE, LINE = 0x01, 0x02, 0x04
DLAB, LOOPBACK = 0x80, 0x10


class Terminal:
    """A UART, what it sent, and its interrupt line."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.interrupt = False
        self.uart = Uart(self.set_interrupt, self.sent.extend)

    def set_interrupt(self, high: bool) -> None:
        self.interrupt = high

    def get(self, register: int) -> int:
        value = self.uart.load(register, 1)
        assert value is not None
        return value

    def put(self, register: int, value: int) -> None:
        assert self.uart.store(register, 1, value)

    def read_all(self) -> bytes:
        data = bytearray()
        while self.get(LSR) & READY:
            data.append(self.get(DATA))
        return bytes(data)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_registers_after_reset(terminal: Terminal) -> None:
    assert [terminal.get(register) for register in range(8)] == [0, 0, 1, 0, 8, EMPTY, 0xB0, 0]
    assert not terminal.interrupt


def test_what_the_guest_writes_is_sent_at_once(terminal: Terminal) -> None:
    for byte in b"hi\n\xff":
        assert terminal.get(LSR) & EMPTY == EMPTY
        terminal.put(DATA, byte)
    assert terminal.sent == b"hi\n\xff"


@pytest.mark.parametrize("size", [2, 4])
def test_a_wider_access_is_one_of_the_register_it_starts_at(terminal: Terminal, size: int) -> None:
    terminal.uart.store(DATA, size, 0x4342_4141)
    assert terminal.sent == b"A"
    assert terminal.get(IER) == 0
    assert terminal.uart.load(MCR, size) == terminal.get(MCR)


def test_input_can_be_read_at_once_and_in_order(terminal: Terminal) -> None:
    assert terminal.uart.feed(b"abc") == 3
    assert terminal.get(LSR) == EMPTY | READY
    assert terminal.read_all() == b"abc"
    assert terminal.get(LSR) == EMPTY
    assert terminal.get(DATA) == 0


def test_no_input_is_lost_however_much_comes(terminal: Terminal) -> None:
    terminal.put(FCR, 1)
    data = bytes(n & 0xFF for n in range(1000))
    assert terminal.uart.feed(data) == 1000
    assert terminal.read_all() == data
    assert not terminal.get(LSR) & OVERRUN


def test_waiting_input_is_bounded(terminal: Terminal) -> None:
    assert terminal.uart.feed(bytes(MAX_PENDING + 500)) == MAX_PENDING
    assert terminal.uart.pending == MAX_PENDING - 1  # one byte is in the receiver
    assert terminal.uart.feed(b"ab") == 1


def test_setting_up_the_fifos_loses_no_input_that_was_ready_before(terminal: Terminal) -> None:
    terminal.uart.feed(b"input file")
    terminal.put(FCR, 0x07)
    assert terminal.read_all() == b"input file"
    terminal.uart.feed(b"more")
    terminal.put(FCR, 0x00)
    assert terminal.read_all() == b"more"


def test_clearing_the_receiver_throws_away_what_is_in_it(terminal: Terminal) -> None:
    terminal.put(FCR, 1)
    terminal.uart.feed(b"0123456789abcdefXY")
    terminal.put(FCR, 3)
    assert terminal.read_all() == b"XY"


def test_the_divisor_hides_behind_dlab(terminal: Terminal) -> None:
    terminal.put(IER, 0x05)
    terminal.put(LCR, DLAB | 3)
    terminal.put(DATA, 0x34)
    terminal.put(IER, 0x12)
    assert (terminal.get(DATA), terminal.get(IER)) == (0x34, 0x12)
    terminal.put(LCR, 3)
    assert terminal.get(IER) == 0x05
    assert terminal.get(LCR) == 3
    assert terminal.sent == b""
    assert not terminal.interrupt


def test_scratch_keeps_a_byte_and_status_registers_ignore_writes(terminal: Terminal) -> None:
    terminal.put(SCR, 0xA5)
    terminal.put(LSR, 0)
    terminal.put(MSR, 0)
    assert terminal.get(SCR) == 0xA5
    assert terminal.get(LSR) == EMPTY
    assert terminal.get(MSR) == 0xB0


def test_iir_shows_whether_the_fifos_are_on(terminal: Terminal) -> None:
    terminal.put(FCR, 1)
    assert terminal.get(IIR) == 0xC1
    terminal.put(FCR, 0)
    assert terminal.get(IIR) == 0x01


class TestInterrupts:
    """Which interrupt is reported, and what acknowledges it."""

    def test_input_interrupts_until_it_is_read(self, terminal: Terminal) -> None:
        terminal.put(IER, RECEIVED)
        assert not terminal.interrupt
        terminal.uart.feed(b"a")
        assert terminal.interrupt
        assert terminal.get(IIR) == 0x04
        assert terminal.interrupt
        terminal.get(DATA)
        assert not terminal.interrupt
        assert terminal.get(IIR) == 0x01

    def test_input_that_was_there_before_interrupts_when_enabled(self, terminal: Terminal) -> None:
        terminal.uart.feed(b"a")
        assert not terminal.interrupt
        terminal.put(IER, RECEIVED)
        assert terminal.interrupt

    @pytest.mark.parametrize(("trigger", "level"), [(0x00, 1), (0x40, 4), (0x80, 8), (0xC0, 14)])
    def test_below_the_trigger_level_it_is_a_timeout(
        self, terminal: Terminal, trigger: int, level: int
    ) -> None:
        terminal.put(FCR, trigger | 1)
        terminal.put(IER, RECEIVED)
        terminal.uart.feed(bytes(level))
        assert terminal.get(IIR) == 0xC4
        terminal.get(DATA)
        assert terminal.interrupt == (level > 1)
        assert terminal.get(IIR) == (0xCC if level > 1 else 0xC1)

    def test_an_empty_transmitter_interrupts_until_iir_is_read(self, terminal: Terminal) -> None:
        terminal.put(IER, THRE)
        assert terminal.interrupt
        assert terminal.get(IIR) == 0x02
        assert not terminal.interrupt
        assert terminal.get(IIR) == 0x01
        terminal.put(DATA, 0x41)
        assert terminal.interrupt
        assert terminal.get(IIR) == 0x02

    def test_enabling_it_again_reports_again(self, terminal: Terminal) -> None:
        terminal.put(IER, THRE)
        terminal.get(IIR)
        terminal.put(IER, THRE | RECEIVED)
        assert not terminal.interrupt
        terminal.put(IER, 0)
        terminal.put(IER, THRE)
        assert terminal.interrupt

    def test_input_goes_before_an_empty_transmitter(self, terminal: Terminal) -> None:
        terminal.put(IER, THRE | RECEIVED)
        terminal.uart.feed(b"a")
        assert terminal.get(IIR) == 0x04
        assert terminal.get(IIR) == 0x04
        terminal.get(DATA)
        assert terminal.get(IIR) == 0x02
        assert terminal.get(IIR) == 0x01

    def test_reading_lsr_calms_an_overrun(self, terminal: Terminal) -> None:
        terminal.put(MCR, LOOPBACK)
        terminal.put(IER, LINE)
        terminal.put(DATA, 1)
        assert not terminal.interrupt
        terminal.put(DATA, 2)
        assert terminal.interrupt
        terminal.get(LSR)
        assert not terminal.interrupt

    def test_clearing_the_transmitter_reports_it_empty(self, terminal: Terminal) -> None:
        terminal.put(FCR, 1)
        terminal.put(IER, THRE)
        terminal.get(IIR)
        assert not terminal.interrupt
        terminal.put(FCR, 5)
        assert terminal.interrupt

    def test_an_overrun_goes_before_all_and_lsr_acknowledges_it(self, terminal: Terminal) -> None:
        terminal.put(MCR, LOOPBACK)
        terminal.put(IER, LINE | RECEIVED | THRE)
        terminal.put(DATA, 1)
        terminal.put(DATA, 2)
        assert terminal.get(IIR) == 0x06
        assert terminal.get(LSR) == EMPTY | READY | OVERRUN
        assert terminal.get(LSR) == EMPTY | READY
        assert terminal.get(IIR) == 0x04
        assert terminal.get(DATA) == 2


class TestLoopback:
    """The UART talks to itself, and nobody else hears or is heard."""

    def test_bytes_come_back_and_are_not_sent(self, terminal: Terminal) -> None:
        terminal.put(FCR, 1)
        terminal.put(MCR, LOOPBACK)
        for byte in b"loop":
            terminal.put(DATA, byte)
        assert terminal.read_all() == b"loop"
        assert terminal.sent == b""

    def test_a_full_fifo_keeps_what_it_has(self, terminal: Terminal) -> None:
        terminal.put(FCR, 1)
        terminal.put(MCR, LOOPBACK)
        for byte in range(18):
            terminal.put(DATA, byte)
        assert terminal.get(LSR) & OVERRUN
        assert terminal.read_all() == bytes(range(16))

    def test_console_input_waits_until_it_is_over(self, terminal: Terminal) -> None:
        terminal.put(MCR, LOOPBACK)
        terminal.uart.feed(b"x")
        assert terminal.get(LSR) == EMPTY
        terminal.put(MCR, 0)
        assert terminal.read_all() == b"x"

    @pytest.mark.parametrize(("outputs", "inputs"), [(1, 0x20), (2, 0x10), (4, 0x40), (8, 0x80)])
    def test_modem_outputs_come_back_as_inputs(
        self, terminal: Terminal, outputs: int, inputs: int
    ) -> None:
        terminal.put(MCR, LOOPBACK | outputs)
        assert terminal.get(MSR) == inputs


registers = st.tuples(st.sampled_from(["get", "put"]), st.integers(0, 7), st.integers(0, 255))
feeds = st.tuples(st.just("feed"), st.integers(0, 30), st.just(0))


def act(terminal: Terminal, actions: list[tuple[str, int, int]]) -> list[int | bytes | bool]:
    """Do the actions and return all that can be seen of them."""
    seen: list[int | bytes | bool] = []
    for action, number, value in actions:
        if action == "get":
            seen.append(terminal.get(number))
        elif action == "put":
            terminal.put(number, value)
        else:
            seen.append(terminal.uart.feed(bytes(range(number))))
        seen.append(terminal.interrupt)
    seen.append(bytes(terminal.sent))
    return seen


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(registers, feeds), max_size=30),
    st.lists(st.one_of(registers, feeds), max_size=30),
    st.lists(st.one_of(registers, feeds), max_size=30),
)
def test_a_restored_uart_goes_on_as_the_captured_one_did(
    before: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
    between: list[tuple[str, int, int]],
) -> None:
    terminal = Terminal()
    terminal.uart.input_open = True
    act(terminal, before)
    terminal.sent.clear()
    state = terminal.uart.capture()
    expected = act(terminal, after)
    act(terminal, between)
    terminal.uart.input_open = False
    terminal.sent.clear()
    terminal.uart.restore(state)
    assert terminal.uart.capture() == state
    assert terminal.uart.input_open
    assert act(terminal, after) == expected


def test_reset_loses_no_input(terminal: Terminal) -> None:
    terminal.put(IER, RECEIVED)
    terminal.uart.feed(b"abc")
    terminal.uart.reset()
    assert terminal.get(IER) == 0
    assert not terminal.interrupt
    assert terminal.read_all() == b"abc"
