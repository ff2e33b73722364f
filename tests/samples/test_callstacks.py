"""The call stack at chosen instants of every sample, against expectations written by hand.

Lines of sources may move, so an expectation names rings, components, functions and reasons alone: the
innermost function first, as on the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.session import Session
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from tests.support.computers import SAMPLES


class Row(NamedTuple):
    """Where to look at the stack: after these commands to the debugger, in this sample."""

    sample: str
    commands: str
    stack: tuple[str, ...]


def _row(sample: str, commands: str, *stack: str) -> Row:
    return Row(sample, commands, stack)


BY_TINYOS = "[switched to by tinyos through hypervisor]"
BY_PAGINGOS = "[switched to by pagingos through hypervisor]"
BY_HYPERVISOR = "[switched to by hypervisor]"

ROWS = (
    # The kernel at its own start, in three calls.
    _row("01-native", "tbreak print_character; c",
         "0 tinyos print_character",
         "0 tinyos print",
         "0 tinyos list_programs",
         "0 tinyos _start [reset]"),
    # A system call of a program, in ring 0 at once: there is nobody between.
    _row("01-native", "tbreak trap ecall-u in greeter; c",
         "0 tinyos trap_entry [trap: environment call from U]",
         "3 greeter _start [switched to by tinyos]"),
    # The clock comes in the middle of a function of a program.
    _row("01-native", "tbreak trap int-m-timer; c",
         "0 tinyos trap_entry [interrupt: machine timer interrupt]",
         "3 primes is_prime",
         "3 primes _start [switched to by tinyos]"),
    # A program is killed for what it did.
    _row("01-native", "tbreak kill; c",
         "0 tinyos trap_entry [trap: store/AMO access fault]",
         "3 rogue _start [switched to by tinyos]"),

    # The guest kernel's start traps at its first kernel instruction.
    _row("02-type1-classic", "tbreak trap wrtvec; c",
         "0 hypervisor guest_left [trap: illegal instruction, csrw mtvec, t0 (bit 3 wrtvec)]",
         f"1 tinyos _start {BY_HYPERVISOR}"),
    # The hypervisor hands a system call on ...
    _row("02-type1-classic", "tbreak trap injection; c",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS}"),
    # ... and in the guest's handler kernel instructions trap again, three deep.
    _row("02-type1-classic", "tbreak trap injection; c; trap",
         "0 hypervisor guest_left [trap: illegal instruction, csrrw sp, mscratch, sp"
         " (bits 4 rdtrap, 5 wrtrap)]",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS}"),
    # The guest's return from its handler is emulated: all of that is over.
    _row("02-type1-classic", "tbreak trap injection; c; finish-trap",
         f"3 greeter _start {BY_TINYOS}"),
    # A program's forbidden instruction is the guest kernel's affair, though it is a kernel instruction.
    _row("02-type1-classic", "tbreak trap illegal in spy; c; ring",
         "1 tinyos trap_entry [injected by hypervisor: illegal instruction, csrr t0, mstatus"
         " (bit 0 rdstatus)]",
         f"3 spy _start {BY_TINYOS}"),

    # Nothing traps, nothing is pushed: the guest runs on, deceived.
    _row("03-type1-legacy", "tbreak trap ignored; c",
         f"1 tinyos _start {BY_HYPERVISOR}"),
    # A device does trap, on every CPU.
    _row("03-type1-legacy", "tbreak hypervisor::uart_send; c",
         "0 hypervisor uart_send",
         "0 hypervisor device_store",
         "0 hypervisor guest_left [trap: store/AMO page fault]",
         "1 tinyos print_character",
         "1 tinyos print",
         "1 tinyos list_programs",
         f"1 tinyos _start {BY_HYPERVISOR}"),

    # A function of a program that the guest kernel started, by an mret that the hypervisor executed.
    _row("04-type1-vt", "tbreak is_prime; c",
         "3 primes is_prime",
         f"3 primes _start {BY_TINYOS}"),
    # The real clock is the guest's clock: an interrupt is handed on.
    _row("04-type1-vt", "tbreak trap int-m-timer; c",
         "0 hypervisor guest_left [interrupt: machine timer interrupt]",
         "3 primes is_prime",
         f"3 primes _start {BY_TINYOS}"),
    _row("04-type1-vt", "tbreak trap int-m-timer; c; ring",
         "1 tinyos trap_entry [injected by hypervisor: machine timer interrupt]",
         "3 primes is_prime",
         f"3 primes _start {BY_TINYOS}"),
    # The guest's scheduler chooses another program, which has its own stack.
    _row("04-type1-vt", "tbreak trap int-m-timer; c; finish-trap; finish-trap",
         f"3 sleeper _start {BY_TINYOS}"),
    # The guest turns its machine off, and that is the end of the real one.
    _row("04-type1-vt", "tbreak hypervisor::all_ended; c",
         "0 hypervisor guest_left [trap: store/AMO page fault]",
         "1 tinyos sys_exit",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 waker _start {BY_TINYOS}"),

    # The hypervisor's own functions, on top of the guest's, on top of its program's.
    _row("05-type1-svm", "tbreak trap ecall-u in primes; c; tbreak hypervisor::console_put; c",
         "0 hypervisor uart_send",
         "0 hypervisor device_store",
         "0 hypervisor guest_left [trap: store/AMO page fault]",
         "1 tinyos print_character",
         "1 tinyos sys_write",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         "3 primes print",
         f"3 primes _start {BY_TINYOS}"),
    _row("05-type1-svm", "tbreak hypervisor::emulate_mret; c",
         "0 hypervisor exit_illegal",
         "0 hypervisor guest_left [trap: illegal instruction, mret (bit 17 mret)]",
         f"1 tinyos _start {BY_HYPERVISOR}"),

    # A leaked instruction pushes nothing either; what was leaked leads astray, and deeper and deeper.
    _row("06-type1-pentium", "tbreak trap leaked; c",
         f"1 tinyos _start {BY_HYPERVISOR}"),
    _row("06-type1-pentium", "tbreak trap injection; c",
         "1 tinyos trap_entry [injected by hypervisor: load page fault]",
         "1 tinyos print",
         f"1 tinyos _start {BY_HYPERVISOR}"),
    _row("06-type1-pentium", "tbreak trap injection; c; tbreak trap injection; c",
         "1 tinyos trap_entry [injected by hypervisor: load page fault]",
         "1 tinyos print",
         "1 tinyos trap_entry [injected by hypervisor: load page fault]",
         "1 tinyos print",
         f"1 tinyos _start {BY_HYPERVISOR}"),

    # Two guests with the same kernel at the same addresses: each has its own stack.
    _row("07-two-vms", "tbreak trap ecall-u in vm1 greeter; c; ring",
         "1 vm1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         "3 vm1 greeter _start [switched to by vm1 tinyos through hypervisor]"),
    _row("07-two-vms", "tbreak trap ecall-u in vm2 primes; c; ring",
         "1 vm2 tinyos trap_entry [injected by hypervisor: environment call from U]",
         "3 vm2 primes _start [switched to by vm2 tinyos through hypervisor]"),
    # The clock of the one that does not run: it gets its interrupt when it has the CPU again.
    _row("07-two-vms", "tbreak vm2 tinyos::interrupt; c",
         "1 vm2 tinyos trap_entry [injected by hypervisor: machine timer interrupt]",
         "3 vm2 primes is_prime",
         "3 vm2 primes _start [switched to by vm2 tinyos through hypervisor]"),

    # A guest with firmware of its own, below its kernel.
    _row("08-shadow-paging", "tbreak firmware_set_timer; c",
         "1 pagingos firmware_trap [injected by hypervisor: environment call from S]",
         "1 pagingos clock_start_tick",
         f"1 pagingos kernel_start {BY_PAGINGOS}"),
    # A store to a page that two processes share: the guest's own tables forbid it, so it is its fault.
    _row("08-shadow-paging", "tbreak make_private; c",
         "1 pagingos make_private",
         "1 pagingos serve_fault",
         "1 pagingos trap_entry [injected by hypervisor: store/AMO page fault]",
         f"3 forker _start {BY_PAGINGOS}"),
    # The kernel itself faults on a program's bad pointer, and goes on elsewhere in the same function.
    _row("08-shadow-paging", "tbreak copy_failed; c",
         "1 pagingos copy_from_user",
         "1 pagingos sys_write",
         "1 pagingos trap_entry [injected by hypervisor: environment call from U]",
         f"3 burglar _start {BY_PAGINGOS}"),
    # The clock interrupts the kernel in the middle of a page fault: the firmware gets it ...
    _row("08-shadow-paging", "tbreak swap_in; c; tbreak trap int-m-timer; c; ring",
         "1 pagingos firmware_trap [injected by hypervisor: machine timer interrupt]",
         "1 pagingos copy_page",
         "1 pagingos swap_in",
         "1 pagingos serve_fault",
         "1 pagingos trap_entry [injected by hypervisor: load page fault]",
         f"3 pager _start {BY_PAGINGOS}"),
    # ... and hands it on; the kernel takes it when it goes back to the program: an interrupt that is
    # delivered while an sret is emulated.
    _row("08-shadow-paging", "tbreak swap_in; c; tbreak trap int-m-timer; c; finish-trap; tbreak trap"
         " injection; c",
         "1 pagingos trap_entry [injected by hypervisor: held back until now]",
         f"3 pager _start {BY_PAGINGOS}"),

    # Exercises: the same machines, each with a hypervisor that has a bug.
    _row("bugs/crashing-programs", "tbreak trap ecall-u; c; ring",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS}"),
    _row("bugs/curious-spy", "tbreak trap rdstatus from 3; c",
         "0 hypervisor guest_left [trap: illegal instruction, csrr t0, mstatus (bit 0 rdstatus)]",
         f"3 spy _start {BY_TINYOS}"),
    # Here it returns to spy: that is the bug.
    _row("bugs/curious-spy", "tbreak trap rdstatus from 3; c; ring",
         f"3 spy _start {BY_TINYOS}"),
    _row("bugs/lost-payments", "tbreak ledger::tick; c",
         "1 ledger tick [injected by hypervisor: machine timer interrupt]",
         "1 ledger pay_in",
         f"1 ledger _start {BY_HYPERVISOR}"),
    _row("bugs/mute-guest", "tbreak trap illegal; c; tbreak trap illegal; c",
         "0 hypervisor guest_left [trap: illegal instruction, csrr t0, mhartid (bit 12 rdid)]",
         f"1 tinyos _start {BY_HYPERVISOR}"),
    # The program has never run: what the interrupt came before has no stack yet.
    _row("bugs/starving-programs", "tbreak trap mret in tinyos; c; finish",
         "1 tinyos trap_entry [injected by hypervisor: held back until now]"),
    # The kernel in ring 3 as well: that is the bug.
    _row("bugs/writing-rogue", "tbreak trap ecall-u in rogue; c; ring",
         "3 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 rogue _start {BY_TINYOS}"),
    _row("bugs/wrong-sum", "tbreak advance_hand; c",
         "1 pagingos heap_make_room",
         "1 pagingos serve_fault",
         "1 pagingos trap_entry [injected by hypervisor: store/AMO page fault]",
         f"3 pager _start {BY_PAGINGOS}"),
)  # fmt: skip


@cache
def _system(sample: str) -> System:
    return load_system(SAMPLES / sample / "machine.toml")


def _names(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        yield f"{row.sample}: {row.commands}"


@pytest.mark.parametrize("row", ROWS, ids=list(_names(ROWS)))
def test_the_call_stack(row: Row) -> None:
    session = Session(_system(row.sample))
    prompt = Interpreter(session, lambda line: None)
    for command in row.commands.split("; "):
        prompt.execute(command)
    assert session.machine.exit is None, "the commands lead to the place that is meant"
    assert tuple(stack_lines(session)) == row.stack
    # Going away and coming back changes nothing of it.
    instant = session.machine.instant
    session.goto(instant // 2)
    session.goto(instant)
    assert tuple(stack_lines(session)) == row.stack


def stack_lines(session: Session) -> Iterator[str]:
    """Yield the stack, innermost function first: ``ring component function [reason]``."""
    for entry in session.snapshot().stack:
        reason = f" [{entry.reason}]" if entry.reason else ""
        yield f"{entry.privilege.ring} {entry.position.owner} {entry.function}{reason}"
