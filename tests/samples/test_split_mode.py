"""Sample 12: a hypervisor in two halves, its double trap, and the host kernel that is one of them."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from asm import assemble_text
from asm.isa.causes import Cause
from hvtui.checks.vm_console import split_vms
from hvtui.comparing.costs import PUBLISHED
from hvtui.comparing.measuring import Measurement, measure
from hvtui.comparing.relating import relate
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.positions import Whereabouts
from hvtui.debugger.session import Session
from hvtui.machine.board import Machine, StopReason
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from tests.support.split import SAMPLE, process, split
from tests.support.virtualized import (
    SAMPLES,
    guest_in_sample,
    guest_of_program,
    guest_of_sample,
    listen,
    native,
)
from tests.support.walker import Side, walk_sides

ENTERING, LEAVING = 91, 84
"""Instructions of the lowvisor from a call to the guest, and from the guest back to the host."""
EXITS, HOST_TICKS, ALARMS = 1_928, 42, 7
NONE = "\N{EN DASH}"
LIMIT = 3_000_000
# A kernel that sleeps until a byte comes, sends it back, and turns its machine off.
ECHO = """
_start: la   t0, trap
        csrw mtvec, t0
        li   s0, 0x10000000     # the UART: interrupt when a byte is there
        li   t1, 1
        sb   t1, 1(s0)
        li   s1, 0xc000000      # the PLIC: source 10, priority 3, for M mode
        li   t1, 3
        sw   t1, 40(s1)
        li   t2, 0x2000
        add  t2, s1, t2
        li   t1, 1 << 10
        sw   t1, (t2)
        li   t1, 1 << 11
        csrw mie, t1
        csrsi mstatus, 8
1:      wfi
        j    1b
        .balign 4
trap:   lbu  t1, (s0)
        sb   t1, (s0)
        li   t1, '\\n'
        sb   t1, (s0)
        li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, (t0)
"""


@cache
def sample() -> System:
    return load_system(SAMPLE)


@cache
def measured(name: str) -> Measurement:
    return measure(name, load_system(SAMPLES / name), threading.Event())


def lesson() -> str:
    return " ".join((SAMPLE / "LESSON.md").read_text(encoding="utf-8").split())


def run(system: System) -> tuple[Machine, str]:
    """Run a machine to its good end; return it and what it printed."""
    machine = system.fresh_machine()
    console = listen(machine)
    stop = machine.run(max_retired=LIMIT)
    assert (stop.reason, stop.code) == (StopReason.EXITED, 0), console.decode()
    return machine, console.decode()


def test_the_guest_is_that_of_the_native_sample_byte_for_byte_and_prints_the_same() -> None:
    assert guest_in_sample("12-split-mode").image() == guest_of_sample("01-native").image()
    console = measured("12-split-mode").console
    assert split_vms(console.encode())["vm1"].decode() == measured("01-native").console


def test_each_exit_is_that_of_type_1_and_those_more_are_the_host_s_ticks() -> None:
    alone, beside = relate([measured("04-type1-vt"), measured("12-split-mode")], PUBLISHED)
    assert beside.run.bits == alone.run.bits
    ticks = {"int-m-timer": alone.run.causes["int-m-timer"] + HOST_TICKS}
    assert beside.run.causes == {**alone.run.causes, **ticks}
    assert beside.run.exits == alone.run.exits + HOST_TICKS == EXITS
    for name, share in alone.run.components.items():
        if share.vm is not None:
            assert beside.run.components[name].instructions == share.instructions


def test_each_exit_takes_two_traps_and_two_switches_that_always_cost_the_same() -> None:
    system = sample()
    machine = system.fresh_machine()
    whereabouts = Whereabouts(system, machine)
    switches: Counter[tuple[str, int]] = Counter()
    entered: list[tuple[bool, int]] = []

    def is_guest(pc: int, privilege: Privilege) -> bool:
        component = whereabouts.notice(pc, privilege).component
        return component is not None and component.vm is not None

    def on_trap(event: TrapTaken) -> None:
        if event.target is Privilege.M:
            entered[:] = [(is_guest(event.pc, event.origin), machine.retired)]

    def on_return(event: TrapReturned) -> None:
        if event.origin is Privilege.M and entered:
            (from_guest, since), to_guest = entered[0], is_guest(event.resumed, event.target)
            if from_guest or to_guest:
                assert from_guest is not to_guest
                switches["out" if from_guest else "in", machine.retired - since + 1] += 1

    machine.observers.trap.append(on_trap)
    machine.observers.trap_return.append(on_return)
    machine.run(max_retired=LIMIT)
    assert switches == {("in", ENTERING): EXITS, ("out", LEAVING): EXITS}
    assert f"{ENTERING} instructions to enter a guest and {LEAVING} to leave it" in lesson()
    assert f"{ENTERING + LEAVING} for each exit" in lesson()


def test_the_lesson_s_table_of_costs_is_what_is_measured() -> None:
    alone, beside = measured("04-type1-vt"), measured("12-split-mode")
    below, above = relate([alone, beside], PUBLISHED)
    own = {name: share.instructions for name, share in beside.components.items() if share.vm is None}
    assert own["lowvisor"] > (ENTERING + LEAVING) * EXITS
    _, _, table = (
        (SAMPLE / "LESSON.md").read_text(encoding="utf-8").partition("| | type 1 | split | |\n")
    )
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[1:9]]
    assert [row[1:3] for row in cells] == [
        [f"{alone.exits:,}", f"{beside.exits:,}"],
        [f"{below.per_call:.1f}", f"{above.per_call:.1f}"],
        [f"{sum(each.crossings.values()):,}" for each in (alone, beside)],
        [f"{alone.overhead:,}", f"{own['lowvisor']:,}"],
        [NONE, f"{own['host'] + own['ticker']:,}"],
        [f"{alone.instructions:,}", f"{beside.instructions:,}"],
        [f"{each.cycles['x86']:,}" for each in (below, above)],
        [f"{each.cycles['arm']:,}" for each in (below, above)],
    ]
    more = [
        beside.instructions / alone.instructions,
        above.cycles["x86"] / below.cycles["x86"],
        above.cycles["arm"] / below.cycles["arm"],
    ]
    assert re.findall(r"(\d+) % more", lesson()) == [f"{100 * times - 100:.0f}" for times in more]
    assert f"`ticker` has {own['ticker']}" in lesson()
    assert own["lowvisor"] < beside.instructions / 4


def test_the_lowvisor_is_as_small_as_the_lesson_says() -> None:
    words = [
        sum(len(segment.data) // 4 for segment in part.program.segments if segment.executable)
        for part in sample().components
        if part.name == "lowvisor"
    ]
    assert re.findall(r"\*\*lowvisor\*\*.*?\| (\d+) \|", lesson()) == [str(words[0])]
    assert f"*there is*, {words[0]} instructions" in lesson()


def test_the_host_s_process_calls_its_kernel_without_ring_0() -> None:
    crossings = measured("12-split-mode").crossings
    assert (crossings[3, 1], crossings[1, 3]) == (26, 26)
    assert "all the 26 calls of `ticker`" in lesson()
    assert f"{ALARMS} times in the whole run" in lesson()
    assert f"{HOST_TICKS} of the exits are of this kind" in lesson()
    assert sample().expect.traps["ecall-s"].low == EXITS + ALARMS


def test_the_bitmap_belongs_to_the_guest_s_world_alone() -> None:
    session, told = Session(sample()), list[str]()
    interpreter = Interpreter(session, told.append)
    for place in ("greeter::_start", "exit_ecall"):
        session.break_at(place)
        session.resume()
        interpreter.execute("print mtrapmap")
    assert session.here.where.startswith("exits.s")
    assert told == ["mtrapmap = 0x1fffff (2097151)", "mtrapmap = 0x0 (0)"]


def test_on_a_cpu_without_a_bitmap_the_lowvisor_gives_up() -> None:
    for cpu in ("classic", "legacy", "pentium"):
        stop = replace(sample(), cpu=cpu).fresh_machine().run(max_retired=1000)
        assert (stop.reason, stop.code) == (StopReason.EXITED, 1)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("li t0, 0x80010000\n sw zero, (t0)", "scause 0x0000000f, stval 0x80010000"),
        ("li t0, 0x80000000\n lw t0, (t0)", "scause 0x0000000d, stval 0x80000000"),
        ("li t0, 0x10000000\n sb t0, (t0)", "scause 0x0000000f, stval 0x10000000"),
        ("li t0, 0x80400000\n jr t0", "scause 0x0000000c, stval 0x80400000"),
        (".word 0", "scause 0x00000002"),
        ("ebreak", "scause 0x00000003"),
        ("li sp, 0\n li a7, 1\n li a0, 0x80010000\n li a1, 4\n ecall\n bltz a0, ok\n ebreak", None),
        ("li a7, 1\n la a0, _start\n li a1, -1\n ecall\n bltz a0, ok\n ebreak", None),
        ("li a7, 1\n li a0, 0x40002000\n li a1, 1\n ecall\n bltz a0, ok\n ebreak", None),
        ("li a7, 77\n ecall\n bltz a0, ok\n ebreak", None),
        ("li a7, 0\n ecall\n bltz a0, ok\n ebreak", None),
        ("csrw satp, zero\n sret\n wfi\n j ok", None),
    ],
)
def test_a_process_that_breaks_a_rule_harms_nobody(act: str, told: str | None, tmp_path: Path) -> None:
    """It is killed, or the call is refused, or the CPU ignores it; and the guest runs to its end."""
    source = tmp_path / "bad.s"
    source.write_text(
        f'.include "lib.s"\n program bad\n_start:\n {act}\n system SYS_EXIT\n'
        'ok:\n la a0, text\n call print\n system SYS_EXIT\n.include "print.s"\n'
        'text: .asciz "bad: as I was\\n"\n'
    )
    beside = process(SAMPLES / "users" / "greeter.s", slot=1)
    _, console = run(split(guest_of_sample("01-native"), processes=(process(source), beside)))
    assert split_vms(console.encode())["vm1"].decode() == measured("01-native").console
    assert "greeter: hello from user mode, I am process 2" in console.splitlines()
    if told is None:
        assert "bad: as I was" in console.splitlines()
    else:
        assert any(
            line.startswith(f"host: process bad killed: {told}") for line in console.splitlines()
        )


def test_two_machines_beside_a_process() -> None:
    guest = guest_of_sample("01-native")
    _, console = run(split(guest, guest, processes=(process(SAMPLES / "users" / "ticker.s"),)))
    said = split_vms(console.encode())
    assert said["vm1"] == said["vm2"] == measured("01-native").console.encode()
    assert console.count("ticker: the clock shows") == 5


@pytest.mark.parametrize(
    ("guest", "vms"), [("01-native", 1), ("01-native", 2), ("08-shadow-paging", 1)]
)
def test_the_guest_issues_the_same_instructions_as_on_a_machine_of_its_own(
    guest: str, vms: int
) -> None:
    """The last VM does, timer interrupts included, whoever else has the CPU in between."""
    one = guest_of_sample(guest) if guest == "01-native" else guest_in_sample(guest)
    ticker = process(SAMPLES / "users" / "ticker.s")
    bare = Side(native(one), is_virtual=False, typed=b"")
    inside = split(*[one] * vms, processes=(ticker,))
    result = walk_sides(bare, Side(inside, is_virtual=True, typed=b"", number=vms), limit=3 * LIMIT)
    assert result.divergence is None, result.divergence
    assert result.steps > 50_000
    for stop in (result.native_stop, result.virtual_stop):
        assert stop is not None
        assert (stop.reason, stop.code) == (StopReason.EXITED, 0)


def test_a_guest_that_sleeps_for_input_is_woken_though_the_host_sleeps_as_well() -> None:
    machine = split(guest_of_program(assemble_text(ECHO))).fresh_machine()
    machine.uart.input_open = True
    console = listen(machine)
    assert machine.run(max_retired=LIMIT).reason is StopReason.WAITING
    machine.uart.feed(b"!")
    stop = machine.run(max_retired=LIMIT)
    assert (stop.reason, stop.code) == (StopReason.EXITED, 0)
    assert split_vms(bytes(console))["vm1"] == b"!\n"


def test_no_trap_of_a_guest_is_delegated_and_no_call_of_a_process_is_seen_below() -> None:
    system = sample()
    machine = system.fresh_machine()
    whereabouts = Whereabouts(system, machine)
    seen: Counter[tuple[str, Privilege]] = Counter()

    def on_trap(event: TrapTaken) -> None:
        component = whereabouts.notice(event.pc, event.origin).component
        assert component is not None
        if event.cause == Cause.ECALL_FROM_U and not event.is_interrupt:
            seen["guest" if component.vm else component.name, event.target] += 1

    machine.observers.trap.append(on_trap)
    machine.run(max_retired=LIMIT)
    assert seen == {("guest", Privilege.M): 39, ("ticker", Privilege.S): 26}
