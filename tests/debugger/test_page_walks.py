"""What is told of an address: the hardware's walk, a guest's own, and how the two fit together."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from asm.isa.causes import Cause
from hvtui.debugger.session import Session
from hvtui.debugger.views.guestplace import guest_place, guest_ram
from hvtui.debugger.views.pagewalk import Agreement, flags, walk
from hvtui.debugger.views.presets import evaluate, presets
from hvtui.debugger.views.ranges import Range, ranges_of
from hvtui.debugger.views.walkwords import in_words
from hvtui.machine.memory import Ram
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access
from hvtui.machinefile.loading import load_system
from tests.support.debugged import bounded, session_of
from tests.support.paging import NATIVE

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture
def paged() -> Session:
    session = session_of(*NATIVE)
    session.break_at("on")
    session.resume()
    return session


def shadowed(instant: int) -> Session:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    session.goto(instant)
    return session


def test_a_walk_tells_every_level_and_where_it_leads(paged: Session) -> None:
    root = paged.machine.hart.csr_value("satp") << 12 & 0xFFFF_FFFF
    found = walk(paged, 0x4000_0123, Access.LOAD).hardware
    assert [(entry.level, entry.index, entry.address) for entry in found.entries] == [
        (1, 256, root + 4 * 256),
        (0, 0, root + 0x1000),
    ]
    assert (found.arrives, found.cause, found.refused_at) == (0x8001_0123, None, None)
    assert "PMP entry 0 permits rwx" in found.verdict


@pytest.mark.parametrize(
    ("address", "access", "cause", "words"),
    [
        (0x4000_1000, Access.STORE, Cause.STORE_PAGE_FAULT, "level 0: not writable"),
        (0x4000_2000, Access.LOAD, Cause.LOAD_PAGE_FAULT, "level 0: a user page"),
        (0x4000_4000, Access.LOAD, Cause.LOAD_PAGE_FAULT, "level 0: not valid"),
        (0x5000_0000, Access.FETCH, Cause.FETCH_PAGE_FAULT, "level 1: not valid"),
        (0x8030_0000, Access.LOAD, Cause.LOAD_ACCESS, "neither RAM nor a device"),
    ],
)
def test_a_refusal_names_the_level_the_reason_and_the_trap(
    paged: Session, address: int, access: Access, cause: Cause, words: str
) -> None:
    found = walk(paged, address, access).hardware
    assert found.cause is cause
    assert found.told.startswith(words)


def test_looking_sets_no_accessed_bit(paged: Session) -> None:
    before = paged.machine.capture()
    entry = walk(paged, 0x4000_3000, Access.STORE).hardware.entries[-1]
    assert "the hardware sets A and D" in entry.verdict
    assert paged.machine.capture() == before


def test_flags_are_letters() -> None:
    assert flags(0xDF) == "vrwxu-ad"
    assert flags(0) == "--------"


def test_a_machine_without_guests_has_no_second_walk(paged: Session) -> None:
    assert walk(paged, 0x4000_0000, Access.LOAD).guest is None
    assert guest_place(paged) is None


def test_a_table_is_summed_up_in_ranges(paged: Session) -> None:
    root = paged.machine.hart.csr_value("satp") << 12 & 0xFFFF_FFFF
    found = ranges_of(paged.machine.ram, root)
    assert [(known.start, known.end, known.target, known.letters) for known in found.found] == [
        (0x4000_0000, 0x4000_1000, 0x8001_0000, "rwx--"),
        (0x4000_1000, 0x4000_2000, 0x8001_1000, "r----"),
        (0x4000_2000, 0x4000_3000, 0x8001_2000, "rwxu-"),
        (0x4000_3000, 0x4000_4000, 0x8001_3000, "rw---"),
        (0x8000_0000, 0x8040_0000, 0x8000_0000, "rwx--"),
    ]
    assert found.is_whole


def test_pages_that_go_on_where_the_last_one_ends_are_one_range() -> None:
    ram = Ram(size=1 << 16)
    ram.write(0x8000_0000, (0x8000_1000 >> 2 | 1).to_bytes(4, "little"))
    for index, flags_of in enumerate((0xC7, 0x47, 0x07)):
        pte = (0x8000_4000 + index * 4096) >> 2 | flags_of
        ram.write(0x8000_1000 + 4 * index, pte.to_bytes(4, "little"))
    assert ranges_of(ram, 0x8000_0000).found == (
        Range(0, 0x3000, 0x8000_4000, 0x06, pages=3, accessed=2, dirty=1),
    )


def test_a_table_full_of_nonsense_is_given_up() -> None:
    ram = Ram(size=1 << 16)
    ram.write(0x8000_0000, (0x8000_0000 >> 2 | 1).to_bytes(4, "little") * 1024)
    found = ranges_of(ram, 0x8000_0000)
    assert (found.found, found.is_whole) == ((), False)
    assert ranges_of(ram, 0x9000_0000).found == ()


def test_while_a_guest_runs_its_own_table_and_the_shadow_lead_to_the_same_place() -> None:
    session = shadowed(0)
    session.break_at("forker::_start")
    session.resume()
    found = walk(session, session.here.pc, Access.FETCH).guest
    assert found is not None
    assert (found.place.vm, found.place.waits, found.place.believed) == ("vm1", False, Privilege.U)
    assert [entry.level for entry in found.walk.entries] == [1, 0]
    assert all(entry.host == entry.address + 0x40_0000 for entry in found.walk.entries)
    assert found.walk.target is not None
    assert found.host == found.walk.target + 0x40_0000
    assert found.agreement in (Agreement.SAME, Agreement.MISSING)


def test_in_a_page_fault_the_hypervisor_has_yet_to_fill_its_shadow() -> None:
    session = shadowed(0)
    session.break_on_trap("fetch-page from 1")
    session.resume()
    named = {preset.text: preset for preset in presets(session)}
    assert named["mtval"].access is Access.FETCH
    found = walk(session, evaluate(session, "mtval"), Access.FETCH)
    assert found.hardware.space.root is None
    assert found.guest is not None
    assert found.guest.place.waits
    assert found.guest.agreement is Agreement.MISSING


def test_a_device_of_a_guests_is_emulated() -> None:
    session = shadowed(400_000)
    found = walk(session, 0x1000_0000, Access.STORE).guest
    assert found is not None
    assert (found.device, found.agreement) == ("uart", Agreement.EMULATED)


def test_a_guests_memory_ends_where_another_machines_begins() -> None:
    session = bounded(Session(load_system(SAMPLES / "07-two-vms")))
    first, second = guest_ram(session, "vm1"), guest_ram(session, "vm2")
    assert first is not None
    assert second is not None
    assert first.host(first.base) == 0x8040_0000
    assert first.size == 0x40_0000
    assert second.host(second.base) == 0x8080_0000


@pytest.mark.parametrize(("sample", "end"), [("08-shadow-paging", 700_000), ("07-two-vms", 100_000)])
def test_what_the_hardware_permits_a_guest_is_what_the_guests_table_says(sample: str, end: int) -> None:
    session = bounded(Session(load_system(SAMPLES / sample)))
    chance = random.Random(sample)
    areas = (0x4000_0000, 0x4040_0000, 0x8000_0000, 0x1000_0000, 0)
    seen = set()
    for instant in sorted(chance.sample(range(30_000, end), 60)):
        session.goto(instant)
        for _ in range(12):
            address = chance.choice(areas) + chance.randrange(0x8000)
            found = walk(session, address, chance.choice(list(Access))).guest
            if found is None:
                continue
            seen.add(found.agreement)
            told = list(in_words(walk(session, address, Access.LOAD)))
            assert found.agreement not in (Agreement.LAXER, Agreement.ELSEWHERE), told
            if found.agreement is Agreement.SAME:
                assert found.shadow.arrives == found.host
    assert {Agreement.SAME, Agreement.REFUSED} <= seen
