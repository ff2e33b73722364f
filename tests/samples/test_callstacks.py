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
BY_TINYOS_L0 = "[switched to by tinyos through L0]"
BY_TINYOS_LOW = "[switched to by tinyos through lowvisor]"
CSRRW_SP = "illegal instruction, csrrw sp, mscratch, sp (bits 4 rdtrap, 5 wrtrap)"
CSRRW_S0 = CSRRW_SP.replace("sp", "s0")
CSRW_MTVEC = "illegal instruction, csrw mtvec, t0 (bit 3 wrtvec)"

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
         "0 hypervisor step_fetched",
         "0 hypervisor memory_fault",
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
         "0 hypervisor step_fetched",
         "0 hypervisor memory_fault",
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

    # A kernel without kernel instructions: its first exit is what stands for the mret to a program.
    _row("09-paravirt", "tbreak trap ecall-s; c",
         "0 hypervisor guest_left [trap: environment call from S]",
         f"1 tinyos _start {BY_HYPERVISOR}"),
    _row("09-paravirt", "tbreak greeter::_start; c",
         f"3 greeter _start {BY_TINYOS}"),
    # What a program asks for goes to its kernel by way of the hypervisor ...
    _row("09-paravirt", "tbreak trap injection; c; tbreak tinyos::print_character; c",
         "1 tinyos print_character",
         "1 tinyos sys_write",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS}"),
    # ... and the answer, too: a hypercall, three deep.
    _row("09-paravirt", "tbreak trap injection; c; tbreak trap ecall-s; c",
         "0 hypervisor guest_left [trap: environment call from S]",
         "1 tinyos trap_entry [injected by hypervisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS}"),
    # After it the program goes on in the middle of a function.
    _row("09-paravirt", "tbreak trap ecall-u in greeter; c; tbreak trap ecall-u in greeter; c;"
         " tbreak trap ecall-u in greeter; c; ring; tbreak trap return to 3; c",
         "3 greeter print_number",
         f"3 greeter _start {BY_TINYOS}"),
    # Its clock is the hypervisor's, which runs behind the guest's kernel in its scheduler.
    _row("09-paravirt", "tbreak trap int-m-timer; c; ring; tbreak trap ecall-s; c;"
         " tbreak hypervisor::view_choose; c",
         "0 hypervisor view_choose",
         "0 hypervisor guest_left [trap: environment call from S]",
         "1 tinyos trap_entry [injected by hypervisor: machine timer interrupt]",
         "3 primes is_prime",
         f"3 primes _start {BY_TINYOS}"),
    # ... which has chosen another program.
    _row("09-paravirt", "tbreak trap int-m-timer; c; finish-trap; finish-trap",
         f"3 sleeper _start {BY_TINYOS}"),

    # A process of the host, while the other one, the hypervisor, still translates: a switch.
    _row("10-type2-translation", "tbreak ticker::_start; c",
         "3 ticker _start [switched to by hostos]"),
    _row("10-type2-translation", "tbreak hostos::print_character; c",
         "0 hostos print_character",
         "0 hostos sys_write",
         "0 hostos trap_entry [trap: environment call from U]",
         "3 ticker _start [switched to by hostos]"),
    # A signal: the hypervisor gets what its translation has done, on top of what was translated.
    _row("10-type2-translation", "tbreak adapt; c",
         "3 type2 adapt",
         "3 type2 signalled [injected by hostos: store/AMO page fault]",
         "3 type2 tinyos::console_init [switched to by hostos]"),
    # The guest's program runs directly. The hypervisor has asked its host for that ...
    _row("10-type2-translation", "tbreak greeter::_start; c",
         "3 greeter _start [switched to by type2 through hostos]"),
    _row("10-type2-translation", "tbreak trap ecall-u in greeter; c",
         "0 hostos trap_entry [trap: environment call from U]",
         "3 greeter _start [switched to by type2 through hostos]"),
    # ... when its translation of the kernel came to an mret. It gets an answer when the program traps.
    _row("10-type2-translation", "tbreak trap ecall-u in greeter; c; finish-trap; tbreak raise; c",
         "3 type2 raise",
         "3 type2 callout",
         "3 type2 tinyos::resume [switched to by hostos]"),
    # The clock interrupts a function of the program, and the program goes on.
    _row("10-type2-translation", "tbreak is_prime; c; tbreak trap int-m-timer in primes; c",
         "0 hostos trap_entry [interrupt: machine timer interrupt]",
         "3 primes is_prime",
         "3 primes _start [switched to by type2 through hostos]"),

    # Two hypervisors, one in the other. A system call comes to the outer one first ...
    _row("11-nested-vt", "tbreak trap ecall-u in greeter; c",
         "0 L0 guest_left [trap: environment call from U]",
         f"3 greeter _start {BY_TINYOS_L0}"),
    # ... who reflects it to the inner one, whose guest the program is ...
    _row("11-nested-vt", "tbreak trap ecall-u in greeter; c; tbreak trap injection; c",
         "1 L1 guest_left [injected by L0: environment call from U]",
         f"3 greeter _start {BY_TINYOS_L0}"),
    # ... who hands it on to the kernel. But its mret is the outer one's to execute.
    _row("11-nested-vt", "tbreak trap ecall-u in greeter; c; tbreak trap mret in L1; c",
         "0 L0 guest_left [trap: illegal instruction, mret (bit 17 mret)]",
         "1 L1 guest_left [injected by L0: environment call from U]",
         f"3 greeter _start {BY_TINYOS_L0}"),
    _row("11-nested-vt", "tbreak trap ecall-u in greeter; c; tbreak trap mret in L1; c; ring",
         "1 tinyos trap_entry [injected by L1 through L0: environment call from U]",
         f"3 greeter _start {BY_TINYOS_L0}"),
    # The kernel's first instruction traps: three deep; and the inner hypervisor's own trap: four.
    _row("11-nested-vt", "tbreak trap ecall-u in greeter; c; tbreak trap wrtrap in tinyos; c",
         f"0 L0 guest_left [trap: {CSRRW_SP}]",
         "1 tinyos trap_entry [injected by L1 through L0: environment call from U]",
         f"3 greeter _start {BY_TINYOS_L0}"),
    _row("11-nested-vt", "tbreak trap ecall-u in greeter; c; tbreak trap wrtrap in tinyos; c;"
         " tbreak trap wrtrap in L1; c",
         f"0 L0 guest_left [trap: {CSRRW_S0}]",
         f"1 L1 guest_left [injected by L0: {CSRRW_SP}]",
         "1 tinyos trap_entry [injected by L1 through L0: environment call from U]",
         f"3 greeter _start {BY_TINYOS_L0}"),
    # Another program after a tick: the guest's kernel, two levels in, has chosen it.
    _row("11-nested-vt", "tbreak sleeper::_start; c",
         f"3 sleeper _start {BY_TINYOS_L0}"),
    # Three hypervisors: one mret, which the outer two execute one for the other; then all are done.
    _row("11-nested-vt/three.toml", "tbreak trap wrtvec in which; c; tbreak trap mret in L2; c;"
         " tbreak trap mret in L1; c",
         "0 L0 guest_left [trap: illegal instruction, mret (bit 17 mret)]",
         "1 L1 guest_left [injected by L0: illegal instruction, mret (bit 17 mret)]",
         f"1 L2 guest_left [injected by L1 through L0: {CSRW_MTVEC}]",
         "1 which _start [switched to by L2 through L0]"),
    _row("11-nested-vt/three.toml", "tbreak trap wrtvec in which; c; tbreak trap mret in L2; c;"
         " tbreak trap mret in L1; c; finish-trap",
         "1 which _start [switched to by L2 through L0]"),

    # The double trap: out of the guest into the lowvisor ...
    _row("12-split-mode", "tbreak trap wrtvec; c",
         f"0 lowvisor guest_left [trap: {CSRW_MTVEC}]",
         "1 tinyos _start [switched to by host through lowvisor]"),
    # ... and from there to the highvisor, whose call has ended. Worlds change: none is above the other.
    _row("12-split-mode", "tbreak trap wrtvec; c; tbreak exit_illegal; c",
         "1 host exit_illegal",
         "1 host _start [switched to by lowvisor]"),
    # Then back, out of the host into the lowvisor.
    _row("12-split-mode", "tbreak trap wrtvec; c; tbreak trap ecall-s; c",
         "0 lowvisor host_called [trap: environment call from S]",
         "1 host _start [switched to by lowvisor]"),
    # All that is between is nothing to the guest: its stack is that of 04-type1-vt.
    _row("12-split-mode", "tbreak is_prime; c",
         "3 primes is_prime",
         f"3 primes _start {BY_TINYOS_LOW}"),
    _row("12-split-mode", "tbreak trap injection; c",
         "1 tinyos trap_entry [injected by host through lowvisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS_LOW}"),
    _row("12-split-mode", "tbreak trap injection; c; tbreak trap illegal; c",
         f"0 lowvisor guest_left [trap: {CSRRW_SP}]",
         "1 tinyos trap_entry [injected by host through lowvisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS_LOW}"),
    _row("12-split-mode", "tbreak trap injection; c; tbreak tinyos::print_character; c",
         "1 tinyos print_character",
         "1 tinyos sys_write",
         "1 tinyos trap_entry [injected by host through lowvisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS_LOW}"),
    # The host has a process, too, with system calls of its own: nobody in ring 0 hears of them.
    _row("12-split-mode", "tbreak ticker::_start; c",
         "3 ticker _start [switched to by host]"),
    _row("12-split-mode", "tbreak trap ecall-u in ticker; c",
         "1 host host_trap [trap: environment call from U]",
         "3 ticker _start [switched to by host]"),
    # The tick is over, the VM's thread gives the CPU away ...
    _row("12-split-mode", "tbreak task_next; c; tbreak task_next; c",
         "1 host thread_yield",
         "1 host _start [switched to by lowvisor]"),
    # ... and has it again. A process sleeps, and is not below it, though its system call led there.
    _row("12-split-mode", "tbreak trap ecall-u in ticker; c; tbreak trap ecall-s in host; c",
         "0 lowvisor host_called [trap: environment call from S]",
         "1 host _start [switched to by lowvisor]"),
    _row("12-split-mode", "tbreak trap ecall-u in ticker; c; tbreak trap injection; c",
         "1 tinyos trap_entry [injected by host through lowvisor: environment call from U]",
         f"3 greeter _start {BY_TINYOS_LOW}"),

    # A guest that runs where it believes to run: its kernel gets its own page faults.
    _row("13-partition", "tbreak trap load-page; c",
         "1 vm1 pagingos trap_entry [trap: load page fault]",
         "1 vm1 pagingos load_with",
         "1 vm1 pagingos try_load",
         "1 vm1 pagingos check_walls",
         f"1 vm1 pagingos _start {BY_HYPERVISOR}"),
    # It jumps to where it may not, and goes on elsewhere: in the function that jumped.
    _row("13-partition", "tbreak trap fetch-page; c; finish-trap",
         "1 vm1 pagingos try_to_run",
         "1 vm1 pagingos check_walls",
         f"1 vm1 pagingos _start {BY_HYPERVISOR}"),
    # After that all is as it was.
    _row("13-partition", "tbreak trap load-access; c",
         "1 vm1 pagingos trap_entry [trap: load access fault]",
         "1 vm1 pagingos load_with",
         "1 vm1 pagingos try_load",
         "1 vm1 pagingos check_walls",
         f"1 vm1 pagingos _start {BY_HYPERVISOR}"),
    # The first thing that the hypervisor hears of: its kernel wants an alarm.
    _row("13-partition", "tbreak trap ecall-s; c; tbreak clock_has_come; c",
         "0 hypervisor clock_has_come",
         "0 hypervisor clock_program",
         "0 hypervisor trap_entry [trap: environment call from S]",
         "1 vm1 pagingos clock_start_tick",
         f"1 vm1 pagingos _start {BY_HYPERVISOR}"),
    # No hypervisor between a program and its kernel.
    _row("13-partition", "tbreak make_private; c",
         "1 vm1 pagingos make_private",
         "1 vm1 pagingos serve_fault",
         "1 vm1 pagingos trap_entry [trap: store/AMO page fault]",
         "3 vm1 forker _start [switched to by vm1 pagingos]"),
    # The hypervisor's clock, in the middle of the kernel, in the middle of a page fault.
    _row("13-partition", "tbreak vm1 pagingos::swap_in; c; tbreak trap int-m-timer; c",
         "0 hypervisor trap_entry [interrupt: machine timer interrupt]",
         "1 vm1 pagingos copy_page",
         "1 vm1 pagingos swap_in",
         "1 vm1 pagingos serve_fault",
         "1 vm1 pagingos trap_entry [trap: load page fault]",
         "3 vm1 pager _start [switched to by vm1 pagingos]"),
    # ... which makes an interrupt for the kernel, and it takes that in the program.
    _row("13-partition", "tbreak vm1 pagingos::swap_in; c; tbreak trap int-s-timer; c",
         "1 vm1 pagingos trap_entry [interrupt: supervisor timer interrupt]",
         "3 vm1 pager _start [switched to by vm1 pagingos]"),
    # The other partition has the hart for the first time; then the first one again, as it was left.
    _row("13-partition", "tbreak vm2 pagingos::_start; c",
         f"1 vm2 pagingos _start {BY_HYPERVISOR}"),
    _row("13-partition", "tbreak vm2 pagingos::_start; c; tbreak trap int-m-timer in vm2 looper; c",
         "0 hypervisor trap_entry [interrupt: machine timer interrupt]",
         "3 vm2 looper print",
         "3 vm2 looper _start [switched to by vm2 pagingos]"),
    _row("13-partition", "tbreak vm2 pagingos::_start; c; tbreak trap int-m-timer in vm2 looper; c;"
         " ring",
         "1 vm1 pagingos print_bytes",
         "1 vm1 pagingos sys_write",
         "1 vm1 pagingos trap_entry [trap: environment call from U]",
         "3 vm1 forker print",
         "3 vm1 forker _start [switched to by vm1 pagingos]"),

    # No hypervisor at all: one kernel for both containers.
    _row("14-containers", "tbreak enrol; c",
         "0 tinyos enrol",
         "0 tinyos for_each_process",
         "0 tinyos list_programs",
         "0 tinyos _start [reset]"),
    _row("14-containers", "tbreak trap ecall-u in blue greeter; c",
         "0 tinyos trap_entry [trap: environment call from U]",
         "3 blue greeter _start [switched to by tinyos]"),
    # A function that keeps its way back in a register, and one that it calls.
    _row("14-containers", "tbreak blue primes::_start; c; tbreak container_wait; c;"
         " tbreak container_of; c",
         "0 tinyos container_of",
         "0 tinyos container_wait",
         "0 tinyos trap_entry [trap: environment call from U]",
         "3 blue primes _start [switched to by tinyos]"),
    # The clock takes the CPU from one container and gives it to the other.
    _row("14-containers", "tbreak trap int-m-timer in red spinner; c",
         "0 tinyos trap_entry [interrupt: machine timer interrupt]",
         "3 red spinner _start [switched to by tinyos]"),
    _row("14-containers", "tbreak trap int-m-timer in red spinner; c; finish-trap",
         "3 blue waker _start [switched to by tinyos]"),
    _row("14-containers", "tbreak opened_by_slot; c; tbreak sys_grow; c; tbreak zero_memory; c",
         "0 tinyos zero_memory",
         "0 tinyos sys_grow",
         "0 tinyos trap_entry [trap: environment call from U]",
         "3 blue tenant _start [switched to by tinyos]"),
    _row("14-containers", "tbreak print_fault; c",
         "0 tinyos print_fault",
         "0 tinyos trap_entry [trap: store/AMO access fault]",
         "3 blue rogue _start [switched to by tinyos]"),

    # A machine in a program: what it runs are no calls of the CPU's, however deep.
    _row("15-bytecode", "tbreak op_call; c",
         "3 bytecode run_bytecode",
         "3 bytecode _start [switched to by tinyos]"),
    _row("15-bytecode", "tbreak op_call; c; tbreak op_return; c",
         "3 bytecode run_bytecode",
         "3 bytecode _start [switched to by tinyos]"),
    _row("15-bytecode", "tbreak op_call; c; tbreak trap int-m-timer; c",
         "0 tinyos trap_entry [interrupt: machine timer interrupt]",
         "3 bytecode run_bytecode",
         "3 bytecode _start [switched to by tinyos]"),
    # Nobody else is left: it has the CPU again at once.
    _row("15-bytecode", "tbreak op_call; c; tbreak trap int-m-timer; c; finish-trap",
         "3 bytecode run_bytecode",
         "3 bytecode _start [switched to by tinyos]"),
    _row("15-bytecode", "tbreak op_text; c; tbreak tinyos::print_character; c",
         "0 tinyos print_character",
         "0 tinyos sys_write",
         "0 tinyos trap_entry [trap: environment call from U]",
         "3 bytecode print",
         "3 bytecode run_bytecode",
         "3 bytecode _start [switched to by tinyos]"),
    _row("15-bytecode", "tbreak op_number; c; tbreak tinyos::print_character; c",
         "0 tinyos print_character",
         "0 tinyos sys_write",
         "0 tinyos trap_entry [trap: environment call from U]",
         "3 bytecode print_number",
         "3 bytecode run_bytecode",
         "3 bytecode _start [switched to by tinyos]"),

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
    path = SAMPLES / sample
    return load_system(path if path.suffix == ".toml" else path / "machine.toml")


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
