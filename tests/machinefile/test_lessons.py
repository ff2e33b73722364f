"""Which Markdown goes with a machine, and which files its links may lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.lessons import linked_lesson
from hvtui.machinefile.loading import load_system

MACHINE = '[machine]\n{}\n[[component]]\nname = "k"\nsource = "k.s"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "k.s").write_text("_start: j _start\n")
    (folder / "machine.toml").write_text(MACHINE.format(""))
    (tmp_path / "secret.md").write_text("# Not for everybody")
    return folder


def test_the_lesson_beside_a_machine_file_goes_with_it(folder: Path) -> None:
    assert load_system(folder).lesson is None
    (folder / "LESSON.md").write_text("# A lesson")
    assert load_system(folder).lesson == folder / "LESSON.md"
    assert load_system(folder / "k.s").lesson == folder / "LESSON.md"


def test_a_machine_file_may_name_another(folder: Path) -> None:
    (folder / "LESSON.md").write_text("# A lesson")
    (folder / "second.md").write_text("# The second")
    (folder / "machine.toml").write_text(MACHINE.format('lesson = "second.md"'))
    assert load_system(folder).lesson == folder / "second.md"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("secnd.md", "did you mean"),
        ("../secret.md", "is no file in the folder of this machine file"),
        (".", "is no file in the folder of this machine file"),
    ],
)
def test_a_lesson_that_is_not_there_or_lies_elsewhere_is_refused(
    folder: Path, named: str, said: str
) -> None:
    (folder / "second.md").write_text("# The second")
    (folder / "machine.toml").write_text(MACHINE.format(f'lesson = "{named}"'))
    with pytest.raises(BadInputError, match=r"machine\.toml:2.*lesson") as refusal:
        load_system(folder)
    assert said in str(refusal.value)


def test_a_symbolic_link_does_not_lead_out_of_the_folder(folder: Path) -> None:
    (folder / "LESSON.md").symlink_to(folder.parent / "secret.md")
    assert load_system(folder).lesson is None
    assert linked_lesson(folder / "other.md", "LESSON.md", (folder,)) is None


def test_links_between_lessons_stay_below_their_folders(folder: Path) -> None:
    lesson, second = folder / "LESSON.md", folder / "next" / "LESSON.md"
    second.parent.mkdir()
    for path in (lesson, second):
        path.write_text("# A lesson")
    assert linked_lesson(lesson, "next/LESSON.md", (folder,)) == second
    assert linked_lesson(second, "../LESSON.md", (folder,)) == lesson
    assert linked_lesson(lesson, "../secret.md", (folder,)) is None
    assert linked_lesson(lesson, "../secret.md", (folder, folder.parent)) is not None
    assert linked_lesson(lesson, "k.s", (folder,)) is None
    assert linked_lesson(lesson, "none.md", (folder,)) is None
    assert linked_lesson(lesson, "a\0b.md", (folder,)) is None
    assert linked_lesson(lesson, "x" * 5000 + ".md", (folder,)) is None
