"""``hvtui run``: what a person, a script or a grader sees of a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hvtui.cli import progress
from tests.support.small_guests import USER_READS_STATUS

ROOT = Path(__file__).parents[2]

KEYS = [
    "exit",
    "cpu",
    "engine",
    "instructions",
    "seconds",
    "console",
    "traps",
    "kernel_instructions",
    "exits",
    "first_lost",
    "components",
]


SPIN = """\
        put     '.'
        put     '\\n'
1:      j       2f
2:      j       1b
"""

ECHO = """\
        li      s0, UART
        la      s1, count
        lw      s1, 0(s1)
1:      lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, 1b
        lbu     t0, 0(s0)
        sb      t0, 0(s0)
        addi    s1, s1, -1
        bnez    s1, 1b
        finish  0
"""


@pytest.mark.parametrize(("code", "status"), [(0, 0), (7, 7), (255, 255), (256, 255), (65535, 255)])
def test_the_status_is_the_guests_exit_code(hvtui, guest, code: int, status: int) -> None:
    outcome = hvtui("run", guest(f"finish {code}"))
    assert outcome.status == status
    assert outcome.err == ""
    report = hvtui("run", guest(f"finish {code}"), "--json").report
    assert report["exit"] == {"reason": "finisher", "code": code}


def test_the_console_is_stdout_and_nothing_else(hvtui, guest) -> None:
    outcome = hvtui("run", guest("put 'h'\nput 'i'\nfinish 0"))
    assert (outcome.status, outcome.out, outcome.err) == (0, "hi", "")


def test_the_report_has_exactly_these_keys(hvtui, guest) -> None:
    outcome = hvtui("run", guest("put 'h'\nput 200\nfinish 3", "my guest.s"), "--json")
    report = outcome.report
    assert outcome.status == 3
    assert list(report) == KEYS
    assert report["cpu"] == "classic"
    assert report["engine"] in ("fast", "reference")
    assert report["console"] == "h\ufffd"
    assert report["traps"] == {}
    assert report["kernel_instructions"] == {}
    assert report["components"] == {"my guest": {"instructions": report["instructions"], "entries": 1}}
    assert report["seconds"] >= 0


def test_tohost_ends_a_run(hvtui, guest) -> None:
    body = "la t0, tohost\nli t1, {}\nsw t1, 0(t0)\n1: j 1b\n.data\n.balign 8\ntohost: .dword 0"
    outcome = hvtui("run", guest(body.format(1)), "--json")
    assert (outcome.status, outcome.report["exit"]) == (0, {"reason": "tohost", "code": 0})
    outcome = hvtui("run", guest(body.format(5 << 1 | 1)), "--json")
    assert (outcome.status, outcome.report["exit"]) == (5, {"reason": "tohost", "code": 5})


def test_the_limit_is_exact(hvtui, guest) -> None:
    outcome = hvtui("run", guest(SPIN), "--max-instructions", 1234, "--json")
    assert outcome.status == 124
    assert outcome.report["exit"] == {"reason": "limit", "code": 124}
    assert outcome.report["instructions"] == 1234
    outcome = hvtui("run", guest(SPIN), "--max-instructions", "0x10")
    assert outcome.status == 124
    assert outcome.out == ".\n"
    assert "stopped at the limit" in outcome.err
    assert "guest.s:" in outcome.err
    assert "16 instructions" in outcome.err


@pytest.mark.parametrize("body", ["1: j 1b", "csrw mie, zero\nwfi", "nop\n.word 0"])
def test_a_guest_that_can_never_go_on_is_stuck(hvtui, guest, body: str) -> None:
    outcome = hvtui("run", guest(body), "--json")
    assert outcome.status == 1
    assert outcome.report["exit"] == {"reason": "stuck", "code": 1}
    outcome = hvtui("run", guest("put 'x'\n" + body))
    assert outcome.out == "x"
    assert "stuck: nothing can ever happen again, pc 0x" in outcome.err
    assert "in ring 0 (M)" in outcome.err


FATES = {
    # what becomes of two reads of mstatus and a write of mscratch in ring 3
    "classic": {"rdstatus": {"trapped": 2}, "wrtrap": {"trapped": 1}},
    "legacy": {"rdstatus": {"ignored": 2}, "wrtrap": {"ignored": 1}},
    "pentium": {"rdstatus": {"leaked": 2}, "wrtrap": {"trapped": 1}},
    "vt": {"rdstatus": {"ignored": 2}, "wrtrap": {"ignored": 1}},
    "svm": {"rdstatus": {"ignored": 2}, "wrtrap": {"ignored": 1}},
}


@pytest.mark.parametrize("cpu", FATES)
def test_the_report_tells_what_became_of_kernel_instructions(hvtui, guest, cpu: str) -> None:
    report = hvtui("run", guest(USER_READS_STATUS), "--json", "--cpu", cpu).report
    none = {"trapped": 0, "executed": 0, "ignored": 0, "leaked": 0}
    expected = {bit: {**none, **counts} for bit, counts in FATES[cpu].items()}
    assert report["cpu"] == cpu
    assert report["kernel_instructions"] == expected
    refused = sum(counts.get("trapped", 0) for counts in FATES[cpu].values())
    assert report["traps"] == ({"illegal": refused} if refused else {}) | {"ecall-u": 1}


LOST_FIRST = {
    "classic": None,
    "legacy": ("ignored", "2 rdstatus, 1 wrtrap"),
    "pentium": ("leaked", "2 rdstatus"),
    "vt": ("ignored", "2 rdstatus, 1 wrtrap"),
    "svm": ("ignored", "2 rdstatus, 1 wrtrap"),
}


@pytest.mark.parametrize("cpu", LOST_FIRST)
def test_the_first_lost_instruction_is_named(hvtui, guest, cpu: str) -> None:
    source = guest(USER_READS_STATUS)
    line = source.read_text(encoding="utf-8").splitlines().index("        csrr    a0, mstatus") + 1
    outcome = hvtui("run", source, "--cpu", cpu)
    report = hvtui("run", source, "--cpu", cpu, "--json").report
    lost = LOST_FIRST[cpu]
    if lost is None:
        assert (outcome.err, report["first_lost"]) == ("", None)
        return
    found = report["first_lost"]
    first, counts = lost
    assert outcome.err == (
        f"hvtui: {first} first: csrr a0, mstatus (bit 0 rdstatus) at {source}:{line} in guest, "
        f"ring 3, instant {found['instant']}\nhvtui: {first} in all: {counts}\n"
    )
    assert found["bits"] == [{"bit": 0, "name": "rdstatus", "outcome": first}]
    assert (found["file"], found["line"], found["instruction"]) == (
        str(source),
        line,
        "csrr a0, mstatus",
    )
    assert (found["component"], found["vm"], found["ring"]) == ("guest", None, 3)
    assert found["pc"] == found["physical"] >= 0x8000_0000


def test_the_report_tells_the_exits_by_bit_and_cause(hvtui, guest) -> None:
    exits = hvtui("run", guest(USER_READS_STATUS), "--json").report["exits"]
    expected = {
        "total": 4,
        "bits": {"rdstatus": 2, "wrtrap": 1},
        "causes": {"illegal": 3, "ecall-u": 1},
    }
    assert exits == {**expected, "components": {"guest": expected}, "rings": {"3": expected}}


def test_a_trap_within_m_is_no_exit(hvtui, guest) -> None:
    body = "la t0, 1f\ncsrw mtvec, t0\necall\n.balign 4\n1: finish 0"
    report = hvtui("run", guest(body), "--json").report
    assert report["traps"] == {"ecall-m": 1}
    assert report["exits"] == {"total": 0, "bits": {}, "causes": {}, "components": {}, "rings": {}}


def test_a_trap_bit_makes_them_trap_on_vt(hvtui, guest) -> None:
    report = hvtui(
        "run", guest("li t0, 1\ncsrw 0x7c0, t0\n" + USER_READS_STATUS), "--json", "--cpu", "vt"
    ).report
    assert report["kernel_instructions"]["rdstatus"]["trapped"] == 2
    assert report["kernel_instructions"]["wrtrap"]["ignored"] == 1


def test_the_console_can_be_typed_into(hvtui, guest, tmp_path: Path) -> None:
    typed = tmp_path / "typed"
    # More than the serial port takes at once.
    data = b"".join(b"%d\n" % number for number in range(20_000))
    typed.write_bytes(data)
    source = guest(ECHO + f".data\ncount: .word {len(data)}")
    outcome = hvtui("run", source, "--console-in", typed)
    assert outcome.status == 0
    assert outcome.out.encode() == data
    outcome = hvtui("run", source, "--console-in", tmp_path / "none")
    assert (outcome.status, "there is no such file" in outcome.err) == (2, True)


def test_a_machine_file_runs_and_each_component_is_counted(hvtui, guest, tmp_path: Path) -> None:
    guest("la t0, 0x80001000\njalr t0\njalr t0\nfinish 0", "first.s")
    guest("nop\nret", "second.s")
    machine = tmp_path / "machine.toml"
    machine.write_text(
        '[[component]]\nname = "one"\nsource = "first.s"\n'
        '[[component]]\nname = "two"\nsource = "second.s"\nat = 0x80001000\n'
        '[[component]]\nname = "three"\nsource = "second.s"\nat = 0x80002000\n',
        encoding="utf-8",
    )
    report = hvtui("run", machine, "--json").report
    assert report["components"]["two"] == {"instructions": 4, "entries": 2}
    assert report["components"]["three"] == {"instructions": 0, "entries": 0}
    assert report["components"]["one"]["entries"] == 3
    assert sum(c["instructions"] for c in report["components"].values()) == report["instructions"]
    assert hvtui("run", tmp_path).status == 0


def test_code_that_the_guest_wrote_itself_counts_as_outside(hvtui, guest) -> None:
    body = "la t0, 0x80100000\nli t1, 0x00008067\nsw t1, 0(t0)\nfence.i\njalr t0\nfinish 0"
    components = hvtui("run", guest(body), "--json").report["components"]
    assert components["(outside)"] == {"instructions": 1, "entries": 1}
    assert components["guest"]["entries"] == 2


def test_the_trace_has_a_line_for_each_step_and_agrees_with_the_report(
    hvtui, guest, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    plain = hvtui("run", guest(USER_READS_STATUS), "--json").report
    report = hvtui("run", guest(USER_READS_STATUS), "--json", "--trace", trace).report
    assert {**report, "seconds": 0} == {**plain, "seconds": 0}
    lines = trace.read_text(encoding="utf-8").splitlines()[1:]
    steps = [line.split() for line in lines if line.split()[1] not in ("<", ">", "!")]
    assert [int(step[0]) for step in steps] == list(range(len(steps)))
    assert len(steps) == report["instructions"] + sum(report["traps"].values())
    text = "\n".join(lines)
    assert "guest ring 3 (U) " in text
    assert "30002573 csrr a0, mstatus" in text
    assert "> illegal of rdstatus at 8000" in text
    assert "ring 3 (U) to ring 0 (M)" in text
    assert "< mret: ring 0 (M) to ring 3 (U) at 8000" in text
    assert "> ecall-u at 8000" in text


def test_the_trace_shows_what_was_ignored_and_leaked(hvtui, guest, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    hvtui("run", guest(USER_READS_STATUS), "--cpu", "pentium", "--trace", trace)
    assert trace.read_text(encoding="utf-8").count("! leaked rdstatus") == 2
    hvtui("run", guest(USER_READS_STATUS), "--cpu", "legacy", "--trace", trace)
    assert trace.read_text(encoding="utf-8").count("! ignored wrtrap") == 1


def test_raw_binaries_need_an_address(hvtui, tmp_path: Path) -> None:
    binary = tmp_path / "guest.bin"
    binary.write_bytes(bytes.fromhex("6f000000"))  # a jump to itself
    outcome = hvtui("run", binary)
    assert outcome.status == 2
    assert "--at 0x80000000" in outcome.err
    outcome = hvtui("run", binary, "--at", "0x80001000")
    assert outcome.status == 1
    assert "pc 0x80001000 (guest)" in outcome.err
    assert hvtui("run", binary, "--at", "0x80000002").status == 2
    assert "not all in RAM" in hvtui("run", binary, "--at", "0x1000").err


def test_a_source_is_placed_and_defined_from_outside(hvtui, guest) -> None:
    source = guest("finish CODE")
    assert hvtui("run", source, "-D", "CODE=9").status == 9
    assert hvtui("run", source, "-D", "CODE=9", "--at", "0x80004000").status == 9
    assert hvtui("run", source).status == 2


def test_include_reaches_only_the_named_folders(hvtui, guest, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "end.s").write_text("finish 4\n", encoding="utf-8")
    lab = tmp_path / "lab"
    lab.mkdir()
    source = guest('.include "end.s"', "lab/main.s")
    assert hvtui("run", source).status == 2
    assert hvtui("run", source, "-I", library).status == 4
    escaping = guest('.include "../library/end.s"', "lab/escape.s")
    assert hvtui("run", escaping).status == 2
    machine = lab / "machine.toml"
    machine.write_text(
        '[[component]]\nname = "k"\nsource = "main.s"\ninclude = ["../library"]\n', encoding="utf-8"
    )
    outcome = hvtui("run", machine)
    assert outcome.status == 2
    assert "lies outside" in outcome.err
    assert f"-I {library}" in outcome.err
    assert hvtui("run", machine, "-I", library).status == 4


BAD_OPTIONS = [
    (["--max-instructions", "0"], ["--max-instructions", "0 is too small"]),
    (["--max-instructions", "many"], ["'many' is not a number"]),
    (["--cpu", "vtx"], ["'vtx'", "'vt'", "legacy, pentium"]),
    (["--ram", "5000"], ["multiple of 4K"]),
    (["--ram", "99G"], ["too much"]),
    (["--at", "12345678901"], ["no address"]),
    (["--jsn"], ["'--jsn'", "did you mean --json?"]),
    (["-D", "1=2"], ["NAME=VALUE"]),
    (["--dtb", "/nowhere"], ["/nowhere", "no such file"]),
    (["--trace", "/nowhere/trace"], ["/nowhere/trace", "No such file"]),
    (["extra"], ["'extra'"]),
]


@pytest.mark.parametrize(("options", "words"), BAD_OPTIONS)
def test_bad_options_say_what_is_wrong(hvtui, guest, options: list[str], words: list[str]) -> None:
    outcome = hvtui("run", guest("finish 0"), *options)
    assert (outcome.status, outcome.out) == (2, "")
    for word in words:
        assert word in outcome.err


def test_bad_files_say_what_is_wrong(hvtui, guest, tmp_path: Path) -> None:
    guest("finish 0")
    outcome = hvtui("run", tmp_path / "gust.s")
    assert (outcome.status, outcome.out) == (2, "")
    assert f"did you mean {tmp_path / 'guest.s'}?" in outcome.err
    assert "no machine.toml" in hvtui("run", tmp_path).err
    wrong = guest("addd a0, a1, a2\nadd a0, a1")
    outcome = hvtui("run", wrong, "--json")
    assert (outcome.status, outcome.out) == (2, "")
    assert f"{wrong}:14:" in outcome.err
    assert f"{wrong}:15:" in outcome.err
    assert outcome.err.endswith("2 errors\n")
    (tmp_path / "latin.s").write_bytes(b"# \xe9\n")
    assert "UTF-8" in hvtui("run", tmp_path / "latin.s").err
    (tmp_path / "empty.s").write_bytes(b"")
    assert "nothing to load" in hvtui("run", tmp_path / "empty.s").err


def test_control_sequences_of_a_file_do_not_reach_the_terminal(hvtui, tmp_path: Path) -> None:
    machine = tmp_path / "machine.toml"
    machine.write_text('[[component]]\nname = "k"\nelf = "\\u001b[2J"\n', encoding="utf-8")
    outcome = hvtui("run", machine)
    assert outcome.status == 2
    assert "\x1b" not in outcome.err


# -- in a process of its own --------------------------------------------------------------------


def _start(path: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "hvtui", "run", str(path), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )


def test_ctrl_c_stops_cleanly(guest: Callable[..., Path]) -> None:
    with _start(guest(SPIN)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b".\n"  # it streams: the guest is still running
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"interrupted, pc 0x" in err
    assert b"Traceback" not in err


def test_ctrl_c_still_gives_the_report(guest: Callable[..., Path], tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with _start(guest(SPIN), "--json", "--trace", str(trace)) as process:
        while not trace.exists() or trace.stat().st_size < 1000:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    assert json.loads(out)["exit"] == {"reason": "interrupted", "code": 130}


def test_a_reader_that_leaves_is_no_error(guest: Callable[..., Path]) -> None:
    with _start(guest("1: put 'x'\nput '\\n'\nj 1b")) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@pytest.mark.parametrize("shared", [False, True], ids=["only stderr", "both"])
def test_a_terminal_gets_progress_and_a_summary(
    guest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    pty = pytest.importorskip("pty", reason="pseudo-terminals are a Unix thing")
    source = guest("put 'x'\nput '\\n'\nli s0, 100000\n1: addi s0, s0, -1\nbnez s0, 1b\nfinish 0")
    code = (
        "import sys; from hvtui.cli import main, progress; progress._PATIENCE = 0; "
        f"sys.exit(main(['run', {str(source)!r}]))"
    )
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=follower,
        stdout=follower if shared else subprocess.PIPE,
        stderr=follower,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        shown += chunk
    out = process.stdout.read() if process.stdout else shown
    assert process.wait(timeout=60) == 0
    os.close(leader)
    assert b"instructions" in shown
    assert b"M/s" in shown
    assert b"the guest ended with code 0 (finisher)" in shown
    assert b"x" in out
    if not shared:
        assert out == b"x\n"


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress.RunProgress(limit=None)
    shown._next = 0
    shown.update(10_000_000, at_line_start=True)
    shown.hide()
    assert capsys.readouterr() == ("", "")
