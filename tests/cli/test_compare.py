"""``hvtui compare``, as a person calls it."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from hvtui.cli import main
from hvtui.comparing.measuring import Measurement, measure
from hvtui.machine.engines import why_not_fast
from hvtui.machinefile import loading
from hvtui.machinefile.samples import list_samples

NAMES = ["01-native", "03-type1-legacy"]


def test_a_table_bars_and_causes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["compare", *NAMES]) == 0
    told = capsys.readouterr().out
    assert "machine" in told
    assert "53,903" in told
    assert "finisher 255" in told
    assert "█" in told
    assert "01-native: 19,827 tinyos, 17,231 primes" in told
    assert "80 load-page, 79 store-page, 1 fetch-page" in told
    assert "[1] ended with code 255, 01-native with 0" in told
    assert "KVM/ARM" in told


def test_json_tells_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--json", *NAMES]) == 0
    native, legacy = json.loads(capsys.readouterr().out)
    assert native["instructions"] == 53903
    assert native["crossings"] == {"3→0": 43, "0→3": 43}
    assert legacy["exits"] == 160
    assert legacy["components"]["hypervisor"]["role"] == "hypervisor"
    assert legacy["ending"] == {"reason": "finisher", "code": 255}


def test_csv_has_a_line_for_each_machine(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    costs = tmp_path / "costs.toml"
    costs.write_text("instruction = 2\ntrap = 0\nxret = 0\n")
    assert main(["compare", "--csv", "--costs", str(costs), *NAMES]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["machine"] for row in rows] == NAMES
    assert rows[0]["cycles, own"] == str(2 * 53903)
    assert rows[0]["instructions: tinyos"] == "19827"
    assert rows[1]["exits by cause: load-page"] == "80"
    assert rows[1]["exits per call"] == ""


def test_a_machine_file_beside_a_sample_has_a_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "13-partition/bare.toml", "13-partition/one.toml", "--json"]) == 0
    bare, partition = json.loads(capsys.readouterr().out)
    assert (bare["baseline"], partition["baseline"]) == ("13-partition/bare.toml",) * 2
    assert (partition["updates"], partition["exits_per_update"]) == (97, 0)


def test_everything_fits_into_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["compare", *NAMES, "04-type1-vt", "10-type2-translation"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert max(map(len, told)) <= 80
    # No number and no name of a sample is cut or broken.
    (row, cycles) = (line for line in told if line.startswith("10-type2-translation "))
    assert row.split()[-1] == "[3,4]"
    assert "finisher 0" in cycles
    assert "…" not in "".join(told)
    assert not any("\x1b" in line for line in told)


def test_the_baseline_is_run_on_the_cpu_of_a_machine_that_does_other_work_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "01-native", "09-paravirt", "--json"]) == 0
    _, paravirt = json.loads(capsys.readouterr().out)
    (note,) = paravirt["notes"]
    assert note.startswith("41 system calls, not 39. On legacy, 01-native itself makes 41")


def test_a_machine_that_never_ends_is_stopped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "loop.s"
    source.write_text("1: addi t0, t0, 1\nj 1b\n")
    assert main(["compare", NAMES[0], str(source), "--max-instructions", "60000"]) == 0
    told = capsys.readouterr().out
    assert "stopped after 60,000 instructions" in " ".join(told.split())


def test_a_long_path_leaves_the_numbers_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    source = tmp_path / f"{'long' * 20}.s"
    source.write_text("li t0, 0x100000\nli t1, 0x5555\nsw t1, 0(t0)\n")
    assert main(["compare", str(source), NAMES[0]]) == 0
    told = capsys.readouterr().out
    assert "53,903" in told
    assert "finisher 0" in told


def test_an_output_that_is_not_utf_8_gets_other_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["compare", NAMES[0]]) == 0
    assert main(["classify", "--cpu", "legacy"]) == 0
    sys.stdout.flush()
    told = raw.getvalue().decode("ascii")
    assert "#####" in told
    assert "1.00 x" in told
    assert "no theorem 1" in told


def test_every_machine_is_opened_before_the_first_one_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nothing may run")

    monkeypatch.setattr("hvtui.cli.compare.measure", refuse)
    (tmp_path / "machine.toml").write_text('[machine]\ncpu = "vx"\n')
    assert main(["compare", NAMES[0], str(tmp_path)]) == 2
    assert "did you mean 'vt'?" in capsys.readouterr().err


def test_a_machine_that_is_named_twice_runs_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []

    def counted(name: str, *others: Any) -> Measurement:
        names.append(name)
        return measure(name, *others)

    monkeypatch.setattr("hvtui.cli.compare.measure", counted)
    samples = list_samples()
    assert main(["compare", NAMES[0], str(samples[0].path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert names == [NAMES[0]]
    assert [row["name"] for row in rows] == [NAMES[0], str(samples[0].path)]


def test_a_machine_that_is_not_there_is_named_and_what_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "01-native", "04-typ1-vt"]) == 2
    told = capsys.readouterr().err
    assert "04-typ1-vt" in told
    assert "did you mean 04-type1-vt?" in told
    assert "15-bytecode" in told


@pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")
def test_either_engine_counts_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for engine in ("reference", "fast"):
        assert main(["compare", "01-native", "09-paravirt", "--json", "--engine", engine]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


def test_an_engine_that_cannot_run_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "why_not_fast", lambda: "the package llvmlite is not installed")
    assert main(["compare", "--engine", "fast"]) == 2
    told = capsys.readouterr().err
    assert "--engine fast: error: the package llvmlite is not installed" in told
    assert "choose auto or reference" in told
