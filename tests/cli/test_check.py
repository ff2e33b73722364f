"""``hvtui check``: what a student, a teacher and a CI system see of checks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

Lab = Callable[..., Path]


@pytest.fixture
def machine(guest, tmp_path: Path) -> Lab:
    """Return a function that writes a folder with a machine and its kernel."""

    def write(name: str, body: str, expect: str = "exit = 0") -> Path:
        guest(body, f"{name}/kernel.s")
        (tmp_path / name / "machine.toml").write_text(
            f'[[component]]\nname = "kernel"\nsource = "kernel.s"\n\n[expect]\n{expect}\n',
            encoding="utf-8",
        )
        return tmp_path / name

    return write


LOOP = "1: addi t0, t0, 1\nj 1b"


def test_the_sample_holds(hvtui) -> None:
    outcome = hvtui("check", "01-native")
    assert outcome.status == 0
    assert outcome.out.splitlines()[:2] == ["ok     01-native: ends", "ok     01-native: exit"]
    assert outcome.err.endswith("all ok\n")


def test_a_line_for_each_check_with_expected_and_seen(hvtui, machine: Lab) -> None:
    path = machine("bob", "put 'x'\nfinish 3", 'console = "x"\nexit = 0')
    outcome = hvtui("check", path)
    assert outcome.status == 1
    assert outcome.out == (
        f"ok     {path}: ends\nFAILED {path}: exit: expected code 0, seen code 3\n"
        f"ok     {path}: console\n"
    )
    assert outcome.err == "hvtui: 1 machine, 3 checks: 1 FAILED, in 1 machine\n"
    assert hvtui("check", path, "--quiet").out.count("\n") == 1


def test_bad_submissions_fail_and_the_others_are_graded(hvtui, machine: Lab, tmp_path: Path) -> None:
    machine("all/1 right", "finish 0")
    machine("all/2 loops", LOOP, "exit = 0\nmax_instructions = 5000")
    machine("all/3 wrong source", "addd a0\nfinish 0")
    machine("all/4 \x1b[2J", "finish 0", "exit = 'x'")
    machine("all/5 right", "finish 0")
    outcome = hvtui("check", tmp_path / "all")
    assert outcome.status == 1
    assert "\x1b" not in outcome.out
    lines = [line for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == ["ok"] * 2 + ["FAILED"] * 4 + ["ok"] * 2
    assert "still running after 5,000 instructions" in outcome.out
    assert "unknown instruction" in outcome.out or "addd" in outcome.out
    assert hvtui("check", tmp_path / "all", "--jobs", 3).out == outcome.out


def test_the_report(hvtui, machine: Lab) -> None:
    paths = [machine("a", "finish 0"), machine("b", "finish 3"), machine("c", "addd")]
    outcome = hvtui("check", *paths, "--json")
    assert outcome.status == 1
    assert outcome.err == ""
    report = outcome.report
    assert (report["ok"], report["machines"], report["failed"]) == (False, 3, 2)
    assert [verdict["name"] for verdict in report["verdicts"]] == [str(path) for path in paths]
    assert [verdict["ok"] for verdict in report["verdicts"]] == [True, False, False]
    right, wrong, broken = report["verdicts"]
    assert right["exit"] == {"reason": "finisher", "code": 0}
    assert wrong["checks"][1] == {
        "name": "exit",
        "ok": False,
        "expected": "code 0",
        "seen": "code 3",
        "place": f"{paths[1] / 'machine.toml'}:6",
        "remedy": "",
        "detail": "",
    }
    assert (broken["exit"], broken["instructions"], broken["cpu"]) == (None, None, None)
    assert hvtui("check", *paths, "--json", "--jobs", 2).report == report


def test_the_junit_file(hvtui, machine: Lab, tmp_path: Path) -> None:
    noise = "\n".join(f"put {byte}" for byte in (0, 27, 60, 93, 200, 255))
    path = machine("a", f"{noise}\nfinish 3")
    report = tmp_path / "report.xml"
    report.write_text("of the last time", encoding="utf-8")
    assert hvtui("check", path, "--junit", report).status == 1
    root = ElementTree.parse(report).getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.get("name") for case in root.iter("testcase")] == ["ends", "exit"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "report.xml"]


@pytest.fixture
def lab(guest, tmp_path: Path) -> Path:
    """A teacher's lab: a guest that calls the student's code, and expectations."""
    guest("finish 1", "lab/answer.s")
    guest("li a0, 41\nli t2, 0x80000000\njalr t2\n", "lab/guest.s")
    path = tmp_path / "lab/machine.toml"
    path.write_text(
        '[machine]\nmax_instructions = 1000\n[[component]]\nname = "guest"\nsource = "guest.s"\n'
        'at = 0x80010000\n[[component]]\nname = "answer"\nsource = "answer.s"\nat = 0x80000000\n'
        '[expect]\nexit = 0\nran = ["guest", "answer"]\n',
        encoding="utf-8",
    )
    return path


def test_grading_a_lab(hvtui, guest, lab: Path, tmp_path: Path) -> None:
    for name, body in (("ann", "finish 0"), ("bob", "finish 4"), ("cid", LOOP)):
        guest(body, f"all/{name}/answer.s")
    (tmp_path / "all/dan").mkdir()
    # Students may send machine files of their own: nobody looks at them.
    (tmp_path / "all/bob/machine.toml").write_text("[expect]\nexit = 4", encoding="utf-8")
    options = ("--lab", lab, "--as", "answer")
    report = hvtui("check", tmp_path / "all", *options, "--json", "--jobs", 2).report
    told = [
        (Path(verdict["name"]).name, [check["name"] for check in verdict["checks"] if not check["ok"]])
        for verdict in report["verdicts"]
    ]
    assert told == [
        ("ann", []),
        ("bob", ["exit"]),
        ("cid", ["ends", "exit"]),
        ("dan", ["loads"]),
    ]
    assert hvtui("check", tmp_path / "all/ann/answer.s", *options).status == 0


def test_expectations_from_another_file(hvtui, machine: Lab, tmp_path: Path) -> None:
    path = machine("a", "finish 3", "exit = 3")
    expect = tmp_path / "expect.toml"
    expect.write_text("[expect]\nexit = 0\n", encoding="utf-8")
    assert hvtui("check", path).status == 0
    outcome = hvtui("check", path, "--expect", expect)
    assert (outcome.status, "expected code 0, seen code 3" in outcome.out) == (1, True)
    # A program needs no machine file then.
    assert hvtui("check", path / "kernel.s", "--expect", expect).status == 1


def test_another_cpu(hvtui, machine: Lab) -> None:
    path = machine("a", "csrr t0, 0xfc0\nfinish 0")
    assert hvtui("check", path).status == 1
    assert hvtui("check", path, "--cpu", "vt").status == 0


BAD_USE = [
    (["{}/nowhere"], ["there is no such file"]),
    ([], ["PATH"]),
    (["{}/a", "--jobs", "0"], ["0 is too small"]),
    (["{}/a", "--as", "x"], ["--lab"]),
    (["{}/a", "--lab", "{}/lab/machine.toml", "--as", "x"], ["components are guest, answer"]),
    (["{}/a", "--expect", "{}/nowhere"], ["there is no such file"]),
    (["{}/a", "--expect", "{}/a/kernel.s"], ["not TOML"]),
    (["{}/a", "--junit", "{}/no/report.xml"], ["no such folder"]),
    (["{}/a", "--lab", "{}/lab/machine.toml", "--expect", "{}/wrong.toml"], ["'gest'", "wrong.toml:2"]),
    (["{}/a", "--jsn"], ["did you mean --json?"]),
]


@pytest.mark.parametrize(("words", "said"), BAD_USE)
def test_bad_use_is_no_verdict(
    hvtui, machine: Lab, lab: Path, tmp_path: Path, words: list[str], said: list[str]
) -> None:
    machine("a", "finish 0")
    (tmp_path / "wrong.toml").write_text('[expect]\nran = ["gest"]\n', encoding="utf-8")
    outcome = hvtui("check", *(word.format(tmp_path) for word in words))
    assert (outcome.status, outcome.out) == (2, "")
    for text in said:
        assert text in outcome.err


def test_the_help_names_every_key_of_expect(hvtui) -> None:
    from hvtui.machinefile.expect_table import ExpectTable

    shown = hvtui("check", "--help").out
    for key in ExpectTable.model_fields:
        assert f"\n  {key} = " in shown


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_everything(machine: Lab, tmp_path: Path, jobs: int) -> None:
    machine("all/1", "finish 0")
    for name in "23":
        machine(f"all/{name}", LOOP, "exit = 0\nmax_instructions = 9000000000")
    report = tmp_path / "report.xml"
    words = [str(tmp_path / "all"), "--jobs", str(jobs), "--junit", str(report)]
    with subprocess.Popen(
        [sys.executable, "-m", "hvtui", "check", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ok ")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    assert b"FAILED" not in out
    assert not report.exists()


def test_the_json_is_all_of_stdout(hvtui, machine: Lab) -> None:
    assert json.loads(hvtui("check", machine("a", "put 'x'\nfinish 0"), "--json").out)["ok"] is True
