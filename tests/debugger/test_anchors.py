"""A breakpoint's place is found again in an edited source, or said to be lost; never put elsewhere."""

from __future__ import annotations

import pytest

from hvtui.debugger.anchors import Anchor, AnchorLostError, anchor_of, find, statement_of
from hvtui.debugger.locations import Location, resolve
from hvtui.machinefile.system import System
from tests.support.debugged import Part, system_of

SOURCE = """\
_start: li      a0, 0
        call    count
        call    count
end:    j       end
count:  addi    a0, a0, 1     # one more
        nop
        nop
        addi    a1, a0, 2
        ret
other:  ret
"""


def system(source: str = SOURCE, name: str = "prog") -> System:
    return system_of(Part(name, source))


def anchored(place: str, before: System | None = None) -> Anchor:
    """Return the anchor of a place in the source as it was."""
    locations = resolve(before or system(), place)
    assert len(locations) == 1
    return anchor_of(locations[0])


def moved(place: str, *edits: tuple[str, str], name: str = "prog") -> str:
    """Say which line a place is at after edits, with its text."""
    source = SOURCE
    for old, new in edits:
        assert old in source
        source = source.replace(old, new, 1)
    after = system(source, name)
    location = find(anchored(place), after)
    return _line_at(after, location)


def _line_at(after: System, location: Location) -> str:
    assert location.component is not None
    program = location.component.program
    entry = program.lines.at(location.linked)
    assert entry is not None
    text = program.sources[entry.outermost.file].splitlines()[entry.outermost.line - 1]
    return statement_of(text)


def test_a_place_in_an_unchanged_source_stays_where_it_is() -> None:
    for line in range(1, 11):
        (location,) = resolve(system(), f"prog.s:{line}")
        assert find(anchor_of(location), system()).physical == location.physical


def test_lines_before_the_label_do_not_move_it() -> None:
    assert moved("prog.s:8", ("_start: li      a0, 0", "_start: nop\n nop\n nop\n li a0, 0")) == (
        "addi a1, a0, 2"
    )


def test_lines_between_label_and_place_do_not_move_it() -> None:
    assert moved("prog.s:8", ("        nop\n", "        nop\n        li a5, 0x12345678\n")) == (
        "addi a1, a0, 2"
    )
    assert moved("prog.s:8", ("        nop\n        nop\n", "")) == "addi a1, a0, 2"


def test_of_equal_lines_the_same_one_is_meant() -> None:
    before, after = system(), system(SOURCE.replace("addi    a0, a0, 1", "li a0, 0x12345678"))
    second = find(anchored("prog.s:7", before), after)
    assert second.component is not None
    entry = second.component.program.lines.at(second.linked)
    assert entry is not None
    assert entry.place.line == 7


def test_comments_and_blanks_do_not_matter() -> None:
    assert (
        moved("prog.s:5", ("addi    a0, a0, 1     # one more", "addi a0,  a0, 1")) == "addi a0, a0, 1"
    )


def test_a_label_leads_to_what_its_line_has_become() -> None:
    assert moved("count", ("addi    a0, a0, 1", "addi    a0, a0, 3")) == "addi a0, a0, 3"


def test_an_edited_line_keeps_its_breakpoint() -> None:
    assert moved("prog.s:8", ("addi    a1, a0, 2", "addi    a1, a0, 7")) == "addi a1, a0, 7"


def test_a_renamed_label_leaves_the_text() -> None:
    call = ("call    count", "call    tally")
    assert moved("prog.s:8", ("count:", "tally:"), call, call) == "addi a1, a0, 2"


def test_a_label_that_is_set_between_does_not_cut_the_place_off() -> None:
    assert moved("prog.s:8", ("        addi    a1", "here:   addi    a1")) == "addi a1, a0, 2"


def test_a_renamed_component_is_known_by_its_labels() -> None:
    after = system_of(Part("prog", SOURCE))
    anchor = Anchor(0x8000_0018, "once", "count", 0, "prog.s", 5, "addi a0, a0, 1")
    assert _line_at(after, find(anchor, after)) == "addi a0, a0, 1"


def test_a_component_that_has_gone_is_named() -> None:
    with pytest.raises(AnchorLostError, match=r"no component once any more.*count"):
        find(Anchor(0x8000_0018, "once", "count"), system_of(Part("new", "_start: nop\n")))


def test_a_line_that_has_gone_with_its_label_is_lost() -> None:
    source = SOURCE[: SOURCE.index("count:")] + "count = 0x80000000\n"
    with pytest.raises(AnchorLostError, match=r'prog\.s:8 "addi a1, a0, 2" is not in prog any more'):
        find(anchored("prog.s:8"), system(source))


def test_a_common_line_far_away_is_not_taken_for_it() -> None:
    """There is a ``ret`` in every function: without its label, only one nearby can be meant."""
    other = "_start: nop\n" + "        nop\n" * 40 + "first: ret\nsecond: ret\n"
    with pytest.raises(AnchorLostError, match=r'prog\.s:10 "ret" is not in prog'):
        find(anchored("other"), system(other))


def test_a_line_number_counts_only_for_the_same_kind_of_statement() -> None:
    anchor = Anchor(0x8000_0020, "prog", "gone", 8, "prog.s", 8, "addi a1, a0, 99")
    assert _line_at(system(), find(anchor, system())) == "addi a1, a0, 2"
    with pytest.raises(AnchorLostError):
        find(Anchor(0x8000_0020, "prog", "gone", 8, "prog.s", 8, "ecall"), system())


def test_an_address_outside_of_all_programs_stays() -> None:
    (location,) = resolve(system(), "0x80080000")
    assert find(anchor_of(location), system()).physical == 0x8008_0000


def test_a_place_inside_of_a_line_with_two_instructions() -> None:
    (location,) = resolve(system(), "0x80000008")
    edited = system("        .globl _start\n" + SOURCE)
    assert find(anchor_of(location), edited).physical == location.physical


def test_data_is_found_by_its_label() -> None:
    source = "_start: j _start\n .data\nfirst: .word 1\nsecond: .space 8\n"
    anchor = anchored("second", system(source))
    after = system(source.replace("first: .word 1", "first: .word 1, 2, 3"))
    assert find(anchor, after) == resolve(after, "second")[0]


@pytest.mark.parametrize(
    ("line", "statement"),
    [
        ("loop: 1: addi a0, a0, 1 # a comment", "addi a0, a0, 1"),
        ('text: .asciz "a # b" // why', '.asciz "a # b"'),
        ("   /* only this */", ""),
        ("\tli\ta0,   ':'", "li a0, ':'"),
        ("end:", ""),
    ],
)
def test_a_statement_is_a_line_without_what_may_change(line: str, statement: str) -> None:
    assert statement_of(line) == statement


@pytest.mark.parametrize(
    "anchor",
    [
        Anchor(-5, "prog"),
        Anchor(1 << 80, "prog"),
        Anchor(0x8000_0000, "prog", "count", 1 << 70, "prog.s", 1 << 70, "nop", -9, 1 << 65),
        Anchor(0x8000_0000, "prog", "count", -4, "prog.s", -1, "", 5, -7),
        Anchor(0x8000_0000, "prog", "", 0, "prog.s", 3, "", 5, -7),
    ],
)
def test_an_anchor_out_of_a_damaged_file_is_lost_or_leads_into_the_program(anchor: Anchor) -> None:
    try:
        location = find(anchor, system())
    except AnchorLostError:
        return
    assert system().component_at(location.physical) is not None
