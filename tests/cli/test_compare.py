"""``hvtui compare``, as a person calls it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hvtui.cli import main

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
    assert "80 load-page, 79 store-page, 1 fetch-page" in told
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


def test_a_machine_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "01-native", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
