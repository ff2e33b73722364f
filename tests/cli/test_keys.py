"""``hvtui keys`` prints a key map to begin from; ``--batch`` leaves sessions alone."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from hvtui.debugger.kept import Kept, KeptBreakpoint
from hvtui.remembering.folders import key_map_file
from hvtui.remembering.machines import MachineMemory
from tests.cli.conftest import Command


def test_the_keys_are_printed_as_a_file_that_changes_them(hvtui: Command) -> None:
    done = hvtui("keys")
    assert (done.status, done.err) == (0, "")
    assert tomllib.loads(done.out)["keys"]["step_line"] == ["s", "f11"]
    assert f"#   {key_map_file()}" in done.out.splitlines()


def test_changed_keys_are_printed_and_mistakes_told(hvtui: Command) -> None:
    path = key_map_file()
    path.parent.mkdir(parents=True)
    path.write_text('[keys]\nstep_line = ["e"]\nstep_lime = ["e"]\n')
    done = hvtui("keys")
    assert done.status == 1
    assert tomllib.loads(done.out)["keys"]["step_line"] == ["e"]
    assert done.err == (
        f"{path}:3: error: there is no action 'step_lime'\n"
        '    3 | step_lime = ["e"]\n    did you mean step_line?\n'
    )


def test_a_batch_neither_reads_nor_keeps_a_session(
    hvtui: Command, guest: Callable[..., Path], home: Path
) -> None:
    path = guest("finish 0")
    done = hvtui("debug", path, "--batch", "-c", "break *0x80000000", "-c", "info breakpoints")
    assert done.status == 0
    assert not home.exists()
    MachineMemory(path).keep(Kept((KeptBreakpoint("trap", "any"),)))
    done = hvtui("debug", path, "--batch", "-c", "info breakpoints")
    assert "any" not in done.out


def test_no_session_is_handed_to_the_screen(
    hvtui: Command, guest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hvtui.cli import debug
    from hvtui.tui import app

    remembered: list[bool] = []

    def run(path: Path, overrides: object, *, remembers_session: bool, **_: object) -> None:
        remembered.append(remembers_session)

    monkeypatch.setattr(debug, "_need_terminal", lambda called: None)
    monkeypatch.setattr(app, "run_debugger", run)
    path = guest("finish 0")
    for words in (("debug", path), ("debug", path, "--no-session"), (path, "--no-session")):
        assert hvtui(*words).status == 0
    assert remembered == [True, False, False]
