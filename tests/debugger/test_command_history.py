"""The lines typed at a prompt, and the ways back to them."""

from __future__ import annotations

from hvtui.debugger.commands.history import History, Recall

LINES = ("break main", "step", "step", "print a0", "break trap any", "step")


def test_lines_are_kept_once_in_a_row_and_none_is_empty() -> None:
    assert list(History(["  step ", "step", "", "  ", "next", "step"])) == ["step", "next", "step"]


def test_only_the_last_lines_are_kept() -> None:
    assert list(History((str(number) for number in range(10)), most=3)) == ["7", "8", "9"]


def test_up_and_down_walk_and_come_back_to_what_was_typed() -> None:
    recall = Recall(History(LINES))
    assert recall.older("") == "step"
    assert recall.older("step") == "break trap any"
    assert recall.older("break trap any") == "print a0"
    assert recall.newer("print a0") == "break trap any"
    assert recall.newer("break trap any") == "step"
    assert recall.newer("step") == ""
    assert recall.newer("") is None


def test_up_finds_only_what_begins_as_the_typed() -> None:
    recall = Recall(History(LINES))
    assert recall.older("br") == "break trap any"
    assert recall.older("break trap any") == "break main"
    assert recall.older("break main") is None
    assert recall.newer("break main") == "break trap any"
    assert recall.newer("break trap any") == "br"


def test_a_line_that_was_changed_begins_a_new_walk() -> None:
    recall = Recall(History(LINES))
    assert recall.older("") == "step"
    assert recall.newer("stepi") is None
    assert recall.older("p") == "print a0"


def test_a_search_finds_what_is_anywhere_in_a_line() -> None:
    recall = Recall(History(LINES))
    assert recall.search("a") == "break trap any"
    assert recall.search("break trap any") == "print a0"
    assert recall.search("print a0") == "break main"
    assert recall.search("break main") is None
    assert recall.newer("break main") == "print a0"


def test_what_was_typed_is_continued_as_it_was_last() -> None:
    history = History(LINES)
    assert history.latest("br") == "break trap any"
    assert history.latest("break m") == "break main"
    assert history.latest("step") == ""
    assert history.latest("") == ""


def test_nothing_is_found_in_an_empty_history() -> None:
    recall = Recall(History())
    assert recall.older("x") is None
    assert recall.search("x") is None
    assert recall.newer("x") == "x"


def test_a_walk_lives_through_lines_that_are_added() -> None:
    history = History(LINES, most=6)
    recall = Recall(history)
    assert recall.older("") == "step"
    history.add("next")
    history.add("finish")
    assert recall.newer("step") in {"next", "finish"}
