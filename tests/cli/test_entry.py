"""``hvtui`` itself: help, versions, commands that are almost right, and what it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import hvtui as package
from hvtui.cli.commands import COMMANDS
from hvtui.machinefile.samples import list_samples, path_of_machine, samples_folder

ROOT = Path(__file__).parents[2]


def test_the_version(hvtui) -> None:
    outcome = hvtui("--version")
    assert (outcome.status, outcome.out) == (0, f"hvtui {package.__version__}\n")


def test_the_help_names_every_command(hvtui) -> None:
    outcome = hvtui("--help")
    assert outcome.status == 0
    for command in COMMANDS.values():
        assert f"hvtui {command.form}" in outcome.out
        assert command.summary in outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(hvtui, command: str) -> None:
    outcome = hvtui(command, "--help")
    assert outcome.status == 0
    assert outcome.out.startswith(f"usage: hvtui {command} ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu", "x"], ["no command and no file 'rnu'", "did you mean 'hvtui run'?"]),
        (["xyzzy"], ["no command and no file 'xyzzy'", "commands are debug, run"]),
        (["--versoin"], ["'--versoin'", "did you mean --version?"]),
        (["nowhere/machine.toml"], ["nowhere/machine.toml", "there is no such file"]),
        (["debug", "nowhere.toml"], ["nowhere.toml", "there is no such file"]),
        (["debug"], ["PATH"]),
        (["samples", "--all"], ["'--all'"]),
    ],
)
def test_what_is_almost_right_is_put_right(hvtui, words: list[str], said: list[str]) -> None:
    outcome = hvtui(*words)
    assert (outcome.status, outcome.out) == (2, "")
    for text in said:
        assert text in outcome.err


@pytest.mark.parametrize("words", [[], ["debug", "{}"], ["{}"]])
def test_the_debugger_needs_a_terminal(hvtui, guest, words: list[str]) -> None:
    path = guest("finish 0")
    outcome = hvtui(*(word.format(path) for word in words))
    assert (outcome.status, outcome.out) == (2, "")
    assert "needs a terminal" in outcome.err


def test_the_samples_are_listed(hvtui) -> None:
    outcome = hvtui("samples")
    assert outcome.status == 0
    samples = list_samples()
    assert samples
    for sample in samples:
        assert sample.name in outcome.out
        assert sample.title in outcome.out


def test_a_sample_that_cannot_be_read_is_listed_all_the_same(tmp_path: Path) -> None:
    for name, text in (("02-b", "[machine"), ("01-a", '[machine]\ntitle = "A"'), ("03-c", "machine=1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "machine.toml").write_text(text, encoding="utf-8")
    (tmp_path / "01-a" / "LESSON.md").write_text("# A", encoding="utf-8")
    found = [(sample.name, sample.title) for sample in list_samples(tmp_path)]
    assert found == [("01-a", "A"), ("02-b", "02-b"), ("03-c", "03-c")]
    assert [bool(sample.lesson) for sample in list_samples(tmp_path)] == [True, False, False]


def test_groups_of_samples_come_after_the_others_with_their_groups_name(tmp_path: Path) -> None:
    for name in ("02-b", "broken/a", "broken/b", "01-a", "users", "deep/er/c"):
        (tmp_path / name).mkdir(parents=True)
        if name != "users":
            (tmp_path / name / "machine.toml").write_text("[machine]", encoding="utf-8")
    found = [sample.name for sample in list_samples(tmp_path)]
    assert found == ["01-a", "02-b", "broken/a", "broken/b"]


def test_every_sample_can_be_named_as_the_list_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for sample in list_samples():
        assert path_of_machine(sample.name) == sample.path.parent


def test_a_sample_runs_by_its_name(hvtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = list_samples()[0]
    monkeypatch.chdir(tmp_path)
    by_name = hvtui("run", first.name)
    assert by_name.status == 0
    assert by_name.out == hvtui("run", first.path.parent).out


def test_a_file_of_ones_own_goes_before_a_sample_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = list_samples()[0].name
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert path_of_machine(name) == Path(name)


@pytest.mark.parametrize("text", ["", ".", "..", "../samples", "nothing", "a\0b", "x" * 5000, "/"])
def test_what_is_no_samples_name_stays_a_path(text: str) -> None:
    assert path_of_machine(text) == Path(text)


def test_the_samples_of_a_checkout_are_its_own() -> None:
    assert samples_folder() == ROOT / "samples"


def test_a_run_loads_neither_the_screen_nor_what_it_does_not_need(guest) -> None:
    code = (
        "import sys; from hvtui.cli import main; status = main(sys.argv[1:]); "
        "heavy = {'textual', 'rich', 'pydantic', 'elftools', 'tomllib'} & set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else status)"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", code, "run", str(guest("finish 5"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (5, "")


def test_assemble_disassemble_and_run(hvtui, guest, tmp_path: Path) -> None:
    program = tmp_path / "guest.elf"
    assert hvtui("asm", guest("finish 6"), "-o", program).status == 0
    assert hvtui("run", program).status == 6
    shown = hvtui("disasm", program)
    assert shown.status == 0
    assert "_start" in shown.out
    assert hvtui("asm", tmp_path / "none.s").status == 2
