"""The README is true: its commands are commands, its files are there, its tour can be taken."""

import re
import shlex
from pathlib import Path

import pytest

from hvtui.cli import main
from hvtui.cli.commands import COMMANDS
from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.document import read_document
from hvtui.machinefile.schema import check_document

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = "".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).splitlines()
TOUR = [line for line in LINES if line.startswith("hvtui ")]
RUNS = [line for line in TOUR if not line.startswith("hvtui debug") or "--batch" in line]
# What the tour shows going wrong: the exit status, and what is said of it.
GOES_WRONG = {
    "hvtui run samples/03-type1-legacy": (255, "ignored first: csrr t0, mhartid (bit 12 rdid)")
}


def test_there_are_two_commands_to_start_with() -> None:
    start, tests, *tour = LINES
    assert start.startswith("python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/hvtui")
    assert tests.endswith("&& .venv/bin/pytest")
    assert tour == TOUR


def test_the_first_command_opens_a_machine_that_is_there() -> None:
    machine = ROOT / LINES[0].split()[-1] / "machine.toml"
    assert machine.is_file()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_links_resolve(target: str) -> None:
    assert (ROOT / target).exists()


def test_all_commands_and_generations_are_named() -> None:
    for command in COMMANDS.values():
        assert f"`hvtui {command.form}`" in TEXT
    for name in GENERATIONS:
        assert f"`{name}`" in TEXT


@pytest.mark.parametrize("line", RUNS)
def test_the_tour_can_be_taken(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    # The tour's own files go to the test's folder.
    line = line.replace("/tmp/", f"{tmp_path}/")
    status, complaint = GOES_WRONG.get(line, (0, ""))
    assert main(shlex.split(line)[1:]) == status
    err = capfd.readouterr().err
    assert complaint in err if complaint else err == ""


def test_what_the_tour_says_of_the_virtual_machine(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(ROOT / "samples/01-native")]) == 0
    native = capfd.readouterr().out
    assert main(["run", str(ROOT / "samples/04-type1-vt")]) == 0
    lines = capfd.readouterr().out.splitlines(keepends=True)
    assert "".join(line.removeprefix("vm1| ") for line in lines if line.startswith("vm1| ")) == native


def test_the_machine_file_it_shows_is_one(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "machine.toml").write_text(shown, encoding="utf-8")
    file = check_document(read_document(tmp_path / "machine.toml"))
    assert [component.name for component in file.component] == ["hypervisor", "tinyos"]
