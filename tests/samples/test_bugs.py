"""The broken hypervisors: each shows its symptom, and is repaired by the file that it replaces.

`[expect]` of such a sample says what a right hypervisor shows, so `hvtui check` fails until a student
has found the bug.
"""

import difflib
import json
import re
import shutil
import tomllib
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from asm.diagnostics import AssemblyError
from asm.isa.trapbits import TRAP_BITS_BY_NAME
from hvtui.cli import main
from hvtui.debugger.session import Session
from hvtui.debugger.trapconditions import parse_condition
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import list_samples
from tests.support.computers import SAMPLES, report_of

FOLDER = SAMPLES / "bugs"
TYPE1 = SAMPLES / "hypervisors"
MOST_INSTRUCTIONS = 3_000_000
MOST_CHANGED_LINES = 20


@dataclass(frozen=True)
class Bug:
    """What a person sees: a piece of the console, and which checks fail.

    At `stop`, which the lesson tells, the debugger says `stopped_in`.
    """

    symptom: str
    failed: frozenset[str]
    stop: str
    stopped_in: str


CONSOLE = frozenset({"consoles vm1"})
NEVER_ENDS = CONSOLE | {"ends", "exit"}

BUGS = {
    "mute-guest": Bug("as the architecture says\n", NEVER_ENDS, "illegal", "csrr t0, mhartid"),
    "crashing-programs": Bug("greeter (1) killed", CONSOLE, "ecall-u", "in greeter"),
    "curious-spy": Bug("spy: I can see the kernel's status", CONSOLE, "rdstatus from 3", "in spy"),
    "writing-rogue": Bug("rogue: I wrote over the kernel", CONSOLE, "wrtvec", "in tinyos"),
    "starving-programs": Bug("programs: greeter primes\n", NEVER_ENDS, "mret in tinyos", "mret"),
    "wrong-sum": Bug("the sum is 15", CONSOLE, "sfence", "sfence.vma"),
    "lost-payments": Bug(", 22 lost", CONSOLE | {"exit"}, "ignored", "csrci mstatus"),
}


def _machine(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name / "machine.toml").read_text(encoding="utf-8"))


def _replaced(name: str) -> dict[str, str]:
    """Return the files that give way, by the path in type1's includes, each with the broken one."""
    replace = _machine(name)["component"][0]["replace"]
    assert isinstance(replace, dict)
    return replace


def _report(name: str, *options: str) -> dict[str, Any]:
    limit = _machine(name)["machine"]["max_instructions"]
    assert limit <= MOST_INSTRUCTIONS
    return report_of(FOLDER / name, f"--max-instructions={limit}", *options)


def _verdict(path: Path) -> tuple[int, dict[str, bool], int]:
    """Return the status of ``hvtui check``, which checks held, and how many instructions ran."""
    out = StringIO()
    with redirect_stdout(out):
        status = main(["check", "--json", str(path)])
    (verdict,) = json.loads(out.getvalue())["verdicts"]
    return status, {check["name"]: check["ok"] for check in verdict["checks"]}, verdict["instructions"]


def test_all_of_them_are_known_and_listed() -> None:
    assert {path.parent.name for path in FOLDER.glob("*/machine.toml")} == set(BUGS)
    assert {f"bugs/{name}" for name in BUGS} <= {sample.name for sample in list_samples()}


@pytest.mark.parametrize("name", BUGS)
def test_it_shows_its_symptom(name: str) -> None:
    report = _report(name)
    assert BUGS[name].symptom in report["console"]
    if "ends" in BUGS[name].failed:
        assert report["exit"]["reason"] == "limit"
        assert report["console"].endswith(BUGS[name].symptom)


@pytest.mark.parametrize("name", BUGS)
def test_a_check_fails_by_the_symptom_alone(name: str) -> None:
    status, checks, _ = _verdict(FOLDER / name)
    assert status == 1
    assert {check for check, ok in checks.items() if not ok} == BUGS[name].failed


@pytest.mark.parametrize("name", BUGS)
def test_with_the_file_put_right_the_check_passes(name: str, tmp_path: Path) -> None:
    for folder in ("hypervisors", "guests", "users"):
        (tmp_path / folder).symlink_to(SAMPLES / folder)
    mine = tmp_path / "bugs" / name
    shutil.copytree(FOLDER / name, mine)
    for original, broken in _replaced(name).items():
        shutil.copyfile(TYPE1 / original, mine / broken)
    status, checks, instructions = _verdict(mine)
    assert (status, checks) == (0, dict.fromkeys(checks, True))
    assert set(checks) == {"ends", "exit", "consoles vm1"}
    assert instructions <= MOST_INSTRUCTIONS


@pytest.mark.parametrize("name", BUGS)
def test_only_a_few_lines_differ_from_the_right_hypervisor(name: str) -> None:
    """If this fails after a change of type1: make the same change to the broken file."""
    replaced = _replaced(name)
    assert {path.name for path in (FOLDER / name).glob("*.s")} == set(replaced.values())
    for original, broken in replaced.items():
        before = (TYPE1 / original).read_text(encoding="utf-8").splitlines()
        after = (FOLDER / name / broken).read_text(encoding="utf-8").splitlines()
        changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
        assert 0 < len(changed) <= MOST_CHANGED_LINES, f"{original}: {len(changed)} lines changed"


@pytest.mark.parametrize("name", BUGS)
def test_nothing_but_the_answer_gives_it_away(name: str) -> None:
    lesson = (FOLDER / name / "LESSON.md").read_text(encoding="utf-8")
    title = _machine(name)["machine"]["title"]
    assert lesson.startswith(f"# {title}\n")
    headings = re.findall(r"^## (.*)$", lesson, re.MULTILINE)
    assert headings == ["Where to look", "When you think you have it", "Answer"]
    assert f"hvtui check bugs/{name}" in lesson


@pytest.mark.parametrize("name", BUGS)
def test_the_lessons_breakpoint_stops_where_it_should(name: str) -> None:
    system = load_system(FOLDER / name)
    lesson = (FOLDER / name / "LESSON.md").read_text(encoding="utf-8")
    told = re.findall(r"(?:type|add)\s+`([^`]+)`", lesson)
    assert BUGS[name].stop in told
    for condition in told:
        parse_condition(condition, [component.name for component in system.components])
    session = Session(system)
    session.break_on_trap(BUGS[name].stop)
    assert BUGS[name].stopped_in in session.resume().text


@pytest.mark.parametrize("name", BUGS)
def test_the_lessons_labels_are_there(name: str) -> None:
    lesson = (FOLDER / name / "LESSON.md").read_text(encoding="utf-8")
    session = Session(load_system(FOLDER / name))
    labels = re.findall(r"breakpoint\s+on\s+`([^`]+)`", lesson)
    for label in labels:
        assert session.break_at(label)


def test_a_mistake_of_a_student_is_told_in_the_students_file(tmp_path: Path) -> None:
    for folder in ("hypervisors", "guests", "users"):
        (tmp_path / folder).symlink_to(SAMPLES / folder)
    mine = tmp_path / "bugs" / "mute-guest"
    shutil.copytree(FOLDER / "mute-guest", mine)
    with (mine / "exits.s").open("a", encoding="utf-8") as file:
        file.write("        addi    t0, t0, four\n")
    with pytest.raises(AssemblyError, match=r"mute-guest/exits\.s:\d+:\d+: error"):
        load_system(mine)


def test_on_svm_the_mute_guest_speaks() -> None:
    """That CPU gives the hypervisor the next pc, as the lesson says."""
    report = _report("mute-guest", "--cpu", "svm")
    assert "greeter: hello from user mode" in report["console"]


def test_setting_the_forgotten_bit_by_hand_saves_the_money() -> None:
    """The proof that the lesson suggests."""
    session = Session(load_system(FOLDER / "lost-payments"))
    first = session.break_at("world_enter")
    session.resume()
    session.toggle_trap_bit(TRAP_BITS_BY_NAME["wrstatus"])
    session.remove_breakpoint(first.number)
    session.resume()
    assert any("all is there" in line for line in session.snapshot().console)


def test_natively_the_ledger_is_right() -> None:
    report = report_of(SAMPLES / "guests" / "ledger.s")
    assert report["exit"] == {"reason": "finisher", "code": 0}
    expected = _machine("lost-payments")["expect"]["consoles"]["vm1"]
    assert report["console"] == expected
