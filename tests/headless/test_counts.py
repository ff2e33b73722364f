"""What a headless run counts: exits by who caused them, and instructions that were lost."""

from __future__ import annotations

import threading

import pytest

from hvtui.headless.console import ConsoleInput, KeptConsole
from hvtui.headless.driving import drive
from hvtui.headless.ending import Ending
from hvtui.headless.exits import ExitCounts
from hvtui.headless.lost import LostInstructions
from tests.support.debugged import Part, system_of

# Lets two programs run in ring 3, each until its ecall, and steps over what else traps.
MONITOR = """\
        la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      s0, 0x80001000
        csrw    mepc, s0
        mret
        .balign 4
handler:
        csrr    t0, mcause
        addi    t0, t0, -8
        beqz    t0, next
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
next:   li      t0, 0x80002000
        beq     s0, t0, end
        mv      s0, t0
        csrw    mepc, s0
        mret
end:    li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
"""
ONE = "csrrw a0, mstatus, zero\nmret\necall"
OTHER = "csrr a0, mhartid\necall"


def _run(cpu: str) -> tuple[ExitCounts, LostInstructions]:
    system = system_of(
        Part("monitor", MONITOR, role="hypervisor"),
        Part("one", ONE, at=0x8000_1000, role="user", vm="vm1"),
        Part("other", OTHER, at=0x8000_2000, role="user", vm="vm2"),
        cpu=cpu,
    )
    machine = system.machine
    exits, lost = ExitCounts(system, machine), LostInstructions(system, machine)
    typed = ConsoleInput(machine.uart, b"")
    ending = drive(machine, machine.run, 10_000, KeptConsole(), typed, threading.Event())
    assert ending == Ending("finisher", 0)
    return exits, lost


def test_an_exit_belongs_to_whose_instruction_it_interrupted() -> None:
    exits, lost = _run("classic")
    one = {
        "total": 3,
        "bits": {"rdstatus": 1, "wrstatus": 1, "mret": 1},
        "causes": {"illegal": 2, "ecall-u": 1},
    }
    other = {"total": 2, "bits": {"rdid": 1}, "causes": {"illegal": 1, "ecall-u": 1}}
    both = {
        "total": 5,
        "bits": {"rdstatus": 1, "wrstatus": 1, "rdid": 1, "mret": 1},
        "causes": {"illegal": 3, "ecall-u": 2},
    }
    assert exits.as_json() == {
        **both,
        "components": {"one": one, "other": other},
        "rings": {"3": both},
    }
    assert lost.first is None
    assert lost.summary() == ""


@pytest.mark.parametrize(
    ("cpu", "first", "summary"),
    [
        (
            "legacy",
            "ignored first: csrrw a0, mstatus, zero (bits 0 rdstatus, 1 wrstatus) at one.s:1 in one, ",
            "ignored in all: 1 rdstatus, 1 wrstatus, 1 rdid, 1 mret",
        ),
        (
            "pentium",
            "leaked and ignored first: csrrw a0, mstatus, zero (bits 0 rdstatus, 1 wrstatus) at one",
            "ignored in all: 1 wrstatus, 1 mret; leaked in all: 1 rdstatus, 1 rdid",
        ),
    ],
)
def test_what_was_lost(cpu: str, first: str, summary: str) -> None:
    exits, lost = _run(cpu)
    assert exits.as_json()["causes"] == {"ecall-u": 2}
    assert lost.first is not None
    assert str(lost.first).startswith(first)
    assert str(lost.first).endswith(f"ring 3, instant {lost.first.event.instant}")
    assert lost.summary() == summary
    assert lost.first.as_json()["vm"] == "vm1"
