"""What tinyos promises to programs, and what it keeps from them.

Every test puts small programs of its own into the slots.
"""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.computers import Computer, Outcome, Part

KERNEL_AT = 0x8000_0000
GOOD_NIGHT = "tinyos: all programs have ended, good night\n"


@dataclass(frozen=True)
class Tinyos:
    """A tinyos whose slots a test fills."""

    computer: Computer
    workshop: Path

    def run(self, *programs: str, first_slot: int = 0) -> Outcome:
        """Boot with these programs, named a, b, c, ..., in slots that follow each other."""
        parts = [Part(self.workshop / "guests" / "tinyos.s", KERNEL_AT)]
        for number, body in enumerate(programs):
            name = "abcdefgh"[number]
            source = self.workshop / "users" / f"{name}.s"
            source.write_text(
                f'.include "lib.s"\nprogram {name}\n'
                + textwrap.dedent(body)
                + '\n.include "print.s"\n',
                encoding="utf-8",
            )
            parts.append(Part(source, 0x8001_0000 + 0x2000 * (first_slot + number)))
        return self.computer.run(parts)


@pytest.fixture
def tinyos(computer: Computer, workshop: Path) -> Tinyos:
    return Tinyos(computer, workshop)


EXIT = "li a0, 0\nsystem SYS_EXIT\n"


def say(text: str) -> str:
    """Assembly that prints a line."""
    return f'.section .rodata\n9: .asciz "{text}\\n"\n.section .text\nla a0, 9b\ncall print\n'


def test_without_programs_the_kernel_says_so_and_turns_off(tinyos: Tinyos) -> None:
    assert tinyos.run() == Outcome("tinyos: no programs in the slots, nothing to do\n", 0)


def test_all_eight_slots_can_be_used(tinyos: Tinyos) -> None:
    outcome = tinyos.run(*["_start:\n" + EXIT] * 8)
    assert outcome == Outcome("tinyos: programs: a b c d e f g h\n" + GOOD_NIGHT, 0)


def test_processes_are_numbered_in_the_order_of_their_slots_even_with_gaps(
    tinyos: Tinyos,
) -> None:
    program = "_start:\nwait_for 1\nsystem SYS_GETPID\ncall print_number\n" + EXIT
    outcome = tinyos.run(program, program, first_slot=5)
    assert outcome.console == "tinyos: programs: a b\n12" + GOOD_NIGHT


def test_a_header_that_starts_outside_its_slot_is_refused(tinyos: Tinyos) -> None:
    lib = tinyos.workshop / "users" / "lib.s"
    lib.write_text(lib.read_text().replace("_start - header", "0x2000"))
    outcome = tinyos.run("_start:\n" + EXIT)
    assert outcome.console == (
        "tinyos: ignored, the program header is wrong: slot at 0x80010000\n"
        "tinyos: no programs in the slots, nothing to do\n"
    )


def test_a_nonzero_exit_code_is_reported(tinyos: Tinyos) -> None:
    outcome = tinyos.run("_start:\nli a0, 0x2a\nsystem SYS_EXIT\n")
    assert "tinyos: a ended with code 0x0000002a\n" in outcome.console
    assert outcome.exit_code == 0


@pytest.mark.parametrize("number", [0, 8, 0x7FFF_FFFF, -1, -0x8000_0000])
def test_a_system_call_that_does_not_exist_is_refused(tinyos: Tinyos, number: int) -> None:
    outcome = tinyos.run(f"_start:\nsystem {number}\nbgez a0, 1f\n{say('refused')}1:\n{EXIT}")
    assert "refused\n" in outcome.console


@pytest.mark.parametrize(
    ("address", "length"),
    [
        pytest.param("0x80000000", "16", id="kernel"),
        pytest.param("0x80012000", "1", id="neighbour"),
        pytest.param("0x8000ffff", "2", id="begins-below"),
        pytest.param("0x80011fff", "2", id="ends-above"),
        pytest.param("0x80010000", "0x2001", id="too-long"),
        pytest.param("0x80010010", "-1", id="length-wraps"),
        pytest.param("0x80010010", "-16", id="end-wraps-to-the-beginning"),
        pytest.param("0x10000000", "1", id="device"),
        pytest.param("0", "1", id="null"),
    ],
)
def test_write_refuses_memory_outside_the_slot(tinyos: Tinyos, address: str, length: str) -> None:
    outcome = tinyos.run(
        f"_start:\nli a0, {address}\nli a1, {length}\nsystem SYS_WRITE\n"
        f"li t0, -1\nbne a0, t0, 1f\n{say('refused')}1:\n{EXIT}"
    )
    assert outcome.console == "tinyos: programs: a\nrefused\n" + GOOD_NIGHT


def test_write_reaches_the_last_byte_of_the_slot_and_returns_the_length(tinyos: Tinyos) -> None:
    outcome = tinyos.run(
        """
        _start:
            li a0, 0x80011ffd
            li t0, 'x'
            sb t0, 0(a0)
            sb t0, 1(a0)
            sb t0, 2(a0)
            li a1, 3
            system SYS_WRITE
            call print_number
            li a0, 0x80012000           # nothing at all, just behind the end
            li a1, 0
            system SYS_WRITE
            call print_number
        """
        + EXIT
    )
    assert outcome.console == "tinyos: programs: a\nxxx30" + GOOD_NIGHT


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        ("li t0, 0x80000000\nlw t1, 0(t0)", "load access fault, address 0x80000000"),
        ("li t0, 0x80012000\nlw t1, 0(t0)", "load access fault, address 0x80012000"),
        ("li t0, 0x80012ffc\nsw t1, 0(t0)", "store access fault, address 0x80012ffc"),
        ("li t0, 0x80031000\nsw t1, 0(t0)", "store access fault, address 0x80031000"),
        ("li t0, 0x10000000\nsb t1, 0(t0)", "store access fault, address 0x10000000"),
        ("mret", "illegal instruction 0x30200073"),
        ("csrw mscratch, zero", "illegal instruction 0x34001073"),
        ("csrw pmpcfg0, zero", "illegal instruction 0x3a001073"),
        ("csrr t0, cycle", "illegal instruction 0xc00022f3"),
        ("ebreak", "breakpoint"),
    ],
)
def test_a_program_that_breaks_a_rule_is_killed_and_its_neighbour_goes_on(
    tinyos: Tinyos, instructions: str, message: str
) -> None:
    outcome = tinyos.run(
        f"_start:\n{instructions}\n{say('still alive')}{EXIT}",
        f"_start:\nwait_for 1\n{say('I go on')}{EXIT}",
    )
    lines = outcome.console.splitlines()
    killed = lines[1].rpartition(", pc 0x800100")
    assert killed[0] == f"tinyos: a (1) killed: {message}"
    assert lines[2:] == ["I go on", GOOD_NIGHT.strip()]
    assert outcome.exit_code == 0


def test_the_shared_page_is_no_place_for_code(tinyos: Tinyos) -> None:
    outcome = tinyos.run("_start:\nli t0, SHARED\nli t1, 0x00008067\nsw t1, 0(t0)\njalr t0\n")
    assert (
        "tinyos: a (1) killed: instruction access fault, address 0x80030000, pc 0x80030000\n"
        in outcome.console
    )


REGISTERS = [n for n in range(1, 32) if n not in (5, 6)]
"""All but t0 and t1, with which the program of the next test watches the shared page."""


def test_a_preempted_process_gets_all_its_registers_back(tinyos: Tinyos) -> None:
    fill = "\n".join(f"li x{n}, {n * 0x0101_0101:#x}" for n in REGISTERS)
    check = "\n".join(f"li t1, {n * 0x0101_0101:#x}\nbne x{n}, t1, 3f" for n in REGISTERS)
    keeper = (
        f"_start:\n{fill}\nli t0, SHARED\nsw t0, 0(t0)\n"
        f"1: lw t1, 4(t0)\nbeqz t1, 1b\n{check}\n"
        f"li sp, 0x80012000\n{say('kept')}{EXIT}3:\nli a0, 1\nsystem SYS_EXIT\n"
    )
    spoil = "\n".join(f"li x{n}, -1" for n in range(1, 32) if n != 8)
    spoiler = """
        _start:
            li s0, SHARED
        1:
            li a0, 1
            system SYS_SLEEP
            lw t0, 0(s0)
            beqz t0, 1b
    """
    outcome = tinyos.run(
        keeper, textwrap.dedent(spoiler) + f"{spoil}\nsystem SYS_YIELD\nsw s0, 4(s0)\n{EXIT}"
    )
    assert outcome.console == "tinyos: programs: a b\nkept\n" + GOOD_NIGHT


def test_a_system_call_changes_no_register_but_a0(tinyos: Tinyos) -> None:
    others = [n for n in range(1, 32) if n not in (6, 10, 17)]
    fill = "\n".join(f"li x{n}, {n * 0x0101_0101:#x}" for n in others)
    check = "\n".join(f"li t1, {n * 0x0101_0101:#x}\nbne x{n}, t1, 3f" for n in others)
    outcome = tinyos.run(
        f"_start:\n{fill}\nsystem SYS_GETPID\n{check}\n"
        f"li sp, 0x80012000\n{say('kept')}{EXIT}3:\nli a0, 1\nsystem SYS_EXIT\n"
    )
    assert outcome.console == "tinyos: programs: a\nkept\n" + GOOD_NIGHT


def test_a_reservation_does_not_outlive_a_switch(tinyos: Tinyos) -> None:
    """lr.w, then another process stores to the word: the sc.w must fail."""
    outcome = tinyos.run(
        f"""
        _start:
            li s0, SHARED
            lr.w t0, (s0)
            system SYS_YIELD            # b stores now
            li t1, 1
            sc.w t0, t1, (s0)
            beqz t0, 1f
            la a0, text
            call print
        1:
            {EXIT.replace(chr(10), "; ")}
            .section .rodata
        text: .asciz "failed, as it must\\n"
            .section .text
        """,
        f"_start:\nli s0, SHARED\nsw s0, 0(s0)\n{EXIT}",
    )
    assert "failed, as it must\n" in outcome.console


def test_waiting_for_each_other_is_noticed(tinyos: Tinyos) -> None:
    outcome = tinyos.run(
        "_start:\nli a0, 2\nsystem SYS_WAIT\n" + EXIT,
        "_start:\nli a0, 1\nsystem SYS_WAIT\n" + EXIT,
    )
    assert outcome.console.endswith("tinyos: every process waits for another one, giving up\n")
    assert outcome.exit_code == 2


def test_wait_refuses_oneself_and_processes_that_do_not_exist(tinyos: Tinyos) -> None:
    calls = "".join(
        f"li a0, {pid}\nsystem SYS_WAIT\nli t0, -1\nbne a0, t0, 1f\n" for pid in (0, 1, 2, -1)
    )
    outcome = tinyos.run(f"_start:\n{calls}{say('all refused')}1:\n{EXIT}")
    assert "all refused\n" in outcome.console


def test_sleepers_wake_in_the_order_of_their_alarms(tinyos: Tinyos) -> None:
    def sleeper(ticks: int) -> str:
        return f"_start:\nli a0, {ticks}\nsystem SYS_SLEEP\n{say(f'slept {ticks}')}{EXIT}"

    outcome = tinyos.run(sleeper(30), sleeper(10), sleeper(20))
    assert outcome.console == ("tinyos: programs: a b c\nslept 10\nslept 20\nslept 30\n" + GOOD_NIGHT)


def test_a_fault_in_the_kernel_is_a_panic(tinyos: Tinyos) -> None:
    syscalls = tinyos.workshop / "guests" / "tinyos" / "syscalls.s"
    broken = syscalls.read_text().replace("sys_getpid:\n", "sys_getpid:\n    .word 0\n")
    syscalls.write_text(broken)
    outcome = tinyos.run("_start:\nsystem SYS_GETPID\n" + EXIT)
    assert "tinyos: PANIC in the kernel: illegal instruction 0x00000000, pc 0x80000" in outcome.console
    assert outcome.exit_code == 1
