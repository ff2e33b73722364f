"""Sample 10: binary translation in a process of a host, on the CPU that ignores kernel instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from asm import Options, assemble_file
from asm.program import Program
from hvtui.checks.vm_console import split_vms
from hvtui.cli import main
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machine.board import Machine
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, System
from tests.support.computers import SAMPLES, report_of
from tests.support.virtualized import GUEST_RAM, guest_of_program, guest_of_sample, listen, native

NAME = "10-type2-translation"
FOLDER = SAMPLES / NAME
TYPE2 = SAMPLES / "hypervisors" / "type2.s"
GUEST_AT = 0x8060_0000
"""Where the guest's memory really is: in that of the hypervisor's process."""
WINDOW = 0x4000_0000
MOST_INSTRUCTIONS = 4_000_000
PLAIN_JUMP = 0x06F
"""The lower 12 bits of ``jal zero``."""


@cache
def sample() -> System:
    return load_system(FOLDER)


@cache
def report() -> dict[str, Any]:
    return report_of(FOLDER, f"--max-instructions={MOST_INSTRUCTIONS}")


@cache
def lesson() -> str:
    return (FOLDER / "LESSON.md").read_text(encoding="utf-8")


def hypervisor(**defines: int) -> Program:
    return assemble_file(TYPE2, Options(base=WINDOW, defines=defines, include_dirs=(FOLDER,)))


def with_hypervisor(program: Program, system: System | None = None) -> System:
    """Return the sample with another assembly of the hypervisor."""
    system = system or sample()
    parts = tuple(
        replace(part, program=program) if part.name == "type2" else part for part in system.components
    )
    return replace(system, components=parts)


def with_guest(program: Program) -> System:
    """Return the sample with one program as the guest, and without the other process."""
    parts = [part for part in sample().components if part.name in ("hostos", "type2")]
    guest = Component("guest", "kernel", program, GUEST_AT, GUEST_RAM, vm="vm1", believes=0)
    return replace(sample(), components=(*parts, guest))


def run(system: System) -> tuple[Machine, str]:
    """Run to the end; return the machine and its console."""
    machine = system.fresh_machine()
    console = listen(machine)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    return machine, bytes(console).decode()


def spoken(console: str) -> str:
    """What the guest printed."""
    return split_vms(console.encode()).get("vm1", b"").decode()


@cache
def bare() -> tuple[Machine, str]:
    """The guest without a hypervisor, on the same CPU."""
    return run(native(guest_of_sample("01-native"), cpu="legacy", ram_size=16 << 20))


# The guest.


def test_its_own_expectations_hold(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(FOLDER)]) == 0, capfd.readouterr().out


def test_the_guest_is_the_very_same_bytes_as_without_a_hypervisor() -> None:
    originals = load_system(SAMPLES / "01-native")
    bare_machine, machine = originals.fresh_machine(), sample().fresh_machine()
    parts = {part.name: part for part in sample().components if part.vm is not None}
    assert parts.keys() == {part.name for part in originals.components}
    for original in originals.components:
        part = parts[original.name]
        assert part.relocation == GUEST_AT - GUEST_RAM
        assert len(part.extents) == len(original.extents)
        for start, end in original.extents:
            there = machine.read_physical(start + part.relocation, end - start)
            assert there == bare_machine.read_physical(start, end - start)


def test_the_guest_prints_what_it_prints_on_this_cpu_without_a_hypervisor() -> None:
    assert spoken(report()["console"]) == bare()[1]
    assert report()["exit"] == {"reason": "finisher", "code": 0}


def test_the_other_process_speaks_at_its_times_in_between() -> None:
    lines = report()["console"].splitlines()
    ticks = [index for index, line in enumerate(lines) if line.startswith("ticker: ")]
    assert [lines[index] for index in ticks] == [f"ticker: {number}" for number in range(1, 6)]
    assert any(later - earlier > 1 for earlier, later in pairwise(ticks))


def test_of_the_kernel_nothing_is_executed_and_nothing_of_it_is_ignored() -> None:
    assert report()["components"]["tinyos"]["instructions"] == 0
    assert report()["first_lost"]["component"] == "spy"
    assert report()["kernel_instructions"]["rdstatus"]["ignored"] == 1


def test_programs_run_as_they_are() -> None:
    """But spinner and waker, whose turns are as long as the host's clock says."""
    alone = report_of(SAMPLES / "01-native", "--cpu=legacy")["components"]
    for name, count in alone.items():
        if name not in ("tinyos", "spinner", "waker"):
            assert report()["components"][name]["instructions"] == count["instructions"]


# The translator's parts: with and without each the guest does the same.

WITHOUT = {
    "inlining": {"INLINE": 0},
    "chains": {"CHAIN": 0},
    "adapting": {"ADAPT": 0},
    "room": {"CACHE_SIZE": 0x1000},
}


@cache
def instructions_without(what: str) -> int:
    machine, console = run(with_hypervisor(hypervisor(**WITHOUT[what])))
    assert machine.exit is not None
    assert spoken(console) == bare()[1]
    return machine.retired


@pytest.mark.parametrize("what", WITHOUT)
def test_each_part_of_the_translator_saves_work_and_changes_nothing_else(what: str) -> None:
    assert instructions_without(what) > report()["instructions"]


def _instructions_of(name: str) -> int:
    count: int = report_of(SAMPLES / name, f"--max-instructions={MOST_INSTRUCTIONS}")["instructions"]
    return count


def test_the_lesson_tells_what_the_parts_save() -> None:
    for what in ("inlining", "chains", "adapting"):
        row = re.search(rf"\| \.\.\. without {what} .* \| ([\d,]+) \|", lesson())
        assert row is not None
        assert row[1] == f"{instructions_without(what):,}"
    for name, count in (
        ("type 2, translation", report()["instructions"]),
        ("type 1, with a trap bitmap", _instructions_of("04-type1-vt")),
        ("without a hypervisor", _instructions_of("01-native")),
    ):
        assert f"| {name} | {count:,} |" in lesson()


def test_the_lesson_counts_what_the_translator_does() -> None:
    rows = {
        "blocks translated": "block_done",
        "calls of the hypervisor out of translated code": "callout",
        "... of them for CSR instructions": "csr_instruction",
        "indirect jumps": "indirect",
        "signals": "signalled",
        "runs of a program": "run_program",
    }
    session = Session(sample())
    numbers = {
        label: session.break_at(label).number
        for label in (*rows.values(), "emulate_load", "emulate_store")
    }
    for number in numbers.values():
        session.ignore_hits(number, 1_000_000)
    assert session.resume().kind is StopKind.ENDED
    hits = {point.number: point.hits for point in session.breakpoints}
    counts = {label: hits[number] for label, number in numbers.items()}
    for words, label in rows.items():
        assert f"| {words} | {counts[label]:,} |" in lesson(), (words, counts[label])
    assert f"There are {counts['signalled']} signals" in lesson()
    touches = counts["emulate_load"] + counts["emulate_store"]
    assert f"touches its devices {touches:,} times" in lesson()


def test_a_kernel_that_wipes_out_its_hypervisor_harms_nobody_else(tmp_path: Path) -> None:
    """They share an address space, as the lesson says. For the host it is one process that dies."""
    source = tmp_path / "guest.s"
    source.write_text(
        "_start: li t0, 0x40000000\n li t1, 0x40100000\n"
        "1: sw zero, 0(t0)\n addi t0, t0, 4\n bltu t0, t1, 1b\n2: j 2b\n"
    )
    guest = assemble_file(source, Options(base=GUEST_RAM))
    parts = [part for part in sample().components if part.name in ("hostos", "type2", "ticker")]
    part = Component("guest", "kernel", guest, GUEST_AT, GUEST_RAM, vm="vm1", believes=0)
    machine, console = run(replace(sample(), components=(*parts, part)))
    assert machine.exit is not None
    assert console.count("ticker: ") == 5
    assert "hostos: type2 killed: cause 0x" in console
    assert "PANIC" not in console


# What another process of the host does that breaks a rule, and how it ends: killed by this cause, or
# refused. For `refused` it asks the host for something, and a0 is the answer.
ASK = "\n        host    {}\n        li      t0, -1\n        bne     a0, t0, bad\n        j       ok\n"
MAP = "        li a0, {}\n        li a1, {}\n        li a2, {}\n        li a3, {}\n        li a4, 6"
PROCESSES = {
    "stores to the host kernel": ("li t0, 0x80000000\n sw zero, (t0)", 15),
    "loads from the other process": ("li t0, 0x80400000\n lw t0, (t0)", 13),
    "jumps into the guest": ("li t0, 0x80600000\n jr t0", 12),
    "stores to the port": ("li t0, 0x10000000\n sb t0, (t0)", 15),
    "executes what is no instruction": (".word 0", 2),
    "changes the page table": ("csrw satp, zero\n sfence.vma\n j ok", None),
    "asks for what is none": ("li a0, 0" + ASK.format(99), None),
    "prints the kernel": ("li a0, 0x80000000\n li a1, 16" + ASK.format("HOST_WRITE"), None),
    "prints all memory": ("la a0, _start\n li a1, -1" + ASK.format("HOST_WRITE"), None),
    "takes a third space": (MAP.format(2, 0x9000_0000, WINDOW, 1) + ASK.format("HOST_MAP"), None),
    "maps what lies before its own": (
        MAP.format(0, 0x9000_0000, WINDOW - 0x1000, 1) + ASK.format("HOST_MAP"),
        None,
    ),
    "maps what lies behind its own": (
        MAP.format(0, 0x9000_0000, WINDOW + 0x3F_F000, 2) + ASK.format("HOST_MAP"),
        None,
    ),
    "maps more than there is": (
        MAP.format(0, 0x9000_0000, WINDOW, -1) + ASK.format("HOST_MAP"),
        None,
    ),
    "maps half a page": (MAP.format(0, 0x9000_0800, WINDOW, 1) + ASK.format("HOST_MAP"), None),
    "maps over its own memory": (MAP.format(0, WINDOW, WINDOW, 1) + ASK.format("HOST_MAP"), None),
    "maps round the end of the addresses": (
        MAP.format(0, 0xFFFF_F000, WINDOW, 2) + ASK.format("HOST_MAP"),
        None,
    ),
    "wants signals in the kernel": (
        "li a0, 0\n li a1, 0x80001000\n li a2, 0\n li a3, -1" + ASK.format("HOST_SIGNALS"),
        None,
    ),
    "wants signals at the end of its own": (
        "li a0, 0\n li a1, 0x403fff80\n li a2, 0\n li a3, -1" + ASK.format("HOST_SIGNALS"),
        None,
    ),
    "returns from a frame in the kernel": (
        "li a0, 0x80001000" + ASK.format("HOST_RETURN"),
        None,
    ),
    "runs a space that it has not": (
        "li a0, 0x40100000\n li a1, -1\n li a2, -1" + ASK.format("HOST_RUN"),
        None,
    ),
    "has a signal handler that faults": (
        "li a0, 0x100\n li a1, 0x40100000\n li a2, 0x40000000\n li a3, 0x40001000\n"
        " host HOST_SIGNALS\n .word 0",
        12,
    ),
}


def process(code: str, folder: Path) -> Program:
    """Assemble a program of the host: `code`, from its first instruction on."""
    source = folder / "process.s"
    source.write_text(f'        .include "hostlib.s"\n        program  process\n_start:\n{code}\n')
    include = (SAMPLES / "hypervisors", FOLDER)
    return assemble_file(source, Options(base=WINDOW, include_dirs=include))


@pytest.mark.parametrize("what", PROCESSES)
def test_a_process_that_breaks_a_rule_harms_neither_host_nor_guest(what: str, tmp_path: Path) -> None:
    act, cause = PROCESSES[what]
    wicked = process(f"{act}\nbad: li a0, 7\n host HOST_EXIT\nok: li a0, 9\n host HOST_EXIT", tmp_path)
    parts = tuple(
        replace(part, program=wicked) if part.name == "ticker" else part for part in sample().components
    )
    machine, console = run(replace(sample(), components=parts))
    assert machine.exit is not None
    assert spoken(console) == bare()[1]
    killed = [line for line in console.splitlines() if line.startswith("hostos: ")]
    if cause is None:
        assert (killed, machine.exit.code) == ([], 9)
    else:
        (line,) = killed
        assert line.startswith(f"hostos: process killed: cause {cause:#010x}")


def test_a_process_that_takes_all_page_tables_leaves_the_others_theirs(tmp_path: Path) -> None:
    greedy = process(
        "li s1, 0x90000000\n1: li a0, 0\n mv a1, s1\n li a2, WINDOW\n li a3, 1\n li a4, 6\n"
        " host HOST_MAP\n li t0, 1 << 22\n add s1, s1, t0\n beqz a0, 1b\n"
        " li a0, 0\n host HOST_EXIT",
        tmp_path,
    )
    late = process(
        "li a0, 200000\n li a1, 0\n host HOST_SLEEP\n"
        + MAP.format(0, 0x9000_0000, WINDOW, 1)
        + "\n host HOST_MAP\n addi a0, a0, 3\n host HOST_EXIT",
        tmp_path,
    )
    host = next(part for part in sample().components if part.name == "hostos")
    beside = [
        Component(name, "host", program, at, WINDOW, believes=3)
        for name, program, at in (("greedy", greedy, 0x8040_0000), ("late", late, 0x8080_0000))
    ]
    machine, console = run(replace(sample(), components=(host, *beside)))
    assert machine.exit is not None
    assert (machine.exit.code, console) == (3, "")  # its page was mapped


# The debugger.


def test_a_signal_is_over_when_the_translation_goes_on() -> None:
    session = Session(load_system(FOLDER))
    session.break_at("callout")
    session.ignore_hits(1, 1_000)
    session.resume()
    origin = session.snapshot().stack[1].position.origin
    assert len(session.snapshot().stack) == 2
    assert origin is not None
    assert origin.owner == "tinyos"


# Any guest: what it sees before each instruction is what it would see on the bare machine.


def word_at(machine: Machine, physical: int) -> int:
    data = machine.read_physical(physical, 4)
    assert data is not None
    return int.from_bytes(data, "little")


def seen_bare(program: Program) -> Iterator[tuple[int, ...]]:
    """Yield the pc and the registers before each instruction but plain jumps: they become nothing."""
    machine = native(guest_of_program(program), cpu="legacy").fresh_machine()
    while machine.exit is None:
        pc = machine.hart.pc
        if pc < GUEST_RAM + (1 << 20) and word_at(machine, pc) & 0xFFF != PLAIN_JUMP:
            yield (pc, *machine.hart.x[1:])
        machine.step()


def seen_translated(system: System) -> Iterator[tuple[int, ...]]:
    """Yield the same as `seen_bare`, at the places that the map calls good moments."""
    part = next(part for part in system.components if part.name == "type2")
    symbols = part.program.symbols
    first, last, table = (symbols[name].value for name in ("cache", "cache_end", "cache_map"))
    machine = system.fresh_machine()
    before: tuple[int, ...] = ()
    while machine.exit is None and machine.retired < MOST_INSTRUCTIONS:
        pc = machine.hart.pc
        if first <= pc < last and machine.hart.privilege is Privilege.U:
            origin = word_at(machine, table + pc - first + part.relocation)
            now = (origin, *machine.hart.x[1:])
            if not origin & 1 and now != before:
                yield now
                before = now
        machine.step()


def test_a_kernel_sees_its_own_registers_and_addresses_at_every_instruction(tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_text(strange("", status=0x1888))  # all that this virtual hart has of it
    program = assemble_file(source, Options(base=GUEST_RAM))
    expected, found = list(seen_bare(program)), list(seen_translated(with_guest(program)))
    assert len(expected) > 1_000
    assert found == expected


@pytest.mark.parametrize("defines", [{}, {"INLINE": 0, "CHAIN": 0, "ADAPT": 0, "CACHE_SIZE": 0x1000}])
def test_a_kernel_with_odd_habits_prints_what_it_prints_without(
    defines: dict[str, int], tmp_path: Path
) -> None:
    """Faults of all kinds, code that changes, every form of CSR instruction, interrupts in M mode."""
    source = tmp_path / "guest.s"
    source.write_text(strange(INTERRUPTS, status=-1))
    program = assemble_file(source, Options(base=GUEST_RAM))
    alone, console = run(native(guest_of_program(program), cpu="legacy"))
    assert alone.exit is not None
    assert console.endswith("end\n")
    machine, there = run(with_hypervisor(hypervisor(**defines), with_guest(program)))
    assert machine.exit is not None
    assert spoken(there) == console


# Kernels that end with a letter that says which trap came last: 'A' is cause 0, 'D' cause 3, ebreak.
LETTER = """
        .globl  _start
_start:
        la      t0, trap
        csrw    mtvec, t0
        li      s0, 0x10000000                  # the serial port
{body}
        .balign 4
trap:
        csrr    t1, mcause
        andi    t1, t1, 15
        addi    t1, t1, 'A'
        sb      t1, 0(s0)
        li      t1, 10
        sb      t1, 0(s0)
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
1:      j       1b
"""
KERNELS = {
    "one load and one store for the port and for memory": (
        """
        la      s1, word
        mv      a0, s0
        li      a1, 'x'
        call    poke
        mv      a0, s1
        li      a1, 'y'
        call    poke
        addi    a0, s0, 5
        call    peek
        mv      a0, s1
        call    peek
        mv      a1, a0
        mv      a0, s0
        call    poke
        li      a0, 0x70000000                  # nothing there
        call    poke
poke:   sb      a1, 0(a0)
        ret
peek:   lbu     a0, 0(a0)
        ret
word:   .word   0
""",
        "xyH\n",
    ),
    "a load and a store of words for a device and for the last word of memory": (
        """
        li      s2, 0x80040000
        li      a0, 0x2004000                   # the alarm
        call    move
        addi    a0, s2, -4
        call    move
        j       done
move:   lw      a1, 0(a0)
        addi    a1, a1, 1
        sw      a1, 0(a0)
        ret
done:   lw      a1, -4(s2)
        addi    a1, a1, 'a'
        sb      a1, 0(s0)
        ebreak
""",
        "bD\n",
    ),
    "an alarm that is set when interrupts are on": (
        """
        li      t0, 0x2004000
        li      t1, -1
        sw      t1, 0(t0)
        sw      t1, 4(t0)
        li      t1, 1 << 7
        csrw    mie, t1
        csrsi   mstatus, 8
        sw      zero, 4(t0)
        li      t1, 100000
        sw      t1, 0(t0)
1:      j       1b
""",
        "H\n",
    ),
    "a software interrupt when interrupts are on": (
        """
        li      t1, 1 << 3
        csrw    mie, t1
        csrsi   mstatus, 8
        li      t0, 0x2000000
        li      t1, 1
        sw      t1, 0(t0)
1:      j       1b
""",
        "D\n",
    ),
    "an opcode that is like that of CSR instructions, but none": (
        "        .word   0x3402c073\n        ebreak\n",
        "C\n",
    ),
    "an atomic load of the port": ("        lr.w    t1, (s0)\n        ebreak\n", "F\n"),
}


@pytest.mark.parametrize("defines", [{}, {"INLINE": 0, "CHAIN": 0, "ADAPT": 0}], ids=["all", "none"])
@pytest.mark.parametrize("what", KERNELS)
def test_a_kernel_may_do_what_it_may_do_on_the_bare_machine(
    what: str, defines: dict[str, int], tmp_path: Path
) -> None:
    body, said = KERNELS[what]
    source = tmp_path / "guest.s"
    source.write_text(LETTER.format(body=body))
    program = assemble_file(source, Options(base=GUEST_RAM))
    _, console = run(native(guest_of_program(program), cpu="legacy"))
    assert console == said
    machine, there = run(with_hypervisor(hypervisor(**defines), with_guest(program)))
    assert machine.exit is not None
    assert spoken(there) == said


@pytest.mark.parametrize("wants", ["", "        li t1, 1 << 7\n        csrw mie, t1\n"])
def test_a_kernel_that_waits_for_ever_is_ended(wants: str, tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_text(LETTER.format(body=f"{wants}        wfi\n        ebreak\n"))
    machine, console = run(with_guest(assemble_file(source, Options(base=GUEST_RAM))))
    assert machine.exit is not None
    assert machine.exit.code == 0xFF
    assert console == "type2: vm1 waits for an interrupt that cannot come; I end it\n"


@pytest.mark.parametrize("seed", range(6))
def test_random_code_computes_the_same(seed: int, tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_text(random_code(Random(seed)))
    program = assemble_file(source, Options(base=GUEST_RAM))
    expected, found = list(seen_bare(program)), list(seen_translated(with_guest(program)))
    assert len(expected) > 300
    assert found == expected


COMPUTING = ("add", "sub", "mul", "sltu", "xor", "srl", "divu")


def random_code(random: Random) -> str:
    """Functions of random instructions, of any registers, that call and branch, but only forwards."""
    registers = [f"x{number}" for number in range(1, 32)]
    lines = ["        .globl _start", "_start:"]
    lines += [f"        li {name}, {random.getrandbits(32):#x}" for name in registers]
    for label in range(120):
        lines.append(f"l{label}:")
        later = f"l{random.randint(label + 1, min(label + 4, 120))}"
        one, two, three = (random.choice(registers) for _ in range(3))
        link = random.choice(["x0", *registers])
        lines += [
            f"        {random.choice(COMPUTING)} {one}, {two}, {three}"
            for _ in range(random.randint(0, 3))
        ]
        lines += random.choice(
            [
                [f"        {random.choice(['beq', 'bne', 'blt', 'bgeu'])} {one}, {two}, {later}"],
                [f"        jal {link}, {later}"],
                [f"        la {one}, {later}", f"        jalr {link}, 0({one})"],
                [f"        la {one}, {later} + 33", f"        jalr {one}, -33({one})"],
                [f"        auipc {one}, {random.getrandbits(20):#x}"],
                [f"        csrrw {one}, mscratch, {two}"],
                [f"        csrrw {one}, mscratch, {one}"],
                [f"        csrrs {one}, mcause, {two}"],
                [f"        csrrci {one}, mtval, {random.getrandbits(5)}"],
                [f"        csrw mepc, {one}", f"        csrr {two}, mepc"],
                [f"        la {one}, buffer", f"        sw {two}, 4({one})"],
                [f"        la {one}, buffer", f"        lb {three}, 6({one})"],
                ["        .word 0x0000100f"],
            ]
        )
    return "\n".join([*lines, "l120:", *FINISH, "        .balign 4", "buffer: .space 16", ""])


FINISH = [
    "        li t0, 0x100000",
    "        li t1, 0x5555",
    "the_end: sw t1, 0(t0)",
    "        j the_end",
]


def strange(interrupts: str, *, status: int) -> str:
    """Return the kernel with odd habits. `status` is what it writes to mstatus."""
    return STRANGE.replace("INTERRUPTS", interrupts).replace("STATUS", str(status))


INTERRUPTS = """
        li      t0, 0x2004000
        li      t2, 0x200bff8
        lw      t1, 0(t2)
        li      t3, 3000
        add     t1, t1, t3
        sw      zero, 4(t0)
        sw      t1, 0(t0)
        li      t1, 0x80
        csrw    mie, t1
        csrsi   mstatus, 8
        la      s6, ticks
1:
        lw      t1, 0(s6)
        call    nothing
        li      t2, 0x12345678                  # two instructions each, with moments between
        li      t3, 0x12345678
        bne     t2, t3, wrong
        li      t2, 4
        bltu    t1, t2, 1b
        csrci   mstatus, 8
"""

STRANGE = """
        .equ    UART, 0x10000000
        .macro  put character
        li      t0, UART
        li      t1, \\character
        sb      t1, 0(t0)
        .endm
        .globl  _start
_start:
        la      sp, stack
        la      t0, trap
        csrw    mtvec, t0
        la      t0, save
        csrw    mscratch, t0
        .word   0xffffffff                      # illegal, of no opcode
        ebreak
        ecall
        .word   0xfe000033                      # illegal, of an opcode that is copied
        li      t2, 0x70000000                  # nothing there
        lw      t3, 0(t2)
        sw      t3, 0(t2)
        amoadd.w t3, t3, (t2)
        call    changing                        # code that changes
        la      t0, changing
        lw      t1, change
        sw      t1, 0(t0)
        fence.i
        call    changing
        la      t0, save + 130
        amoadd.w t1, t2, (t0)                   # misaligned
        li      t3, 0x123                       # CSR instructions of all forms
        csrrw   t4, mscratch, t3
        csrrw   t4, mscratch, t4
        bne     t4, t3, wrong
        csrrs   t4, mscratch, zero
        csrrwi  t5, mepc, 5
        csrrw   ra, mscratch, ra
        csrrw   ra, mscratch, ra
        csrr    a0, mepc
        call    hex
        csrr    a0, mstatus
        call    hex
        li      t0, STATUS
        csrw    mstatus, t0
        csrr    a0, mstatus
        li      t1, 0x1888
        and     a0, a0, t1
        csrw    mstatus, zero
        call    hex
        csrr    a0, mimpid
        call    hex
        csrr    a0, pmpaddr3
        call    hex
        csrr    t0, 0x5c0                       # does not exist
        csrw    mhartid, t0                     # cannot be written
        csrw    mtrapmap, t0
INTERRUPTS
        li      t0, 0x90000000                  # a jump to nowhere
        la      s7, back
        jalr    t0
back:
        put     'e'
        put     'n'
        put     'd'
        put     '\\n'
        li      t0, 0x100000
        li      t1, 0x5555
the_end:
        sw      t1, 0(t0)
wrong:
        put     '!'
        j       wrong
nothing:
        ret
changing:
        j       1f
change: .word   0x0000006f | ((2f - changing) << 20)
1:      put     '1'
        ret
2:      put     '2'
        ret
hex:
        li      t4, 8
1:      srli    t0, a0, 28
        slli    a0, a0, 4
        li      t1, 10
        blt     t0, t1, 2f
        addi    t0, t0, 'a' - '0' - 10
2:      addi    t0, t0, '0'
        li      t1, UART
        sb      t0, 0(t1)
        addi    t4, t4, -1
        bnez    t4, 1b
        li      t0, ' '
        sb      t0, 0(t1)
        ret
        .balign 4
trap:
        csrrw   sp, mscratch, sp
        .irp    n, 1,5,6,7,10,28,29,30,31
        sw      x\\n, 4*\\n(sp)
        .endr
        csrr    a0, mcause
        bltz    a0, tick
        call    hex
        csrr    a0, mtval
        call    hex
        csrr    t0, mepc
        li      t1, 0x90000000
        addi    t2, t0, 4
        bne     t0, t1, 1f
        mv      t2, s7
1:      csrw    mepc, t2
2:
        .irp    n, 1,5,6,7,10,28,29,30,31
        lw      x\\n, 4*\\n(sp)
        .endr
        csrrw   sp, mscratch, sp
        mret
tick:
        li      t0, 0x2004000
        lw      t1, 0(t0)
        li      t2, 2777
        add     t1, t1, t2
        sw      t1, 0(t0)
        la      t0, ticks
        lw      t1, 0(t0)
        addi    t1, t1, 1
        sw      t1, 0(t0)
        j       2b
        .balign 4
ticks:  .word   0
save:   .space  256
        .space  1024
stack:
"""
