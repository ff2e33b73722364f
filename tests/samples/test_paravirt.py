"""Sample 09: a guest that was changed to ask, on the CPU that ignores what it would otherwise do."""

from __future__ import annotations

import difflib
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from asm.isa.causes import trap_name
from asm.isa.decode import decode
from asm.program import Program
from hvtui.comparing.activities import Activity
from hvtui.comparing.measuring import Measurement, measure
from hvtui.comparing.relating import relate
from hvtui.debugger.narration import instruction_text
from hvtui.debugger.session import Session
from hvtui.debugger.upcoming import kernel_classes
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, Overrides, System
from tests.support.computers import Part, Qemu, skip_without_qemu
from tests.support.paravirtual import (
    GREETING,
    GUEST_RAM,
    GUEST_SIZE,
    HYPERVISOR,
    LIMIT,
    PAGE,
    run_guest,
)
from tests.support.virtualized import SAMPLES

NAME = "09-paravirt"
PORTED = {"board.s", "uart.s", "character.s"}
CPUS = ("classic", "legacy", "pentium", "vt", "svm")


@cache
def system_of(name: str, cpu: str | None = None) -> System:
    return load_system(SAMPLES / name, Overrides(cpu=cpu))


@cache
def run(name: str, cpu: str | None = None) -> Measurement:
    return measure(name, system_of(name, cpu), threading.Event())


@cache
def lesson() -> str:
    return (SAMPLES / NAME / "LESSON.md").read_text(encoding="utf-8")


def parts(name: str) -> Mapping[str, Component]:
    return {part.name: part for part in system_of(name).components}


def is_kernel_instruction(word: int) -> bool:
    decoded = decode(word)
    return decoded is not None and bool(kernel_classes(decoded))


# The guest.


@pytest.mark.parametrize("cpu", CPUS)
def test_it_prints_what_it_prints_without_a_hypervisor_on_the_same_cpu(cpu: str) -> None:
    seen = run(NAME, cpu)
    assert seen.ending.code == 0
    assert seen.console == GREETING + run("01-native", cpu).console


def test_the_programs_are_the_very_same_bytes_at_the_very_same_addresses() -> None:
    own, originals = parts(NAME), parts("01-native")
    assert own.keys() - originals.keys() == {"hypervisor"}
    for name, original in originals.items():
        if original.role == "user":
            assert own[name].program.segments == original.program.segments
            assert (own[name].at, own[name].linked) == (original.at, original.linked)


def test_of_the_kernel_s_files_three_are_others() -> None:
    ported, native = (set(parts(name)["tinyos"].program.sources) for name in (NAME, "01-native"))
    gone = {Path(file).name for file in native - ported}
    new = {Path(file).name for file in ported - native}
    assert gone == PORTED
    assert new == PORTED | {"instead.s", "page.s"}


def test_there_is_no_kernel_instruction_in_the_kernel() -> None:
    assert not any(map(is_kernel_instruction, words_of(parts(NAME)["tinyos"].program)))
    assert run(NAME).bits == {}


@pytest.mark.parametrize("cpu", CPUS)
def test_programs_that_do_not_wait_for_the_clock_execute_as_many_instructions(cpu: str) -> None:
    own, originals = run(NAME, cpu).components, run("01-native", cpu).components
    for name, share in originals.items():
        if share.role == "user" and name != "spinner":  # it spins until the clock comes
            assert own[name].instructions == share.instructions


# What the debugger shows.


def test_the_kernel_knows_where_it_is() -> None:
    session = Session(system_of(NAME))
    for place, ring in (("tinyos::_start", 1), ("greeter::_start", 3), ("trap_entry", 1)):
        session.break_at(place)
        session.resume()
        shown = session.snapshot()
        assert (shown.believes, shown.privilege.ring) == (ring, ring)


# What it costs.


def test_exits_by_cause() -> None:
    seen = run(NAME)
    assert seen.causes == {"ecall-s": 46, "ecall-u": 41, "int-m-timer": 2, "store-access": 1}
    assert seen.exits == 90
    kinds = (Activity.CALL, Activity.TICK, Activity.FAULT, Activity.OWN)
    found = [seen.activities[kind.value] for kind in kinds]
    counted = [(activity["count"], activity["exits"]) for activity in found]
    # Two for each: in, and back. The one too many of the calls is the wait while all sleep, and the
    # last call leads to the end instead of back.
    assert counted == [(41, 41 + 40 + 1 + 1), (2, 4), (1, 2), (0, 1)]


# What the lesson says.


def rows(head: str) -> list[list[str]]:
    """Return the cells of the lesson's table that begins with `head`."""
    _, _, text = lesson().partition(f"\n{head}")
    assert text, f"no table begins with {head}"
    table = text.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_the_lesson_shows_the_diff_of_the_guest_s_source() -> None:
    shown = re.findall(r"```diff\n(.*?)\n```", lesson(), re.DOTALL)
    assert len(shown) == len(PORTED)
    for block in shown:
        name = block.partition("\n")[0].removeprefix("--- tinyos/")
        old, new = (
            (SAMPLES / "guests" / folder / name).read_text(encoding="utf-8").splitlines()
            for folder in ("tinyos", "tinyos-pv")
        )
        made = difflib.unified_diff(old, new, f"tinyos/{name}", f"tinyos-pv/{name}", lineterm="", n=1)
        assert block.splitlines() == list(made)


def test_the_lesson_shows_what_stands_for_each_kernel_instruction() -> None:
    """Every kernel instruction of the kernel's files is of a form that the table has."""
    program = parts(NAME)["tinyos"].program
    table = rows("| `tinyos` says | where |")
    for says, where, there in table:
        said, file = says.strip("`"), where.strip("`")
        places = {
            (name, number)
            for name, source in program.sources.items()
            if name.endswith(f"tinyos/{file}")
            for number, line in enumerate(source.splitlines(), 1)
            if line.partition("#")[0].split() == said.split()
        }
        assert places, said
        found = [
            instruction_text(program_word(program, entry.address), entry.address)
            for entry in program.lines
            if (entry.outermost.file, entry.outermost.line) in places
        ]
        assert found == re.findall(r"`([^`]+)`", there), said
    forms = {re.split(r"[ ,]", says.strip("`"))[0] for says, _, _ in table}
    native = parts("01-native")["tinyos"].program
    used = {
        instruction_text(word, 0).split()[0] for word in words_of(native) if is_kernel_instruction(word)
    }
    assert used == forms


def words_of(program: Program) -> list[int]:
    code = next(part for part in program.segments if part.name == ".text")
    return [int.from_bytes(code.data[at : at + 4], "little") for at in range(0, len(code.data), 4)]


def program_word(program: Program, address: int) -> int:
    code = next(part for part in program.segments if part.name == ".text")
    return words_of(program)[(address - code.address) // 4]


def test_the_lesson_compares_the_costs() -> None:
    names = ("01-native", "02-type1-classic", NAME)
    relations = relate([run(name) for name in names], {})
    told = {what: values for what, *values in rows("| | `01-native` |")}
    seen = {
        "exits": [str(each.run.exits) for each in relations],
        "exits for a system call": [f"{each.per_call:.1f}" for each in relations],
        "exits for a tick": [f"{each.per_tick:.1f}" for each in relations],
        "exits for a PMP update": [f"{each.per_update:.1f}" for each in relations],
        "instructions": [f"{each.run.instructions:,}" for each in relations],
        "slowdown": [f"{each.slowdown:.2f}" for each in relations],
        "share of the hypervisor": [f"{100 * each.overhead:.0f} %" for each in relations],
    }
    assert told == seen


def test_the_lesson_says_what_the_batch_is_worth(tmp_path: Path) -> None:
    text = (SAMPLES / NAME / "machine.toml").read_text(encoding="utf-8")
    text = text.replace("../", f"{SAMPLES}/")
    text = text.replace("[component.replace]", "defines = { UNBATCHED = 1 }\n[component.replace]")
    (tmp_path / "machine.toml").write_text(text, encoding="utf-8")
    system = load_system(tmp_path, Overrides(include=(SAMPLES / NAME,)))
    unbatched = measure("unbatched", system, threading.Event())
    assert unbatched.console == run(NAME).console
    told = [int(count) for _, count in rows("| | exits |")]
    assert told == [run(NAME).exits, unbatched.exits]


def test_the_lesson_counts_the_instructions_of_an_exit_and_of_spinner() -> None:
    machine = system_of(NAME).fresh_machine()
    since: list[tuple[str, int]] = []
    spent: dict[str, set[int]] = defaultdict(set)

    def on_trap(event: TrapTaken) -> None:
        since.append((trap_name(event.cause, interrupt=event.is_interrupt).key, machine.retired))

    def on_return(event: TrapReturned) -> None:
        if since:
            about, start = since.pop()
            spent[f"{about} to {event.target.name}"].add(machine.retired - start)

    machine.observers.trap.append(on_trap)
    machine.observers.trap_return.append(on_return)
    machine.run(max_retired=LIMIT)
    told = [int(count) for _, count in rows("| exit | instructions of the hypervisor |")]
    assert told == [min(spent[way]) for way in ("ecall-u to S", "int-m-timer to S", "ecall-s to U")]
    for name in (NAME, "01-native"):
        assert f"{run(name).components['spinner'].instructions:,}" in lesson()


def test_the_lesson_says_what_the_exits_are_for() -> None:
    seen = run(NAME)
    calls = seen.causes["ecall-s"]
    of_programs = seen.exits - calls
    back = calls - 2  # but for the wait and the end
    text = " ".join(lesson().split())
    assert f"Of the {seen.exits}, {of_programs} are traps of the programs, and {back} lead back" in text
    assert f"which of the {seen.exits} remain" in text
    assert seen.crossings[0, 3] == back


def test_a_system_call_comes_by_as_many_kernel_instructions_as_the_lesson_says() -> None:
    assert "all of its eight kernel instructions" in " ".join(lesson().split())
    native = parts("01-native")["tinyos"].program
    (source,) = (text for name, text in native.sources.items() if name.endswith("tinyos/trap.s"))
    names = ("csrr", "csrw", "csrrw", "mret")
    used = [line.split()[0] for line in source.splitlines() if line.split()[:1] and line[0] == " "]
    assert sum(name in names for name in used) == 8


def test_the_unchanged_kernel_has_no_chance(tmp_path: Path) -> None:
    text = (SAMPLES / NAME / "machine.toml").read_text(encoding="utf-8")
    text = re.sub(r"\[component\.replace\].*?\n\n", "\n", text, flags=re.DOTALL)
    (tmp_path / "machine.toml").write_text(text.replace("../", f"{SAMPLES}/"), encoding="utf-8")
    system = load_system(tmp_path, Overrides(include=(SAMPLES / NAME,)))
    ended = measure("unchanged", system, threading.Event())
    assert ended.ending.code == 0xFF
    assert ended.bits == {}


# What the guest may rely on.


def test_a_trap_tells_what_the_hart_would_have_told(tmp_path: Path) -> None:
    """A fault of the kernel's own: cause, address, pc, and the ring it comes from."""
    code = f"""
        la      t0, handler
        csrw    mtvec, t0
        li      t0, 1 << 3
        csrw    mstatus, t0
        li      t0, {HYPERVISOR:#x}
fault:  sw      zero, 0(t0)
    """
    ran = run_guest(code, tmp_path)
    cause, value, pc, status, _ = map(ran.result, range(5))
    assert (cause, value) == (7, HYPERVISOR)
    assert GUEST_RAM < pc < GUEST_RAM + 100
    assert status == 1 << 11 | 1 << 7  # from ring 1, with interrupts on: off now
    assert ran.code == 0


@pytest.mark.parametrize("by_call", [False, True])
def test_an_interrupt_waits_until_the_kernel_has_turned_them_on(by_call: bool, tmp_path: Path) -> None:
    code = f"""
        la      t0, handler
        csrw    mtvec, t0
        li      t0, 1 << 7
        csrw    mie, t0
        csrr    t0, TIME
        addi    t0, t0, 1000
        csrw    ALARM, t0
        li      t1, PAGE
        sw      zero, PAGE_ALARM + 4(t1)
        hypercall CALL_LOOK                     # now the alarm is set
        li      t2, 2000
1:      addi    t2, t2, -1
        bnez    t2, 1b                          # interrupts are off: nothing but a bit in mip
        csrr    s8, mip
        result  8, s8
        li      t0, 1 << 3
        csrw    mstatus, t0                     # on
        {"hypercall CALL_LOOK" if by_call else ""}
        li      t2, 2000
1:      addi    t2, t2, -1
        bnez    t2, 1b
        csrw    mstatus, zero
        li      s9, 1
        result  9, s9
        off
    """
    ran = run_guest(code, tmp_path)
    assert ran.code == 0
    assert ran.result(8) == 1 << 7
    # Without a hypercall nobody knows that the interrupts are on.
    assert (ran.result(0), ran.result(9)) == ((0x8000_0007, 0) if by_call else (0, 1))


def test_waiting_takes_no_instructions_and_ends_when_the_alarm_goes_off(tmp_path: Path) -> None:
    code = """
        li      t0, 1 << 7
        csrw    mie, t0
        li      t0, 5000000
        csrw    ALARM, t0
        li      t1, PAGE
        sw      zero, PAGE_ALARM + 4(t1)
        wfi
        csrr    s2, TIME
        result  0, s2
        off
    """
    ran = run_guest(code, tmp_path)
    assert ran.code == 0
    assert 5_000_000 <= ran.result(0) < 5_001_000


def test_a_full_ring_is_emptied_by_a_hypercall(tmp_path: Path) -> None:
    code = """
        li      sp, 0x80003000
        li      s2, 3000
1:      andi    a0, s2, 15
        addi    a0, a0, 'A'
        call    print_character
        addi    s2, s2, -1
        bnez    s2, 1b
        off
        .include "tinyos-pv/character.s"
    """
    ran = run_guest(code, tmp_path)
    assert ran.code == 0
    assert ran.console == GREETING + "".join(chr(ord("A") + n % 16) for n in range(3000, 0, -1))


# What the guest may not.

TO_PROGRAM = """
        la      t0, handler
        csrw    mtvec, t0
        li      t0, -1                          # one entry for all there is, and locked
        csrw    pmpaddr0, t0
        csrw    pmpaddr1, t0
        csrw    pmpaddr2, t0
        csrw    pmpaddr3, t0
        li      t0, {entries}
        csrw    pmpcfg0, t0
        la      t0, program
        csrw    mepc, t0
        li      t0, {status}
        csrw    mstatus, t0
        mret
        .balign 4
program:
        li      t0, {address}
        {access}
        ecall
"""
OUTSIDE = (0, 0x10_0000, 0x200_4000, 0x1000_0000, GUEST_RAM - 4, HYPERVISOR, HYPERVISOR + 0x1000)


@pytest.mark.parametrize("address", OUTSIDE)
@pytest.mark.parametrize(("access", "cause"), [("lw t1, 0(t0)", 5), ("sw t1, 0(t0)", 7), ("jr t0", 1)])
@pytest.mark.parametrize("ring", [1, 3])
def test_neither_ring_reaches_anything_outside_of_the_guest_s_memory(
    address: int, access: str, cause: int, ring: int, tmp_path: Path
) -> None:
    status = 3 << 11 if ring == 1 else 0  # the kernel asks for ring 0, and gets ring 1
    code = TO_PROGRAM.format(entries=0x9F9F9F9F, status=status, address=address, access=access)
    ran = run_guest(code, tmp_path)
    assert (ran.result(0), ran.result(1)) == (cause, address)
    assert ran.result(3) & 3 << 11 == (1 << 11 if ring == 1 else 0)
    assert ran.code == 0


def test_a_program_reaches_what_the_kernel_opens_and_nothing_else(tmp_path: Path) -> None:
    """Without an entry it cannot even fetch its first instruction; the kernel still can."""
    none = TO_PROGRAM.format(entries=0, status=0, address=PAGE, access="lw t1, 0(t0)")
    ran = run_guest(none, tmp_path)
    assert ran.result(0) == 1
    assert ran.result(1) == ran.result(2) < GUEST_RAM + GUEST_SIZE
    everything = TO_PROGRAM.format(entries=0x1F, status=0, address=PAGE, access="lw t1, 0(t0)")
    assert run_guest(everything, tmp_path).result(0) == 8


@pytest.mark.parametrize(
    "instruction",
    [".word 0x34011073", ".word 0x3a001073", ".word 0x3b001073", ".word 0x18001073", ".word 0x30200073",
     ".word 0x10200073", ".word 0x10500073", ".word 0x30001073"],
)  # fmt: skip
def test_kernel_instructions_do_nothing_on_this_cpu(instruction: str, tmp_path: Path) -> None:
    """csrw of mscratch, pmpcfg0, pmpaddr0, satp and mstatus, mret, sret, wfi: ignored in ring 1."""
    word = int(instruction.split()[1], 16)
    assert is_kernel_instruction(word)
    ran = run_guest(f"li sp, -1\n {instruction}\n li s2, 77\n result 0, s2\n off", tmp_path)
    assert ran.result(0) == 77
    assert ran.code == 0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ebreak", "traps at its first instruction"),
        ("li t0, -1\n csrw mtvec, t0\n jr zero", "traps at its first instruction"),
        ("la t0, 1f\n csrw mtvec, t0\n .balign 4\n1: lw t0, 0(zero)", "traps at its first instruction"),
        ("wfi", "waits for an interrupt that cannot come"),
        ("li t0, 1 << 7\n csrw mie, t0\n wfi", "waits for an interrupt that cannot come"),
        ("li t0, 0x7777\n csrw POWER, t0\n wfi", "what the finisher does not know"),
    ],
)
def test_a_guest_that_is_beyond_help_is_ended(code: str, said: str, tmp_path: Path) -> None:
    ran = run_guest(code, tmp_path)
    assert ran.code == 0xFF
    assert said in ran.console


def test_a_hypercall_that_does_not_exist_is_an_illegal_instruction(tmp_path: Path) -> None:
    for number in (3, 4, 255, -1, 0x4000_0000):
        ran = run_guest(f"la t0, handler\n csrw mtvec, t0\n hypercall {number}", tmp_path)
        assert (ran.result(0), ran.result(1), ran.code) == (2, 0, 0)


@pytest.mark.parametrize("sent", [-1, 1 << 31, 1025, 1024, 3])
def test_a_guest_that_lies_about_the_ring_gets_its_own_bytes_printed(sent: int, tmp_path: Path) -> None:
    code = f"li t0, {sent}\n csrw SENT, t0\n csrw PRINTED, t0\n hypercall CALL_LOOK\n off"
    ran = run_guest(code, tmp_path)
    assert ran.code == 0
    assert ran.console == GREETING + "\0" * min(sent % (1 << 32), 1024)


# A guest that fills the page with numbers and asks, again and again: for each seed something else.
# Of eight numbers two are anything, the others are nasty ones. Where it could not go on afterwards -
# it waits for nothing, it has no trap handler, it is off - it sees to it that it can.
FUZZ = """
        li      s0, {seed}
        la      s1, nasty
again:
        li      s2, PAGE
        li      s3, PAGE + PAGE_SENT
fill:
        li      t0, 1664525
        mul     s0, s0, t0
        li      t0, 1013904223
        add     s0, s0, t0
        srli    t0, s0, 3
        srli    t1, s0, 29
        slli    t1, t1, 2
        add     t1, t1, s1
        lw      t2, 0(t1)
        beqz    t2, 1f
        mv      t0, t2
1:
        sw      t0, 0(s2)
        addi    s2, s2, 4
        bltu    s2, s3, fill
        li      s2, PAGE
        srli    t1, s0, 28
        bnez    t1, 2f
        sw      s0, PAGE_SENT(s2)
2:
        sw      zero, PAGE_POWER(s2)
        sw      zero, PAGE_ALARM + 4(s2)
        lw      t0, PAGE_mie(s2)
        ori     t0, t0, 1 << 7
        sw      t0, PAGE_mie(s2)
        la      t0, again
        sw      t0, PAGE_mtvec(s2)
        srli    t0, s0, 25
        andi    t0, t0, 3
        sw      t0, PAGE_CALL(s2)
        addi    s10, s10, 1
        result  0, s10
        ecall
        j       again
        .balign 4
program:                                        # where it may come to in ring 3
        li      t0, 0x80400000
        sw      s0, 0(t0)
        addi    s11, s11, 1
        ecall
        .balign 4
nasty:
        .word   0, 0, -1, 0x80400000, 0x1f1f1f1f, 0x9f9f9f9f, program, again
"""


@pytest.mark.parametrize("cpu", ["legacy", "classic"])
@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_guest_writes_into_the_page_the_hypervisor_stays_as_it_is(
    seed: int, cpu: str, tmp_path: Path
) -> None:
    ran = run_guest(FUZZ.format(seed=seed * 7919 + 1), tmp_path, cpu=cpu)
    assert ran.code is None, ran.console
    assert ran.result(0) > 50  # so often has it asked


# An outside opinion.


def test_it_runs_on_qemu_too(workshop: Path) -> None:
    """A standard CPU, and GNU's assembler, which has no way to replace a file that is included."""
    skip_without_qemu()
    guests, hypervisors = workshop / "guests", workshop / "hypervisors"
    shutil.copytree(SAMPLES / "hypervisors" / "paravirt", hypervisors / "paravirt")
    for name in ("paravirt.s", "serial.s"):
        shutil.copy(SAMPLES / "hypervisors" / name, hypervisors)
    for folder in (guests, hypervisors):
        shutil.copy(SAMPLES / NAME / "page.s", folder)
    for name in PORTED:
        shutil.copy(guests / "tinyos-pv" / name, guests / "tinyos" / name)
    kernels = {"hypervisor": hypervisors / "paravirt.s", "tinyos": guests / "tinyos.s"}
    images = [
        Part(kernels.get(name, workshop / "users" / f"{name}.s"), part.at)
        for name, part in parts(NAME).items()
    ]
    outcome = Qemu(workshop, clock_shift=7).run(images)
    assert outcome.console == run(NAME, "classic").console
    assert outcome.exit_code == 0
