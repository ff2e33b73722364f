"""``hvtui new``: a lab is written whole or not at all, and loses nobody's work."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hvtui.lab import lab_files, writing
from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.loading import load_system

Command = Any


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_new_folder_gets_the_lab_and_the_person_the_next_steps(
    hvtui: Command, tmp_path: Path
) -> None:
    lab = tmp_path / "lab"
    outcome = hvtui("new", lab)
    assert (outcome.status, outcome.err) == (0, "")
    assert tree(lab) == lab_files()
    assert {"LESSON.md", "hypervisor.s", "guest.s", "machine.toml"} <= set(tree(lab))
    for name in lab_files():
        assert f"  {name}\n" in outcome.out
    assert f"read {lab}/LESSON.md" in outcome.out
    assert f"hvtui debug {lab} " in outcome.out
    assert f"hvtui check {lab} " in outcome.out
    assert [path.name for path in tmp_path.iterdir()] == ["lab"]


def test_a_new_folder_is_an_ordinary_one(hvtui: Command, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    hvtui("new", tmp_path / "lab")
    assert (tmp_path / "lab").stat().st_mode == (tmp_path / "made").stat().st_mode


def test_an_empty_folder_is_taken(
    hvtui: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hvtui("new", ".").status == 0
    assert tree(tmp_path) == lab_files()


@pytest.mark.parametrize("cpu", GENERATIONS)
def test_the_cpu_is_the_one_asked_for(hvtui: Command, tmp_path: Path, cpu: str) -> None:
    outcome = hvtui("new", tmp_path / "lab", "--cpu", cpu)
    assert outcome.status == 0
    files = [tmp_path / "lab/machine.toml", *(tmp_path / "lab").glob("step-*.toml")]
    assert len(files) == 6
    assert {load_system(path).cpu for path in files} == {cpu}
    assert ("nobody can solve it" in outcome.out) == (cpu in ("legacy", "pentium"))


def test_the_guest_alone_runs_on_a_cpu_that_traps(hvtui: Command, tmp_path: Path) -> None:
    """On vt nothing traps before a hypervisor has set the bitmap, so the guest could not keep its own
    program from the CSRs."""
    hvtui("new", tmp_path / "lab", "--cpu", "vt")
    assert load_system(tmp_path / "lab/native.toml").cpu == "classic"


def test_a_cpu_that_is_none_is_refused(hvtui: Command, tmp_path: Path) -> None:
    outcome = hvtui("new", tmp_path / "lab", "--cpu", "vy")
    assert outcome.status == 2
    assert "did you mean 'vt'?" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused(hvtui: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    outcome = hvtui("new", tmp_path)
    assert (outcome.status, outcome.out) == (2, "")
    assert f"{tmp_path}: error: this folder is not empty: it holds notes.txt" in outcome.err
    assert "--force" in outcome.err
    assert tree(tmp_path) == {"notes.txt": b"mine"}


def test_force_replaces_the_labs_files_and_keeps_what_was_changed(
    hvtui: Command, tmp_path: Path
) -> None:
    hvtui("new", tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "hypervisor.s").write_text("first evening")
    assert hvtui("new", tmp_path).status == 2
    outcome = hvtui("new", tmp_path, "--force")
    assert outcome.status == 0
    assert "kept your hypervisor.s as hypervisor.s.old1\n" in outcome.out
    (tmp_path / "hypervisor.s").write_text("second evening")
    assert "hypervisor.s.old2" in hvtui("new", tmp_path, "--force").out
    assert "kept" not in hvtui("new", tmp_path, "--force").out
    assert tree(tmp_path) == {
        **lab_files(),
        "notes.txt": b"mine",
        "hypervisor.s.old1": b"first evening",
        "hypervisor.s.old2": b"second evening",
    }


def test_force_writes_no_file_through_a_link(hvtui: Command, tmp_path: Path) -> None:
    outside = tmp_path / "outside.s"
    outside.write_text("not of the lab")
    lab = tmp_path / "lab"
    lab.mkdir()
    (lab / "guest.s").symlink_to(outside)
    assert hvtui("new", lab, "--force").status == 0
    assert outside.read_text() == "not of the lab"
    assert (lab / "guest.s").read_bytes() == lab_files()["guest.s"]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("file", "this is a file, not a folder"),
        ("file/lab", "is a file, not a folder"),
        ("missing/lab", "there is no folder"),
        ("dangling", "this is not a folder"),
        ("x" * 300, "the lab cannot be written here: File name too long"),
    ],
)
def test_a_place_for_no_lab_is_refused(hvtui: Command, tmp_path: Path, name: str, cause: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    outcome = hvtui("new", tmp_path / name)
    assert (outcome.status, outcome.out) == (2, "")
    told, *remedy = outcome.err.splitlines()
    assert told.startswith(f"{tmp_path / name}: error: ")
    assert cause in told
    assert remedy
    assert sorted(tmp_path.rglob("*")) == before


def test_what_stands_in_the_way_is_named(hvtui: Command, tmp_path: Path) -> None:
    place = tmp_path / "hypervisor.s"
    place.mkdir()
    outcome = hvtui("new", tmp_path, "--force")
    assert outcome.status == 2
    assert f"{place}: error: a folder lies where" in outcome.err
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("folder_exists", [True, False])
def test_a_disk_that_fails_half_way_leaves_nothing(
    hvtui: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder_exists: bool
) -> None:
    lab = tmp_path / "lab"
    if folder_exists:
        hvtui("new", lab)
        (lab / "guest.s").write_text("changed")
        (lab / "program.s").unlink()
    before = tree(tmp_path)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        # The last of the lab's files, or the new folder as a whole.
        if self.name == "support.s" or target == lab:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(writing.Path, "rename", failing)
    (lab / "support.s").unlink(missing_ok=True)
    before.pop("lab/support.s", None)
    outcome = hvtui("new", lab, "--force")
    assert outcome.status == 2
    assert "No space left on device" in outcome.err
    assert tree(tmp_path) == before
    assert lab.exists() == folder_exists


def test_the_machine_files_differ_in_nothing_but_the_step() -> None:
    files = {
        name: tomllib.loads(text.decode()) for name, text in lab_files().items() if name[-5:] == ".toml"
    }
    whole = files["machine.toml"]
    for step in range(1, 6):
        check = files[f"step-{step}.toml"]
        for ours, theirs in zip(check["component"], whole["component"], strict=True):
            assert ours.pop("defines", {}) == (
                {"STEPS": step} if ours["name"] == "guest kernel" else {}
            )
            assert ours == theirs
        lines = whole["expect"]["console"].splitlines()
        last = next(n for n, line in enumerate(lines) if line.startswith(f"guest: {step} "))
        assert check["expect"]["console"].splitlines() == lines[: last + 1] + lines[-2:]
        assert check["machine"]["max_instructions"] == whole["machine"]["max_instructions"]
    native = files["native.toml"]["expect"]["console"]
    assert whole["expect"]["console"].startswith(native)
