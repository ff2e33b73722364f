"""The console that all VMs share: who speaks, whole lines, and whose turn it is to get input."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine import bus as memory_map
from tests.support.hypervisor_harness import Bench
from tests.support.virtual_devices import device_bench, texts_by_vm

VMS = 3
LINE_SIZE = 120
UART, PLIC = memory_map.UART_BASE, memory_map.PLIC_BASE
DATA, IER, FCR, LSR = UART, UART + 1, UART + 2, UART + 5
READY = 1
ENDED = 2
MEIP, SEIP = 1 << 11, 1 << 9


class Console:
    """VMs that send and receive."""

    def __init__(self, bench: Bench) -> None:
        bench.start_over()
        self.bench = bench
        place = bench.symbols["bench_stack"] - 4096
        self._text_at = place

    def send(self, vm: int, data: bytes) -> None:
        self.bench.select(vm)
        for byte in data:
            self.bench.call("device_store", DATA, 1, byte)

    def flush(self, vm: int) -> None:
        self.bench.select(vm)
        self.bench.call("console_flush")

    def say(self, text: bytes) -> None:
        """Print a line of the hypervisor's."""
        self.bench.machine.write_physical(self._text_at, text + b"\n\0")
        self.bench.call("say", self._text_at)

    def receive(self, vm: int) -> bytes:
        """Read what VM `vm` can read now."""
        self.bench.select(vm)
        data = bytearray()
        while self.bench.call("device_load", LSR, 1).a0 & READY:
            data.append(self.bench.call("device_load", DATA, 1).a0)
        return bytes(data)

    def feed(self, data: bytes) -> None:
        self.bench.machine.uart.feed(data)

    def end(self, vm: int) -> None:
        """Let a VM end, as the scheduler does."""
        self.flush(vm)
        self.bench["V_STATE"] = ENDED
        self.bench.call("console_poll")

    @property
    def text(self) -> str:
        return self.bench.console.decode("latin-1")


@pytest.fixture(scope="module")
def bench() -> Bench:
    return device_bench(VMS)


@pytest.fixture
def console(bench: Bench) -> Console:
    return Console(bench)


def test_a_line_is_printed_whole_when_it_is_complete(console: Console) -> None:
    console.send(1, b"hel")
    console.send(2, b"wor")
    assert console.text == ""
    console.send(1, b"lo\n")
    console.send(2, b"ld\n\n")
    assert console.text == "vm1| hello\nvm2| world\nvm2| \n"


def test_a_line_that_was_interrupted_goes_on_with_a_mark(console: Console) -> None:
    console.send(1, b"name? ")
    console.flush(1)
    console.send(1, b"Ada")
    console.send(2, b"tick\n")
    console.flush(1)
    console.send(1, b"!\n")
    console.send(1, b"bye\n")
    assert console.text == "vm1| name? \nvm2| tick\nvm1+ Ada!\nvm1| bye\n"


def test_nobody_interrupts_and_the_line_goes_on_where_it_was(console: Console) -> None:
    console.send(1, b"1 ")
    console.flush(1)
    console.flush(1)
    console.send(1, b"2 ")
    console.flush(1)
    console.send(1, b"3\n")
    assert console.text == "vm1| 1 2 3\n"


def test_the_hypervisor_breaks_a_line_too(console: Console) -> None:
    console.send(3, b"abc")
    console.flush(3)
    console.say(b"vm2 ended")
    console.say(b"again")
    console.send(3, b"\n")
    assert console.text == "vm3| abc\ntype1: vm2 ended\ntype1: again\nvm3+ \n"


def test_a_long_line_is_printed_in_pieces(console: Console) -> None:
    console.send(1, b"x" * (LINE_SIZE - 1))
    assert console.text == ""
    console.send(1, b"y")
    assert console.text == "vm1| " + "x" * (LINE_SIZE - 1) + "y"
    console.send(1, b"z" * LINE_SIZE + b"\n")
    console.send(1, b"new\n")
    assert console.text == "vm1| " + "x" * 119 + "y" + "z" * 120 + "\nvm1| new\n"


@pytest.mark.parametrize("register", [DATA, LSR])
def test_a_prompt_is_shown_to_who_is_to_answer(console: Console, register: int) -> None:
    """A guest that reads its receiver, or asks again and again whether there is anything, waits."""
    console.send(1, b"> ")
    for _ in range(8):
        console.bench.call("device_load", register, 1)
    assert console.text == "vm1| > "


def test_asking_before_each_byte_is_not_waiting(console: Console) -> None:
    for byte in b"a line of some length":
        console.bench.call("device_load", LSR, 1)
        console.send(1, bytes([byte]))
    assert console.text == ""


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, VMS),
            st.one_of(st.binary(max_size=20), st.text("ab\n", max_size=9).map(str.encode)),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_each_vms_text_can_be_put_together(bench: Bench, steps: list[tuple[int, bytes, bool]]) -> None:
    """Whatever VMs send, in whatever turns; 0 is the hypervisor. Every line says whose it is."""
    console = Console(bench)
    sent = [b""] * VMS
    for vm, data, is_flushed in steps:
        if vm == 0:
            console.say(b"something")
            continue
        console.send(vm, data)
        sent[vm - 1] += data
        if is_flushed:
            console.flush(vm)
    for vm in range(1, VMS + 1):
        console.flush(vm)
    lines = bytes(bench.console).split(b"\n")
    assert all(re.match(rb"type1: something$|vm[123][|+] |$", line) for line in lines), lines
    for text, expected in zip(texts_by_vm(bytes(bench.console), VMS), sent, strict=True):
        assert text == expected or text + b"\n" == expected


def test_input_goes_to_the_first_vm_that_has_not_ended(console: Console) -> None:
    console.feed(b"one")
    assert console.receive(2) == b""
    assert console.receive(1) == b"one"
    console.end(2)
    console.feed(b"still one")
    assert console.receive(3) == b""
    assert console.receive(1) == b"still one"
    console.end(1)
    console.feed(b"three")
    assert console.receive(3) == b"three"


def test_what_a_vm_has_not_read_when_it_ends_goes_to_the_next(console: Console) -> None:
    console.bench.call("device_store", FCR, 1, 1)
    console.feed(b"abcdefghijklmnopqrstuvwxyz")
    assert console.bench.call("device_load", DATA, 1).a0 == ord("a")
    console.bench.call("device_store", FCR, 1, 0)
    console.end(1)
    assert console.receive(2) == b"bcdefghijklmnopqrstuvwxyz"


def test_a_vm_that_only_polls_inherits_the_input_all_by_itself(console: Console) -> None:
    """Nothing but reading LSR is needed, even if nobody told the console that a VM has ended."""
    console.feed(b"abc")
    console.bench["V_STATE"] = ENDED
    assert console.receive(2) == b"abc"


def test_when_all_have_ended_input_is_left_alone(console: Console) -> None:
    console.bench.call("device_store", IER, 1, READY)
    for vm in (1, 2, 3):
        console.end(vm)
    console.feed(b"too late")
    assert not console.bench.is_interrupted
    console.bench.call("console_poll")
    assert console.text == ""


def test_the_next_vm_is_interrupted_when_it_inherits_the_input(console: Console) -> None:
    console.bench.select(2)
    console.bench.call("device_store", PLIC + 40, 4, 1)
    console.bench.call("device_store", PLIC + 0x2000, 4, 1 << 10)
    console.bench.call("device_store", IER, 1, READY)
    console.feed(b"x")
    assert not console.bench.is_interrupted, "it is not its turn"
    console.end(1)
    console.bench.select(2)
    assert console.bench["V_LINES"] == MEIP
    assert console.bench.call("device_load", DATA, 1).a0 == ord("x")


@pytest.mark.parametrize(("context", "line"), [(0, MEIP), (1, SEIP)])
@pytest.mark.parametrize("vm", [1, 3])
def test_input_can_wake_who_has_enabled_it_everywhere(
    console: Console, vm: int, context: int, line: int
) -> None:
    """At the port, at the PLIC (with a priority above the threshold) and in mie."""
    bench = console.bench
    bench.select(vm)
    enable = PLIC + 0x2000 + 0x80 * context
    steps = [(IER, 1), (enable, 1 << 10), (PLIC + 40, 3)]
    for place, value in steps:
        assert bench.call("console_can_wake").a0 == 0
        bench.call("device_store", place, 4, value)
    bench["V_MIE"] = ~line & 0xFFFF_FFFF
    assert bench.call("console_can_wake").a0 == 0
    bench["V_MIE"] = line
    assert bench.call("console_can_wake").a0 == 1
    bench.call("device_store", PLIC + 0x20_0000 + 0x1000 * context, 4, 3)
    assert bench.call("console_can_wake").a0 == 0


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        ("print_decimal", 0, "0"),
        ("print_decimal", 4_294_967_295, "4294967295"),
        ("print_decimal", 10, "10"),
        ("print_hex", 0x0123_CDEF, "0x0123cdef"),
        ("print_hex", 0x89AB_4567, "0x89ab4567"),
        ("print_char", ord("x"), "x"),
    ],
)
def test_printing(console: Console, function: str, value: int, text: str) -> None:
    console.bench.call(function, value)
    assert console.text == text
