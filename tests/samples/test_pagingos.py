"""The guest with page tables: its sample run, and what it promises to programs and keeps from them."""

import shutil
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.computers import (
    SAMPLES,
    Computer,
    Ours,
    Outcome,
    Part,
    Qemu,
    report_of,
    skip_without_qemu,
)

KERNEL_AT = 0x8000_0000
SLOTS = 0x8001_0000
SLOT_SIZE = 0x4000
USER = 0x4000_0000

PROGRAMS = ("forker", "grower", "pager", "looper", "burglar")
GOOD_NIGHT = "pagingos: all programs have ended, good night\n"
CONSOLE = """\
pagingos: programs: forker grower pager looper burglar
pagingos: kernel loads user page 13, SUM 0, code 13, MXR 0, runs it 12, firmware 5
forker: the child makes 42 + 10 = 52
forker: the parent has made 42 + 1 = 43
grower: the sum is 55, it took 3 pages of stack; heap ------
pager: sddw--,rdsw--,r.sd--; the sum is 14
pagingos: pager (3): pages: 4 out, 1 dropped, 4 in
looper: I spin until my child stops me
looper: it did, so I was preempted
pagingos: burglar (8) killed: load page fault 0x80001000, pc 0x40000090: 0x0002a303
pagingos: burglar (9) killed: store page fault 0x40001010, pc 0x400000a8: 0x0002a023
pagingos: burglar (10) killed: instruction page fault 0x40002000, pc 0x40002000: 0x00000000
pagingos: burglar (11) killed: load page fault 0x400000c4, pc 0x400000cc: 0x0002a303
pagingos: all programs have ended, good night
"""


def parts(samples: Path, programs: tuple[str, ...], first_slot: int = 0) -> list[Part]:
    """The kernel, and these programs in slots that follow each other."""
    kernel = Part(samples / "guests" / "pagingos.s", KERNEL_AT)
    return [kernel] + [
        Part(samples / "users" / f"{name}.s", SLOTS + SLOT_SIZE * (first_slot + number), USER)
        for number, name in enumerate(programs)
    ]


# ---- the sample run


def test_the_sample_run_uses_what_paging_offers_within_its_budget(tmp_path: Path) -> None:
    report = report_of(Ours(tmp_path).write(parts(SAMPLES, PROGRAMS)))
    assert report["console"] == CONSOLE
    assert report["exit"] == {"reason": "finisher", "code": 0}
    assert report["instructions"] < 120_000
    assert len(CONSOLE) < 900
    executed = {bit: use["executed"] for bit, use in report["kernel_instructions"].items()}
    assert executed["wrvm"] <= 40  # each costs a hypervisor a whole address space
    assert executed["sfence"] > executed["wrvm"]
    assert executed["wfi"] == 1
    traps = report["traps"]
    assert traps["load-page"] == 9  # two of the walls, one refused write, four pages, two crimes
    assert traps["fetch-page"] == 2  # the kernel ran user code, burglar ran data
    assert traps["load-access"] == 1  # the firmware's page
    assert traps["store-page"] > 10
    assert traps["int-s-timer"] >= 1  # looper
    assert traps["int-m-timer"] > traps["int-s-timer"]  # and one ended the wfi
    components = report["components"]
    assert all(component["instructions"] > 0 for component in components.values())


@pytest.mark.parametrize("tick_shift", [9, 11, 17])
@pytest.mark.parametrize("timebase", [1, 7])
def test_the_sample_prints_the_same_whatever_the_tick_is(
    workshop: Path, tmp_path: Path, tick_shift: int, timebase: int
) -> None:
    kernel = workshop / "guests" / "pagingos.s"
    text = kernel.read_text(encoding="utf-8")
    changed = text.replace("TICK_SHIFT,     14 ", f"TICK_SHIFT,     {tick_shift} ")
    assert changed != text
    kernel.write_text(changed, encoding="utf-8")
    file = Ours(tmp_path, timebase).write(parts(workshop, PROGRAMS))
    assert report_of(file, "--max-instructions=2000000")["console"] == CONSOLE


@pytest.mark.parametrize(
    "clock_shift",
    [
        pytest.param(None, id="real-time"),
        pytest.param(0, id="a-tick-is-1600000-instructions"),
        pytest.param(7, id="a-tick-is-12800-instructions"),
        pytest.param(10, id="a-tick-is-1600-instructions"),
    ],
)
def test_the_sample_prints_the_same_on_an_independent_machine(
    tmp_path: Path, clock_shift: int | None
) -> None:
    skip_without_qemu()
    assert Qemu(tmp_path, clock_shift).run(parts(SAMPLES, PROGRAMS)) == Outcome(CONSOLE, 0)


# ---- what it promises to programs


@dataclass(frozen=True)
class Pagingos:
    """A pagingos whose slots a test fills."""

    computer: Computer
    workshop: Path

    def run(self, *programs: str, first_slot: int = 0) -> Outcome:
        """Boot with these programs, named a, b, c, ..., in slots that follow each other."""
        names = tuple("abcdefgh"[: len(programs)])
        for name, body in zip(names, programs, strict=True):
            (self.workshop / "users" / f"{name}.s").write_text(
                f'.include "paging/lib.s"\nprogram {name}\n'
                + textwrap.dedent(body)
                + '\n.include "print.s"\n',
                encoding="utf-8",
            )
        return self.computer.run(parts(self.workshop, names, first_slot))

    def lines(self, *programs: str) -> list[str]:
        """What is printed between the kernel's lines at the beginning and at the end."""
        outcome = self.run(*programs)
        assert outcome.exit_code == 0
        lines = outcome.console.splitlines()
        assert lines[-1] == GOOD_NIGHT.strip()
        return lines[2:-1]

    def break_kernel(self, file: str, old: str, new: str) -> None:
        """Change the kernel's source, at the one place where `old` is."""
        source = self.workshop / "guests" / "pagingos" / file
        text = source.read_text(encoding="utf-8")
        assert text.count(old) == 1
        source.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def pagingos(computer: Computer, workshop: Path) -> Pagingos:
    if isinstance(computer, Ours):
        computer = replace(computer, limit=400_000)
    return Pagingos(computer, workshop)


EXIT = "quit 0\n"


def text(words: str) -> str:
    """Assembly that prints a line."""
    return f'.section .rodata\n9: .asciz "{words}\\n"\n.section .text\nla a0, 9b\ncall print\n'


def number(register: str) -> str:
    """Assembly that prints a register in decimal, on a line of its own."""
    return f"mv a0, {register}\ncall print_number\n{text('')}"


def test_without_programs_the_kernel_says_so_and_turns_off(pagingos: Pagingos) -> None:
    assert pagingos.run() == Outcome("pagingos: no programs in the slots, nothing to do\n", 0)


def test_all_eight_slots_can_be_used_and_all_programs_have_the_same_addresses(
    pagingos: Pagingos,
) -> None:
    program = """
        _start:
            wait_for 1
            la s0, data
            lw s1, 0(s0)
            system SYS_GETPID
            add s1, s1, a0
            sw s1, 0(s0)
            lw a0, 0(s0)
            call print_number
    """
    outcome = pagingos.run(*[program + EXIT] * 8)
    assert outcome.console.startswith("pagingos: programs: a b c d e f g h\n")
    assert outcome.console.endswith("\n12345678" + GOOD_NIGHT)


def test_slots_may_be_left_empty(pagingos: Pagingos) -> None:
    outcome = pagingos.run("_start:\n" + EXIT, first_slot=7)
    assert outcome.console.startswith("pagingos: programs: a\n")
    assert outcome.console.endswith(GOOD_NIGHT)


@pytest.mark.parametrize(
    ("word", "wrong"),
    [
        pytest.param("_start", "USER - 4", id="starts-below"),
        pytest.param("_start", "constants", id="starts-in-the-constants"),
        pytest.param("_start", "_start + 2", id="starts-between-instructions"),
        pytest.param("data", "data + 4", id="data-not-on-a-page"),
        pytest.param("data", "constants", id="no-constants"),
        pytest.param("data", "USER + 0x4000", id="data-behind-the-slot"),
        pytest.param("data", "USER + 0x80000000", id="data-far-away"),
    ],
)
def test_a_wrong_header_is_refused(pagingos: Pagingos, word: str, wrong: str) -> None:
    lib = pagingos.workshop / "users" / "paging" / "lib.s"
    source = lib.read_text(encoding="utf-8")
    assert source.count(f".word   {word}\n") == 1
    lib.write_text(source.replace(f".word   {word}\n", f".word   {wrong}\n"), encoding="utf-8")
    assert pagingos.run("_start:\n" + EXIT).console == (
        "pagingos: ignored, the program header is wrong: slot at 0x80010000\n"
        "pagingos: no programs in the slots, nothing to do\n"
    )


@pytest.mark.parametrize("call", [0, 8, 0x7FFF_FFFF, -1, -0x8000_0000])
def test_a_system_call_that_does_not_exist_is_refused(pagingos: Pagingos, call: int) -> None:
    assert pagingos.lines(f"_start:\nsystem {call}\nbgez a0, 1f\n{text('refused')}1:\n{EXIT}") == [
        "refused"
    ]


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        ("li t0, 0x80001000\nlw t1, 0(t0)", "load page fault 0x80001000"),
        ("li t0, 0x80001000\nsw t1, 0(t0)", "store page fault 0x80001000"),
        ("li t0, 0x80001000\njr t0", "instruction page fault 0x80001000"),
        ("li t0, 0x80000000\nlw t1, 0(t0)", "load page fault 0x80000000"),
        ("li t0, 0x10000000\nsb t1, 0(t0)", "store page fault 0x10000000"),
        ("li t0, 0x02004000\nlw t1, 0(t0)", "load page fault 0x02004000"),
        ("lw t1, 0(zero)", "load page fault 0x00000000"),
        ("li t0, HEAP + 6 * PAGE_SIZE\nlw t1, 0(t0)", "load page fault 0x40106000"),
        ("li t0, HEAP - 4\nlw t1, 0(t0)", "load page fault 0x400ffffc"),
        ("li t0, HEAP\njr t0", "instruction page fault 0x40100000"),
        ("li t0, 0x403f7ffc\nsw t1, 0(t0)", "store page fault 0x403f7ffc"),
        ("li t0, 0x40400000\nlw t1, 0(t0)", "load page fault 0x40400000"),
        ("addi t0, sp, -16\nsw t0, 0(t0)\njr t0", "instruction page fault 0x403ffff0"),
        ("la t0, constants\nsw t1, 0(t0)", "store page fault 0x40001000"),
        ("la t0, constants\njr t0", "instruction page fault 0x40001000"),
        ("la t0, _start\nlw t1, 0(t0)", "load page fault 0x40000014"),
        ("la t0, _start\nsw t1, 0(t0)", "store page fault 0x40000014"),
        ("la t0, constants\namoadd.w t1, t1, (t0)", "store page fault 0x40001000"),
        ("csrr t0, satp", "illegal instruction 0x180022f3"),
        ("csrw sstatus, zero", "illegal instruction 0x10001073"),
        ("sfence.vma", "illegal instruction 0x12000073"),
        ("sret", "illegal instruction 0x10200073"),
        ("csrr t0, time", "illegal instruction 0xc01022f3"),
        ("csrr t0, cycle", "illegal instruction 0xc00022f3"),
        ("ebreak", "breakpoint, pc 0x40000014: 0x00100073"),
    ],
)
def test_a_program_that_breaks_a_rule_is_killed_and_its_neighbour_goes_on(
    pagingos: Pagingos, instructions: str, message: str
) -> None:
    killed, *rest = pagingos.lines(
        f"_start:\n{instructions}\n{text('still alive')}{EXIT}",
        f"_start:\nwait_for 1\n{text('I go on')}{EXIT}",
    )
    assert killed.startswith(f"pagingos: a (1) killed: {message}")
    assert rest == ["I go on"]


@pytest.mark.parametrize(
    ("address", "length"),
    [
        pytest.param("0x80001000", "16", id="kernel"),
        pytest.param("0x10000000", "1", id="device"),
        pytest.param("0", "1", id="null"),
        pytest.param("0x3fffffff", "2", id="begins-below"),
        pytest.param("0x403fffff", "2", id="ends-above"),
        pytest.param("0x40001000", "-1", id="length-wraps"),
        pytest.param("0x40001000", "-16", id="end-wraps-to-the-beginning"),
        pytest.param("0x40000014", "4", id="code-is-not-for-reading"),
        pytest.param("0x40080000", "1", id="nothing-there"),
        pytest.param("0x40106000", "1", id="behind-the-heap"),
    ],
)
def test_write_refuses_what_the_program_itself_may_not_read(
    pagingos: Pagingos, address: str, length: str
) -> None:
    assert pagingos.lines(
        f"_start:\nli a0, {address}\nli a1, {length}\nsystem SYS_WRITE\n"
        f"li t0, -1\nbne a0, t0, 1f\n{text('refused')}1:\n{EXIT}"
    ) == ["refused"]


def test_write_reaches_the_last_byte_and_returns_the_length(pagingos: Pagingos) -> None:
    assert pagingos.lines(
        """
        _start:
            li a0, 0x403ffffd
            li t0, 'x'
            sb t0, 0(a0)
            sb t0, 1(a0)
            sb t0, 2(a0)
            li a1, 3
            system SYS_WRITE
            mv s0, a0
            li a0, 0x40400000           # nothing at all, just behind the end
            li a1, 0
            system SYS_WRITE
            add s0, s0, a0
        """
        + number("s0")
        + EXIT
    ) == ["xxx3"]


@pytest.mark.parametrize(
    ("argument", "answer"),
    [
        pytest.param("la a0, constants", "refused", id="read-only"),
        pytest.param("la a0, _start", "refused", id="code"),
        pytest.param("li a0, USER + 0x80000", "refused", id="nothing-there"),
        pytest.param("li a0, 0x80001000", "refused", id="kernel"),
        pytest.param("li a0, 0x403ffffc", "refused", id="ends-above"),
        pytest.param("la a0, data", "done", id="copied-on-write"),
        pytest.param("li a0, HEAP + 0xffd", "done", id="two-pages-on-demand"),
        pytest.param("li a0, SHARED", "done", id="shared"),
    ],
)
def test_the_kernel_writes_only_where_the_program_may(
    pagingos: Pagingos, argument: str, answer: str
) -> None:
    assert pagingos.lines(
        f"_start:\n{argument}\nsystem SYS_PAGES\nbltz a0, 1f\n{text('done')}{EXIT}"
        f"1:\n{text('refused')}{EXIT}"
    ) == [answer]


def test_pages_come_filled_with_zeros_even_if_another_process_had_used_them(
    pagingos: Pagingos,
) -> None:
    fill = """
        _start:
            li t0, HEAP
            li t1, HEAP + 3 * PAGE_SIZE
        1:
            sw t0, 0(t0)
            addi t0, t0, 4
            bltu t0, t1, 1b
            quit 0
    """
    check = f"""
        _start:
            wait_for 1
            li t0, HEAP
            li t1, HEAP + 3 * PAGE_SIZE
            li s0, 0
        1:
            lw t2, 0(t0)
            or s0, s0, t2
            addi t0, t0, 64
            bltu t0, t1, 1b
            {number("s0")}
            quit 0
    """
    assert pagingos.lines(fill, check) == ["0"]


def test_heap_pages_come_back_from_the_swap_area_as_they_left(pagingos: Pagingos) -> None:
    """Six pages through three frames, three rounds; each round adds the page's number to a word."""
    assert pagingos.lines(
        f"""
        _start:
            li s1, 0                    # the round
        1:
            li s0, 0                    # the page
        2:
            li t0, HEAP + 0x7bc
            slli t1, s0, 12
            add t0, t0, t1
            lw t1, 0(t0)
            mul t2, s0, s1
            bne t1, t2, wrong
            add t1, t1, s0
            sw t1, 0(t0)
            addi s0, s0, 1
            li t0, 6
            bltu s0, t0, 2b
            addi s1, s1, 1
            li t0, 3
            bltu s1, t0, 1b
            {text("as they left")}
            quit 0
        wrong:
            quit 1
        """
    ) == ["as they left", "pagingos: a (1): pages: 15 out, 0 dropped, 12 in"]


def test_a_page_that_was_only_read_since_it_came_back_is_dropped_not_written(
    pagingos: Pagingos,
) -> None:
    def touch(instruction: str, page: int) -> str:
        return f"li t0, HEAP + {page} * PAGE_SIZE\n{instruction} t1, 0(t0)\n"

    stores = "".join(touch("sw", page) for page in range(4))
    loads = "".join(touch("lw", page) for page in (0, 1, 2, 3, 0, 1, 2, 3))
    (line,) = pagingos.lines("_start:\n" + stores + loads + EXIT)
    assert line == "pagingos: a (1): pages: 4 out, 5 dropped, 8 in"


def test_after_a_fork_neither_side_sees_what_the_other_writes(pagingos: Pagingos) -> None:
    """Data, stack, heap in memory, heap swapped out. The parent writes first, then the child."""

    def each(instructions: str) -> str:
        words = ("s0", "s1", "s2", "s3")
        return "\n".join(instructions.replace("WORD", f"0({word})") for word in words)

    printed = pagingos.lines(
        f"""
        _start:
            la s0, data
            li s1, HEAP + 2 * PAGE_SIZE
            addi s2, sp, -64
            li s3, HEAP
            {each("li t0, 5; sw t0, WORD")}
            li t0, HEAP + PAGE_SIZE
            sw t0, 0(t0)
            li t0, HEAP + 3 * PAGE_SIZE     # the fourth: page 0 is swapped out
            sw t0, 0(t0)
            system SYS_FORK
            mv s4, a0
            beqz a0, child
            {each("lw t0, WORD; addi t0, t0, 1; sw t0, WORD")}
            mv a0, s4
            system SYS_WAIT
            li s5, 0
            {each("lw t0, WORD; add s5, s5, t0")}
            {number("s5")}
            quit 0
        child:
            li a0, 1
            system SYS_SLEEP
            li s5, 0
            {each("lw t0, WORD; add s5, s5, t0; addi t0, t0, 10; sw t0, WORD")}
            {number("s5")}
            quit 0
        """
    )
    assert [line for line in printed if line.isdigit()] == ["20", "24"]


def test_a_forked_page_is_copied_once_and_then_the_other_side_keeps_the_frame(
    pagingos: Pagingos,
) -> None:
    """The child stores first and gets the copy; the parent's store must find its own value."""
    assert pagingos.lines(
        f"""
        _start:
            la s0, data
            li t0, 1
            sw t0, 0(s0)
            system SYS_FORK
            beqz a0, child
            system SYS_WAIT
            lw t0, 0(s0)
            addi t0, t0, 1
            sw t0, 0(s0)
            lw s1, 0(s0)
            {number("s1")}
            quit 0
        child:
            li t0, 100
            sw t0, 0(s0)
            quit 0
        """
    ) == ["2"]


def test_forks_share_the_shared_page_even_if_nobody_had_touched_it_before(
    pagingos: Pagingos,
) -> None:
    assert pagingos.lines(
        f"""
        _start:
            li s0, SHARED
            system SYS_FORK
            beqz a0, child
            system SYS_WAIT
            lw s1, 0(s0)
            {number("s1")}
            quit 0
        child:
            li t0, 7
            sw t0, 0(s0)
            quit 0
        """,
        f"_start:\nwait_for 1\nli s0, SHARED\nlw s1, 0(s0)\n{number('s1')}{EXIT}",
    ) == ["7", "0"]


def test_fork_is_refused_when_the_process_table_is_full_and_works_again_later(
    pagingos: Pagingos,
) -> None:
    """Each process uses all the memory it may, so that frames would run out if they could."""
    assert pagingos.lines(
        f"""
        _start:
            li s1, 0                        # children
        1:
            system SYS_FORK
            bltz a0, full
            beqz a0, child
            addi s1, s1, 1
            j 1b
        full:
            {number("s1")}
            system SYS_GETPID
            mv s0, a0
            add s2, s0, s1
        2:
            addi s0, s0, 1
            mv a0, s0
            system SYS_WAIT
            bltu s0, s2, 2b
            system SYS_FORK
            beqz a0, 3f
            system SYS_WAIT
            {text("again")}
        3:
            quit 0
        child:
            li t0, 0x403f8000
            li t1, 0x40400000
            li t2, PAGE_SIZE
        4:
            sw t0, 0(t0)
            add t0, t0, t2
            bltu t0, t1, 4b
            li t0, HEAP
            sw t0, 0(t0)
            add t0, t0, t2
            sw t0, 0(t0)
            add t0, t0, t2
            sw t0, 0(t0)
            la t0, data
            sw t0, 0(t0)
            li a0, 1
            system SYS_SLEEP                # until all of them have come so far
            quit 0
        """
    ) == ["7", "again"]


REGISTERS = [n for n in range(1, 32) if n not in (5, 6)]
"""All but t0 and t1, with which the program of the next test watches the shared page."""


def test_a_preempted_process_gets_all_its_registers_back(pagingos: Pagingos) -> None:
    fill = "\n".join(f"li x{n}, {n * 0x0101_0101:#x}" for n in REGISTERS)
    check = "\n".join(f"li t1, {n * 0x0101_0101:#x}\nbne x{n}, t1, 3f" for n in REGISTERS)
    spoil = "\n".join(f"li x{n}, -1" for n in range(1, 32) if n not in (8, 17))
    assert pagingos.lines(
        f"""
        _start:
            system SYS_FORK
            beqz a0, child
            {fill}
            li t0, SHARED
        1:
            lw t1, 0(t0)
            beqz t1, 1b
            {check}
            li sp, 0x40400000
            {text("kept")}
            quit 0
        3:
            quit 1
        child:
            li s0, SHARED
            {spoil}
            li a0, 1
            system SYS_SLEEP
            sw s0, 0(s0)
            quit 0
        """
    ) == ["kept"]


def test_a_system_call_changes_no_register_but_a0(pagingos: Pagingos) -> None:
    others = [n for n in range(1, 32) if n not in (6, 10, 17)]
    fill = "\n".join(f"li x{n}, {n * 0x0101_0101:#x}" for n in others)
    check = "\n".join(f"li t1, {n * 0x0101_0101:#x}\nbne x{n}, t1, 3f" for n in others)
    for call in ("li a0, HEAP\nsystem SYS_PAGES", "system SYS_FORK"):
        printed = pagingos.lines(
            f"_start:\n{fill}\n{call}\n{check}\nli sp, 0x40400000\n{text('kept')}{EXIT}3:\nquit 1\n"
        )
        assert set(printed) == {"kept"}


def test_a_reservation_does_not_outlive_a_switch(pagingos: Pagingos) -> None:
    """lr.w, then another process stores to the word: the sc.w must fail."""
    assert pagingos.lines(
        f"""
        _start:
            li s0, SHARED
            system SYS_FORK
            beqz a0, child
            lr.w t0, (s0)
            system SYS_WAIT
            li t1, 1
            sc.w t0, t1, (s0)
            beqz t0, 1f
            {text("failed, as it must")}
        1:
            quit 0
        child:
            sw s0, 0(s0)
            quit 0
        """
    ) == ["failed, as it must"]


def test_sleepers_wake_in_the_order_of_their_alarms(pagingos: Pagingos) -> None:
    def sleeper(ticks: int) -> str:
        return f"_start:\nli a0, {ticks}\nsystem SYS_SLEEP\n{text(f'slept {ticks}')}{EXIT}"

    assert pagingos.lines(sleeper(30), sleeper(10), sleeper(20)) == [
        "slept 10", "slept 20", "slept 30",
    ]  # fmt: skip


def test_a_nonzero_exit_code_is_reported(pagingos: Pagingos) -> None:
    assert pagingos.lines("_start:\nquit 0x2a\n") == ["pagingos: a (1) ended with code 0x0000002a"]


def test_wait_refuses_oneself_and_processes_that_never_were(pagingos: Pagingos) -> None:
    calls = "".join(
        f"li a0, {pid}\nsystem SYS_WAIT\nli t0, -1\nbne a0, t0, 1f\n" for pid in (0, 1, 2, -1)
    )
    assert pagingos.lines(f"_start:\n{calls}{text('all refused')}1:\n{EXIT}") == ["all refused"]


def test_waiting_for_each_other_is_noticed(pagingos: Pagingos) -> None:
    outcome = pagingos.run(
        "_start:\nli a0, 2\nsystem SYS_WAIT\n" + EXIT,
        "_start:\nli a0, 1\nsystem SYS_WAIT\n" + EXIT,
    )
    assert outcome.console.endswith("pagingos: every process waits for another one, giving up\n")
    assert outcome.exit_code == 2


# ---- when the kernel itself is wrong


def test_a_fault_in_the_kernel_is_a_panic(pagingos: Pagingos) -> None:
    pagingos.break_kernel("syscalls.s", "sys_getpid:\n", "sys_getpid:\n lw t0, 0(zero)\n")
    outcome = pagingos.run("_start:\nsystem SYS_GETPID\n" + EXIT)
    assert "pagingos: PANIC in the kernel: load page fault 0x00000000, pc 0x8000" in outcome.console
    assert outcome.exit_code == 1


def test_user_memory_without_sum_is_a_panic_outside_of_the_copying_functions(
    pagingos: Pagingos,
) -> None:
    pagingos.break_kernel("syscalls.s", "sys_getpid:\n", "sys_getpid:\n lw t0, 0(a0)\n")
    outcome = pagingos.run("_start:\nla a0, constants\nsystem SYS_GETPID\n" + EXIT)
    assert "pagingos: PANIC in the kernel: load page fault 0x40001000, pc 0x8000" in outcome.console
    assert outcome.exit_code == 1


def test_a_trap_that_the_firmware_does_not_know_ends_the_machine(pagingos: Pagingos) -> None:
    pagingos.break_kernel("firmware.s", "firmware_set_timer:\n", "firmware_set_timer:\n .word 0\n")
    outcome = pagingos.run("_start:\n" + EXIT)
    assert outcome.exit_code == 3


def test_the_firmware_refuses_calls_that_it_does_not_have(pagingos: Pagingos) -> None:
    pagingos.break_kernel("syscalls.s", "sys_getpid:\n", "sys_getpid:\n li a7, 99\n ecall\n ret\n")
    assert pagingos.lines(f"_start:\nsystem SYS_GETPID\nbgez a0, 1f\n{text('refused')}1:\n{EXIT}") == [
        "refused"
    ]


# ---- under the hypervisor


SHADOW_PAGING = "08-shadow-paging"


def shadow_paging(samples: Path, *options: str) -> list[str]:
    """Return what vm1 prints in the lesson on shadow paging."""
    report = report_of(samples / SHADOW_PAGING, "--max-instructions=3000000", *options)
    lines: list[str] = report["console"].splitlines()
    return [line.removeprefix("vm1| ") for line in lines if line.startswith("vm1| ")]


@pytest.mark.parametrize("cpu", ["classic", "vt", "svm"])
def test_a_virtual_machine_shows_what_a_real_one_does(cpu: str) -> None:
    assert shadow_paging(SAMPLES, f"--cpu={cpu}") == CONSOLE.splitlines()


@dataclass(frozen=True)
class Mistake:
    """A line of a source that somebody forgot, and the lines of the console that are wrong then."""

    file: str
    line: str
    symptoms: tuple[str, ...]


SUM_OF_15 = (
    "pager: sddw--,sddw--,sddw--; the sum is 15",
    "pagingos: pager (3): pages: 1 out, 0 dropped, 0 in",
)
CHILD_SAYS_53 = ("forker: the child makes 42 + 10 = 53",)


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(
            Mistake("hypervisors/type1/kernel.s", "call    shadow_drop\n", SUM_OF_15),
            id="hypervisor-ignores-sfence-with-an-address",
        ),
        pytest.param(
            Mistake("hypervisors/type1/kernel.s", "call    shadow_drop_all\n", CHILD_SAYS_53),
            id="hypervisor-ignores-sfence-of-all-addresses",
        ),
        pytest.param(
            Mistake(
                "hypervisors/type1/faults.s",
                "andi    t0, t0, ~ACCESS_W ",
                (
                    "pager: sddw--,rdsw--,r.sd--; the sum is 10",
                    "pagingos: pager (3): pages: 3 out, 2 dropped, 4 in",
                ),
            ),
            id="hypervisor-misses-the-first-store",
        ),
        pytest.param(
            Mistake("guests/pagingos/fork.s", "sfence.vma ", CHILD_SAYS_53),
            id="guest-forgets-sfence-after-taking-rights-away",
        ),
        pytest.param(
            Mistake(
                "guests/pagingos/replacement.s",
                "sfence.vma a1\n",
                (
                    "pager: sddw--,rsdw--,wrsw--; the sum is 14",
                    "pagingos: pager (3): pages: 3 out, 0 dropped, 2 in",
                ),
            ),
            id="guest-forgets-sfence-after-clearing-a",
        ),
    ],
)
def test_what_the_lesson_says_of_mistakes_is_true(tmp_path: Path, mistake: Mistake) -> None:
    for name in ("guests", "users", "hypervisors", SHADOW_PAGING):
        shutil.copytree(SAMPLES / name, tmp_path / name)
    source = tmp_path / mistake.file
    text = source.read_text(encoding="utf-8")
    assert text.count(mistake.line) == 1
    nop = "nop\n" if mistake.line.endswith("\n") else "nop #"
    source.write_text(text.replace(mistake.line, nop), encoding="utf-8")
    seen = shadow_paging(tmp_path)
    wrong = [line for line, right in zip(seen, CONSOLE.splitlines(), strict=True) if line != right]
    assert wrong == list(mistake.symptoms)
