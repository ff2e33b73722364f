"""Windows into memory: bytes, where they are, why they are not, what has changed; and searching."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.expressions.readable import ReadError
from hvtui.debugger.session import Session
from hvtui.debugger.views.finding import PatternError, Search, parse_pattern, spans
from hvtui.debugger.views.memory import Space, locate, parse_place, window
from hvtui.machinefile.loading import load_system
from tests.support.debugged import Part, bounded, session_of

SAMPLES = Path(__file__).parents[2] / "samples"

CODE = """\
_start: la      t0, words
        li      t1, 0x11223344
        sw      t1, 4(t0)
        sb      t1, 9(t0)
        sw      zero, 0(t0)
end:    j       end
        .data
        .balign 16
words:  .word   0, 0, 0, 0
text:   .asciz  "a needle in a haystack, and a needle"
"""


def simple() -> Session:
    return session_of(Part("main", CODE))


def shadowed(place: str) -> Session:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    session.break_at(place)
    session.resume()
    return session


def value_of(session: Session, text: str) -> int:
    return parse_place(session, text).expression.evaluate(session.live)


def found(session: Session, search: Search) -> list[int]:
    places = []
    while not search.is_over:
        place = search.run(session)
        if place is not None:
            places.append(place)
    return places


def test_a_window_shows_bytes_with_labels() -> None:
    session = simple()
    view = window(session, Space.VIRTUAL, value_of(session, "text") + 3, 16, 2)
    assert [line.data for line in view.lines] == [b"a needle in a ha", b"ystack, and a ne"]
    assert [(line.component, line.label) for line in view.lines] == [
        ("main", "text"),
        ("main", "text+0x10"),
    ]
    assert view.space_words == "ring 0 (M), no translation"


def test_bytes_that_the_last_move_changed_are_marked_wherever_one_looks() -> None:
    session = simple()
    session.break_at("end")
    session.resume()
    (line,) = window(session, Space.PHYSICAL, value_of(session, "words"), 16, 1).lines
    assert line.data == bytes((0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11, 0, 0x44, 0, 0, 0, 0, 0, 0))
    assert line.changed == {4, 5, 6, 7, 9}
    session.step_instruction()
    (line,) = window(session, Space.PHYSICAL, value_of(session, "words"), 16, 1).lines
    assert not line.changed


def test_going_back_marks_what_is_otherwise_there() -> None:
    session = simple()
    session.break_at("end")
    session.resume()
    session.reverse_resume()
    (line,) = window(session, Space.PHYSICAL, value_of(session, "words"), 16, 1).lines
    assert line.data == bytes(16)
    assert line.changed == {4, 5, 6, 7, 9}


def test_what_cannot_be_read_says_why() -> None:
    session = simple()
    device, hole = (
        window(session, Space.VIRTUAL, address, 16, 1).lines[0]
        for address in (0x1000_0000, 0x4000_0000)
    )
    assert device.data is None
    assert device.reason == "a register of the uart, and reading it could change it"
    assert hole.data is None
    assert "neither RAM nor a device" in hole.reason


def test_the_last_line_of_the_address_space_is_the_last_line() -> None:
    view = window(simple(), Space.PHYSICAL, 0xFFFF_FFF0, 16, 4)
    assert [line.address for line in view.lines] == [0xFFFF_FFF0]


def test_a_place_says_its_space_and_whether_it_follows() -> None:
    session = simple()
    for text, space, follows in (
        ("sp", Space.VIRTUAL, True),
        ("phys 0x80000000", Space.PHYSICAL, False),
        ("phys:main::words + 4", Space.PHYSICAL, False),
        ("physical sp", Space.PHYSICAL, True),
        ("guest a0", Space.GUEST, True),
        ("phys(sp)", Space.VIRTUAL, True),
    ):
        place = parse_place(session, text)
        assert (place.space, place.follows) == (space, follows), text


def test_a_symbol_is_looked_at_where_it_lies_unless_its_program_runs() -> None:
    session = shadowed("pagingos::trap_entry")
    assert locate(session, parse_place(session, "trap_entry")) == (Space.VIRTUAL, session.here.pc)
    session.break_on_trap("any to 0", one_shot=True)
    session.resume()
    there = session.here.component
    assert there is not None
    assert there.role == "hypervisor"
    lies = value_of(session, "at(pagingos::trap_entry)")
    for text in ("pagingos::trap_entry", "phys pagingos::trap_entry"):
        assert locate(session, parse_place(session, text)) == (Space.PHYSICAL, lies)
    linked = value_of(session, "pagingos::trap_entry")
    for text in ("virt pagingos::trap_entry", "pagingos::trap_entry + 0"):
        assert locate(session, parse_place(session, text)) == (Space.VIRTUAL, linked)
    guest = locate(session, parse_place(session, "guest pagingos::trap_entry"))
    assert guest == (Space.GUEST, linked)


def test_a_place_that_is_none_points_at_the_mistake() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_place(simple(), "phys wrods")
    assert "did you mean" in str(caught.value)
    assert "^^^^^" in str(caught.value)


def test_a_guests_memory_is_read_through_its_own_table_before_any_shadow_is_filled() -> None:
    session = shadowed("forker::_start")
    there = session.here.pc
    through, direct = (
        window(session, space, address, 16, 1).lines[0]
        for space, address in ((Space.GUEST, there), (Space.PHYSICAL, session.here.physical or 0))
    )
    assert through.data == direct.data is not None
    assert through.physical == direct.physical
    assert through.reason == "code: loads are refused"


def test_a_window_shows_what_loads_would_get() -> None:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    chance = random.Random(3)
    seen = set()
    for instant in chance.sample(range(30_000, 500_000), 30):
        session.goto(instant)
        for _ in range(20):
            area = chance.choice((0x4000_0000, 0x8000_0000, 0x8040_0000, 0x1000_0000))
            address = area + chance.randrange(0x4000) & ~3
            (line,) = window(session, Space.VIRTUAL, address, 4, 1).lines
            try:
                value = session.live.memory(address, 4)
            except ReadError:
                assert line.data is None or line.reason == "code: loads are refused"
            else:
                assert line.data == value.to_bytes(4, "little")
                seen.add(session.machine.hart.privilege)
    assert len(seen) > 1


def test_without_a_guest_there_is_nothing_to_see_through_its_table() -> None:
    (line,) = window(simple(), Space.GUEST, 0, 16, 1).lines
    assert line.reason == "no guest runs or waits now"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"good night"', b"good night"),
        ("de ad be ef", b"\xde\xad\xbe\xef"),
        ("0xdeadBEEF", b"\xde\xad\xbe\xef"),
        ("good night", b"good night"),
        (r'"a\n\x00\\"', b"a\n\0\\"),
        ('"ab"', b"ab"),
        ("ab", b"\xab"),
    ],
)
def test_a_pattern_is_text_or_bytes(text: str, wanted: bytes) -> None:
    assert parse_pattern(text) == wanted


@pytest.mark.parametrize("text", ["", '""', "x" * 300])
def test_a_pattern_that_is_none_says_so(text: str) -> None:
    with pytest.raises(PatternError):
        parse_pattern(text)


def test_a_search_finds_every_place_forwards_and_backwards() -> None:
    session = simple()
    text = value_of(session, "text")
    places = [text + 2, text + 30]
    assert found(session, Search(Space.VIRTUAL, b"needle", 0)) == places
    assert found(session, Search(Space.PHYSICAL, b"needle", 1 << 32, backwards=True)) == places[::-1]
    assert found(session, Search(Space.PHYSICAL, b"needle", text + 3)) == places[1:]
    assert found(session, Search(Space.PHYSICAL, b"needle", text + 30, backwards=True)) == places[:1]
    assert found(session, Search(Space.PHYSICAL, b"needle", 0, end=text + 3)) == places[:1]
    assert found(session, Search(Space.PHYSICAL, b"no such thing", 0)) == []


def test_a_search_through_a_guests_table_stays_in_what_its_program_may_see() -> None:
    session = shadowed("forker::_start")
    assert all(end <= 0x8000_0000 for _, end in spans(session, Space.GUEST)[:-1])
    (place,) = found(session, Search(Space.GUEST, b"the child makes", 0))
    assert 0x4000_0000 < place < 0x4000_4000
    data = window(session, Space.GUEST, place, 16, 1).lines[0].data
    assert data is not None
    assert b"the child makes"[: 16 - place % 16] in data
    assert found(session, Search(Space.GUEST, b"all programs have ended", 0)) == []


@given(
    st.binary(min_size=1, max_size=3),
    st.lists(st.integers(0, (1 << 13) - 3), max_size=6),
    st.booleans(),
)
@example(b"\0\0", [], True)
@example(b"\0\0", [], False)
def test_a_search_finds_what_a_search_by_hand_finds(
    pattern: bytes, places: list[int], backwards: bool
) -> None:
    session = simple()
    base = session.machine.ram.base + (1 << 14)
    for place in places:
        session.machine.write_physical(base + place, pattern)
    size = 1 << 13
    # What begins before the end may go on behind it.
    data = session.machine.read_physical(base, size + len(pattern) - 1)
    assert data is not None
    wanted = [base + at for at in range(size) if data[at : at + len(pattern)] == pattern]
    if backwards:
        search = Search(Space.PHYSICAL, pattern, base + size, backwards=True, end=base)
        assert found(session, search) == wanted[::-1]
    else:
        search = Search(Space.PHYSICAL, pattern, base, end=base + size)
        assert found(session, search) == wanted
