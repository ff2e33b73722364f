"""A change to a file is told once, when whoever makes it has finished."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hvtui.debugger.filewatch import FileWatch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prog.s"
    path.write_text("nop\n")
    os.utime(path, ns=(1, 1))
    return path


def write(path: Path, text: str, time: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(time, time))


def test_nothing_is_told_while_nothing_changes(file: Path) -> None:
    watch = FileWatch([file])
    assert [watch.look() for _ in range(3)] == [False, False, False]


def test_a_change_is_told_once_it_has_come_to_rest(file: Path) -> None:
    watch = FileWatch([file])
    write(file, "no", 2)
    assert watch.has_changed()
    assert not watch.look()
    assert watch.is_restless
    write(file, "nop\nnop\n", 3)
    assert not watch.look()
    assert watch.look()
    assert not watch.is_restless
    assert not watch.look()
    assert not watch.has_changed()


def test_a_file_that_is_replaced_has_changed(file: Path) -> None:
    """Many editors write another file, and rename it."""
    watch = FileWatch([file])
    other = file.with_name("other")
    other.write_text("nop\n")
    os.utime(other, ns=(1, 1))
    other.replace(file)
    assert (watch.look(), watch.look()) == (False, True)


def test_a_file_that_vanishes_and_comes_back_as_it_was_is_no_change(file: Path) -> None:
    watch = FileWatch([file])
    aside = file.rename(file.with_name("aside"))
    assert not watch.look()
    aside.rename(file)
    assert [watch.look() for _ in range(3)] == [False, False, False]


def test_a_file_that_has_gone_is_a_change_and_so_is_one_that_comes(file: Path) -> None:
    watch = FileWatch([file, file.with_name("later.s")])
    file.unlink()
    assert (watch.look(), watch.look()) == (False, True)
    file.with_name("later.s").write_text("nop\n")
    assert (watch.look(), watch.look()) == (False, True)


def test_other_files_can_be_looked_at_instead(file: Path) -> None:
    watch = FileWatch([file])
    write(file, "changed", 2)
    watch.watch([file.with_name("other.s")])
    assert (watch.look(), watch.look(), watch.has_changed()) == (False, False, False)


def test_a_change_of_a_file_that_stays_watched_is_not_lost(file: Path) -> None:
    watch = FileWatch([file])
    write(file, "changed", 2)
    watch.watch([file, file.with_name("other.s")])
    assert (watch.look(), watch.look()) == (False, True)


def test_a_change_that_is_known_already_is_not_told(file: Path) -> None:
    watch = FileWatch([file])
    write(file, "changed", 2)
    watch.forget()
    assert (watch.look(), watch.look(), watch.has_changed()) == (False, False, False)


def test_a_name_that_no_file_can_have_is_one_that_is_not_there() -> None:
    assert not FileWatch([Path("a\0b")]).look()
