"""Sample 10: its host kernel, and processes that break the rules of it, beside a virtual machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asm import Options, assemble_file
from asm.program import Program
from hvtui.machinefile.system import Component
from tests.support.type2 import (
    FOLDER,
    GUEST_AT,
    WINDOW,
    bare,
    run,
    sample,
    spoken,
)
from tests.support.virtualized import GUEST_RAM, SAMPLES


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
