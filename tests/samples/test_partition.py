"""Sample 13: kernels in partitions, what keeps them apart, and how seldom the hypervisor is needed."""

from __future__ import annotations

import textwrap
import threading
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from hvtui.checks.vm_console import split_vms
from hvtui.comparing.measuring import Measurement, measure
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System

SAMPLES = Path(__file__).parents[2] / "samples"
LESSON = " ".join((SAMPLES / "13-partition" / "LESSON.md").read_text(encoding="utf-8").split())
GOOD_NIGHT = "pagingos: all programs have ended, good night\n"
LOG = 0x14_0000
BASES = {"vm1": 0x8040_0000, "vm2": 0x8080_0000}


@cache
def system_of(name: str) -> System:
    return load_system(SAMPLES / name)


@cache
def measured(name: str) -> Measurement:
    return measure(name, system_of(name), threading.Event())


def programs(name: str) -> Counter[bytes]:
    return Counter(
        b"".join(segment.data for segment in component.program.segments)
        for component in system_of(name).components
        if component.role == "user"
    )


def vm2_of(console: str) -> str:
    return split_vms(console.encode())["vm2"].decode()


# ---- the sample


def test_a_guest_in_a_partition_says_what_it_says_alone_and_under_type_1() -> None:
    native = measured("13-partition/bare.toml").console
    assert measured("13-partition/one.toml").console == native
    type1 = split_vms(measured("08-shadow-paging").console.encode())["vm1"].decode()
    assert type1 == native
    both = measured("13-partition").console
    assert both.startswith(native)
    assert vm2_of(both).endswith(GOOD_NIGHT)


def test_the_programs_are_the_same_bytes_as_under_type_1() -> None:
    assert programs("13-partition/one.toml") == programs("08-shadow-paging")
    assert programs("13-partition/bare.toml") == programs("08-shadow-paging")


def test_costs_what_the_lesson_says() -> None:
    native, alone, type1, both = map(
        measured,
        ("13-partition/bare.toml", "13-partition/one.toml", "08-shadow-paging", "13-partition"),
    )
    assert f"| `bare.toml` | {native.instructions:,} |" in LESSON
    for name, run in (
        ("`one.toml`", alone),
        ("`08-shadow-paging`", type1),
        ("this sample, two guests", both),
    ):
        row = f"| {name} | {run.instructions:,} | {run.exits:,} | {run.overhead:,} |"
        assert row in LESSON
    assert round(100 * alone.instructions / native.instructions) == 103
    assert round(type1.instructions / native.instructions) == 17


def test_there_are_as_many_exits_as_the_kernel_enters_its_firmware_without_a_hypervisor() -> None:
    native, alone = measured("13-partition/bare.toml"), measured("13-partition/one.toml")
    entered = native.crossings[1, 0] + native.crossings[3, 0]
    assert (alone.exits, entered) == (30, 30)
    assert alone.causes == {"ecall-s": 26, "int-m-timer": 4}
    assert alone.bits == {}


def test_all_exits_of_a_guest_that_is_alone_but_one_are_for_the_clock() -> None:
    session = Session(system_of("13-partition/one.toml"))
    numbers = {
        name: session.break_at(f"hypervisor::{name}").number
        for name in ("call_set_timer", "call_shutdown", "interrupt")
    }
    for number in numbers.values():
        session.ignore_hits(number, 1_000)
    assert session.resume().kind is StopKind.ENDED
    hits = {point.number: point.hits for point in session.breakpoints}
    counts = {name: hits[number] for name, number in numbers.items()}
    assert counts == {"call_set_timer": 25, "call_shutdown": 1, "interrupt": 4}
    assert "29 of the 30 are for the clock" in LESSON


def test_a_guest_runs_in_the_ring_where_it_believes_to_run() -> None:
    for component in system_of("13-partition").components:
        if component.role == "kernel":
            assert component.believes == 1
    crossings = measured("13-partition").crossings
    assert crossings[3, 1] > 100  # system calls and faults go to the kernel directly
    assert crossings[3, 0] == measured("13-partition").components["vm1 looper"].exits + 2


def test_most_of_what_the_hypervisor_does_for_two_guests_is_printing_the_log() -> None:
    system = system_of("13-partition")
    symbols = system.components[0].program.symbols
    machine = system.fresh_machine()
    parts = [("print_log", "text_vm"), ("print_character", "ending")]
    ranges = [(symbols[first].value, symbols[behind].value) for first, behind in parts]
    meter = machine.meter_regions([ranges])
    machine.run(max_retired=system.max_instructions)
    assert 2 * meter.count(0).instructions > measured("13-partition").overhead


# ---- guests of the tests' own: kernels of a few lines

START = """
        .equ    LOG, {base} + 0x140000
        .section .text
        .globl _start
_start: li      sp, {base} + 0x2000
        la      t0, fault
        csrw    stvec, t0
"""
LIBRARY = """
end:    li      a7, 0
        li      a0, 0
        ecall
# note: add the byte a0 to the log
note:   li      t0, LOG
        lw      t1, 0(t0)
        add     t2, t0, t1
        sb      a0, 4(t2)
        addi    t1, t1, 1
        sw      t1, 0(t0)
        ret
        .balign 4
fault:  csrr    a0, scause              # note the cause as a letter, and go on after the instruction
        addi    a0, a0, 'a'
        call    note
        csrr    t0, sepc
        addi    t0, t0, 4
        csrw    sepc, t0
        sret
"""


def run_guests(
    folder: Path, vm1: str, vm2: str, *, defines: str = "PARTITIONS = 2", limit: int = 900_000
) -> Measurement:
    """Run kernels of the test's own, from their first instruction to `end`."""
    text = f"""
[machine]
cpu = "classic"
max_instructions = {limit}
[[component]]
name = "hypervisor"
role = "hypervisor"
source = "{SAMPLES}/hypervisors/partition.s"
at = 0x80000000
defines = {{ {defines} }}
"""
    for (vm, base), body in zip(BASES.items(), (vm1, vm2), strict=True):
        source = folder / f"{vm}.s"
        source.write_text(START.format(base=hex(base)) + textwrap.dedent(body) + LIBRARY)
        text += (
            f'[[component]]\nname = "{vm} kernel"\nrole = "kernel"\nvm = "{vm}"\n'
            f'source = "{vm}.s"\nat = {base + 0x1000:#x}\n'
        )
    (folder / "machine.toml").write_text(text)
    return measure("test", load_system(folder), threading.Event())


SPEAK = """
        li      t0, 0x10000000
        li      t1, '{}'
        sb      t1, 0(t0)
"""
END = "        j end\n"
COUNT = """
        li      s11, 40000
1:      addi    s11, s11, -1
        bnez    s11, 1b
"""
# The letters of causes: c is an illegal instruction, f a load access fault, h a store access fault.
ATTACKS = {
    "the hypervisor": ("li t1, 0x80000000\nlw t1, 0(t1)\n", "f"),
    "the hypervisor's code": ("li t1, 0x80000000\nsw zero, 0(t1)\n", "h"),
    "the other partition": ("li t1, 0x80401000\nlw t1, 0(t1)\n", "f"),
    "its memory": ("li t1, 0x80401000\nsw zero, 0(t1)\n", "h"),
    "its own registers' page": ("li t1, 0x80800080\nsw zero, 0(t1)\n", "h"),
    "the port": ("li t1, 0x10000000\nsb zero, 0(t1)\n", "h"),
    "the alarm": ("li t1, 0x02004000\nsw zero, 0(t1)\n", "h"),
    "the switch": ("li t1, 0x100000\nli t2, 0x5555\nsw t2, 0(t1)\n", "h"),
    "behind the end": ("li t1, 0x80c00000\nlw t1, 0(t1)\n", "f"),
    "the PMP": ("csrw pmpcfg0, zero\n", "c"),
    "the trap vector": ("csrw mtvec, zero\n", "c"),
    "mret": ("mret\n", "c"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_guest_that_reaches_out_is_told_by_the_hardware_and_nobody_else_hears(
    name: str, tmp_path: Path
) -> None:
    attack, letter = ATTACKS[name]
    run = run_guests(tmp_path, COUNT + SPEAK.format("x") + END, attack + END)
    assert run.console == f"xvm2| {letter}"
    assert run.ending.code == 0
    assert run.components["vm2 kernel"].exits == 1  # its shutdown


def test_page_tables_do_not_lead_out_either(tmp_path: Path) -> None:
    """A table of the guest's own maps a megapage of its own addresses to the other partition."""
    attack = """
        li      t0, 0x80900000          # the root table
        li      t1, 0x80800000 >> 2 | 0xcf
        li      t2, 0x80900000 + 0x202 * 4
        sw      t1, 0(t2)
        li      t1, 0x80400000 >> 2 | 0xcf
        sw      t1, 0(t0)               # address 0 on: partition 1
        li      t1, 1 << 31 | 0x80900000 >> 12
        csrw    satp, t1
        sfence.vma
        li      s0, 0x1000
        lw      t1, 0(s0)
        sw      zero, 0(s0)
    """
    run = run_guests(tmp_path, COUNT + SPEAK.format("x") + END, attack + END)
    assert run.console == "xvm2| fh"


@pytest.mark.parametrize(
    "mad",
    [
        "csrw stvec, zero\n.word 0\n",
        "li t1, 1 << 31 | 0x80400000 >> 12\ncsrw satp, t1\nsfence.vma\n",
    ],
)
def test_a_guest_whose_trap_handler_cannot_be_fetched_stops_the_clock_of_this_machine(
    mad: str, tmp_path: Path
) -> None:
    """The lesson says so: time is the count of instructions, and that guest does not execute any."""
    run = run_guests(tmp_path, COUNT * 3 + END, mad)
    assert run.ending.reason == "stuck"
    assert "its clock counts instructions" in LESSON


@pytest.mark.parametrize(
    "rude",
    [
        "csrw sie, zero\ncsrci sstatus, 2\n1: j 1b\n",
        "1: wfi\nj 1b\n",
    ],
)
def test_a_guest_that_keeps_the_hart_loses_it_at_the_end_of_its_slice(
    rude: str, tmp_path: Path
) -> None:
    run = run_guests(tmp_path, COUNT * 3 + SPEAK.format("x") + END, rude, limit=600_000)
    assert run.console == "x"


def test_a_call_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    call = "li a7, {}\necall\naddi a0, a0, 'z' + 1\ncall note\n"
    body = "".join(call.format(number) for number in (2, -1, 0x7FFF_FFFF))
    assert run_guests(tmp_path, END, body + END).console == "vm2| zzz"


def test_the_exit_code_is_the_first_guest_that_ended_badly(tmp_path: Path) -> None:
    bad = "li a7, 0\nli a0, {}\necall\n"
    assert run_guests(tmp_path, END, bad.format(7)).ending.code == 7
    assert run_guests(tmp_path, bad.format(5), bad.format(7)).ending.code == 5


@pytest.mark.parametrize("length", [0xFFFF_FFFF, 0x8000_0000, 4097])
def test_the_hypervisor_does_not_believe_the_length_of_a_log(length: int, tmp_path: Path) -> None:
    fill = """
        li      t0, LOG + 4
        li      t2, LOG + 4 + 5000
        li      t1, 'y'
1:      sb      t1, 0(t0)
        addi    t0, t0, 1
        bltu    t0, t2, 1b
    """
    store = f"li t0, LOG\nli t1, {length:#x}\nsw t1, 0(t0)\n"
    run = run_guests(tmp_path, END, fill + store + END)
    assert run.console == "vm2| " + "y" * 4096


@pytest.mark.parametrize(("register", "value"), [(4, 0x10), (3, 0x80), (3, 0xFF), (1, 0xFF), (2, 7)])
def test_who_had_the_port_cannot_keep_the_other_s_log_from_being_printed(
    register: int, value: int, tmp_path: Path
) -> None:
    """Be it that the port talks to itself, or that its first registers are others."""
    spoil = f"li t0, 0x10000000\nli t1, {value}\nsb t1, {register}(t0)\n"
    body = "li a0, 'o'\ncall note\nli a0, 'k'\ncall note\n"
    assert run_guests(tmp_path, spoil + END, body + END).console == "vm2| ok"


STATE = ("sscratch", "sepc", "scause", "stval")
REGISTERS = [number for number in range(1, 32) if number not in (5, 10)]


def test_everything_of_a_guest_is_as_it_was_when_it_runs_again(tmp_path: Path) -> None:
    """Both guests fill all registers with values of their own, and look again after many slices."""

    def keeper(salt: int) -> str:
        values = [(name, (salt & ~3) + 4 * number) for number, name in enumerate(STATE)]
        lines = [f"li t0, {value}\ncsrw {name}, t0" for name, value in values]
        lines += [f"li t0, {salt & 7}\ncsrw scounteren, t0", f"li t0, {salt & 1}\ncsrw senvcfg, t0"]
        lines += [f"li t0, {0xC0000 if salt & 1 else 0}\ncsrw sstatus, t0"]
        lines += [f"li x{number}, {salt + number * 0x01010101:#x}" for number in REGISTERS]
        lines += ["li a0, 60000", "1: addi a0, a0, -1", "bnez a0, 1b"]
        lines += [
            f"li t0, {salt + number * 0x01010101:#x}\nbne x{number}, t0, 2f" for number in REGISTERS
        ]
        lines += [f"csrr t0, {name}\nli t1, {value}\nbne t0, t1, 2f" for name, value in values]
        lines += [f"csrr t0, scounteren\nli t1, {salt & 7}\nbne t0, t1, 2f"]
        lines += [f"csrr t0, senvcfg\nli t1, {salt & 1}\nbne t0, t1, 2f"]
        lines += [
            f"csrr t0, sstatus\nli t1, 0xc0000\nand t0, t0, t1\nli t1, {0xC0000 if salt & 1 else 0}\n"
            "bne t0, t1, 2f",
            "li a7, 0\nli a0, 0\necall",
            "2: li a7, 0\nli a0, 1\necall",
        ]
        return "\n".join(lines) + "\n"

    run = run_guests(
        tmp_path, keeper(0x1111_0001), keeper(0x2222_0006), defines="PARTITIONS = 2, SLICE = 3000"
    )
    assert run.ending.reason == "finisher"
    assert run.ending.code == 0
    assert run.causes["int-m-timer"] > 20


def test_a_reservation_does_not_outlive_a_switch(tmp_path: Path) -> None:
    """lr.w, a slice of somebody else, sc.w: it must fail."""
    body = f"li s0, LOG\nlr.w t0, (s0)\n{COUNT}sc.w a0, zero, (s0)\naddi a0, a0, '0'\ncall note\n"
    assert run_guests(tmp_path, COUNT + END, body + END).console == "vm2| 1"


def test_a_guest_gets_its_alarm_once_even_if_it_was_due_while_the_other_ran(tmp_path: Path) -> None:
    body = """
        la      t0, tick
        csrw    stvec, t0
        csrr    a0, time
        li      t0, 20000
        add     a0, a0, t0
        li      a1, 0
        li      a7, 1
        ecall
        li      t0, 32
        csrw    sie, t0
        csrsi   sstatus, 2
"""
    tick = """
        j       end
        .balign 4
tick:   csrr    a0, scause
        slli    a0, a0, 1
        srli    a0, a0, 1
        addi    a0, a0, '0'             # 5: the timer
        call    note
        csrw    sie, zero
        csrr    t0, sepc
        sret
"""
    run = run_guests(
        tmp_path, COUNT * 3 + END, body + COUNT * 2 + tick, defines="PARTITIONS = 2, SLICE = 10000"
    )
    assert run.console == "vm2| 5"
