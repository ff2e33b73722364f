"""The lab itself: what a student meets in it, and that it can be solved.

`lab_solution.s` is a whole solution; ``SOLVED`` says how many of the six steps it has solved.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from hvtui.machinefile.loading import load_system

Command = Any
SOLUTION = (Path(__file__).parent / "lab_solution.s").read_text(encoding="utf-8")
STEPS = range(1, 7)
# What the hypervisor has no answer to when that many steps are solved, as its report says it.
NEXT = {
    0: "illegal instruction, mcause 0x00000002, mtval 0x30549073, at 0x80400024 in ring 1\n"
    "hypervisor: this is wrtvec in the guest's kernel: write its emulation\n",
    1: "in ring 1\nhypervisor: this is wrtrap in the guest's kernel: write its emulation\n",
    2: "ecall from ring 1, mcause 0x00000009, mtval 0x00000000, at ",
    3: "in ring 1\nhypervisor: this is wrvm in the guest's kernel: write its emulation\n",
    5: "store where the PMP says no, mcause 0x00000007, mtval 0x02004004, at ",
}


@pytest.fixture
def lab(hvtui: Command, tmp_path: Path) -> Path:
    """A fresh lab."""
    assert hvtui("new", tmp_path / "lab").status == 0
    return tmp_path / "lab"


def solve(lab: Path, steps: int) -> None:
    """Put a hypervisor into the lab that has solved the first `steps` steps."""
    text = f"        .equ SOLVED, {steps}\n{SOLUTION}" if steps else SOLUTION
    (lab / "hypervisor.s").write_text(text, encoding="utf-8")


def machine_file(lab: Path, step: int) -> Path:
    """Return the machine file that checks a step; the last one's is the lab's own."""
    return lab / ("machine.toml" if step == STEPS[-1] else f"step-{step}.toml")


def passes(hvtui: Command, path: Path) -> bool:
    """Tell whether a machine does what its file expects."""
    outcome = hvtui("check", path)
    assert outcome.status in (0, 1)
    return bool(outcome.status == 0)


def test_the_guest_alone_does_what_it_says(hvtui: Command, lab: Path) -> None:
    assert passes(hvtui, lab / "native.toml")


def test_a_fresh_lab_runs_to_its_first_unhandled_trap(hvtui: Command, lab: Path) -> None:
    for cpu in ("vt", "svm", "classic"):
        outcome = hvtui("run", lab, "--cpu", cpu)
        assert outcome.status == 100
        assert outcome.out == (
            "guest: I am a kernel, and the machine is mine\nhypervisor: unhandled trap: " + NEXT[0]
        )


def test_a_fresh_lab_passes_no_check(hvtui: Command, lab: Path) -> None:
    assert [step for step in STEPS if passes(hvtui, machine_file(lab, step))] == []


@pytest.mark.parametrize("solved", STEPS)
def test_each_step_passes_one_check_more(hvtui: Command, lab: Path, solved: int) -> None:
    solve(lab, solved)
    passed = [step for step in STEPS if passes(hvtui, machine_file(lab, step))]
    assert passed == list(range(1, solved + 1))


@pytest.mark.parametrize("solved", [1, 2, 3, 5])
def test_the_report_names_what_comes_next(hvtui: Command, lab: Path, solved: int) -> None:
    solve(lab, solved)
    outcome = hvtui("run", lab)
    assert outcome.status == 100
    assert NEXT[solved] in outcome.out


def test_a_teacher_grades_hypervisors_alone(hvtui: Command, lab: Path, tmp_path: Path) -> None:
    """What is handed in is one file; guest, support and expectations are the teacher's own."""
    handed_in = tmp_path / "handed-in"
    for name, solved in (("alice", 6), ("bob", 3)):
        (handed_in / name).mkdir(parents=True)
        solve(handed_in / name, solved)
    for step, failed in ((3, []), (6, ["bob"])):
        outcome = hvtui("check", "--lab", machine_file(lab, step), handed_in)
        assert outcome.status == bool(failed)
        assert {
            name for name in ("alice", "bob") if f"FAILED {handed_in / name}" in outcome.out
        } == set(failed)


def test_printing_the_text_does_not_pass(hvtui: Command, lab: Path) -> None:
    console = load_system(lab).expect.console
    text = console.replace("\n", "\\n")
    skeleton = (lab / "hypervisor.s").read_text(encoding="utf-8")
    cheat = (
        skeleton.replace("_start:\n", "_start: j cheat\n", 1)
        + f"""
        .section .text
cheat:  la      sp, stack_top
        la      a0, text
        call    print
        li      a0, 0
        j       finish
        .section .rodata
text:   .asciz  "{text}"
"""
    )
    (lab / "hypervisor.s").write_text(cheat, encoding="utf-8")
    outcome = hvtui("check", lab)
    assert "ok     " in outcome.out
    assert re.search(r"^ok .*: console$", outcome.out, re.MULTILINE)
    assert outcome.status == 1


def test_a_program_that_reads_its_kernels_csr_is_told_of(hvtui: Command, lab: Path) -> None:
    solve(lab, 4)
    outcome = hvtui("run", lab)
    assert "program: WRONG: I could read mstatus\n" in outcome.out
    assert outcome.status == 5


@pytest.mark.parametrize("cpu", ["vt", "svm", "classic"])
def test_the_solution_works_on_every_cpu_that_traps(hvtui: Command, lab: Path, cpu: str) -> None:
    solve(lab, 6)
    outcome = hvtui("run", lab, "--cpu", cpu)
    assert outcome.out == load_system(lab).expect.console
    assert outcome.status == 0


@pytest.mark.parametrize(
    ("cpu", "found"),
    [("legacy", "mtvec is 0x00000000"), ("pentium", "mtvec is 0x80000")],
)
def test_no_solution_works_on_a_cpu_that_does_not(
    hvtui: Command, lab: Path, cpu: str, found: str
) -> None:
    """On legacy the guest's write is lost; on pentium the hypervisor's own vector leaks to it."""
    solve(lab, 6)
    outcome = hvtui("run", lab, "--cpu", cpu)
    assert outcome.status == 1
    assert outcome.out.startswith("hypervisor: this CPU cannot let kernel instructions trap")
    assert f"guest: WRONG: what I read from {found}" in outcome.out


def test_the_solution_only_adds_to_the_skeleton(lab: Path) -> None:
    skeleton = (lab / "hypervisor.s").read_text(encoding="utf-8").splitlines()
    changes = SequenceMatcher(None, skeleton, SOLUTION.splitlines(), autojunk=False).get_opcodes()
    assert {kind for kind, *_ in changes} == {"equal", "insert"}


MISTAKES = {
    "the pc stays": ("j       emulated", "j       resume", "stopped at the limit"),
    "the pc moves on after a reflected trap": (
        "j       guest_goes_on",
        "j       emulated",
        "guest: WRONG: ",
    ),
    "the real cause": (
        "li      a1, CAUSE_ECALL_M",
        "li      a1, CAUSE_ECALL_S",
        "guest: WRONG: mcause in my trap handler is 0x00000009, not 0x0000000b",
    ),
    "x0 is written": (
        "beqz    t0, emulated                    # x0 stays 0",
        "nop",
        "guest: WRONG: mscratch after csrw of x0 (is x0 still 0?) is 0x0000001e, not 0x00000000",
    ),
    "the old value is lost": (
        "sw      s6, 0(t0)",
        "sw      s7, 0(t0)",
        "guest: WRONG: ",
    ),
    "interrupted with interrupts off": (
        "        beqz    t1, resume\n1:      csrr    t1, mip",
        "1:      csrr    t1, mip",
        "stopped at the limit",
    ),
    "the clock storms": (
        "csrc    mie, t0",
        "csrs    mie, t0",
        "stopped at the limit",
    ),
    "the hypervisor traps": (
        "emulate_mret:\n",
        "emulate_mret:   ebreak\n",
        "hypervisor: I did this myself, the bug is in the hypervisor",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_usual_mistakes_show(hvtui: Command, lab: Path, name: str) -> None:
    right, wrong, symptom = MISTAKES[name]
    assert right in SOLUTION
    (lab / "hypervisor.s").write_text(SOLUTION.replace(right, wrong), encoding="utf-8")
    outcome = hvtui("run", lab)
    assert symptom in outcome.out + outcome.err
    assert outcome.status != 0


@pytest.mark.parametrize("step", STEPS)
def test_the_lesson_tells_each_step(lab: Path, step: int) -> None:
    lesson = (lab / "LESSON.md").read_text(encoding="utf-8")
    assert f"\n## Step {step}: " in lesson
    assert machine_file(lab, step).is_file()


def test_the_lesson_quotes_what_is_printed(hvtui: Command, lab: Path) -> None:
    lesson = (lab / "LESSON.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^    (hypervisor: .*\n)", lesson, re.MULTILINE)
    assert len(quoted) == 2
    assert hvtui("run", lab).out.endswith("".join(quoted))
    (named,) = re.findall(r"`guest\.s:(\d+)`", lesson)
    assert "csrrs" in (lab / "guest.s").read_text(encoding="utf-8").splitlines()[int(named) - 1]
