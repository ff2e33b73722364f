"""Breakpoints and commands come back in the next session; no damaged file stands in the way."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from hvtui.debugger.anchors import Anchor
from hvtui.debugger.kept import Kept, KeptBreakpoint, KeptDisplay
from hvtui.remembering import machines
from hvtui.remembering.folders import machines_folder, name_of_machine
from hvtui.remembering.machines import MachineMemory

MACHINE = Path("/somewhere/lab/machine.toml")

KEPT = Kept(
    (
        KeptBreakpoint(
            "place", "prog.s:7",
            anchors=(Anchor(0x8000_0014, "prog", "work", 4, "/lab/prog.s", 7, "addi a1, a1, 2", 1, 0),),
            condition="a0 > 5", component="prog", ignored=3, commands=("print a0", "continue"),
        ),
        KeptBreakpoint("trap", "illegal in prog", enabled=False, one_shot=True),
        KeptBreakpoint("watch", "*counter", (Anchor(0x8000_0100, "prog", "counter"),), 4),
    ),
    (KeptDisplay("mstatus.MIE", "prog", "x"),),
)  # fmt: skip


def file_of(path: Path = MACHINE) -> Path:
    return machines_folder() / f"{name_of_machine(path)}.json"


def saved(kept: Kept = KEPT) -> Path:
    assert MachineMemory(MACHINE).keep(kept) == ""
    return file_of()


def test_what_was_taken_down_comes_back() -> None:
    saved()
    assert MachineMemory(MACHINE).recall() == (KEPT, "")


def test_the_first_time_there_is_nothing() -> None:
    assert MachineMemory(MACHINE).recall() == (Kept(), "")
    assert MachineMemory(MACHINE).recall_lines() == ([], "")


def test_nothing_leaves_no_file_behind(home: Path) -> None:
    MachineMemory(MACHINE).keep(Kept())
    MachineMemory(MACHINE).keep_lines([])
    assert not home.exists()


def test_that_there_is_nothing_any_more_is_remembered_too() -> None:
    saved()
    saved(Kept())
    assert MachineMemory(MACHINE).recall() == (Kept(), "")


def test_each_machine_file_has_a_memory_of_its_own() -> None:
    saved()
    assert MachineMemory(Path("/elsewhere/lab/machine.toml")).recall() == (Kept(), "")


def test_the_file_can_be_read_by_people_and_by_its_owner_alone() -> None:
    path = saved()
    assert path.name.startswith("lab-")
    assert json.loads(path.read_text())["path"] == str(MACHINE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_is_written_only_when_something_has_changed() -> None:
    memory = MachineMemory(MACHINE)
    memory.keep(KEPT)
    before = file_of().stat()
    memory.keep(KEPT)
    again = MachineMemory(MACHINE)
    again.recall()
    again.keep(KEPT)
    assert file_of().stat().st_ino == before.st_ino


def test_nothing_else_is_left_in_the_folder() -> None:
    path = saved()
    saved(Kept(KEPT.breakpoints[:1]))
    assert list(path.parent.iterdir()) == [path]


def _damaged(text: str) -> list[str]:
    return [
        "",
        "{",
        "null",
        "[" * 100_000,
        '{"version": 1, "path": "x", "breakpoints": ' + "[" * 5000 + "]" * 5000 + "}",
        text.replace('"version": 1', '"version": 2'),
        text.replace('"version": 1', '"version": "one"'),
        text.replace('"prog.s:7"', "7"),
        text.replace('"prog.s:7"', '"\\u001b[2J"'),
        text.replace('"prog.s:7"', json.dumps("x" * 100_000)),
        text.replace('"kind": "place"', '"kind": "placebo"'),
        text.replace('"line": 7', '"line": 1' + "0" * 5000),
        text.replace('"line": 7', '"line": 7.5'),
        text.replace('"line": 7', '"line": NaN'),
        text.replace('"displays"', '"dispalys"'),
        "x" * (machines.MOST_LINES * 2000),
    ]


@pytest.mark.parametrize("index", range(len(_damaged(""))))
def test_a_damaged_file_is_set_aside_with_a_message(index: int) -> None:
    path = saved()
    text = path.read_text()
    damaged = _damaged(text)[index]
    assert damaged != text
    path.write_text(damaged)
    kept, told = MachineMemory(MACHINE).recall()
    assert not kept
    aside = path.with_name(f"{path.name}.damaged-1")
    assert aside.read_text() == damaged
    assert told.startswith("the breakpoints of the last session cannot be read, for ")
    assert told.endswith(f": it was set aside as {aside}")
    assert told.isprintable()
    assert len(told) < 400 + 2 * len(str(path))
    assert MachineMemory(MACHINE).recall() == (Kept(), "")
    saved()
    assert MachineMemory(MACHINE).recall() == (KEPT, "")


def test_bytes_that_are_no_text_are_damage_too() -> None:
    path = saved()
    path.write_bytes(b"\xff\xfe{}")
    assert "set aside" in MachineMemory(MACHINE).recall()[1]


def test_damaged_files_do_not_pile_up_for_ever() -> None:
    for _ in range(15):
        saved().write_text("{")
        MachineMemory(MACHINE).recall()
    assert len(list(machines_folder().iterdir())) == 9


@pytest.mark.parametrize("kind", ["folder", "pipe", "nowhere", "circle", "zeros"])
def test_what_is_no_file_is_set_aside(kind: str) -> None:
    path = file_of()
    path.parent.mkdir(parents=True)
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "nowhere":
            path.symlink_to("/nowhere/at/all")
        case "circle":
            path.symlink_to(path.name)
        case "zeros":
            path.symlink_to("/dev/zero")
    kept, told = MachineMemory(MACHINE).recall()
    assert not kept
    assert "it is no file: it was set aside as" in told
    saved()
    assert MachineMemory(MACHINE).recall() == (KEPT, "")


def test_a_disk_that_takes_nothing_is_told_of_once(home: Path) -> None:
    home.mkdir()
    (home / "state").write_text("here should be a folder")
    memory = MachineMemory(MACHINE)
    assert memory.keep(KEPT).startswith("the breakpoints of the last session cannot be saved: ")
    assert memory.keep(Kept(KEPT.breakpoints[:1])) == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_read_is_told_of() -> None:
    path = saved()
    path.parent.chmod(0)
    try:
        kept, told = MachineMemory(MACHINE).recall()
        assert (bool(kept), "cannot be read" in told) == (False, True)
    finally:
        path.parent.chmod(0o700)


def test_what_no_file_can_hold_is_left_out() -> None:
    odd = KeptBreakpoint("place", "x" * 10_000)
    saved(Kept((odd, *KEPT.breakpoints)))
    assert MachineMemory(MACHINE).recall()[0].breakpoints == KEPT.breakpoints


def test_the_oldest_files_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MOST_FILES", 5)
    for number in range(8):
        path = Path(f"/lab/{number}.s")
        MachineMemory(path).keep(KEPT)
        os.utime(file_of(path), (number, number))
    names = sorted(path.name[0] for path in machines_folder().iterdir())
    assert names == ["3", "4", "5", "6", "7"]


def test_typed_commands_come_back() -> None:
    memory = MachineMemory(MACHINE)
    assert memory.keep_lines(["break main", "continue", "a\x1bb"]) == ""
    assert MachineMemory(MACHINE).recall_lines() == (["break main", "continue"], "")
    memory.keep_lines([f"print {number}" for number in range(3000)])
    lines, _ = MachineMemory(MACHINE).recall_lines()
    assert (len(lines), lines[-1]) == (1000, "print 2999")


@pytest.mark.parametrize("name", ["/", "machine.toml", "x" * 255, "\udcff.s", "a\nb.toml", "名前.s"])
def test_every_path_has_a_file_name(name: str) -> None:
    called = name_of_machine(Path(name))
    assert len(called) < 80
    assert called.isascii()
    assert not {"/", "\n"} & set(called)
    memory = MachineMemory(Path(name))
    assert memory.keep(KEPT) == ""
    assert MachineMemory(Path(name)).recall() == (KEPT, "")
