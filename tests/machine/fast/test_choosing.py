"""Which engine runs a machine, and what a person is told where the fast one cannot."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hvtui.cli import main
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine, UnavailableError, why_not_fast
from hvtui.machine.fast import compilation, flat
from hvtui.machine.fast.layout import Cpu

PROGRAM = """
_start: li      t0, 0x00100000
        li      t1, 0x5555
        sw      t1, 0(t0)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.s"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def no_llvmlite(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the process find no llvmlite, as if it were not installed."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "llvmlite" else real(name, *rest),
    )
    compilation.native.cache_clear()
    yield
    compilation.native.cache_clear()


@pytest.fixture
def no_executable_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the host refuse memory that may be executed."""

    def refused(code: flat.Flat) -> object:
        raise PermissionError("no memory may be executed")

    monkeypatch.setattr(flat, "place", refused)
    compilation.native.cache_clear()
    yield
    compilation.native.cache_clear()


needs_fast = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")


def _report(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[dict[str, object], str]:
    assert main(["run", "--json", *words]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


@needs_fast
@pytest.mark.parametrize(
    ("option", "name"), [("auto", "fast"), ("fast", "fast"), ("reference", "reference")]
)
def test_a_person_chooses_the_engine(
    program: Path, capsys: pytest.CaptureFixture[str], option: str, name: str
) -> None:
    report, err = _report(capsys, str(program), f"--engine={option}")
    assert (report["engine"], report["instructions"], err) == (name, 4, "")


def test_without_llvmlite_the_reference_runs_and_says_so(
    program: Path, capsys: pytest.CaptureFixture[str], no_llvmlite: None
) -> None:
    report, err = _report(capsys, str(program))
    assert report["engine"] == "reference"
    assert err == (
        "hvtui: the reference engine runs, which is slower: the package llvmlite is not installed\n"
    )


def test_who_insists_on_the_fast_engine_is_told_why_not(
    program: Path, capsys: pytest.CaptureFixture[str], no_llvmlite: None
) -> None:
    assert main(["run", str(program), "--engine", "fast"]) == 2
    assert "the package llvmlite is not installed" in capsys.readouterr().err


@needs_fast
def test_without_executable_memory_the_reference_runs(no_executable_memory: None) -> None:
    machine = Machine(engine=Engine.AUTO)
    assert machine.engine == "reference"
    assert "no memory may be executed" in machine.engine_note
    with pytest.raises(UnavailableError, match="no memory may be executed"):
        Machine(engine=Engine.FAST)


def test_an_engine_that_does_not_exist_is_refused(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", str(program), "--engine", "fats"])
    assert left.value.code == 2
    told = "no engine 'fats'; there are auto, fast, reference; did you mean fast?"
    assert told in capsys.readouterr().err


@needs_fast
def test_code_from_the_cache_is_the_same_as_new_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compilation.native.cache_clear()
    new = compilation.native()
    compilation.native.cache_clear()
    kept = compilation.native()
    compilation.native.cache_clear()
    assert new is not kept
    for native in (new, kept):
        cpu = Cpu()
        cpu.stop = 1
        assert native.enter(cpu) == 0
