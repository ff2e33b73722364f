"""The commands about the trap log: looking, going from event to event, saving."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hvtui.debugger.commands.everything import complete
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.logwords import COLUMNS
from tests.support.debugged import Part, session_of, virtualized


class Prompt:
    """A debugger at whose prompt one types, over a hypervisor with a guest."""

    def __init__(self) -> None:
        self.session = virtualized()
        self.session.limit = 100
        self.rows: list[str] = []
        self.interpreter = Interpreter(self.session, self.rows.append)
        self.session.resume()

    def __call__(self, line: str) -> list[str]:
        self.rows.clear()
        self.interpreter.execute(line)
        return list(self.rows)

    def refused(self, line: str) -> str:
        with pytest.raises(CommandError) as told:
            self(line)
        return str(told.value)


@pytest.fixture
def gdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prompt:
    monkeypatch.chdir(tmp_path)
    return Prompt()


def test_the_last_entries_that_a_filter_lets_through_are_told(gdb: Prompt) -> None:
    rows = gdb("info log 2 trap in guest")
    assert [row.split()[0] for row in rows] == ["81", "95", "6"]
    assert rows[0].endswith("in guest at guest.s:3, ring 3 → ring 0")
    assert len(gdb("info log injection")) == 2
    assert len(gdb("info log")) == 13
    assert len(gdb("info log 3")) == 4
    assert "did you mean injection?" in gdb.refused("info log injecton")


def test_one_goes_from_event_to_event(gdb: Prompt) -> None:
    assert "before trap: environment call from U" in gdb("reverse-event ecall-u")[0]
    assert gdb.session.machine.instant == 47
    assert "before injection: mret" in gdb("event")[0]
    assert gdb.session.machine.instant == 62
    assert "there is no event" in gdb.refused('reverse-event "sret"')


def test_the_log_is_saved_as_csv(gdb: Prompt, tmp_path: Path) -> None:
    assert gdb("save log traps.csv") == ["saved 12 entries in traps.csv"]
    with (tmp_path / "traps.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1] == {
        "instant": "18", "kind": "trap", "cause": "illegal instruction", "bits": "wrtrap",
        "component": "guest", "function": "boot", "file": "guest.s", "line": "6",
        "pc": "0x80010018", "instruction": "csrw mscratch, zero", "from_ring": "1", "to_ring": "0",
        "tval": "0x34001073", "target": "0x80000044",
    }  # fmt: skip
    assert [row["instant"] for row in rows] == [
        str(entry.instant) for entry in gdb.session.traplog.known
    ]


def test_what_a_filter_lets_through_is_saved_as_json(gdb: Prompt, tmp_path: Path) -> None:
    assert gdb('save log "my traps.json" injection or ecall-u')[0].startswith("saved 2 entries")
    rows = json.loads((tmp_path / "my traps.json").read_text("utf-8"))
    assert [row["kind"] for row in rows] == ["trap", "injection"]
    assert [row["tval"] for row in rows] == ["0x00000000", None]
    gdb("save log none.json ignored")
    assert json.loads((tmp_path / "none.json").read_text("utf-8")) == []


def test_the_known_future_is_saved_too(gdb: Prompt) -> None:
    gdb("goto 20")
    assert gdb("save log all.csv") == ["saved 12 entries in all.csv"]


def test_a_file_that_is_there_is_only_replaced_if_that_is_meant(gdb: Prompt, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("precious", "utf-8")
    assert "save log -force replaces it" in gdb.refused("save log mine.csv")
    assert (tmp_path / "mine.csv").read_text("utf-8") == "precious"
    gdb("save log -force mine.csv trap")
    assert (tmp_path / "mine.csv").read_text("utf-8").startswith("instant,kind")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("save", "what can be saved is the log"),
        ("save stack a.csv", "what can be saved is the log"),
        ("save log", "in which file?"),
        ("save log traps.txt", "ends in neither .csv nor .json"),
        ("save log nowhere/a.csv", "cannot be written: No such file or directory"),
        ("save log a.csv wrstatsu", "did you mean wrstatus?"),
        ("save log -force there.csv", "is no file that can be replaced"),
    ],
)
def test_what_cannot_be_saved_is_told(gdb: Prompt, tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "there.csv").mkdir()
    assert told in gdb.refused(line)
    assert [file.name for file in tmp_path.iterdir()] == ["there.csv"]


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = session_of(Part("=cmd|calc", "_start: ecall\n j _start\n"))
    session.to_trap()
    Interpreter(session, lambda row: None).execute("save log a.csv")
    text = (tmp_path / "a.csv").read_text("utf-8")
    assert ",'=cmd|calc," in text
    assert ",=cmd" not in text


def test_what_may_follow_is_proposed(gdb: Prompt) -> None:
    def proposed(line: str) -> set[str]:
        return {known.text for known in complete(gdb.interpreter.context, line)}

    assert proposed("save l") == {"log"}
    assert proposed("save log -f") == {"-force"}
    assert "injection" in proposed("save log a.csv inj")
    assert "guest" in proposed("event in gu")
    assert "after" in proposed("info log aft")
