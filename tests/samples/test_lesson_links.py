"""The links of the lessons do what the text says, one after the other, on the lesson's machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.lab import DEFAULT_CPU, lab_files
from hvtui.lab.writing import write_lab
from hvtui.machinefile.lessons import linked_lesson
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import list_samples, samples_folder
from hvtui.tui.lesson.links import Leads, Target
from hvtui.tui.lesson.page import Page
from hvtui.tui.lesson.rendering import parse, render
from hvtui.tui.panes.catalogue import PANES_BY_NAME

SAMPLES = list_samples()
EACH = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
SOLUTION = Path(__file__).parents[1] / "cli" / "lab_solution.s"
# How a link is called that lets the machine run until its guest has ended.
TO_THE_END = "run to the end"


def links_of(lesson: Path) -> list[tuple[Target, str]]:
    """Return the links of a lesson, each with its text, in the order in which they stand."""
    page = render(parse(lesson.read_text(encoding="utf-8")), 100)
    return [(target, _text(page, number)) for number, target in enumerate(page.links)]


def _text(page: Page, number: int) -> str:
    parts = [piece.text for line in page.lines for piece in line.pieces if piece.link == number]
    return " ".join(part.strip() for part in parts).removeprefix(page.links[number].sign)


def follow(machine: Path, lesson: Path) -> int:
    """Follow all links that drive the machine; return how many there were."""
    session = Session(load_system(machine))
    told: list[str] = []
    interpreter = Interpreter(session, told.append)
    followed = 0
    for target, text in links_of(lesson):
        if target.leads is Leads.PANE:
            assert target.pane in PANES_BY_NAME
        elif target.leads is Leads.ADDRESS:
            assert target.pane in PANES_BY_NAME
            interpreter.execute(f"print {target.text}")
        elif target.leads is Leads.COMMAND:
            interpreter.execute(target.text)
            if target.text in ("continue", "reverse-continue"):
                stop = session.stop
                stopped = stop.kind is StopKind.ENDED if text == TO_THE_END else bool(stop.numbers)
                assert stopped, f"{text}: {stop.text}, after {told[-6:]}"
        else:
            continue
        followed += 1
    return followed


@EACH
def test_the_links_of_a_sample_do_what_the_text_says(sample) -> None:
    assert follow(sample.path.parent, sample.lesson) > 3


@EACH
def test_links_between_lessons_lead_to_lessons(sample) -> None:
    folder = samples_folder()
    assert folder is not None
    for target, _ in links_of(sample.lesson):
        if target.leads is Leads.LESSON:
            assert linked_lesson(sample.lesson, target.text, (folder,)) is not None


def test_the_links_of_the_lab_do_what_the_text_says_once_it_is_solved(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    write_lab(lab, lab_files(DEFAULT_CPU), force=False)
    (lab / "hypervisor.s").write_text(SOLUTION.read_text(encoding="utf-8"), encoding="utf-8")
    assert follow(lab, lab / "LESSON.md") > 10
