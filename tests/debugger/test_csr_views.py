"""CSRs as a person reads them: in groups, with fields in words, and what has changed."""

from __future__ import annotations

import pytest

from asm.isa.csrs import CSRS
from asm.isa.width import MASK
from hvtui.debugger.session import Session
from hvtui.debugger.views.csrfields import decoded, fields_of
from hvtui.debugger.views.csrs import CsrLine, CsrsView, view_csrs
from hvtui.machine.events import Outcome
from tests.support.debugged import HYPERVISOR, Part, session_of

CODE = """\
_start: li      t0, 0x1888
        csrw    mstatus, t0
        la      t0, trap
        csrw    mtvec, t0
        li      t0, 0x200fffff
        csrw    pmpaddr1, t0
        li      t0, 0x0b00
        csrw    pmpcfg0, t0
        .word   0
trap:   j       trap
"""


def lines(view: CsrsView) -> dict[str, CsrLine]:
    return {line.name: line for group in view.groups for line in group.lines}


def trapped(cpu: str = "vt") -> Session:
    session = session_of(Part("main", CODE), cpu=cpu)
    session.break_at("trap")
    session.resume()
    return session


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mstatus", 0x1888, "MPP=M MPIE MIE"),
        ("mstatus", 0, "MPP=U"),
        ("sstatus", 0x122, "SPP SPIE SIE"),
        ("satp", 0x8000_0123, "Sv32 root 0x00123000 ASID=0x0"),
        ("satp", 0x123, "Bare: no translation"),
        ("mcause", 0x8000_0007, "interrupt: machine timer interrupt"),
        ("scause", 13, "load page fault"),
        ("mtvec", 0x8000_0101, "0x80000100 vectored"),
        ("mie", 0x888, "MEIE MTIE MSIE"),
        ("mideleg", 0x222, "SEI STI SSI"),
        ("mtrapmap", 0x3, "rdstatus wrstatus"),
        ("mtrapmap", 0x1F_FFFF, "all bits"),
        ("mcounteren", 0xFFFF_FFFF, "CY TM IR HPM"),
        ("pmpcfg1", 0x0000_8F18, "4: NAPOT ---, 5: TOR rwx locked"),
        ("misa", 0x4014_1101, "RV32 IMASU"),
        ("mimpid", 3, "vt"),
        ("mscratch", 0x1234, ""),
    ],
)
def test_a_csr_is_told_in_a_few_words(name: str, value: int, words: str) -> None:
    assert decoded(name, value) == words


def test_fields_have_bits_value_word_and_meaning() -> None:
    fields = {field.name: field for field in fields_of("mstatus", 0x0800)}
    assert (fields["MPP"].bits, fields["MPP"].value, fields["MPP"].word) == ("12:11", 1, "S")
    assert fields["MIE"].bits == "3"
    assert fields["MIE"].meaning == "interrupts for M are enabled in M"
    assert [field.name for field in fields_of("satp", 0)] == ["MODE", "ASID", "PPN"]


@pytest.mark.parametrize("value", [0, MASK, 0x5555_5555])
def test_every_field_of_every_csr_has_a_meaning_whatever_it_holds(value: int) -> None:
    for row in CSRS:
        assert isinstance(decoded(row.name, value), str)
        for field in fields_of(row.name, value):
            assert field.meaning, (row.name, field.name)


def test_every_csr_that_can_change_stands_in_one_group() -> None:
    view = view_csrs(trapped())
    titles = [group.title for group in view.groups]
    assert titles == [
        "Status", "Traps", "Interrupts", "Translation", "Trap bitmap", "Memory protection",
        "Counters", "Identity",
    ]  # fmt: skip
    names = [line.name for group in view.groups for line in group.lines]
    assert len(names) == len(set(names))
    assert {"mstatus", "sip", "mtrapmap", "pmpaddr1", "timeh", "mhartid"} <= set(names)
    (protection,) = (group for group in view.groups if group.title == "Memory protection")
    assert [line.name for line in protection.lines] == ["pmpcfg0", "pmpaddr0", "pmpaddr1"]
    assert protection.zeros == 17
    assert ("tselect, tdata1-3", "no debug triggers") in view.constants


@pytest.mark.parametrize(("cpu", "has"), [("classic", False), ("legacy", True)])
def test_a_cpu_without_a_bitmap_has_no_csrs_of_it(cpu: str, has: bool) -> None:
    assert ("Trap bitmap" in [group.title for group in view_csrs(trapped(cpu)).groups]) is has


def test_addresses_are_told_with_labels_and_pmp_entries_as_ranges() -> None:
    found = lines(view_csrs(trapped()))
    assert found["mtvec"].told == "0x80000034 direct <main: trap>"
    assert found["mepc"].told == "<main: _start+0x30>"
    assert found["pmpcfg0"].told == "1: TOR rw-"
    assert found["pmpaddr1"].told == "0x00000000-0x803ffffb rw-"
    assert found["pmpaddr0"].told == "where entry 1 begins"


def test_what_the_last_move_changed_is_marked() -> None:
    session = session_of(Part("main", CODE))
    session.step_line()
    session.step_line()
    found = lines(view_csrs(session))
    assert found["mstatus"].changed
    assert found["mcycle"].changed
    assert not found["mtvec"].changed


def test_a_guests_csrs_are_those_it_wrote_or_read_with_what_became_of_it() -> None:
    session = session_of(
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part(
            "guest",
            "_start: li a0, 0x80010100\n csrw mtvec, a0\n li a1, 9\n csrr a1, mscratch\nend: j end\n",
            0x8001_0000,
            vm="vm1",
            believes=0,
        ),
    )
    session.break_at("guest::end")
    session.resume()
    view = view_csrs(session, "vm1")
    assert (view.source, view.sources) == ("vm1", ("", "vm1"))
    found = lines(view)
    assert set(found) == {"mtvec", "mscratch"}
    written = found["mtvec"].written
    assert written is not None
    assert (found["mtvec"].told, written.outcome) == ("0x80010100 direct", Outcome.TRAPPED)
    assert found["mtvec"].changed
    read = found["mscratch"].read
    assert read is not None
    assert read.value == 9
    session.step_instruction()
    assert not lines(view_csrs(session, "vm1"))["mtvec"].changed


def test_a_virtual_machine_that_is_not_there_is_the_hardware() -> None:
    assert view_csrs(trapped(), "vm9").source == ""
