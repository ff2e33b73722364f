"""Popek and Goldberg by experiment: what is known of these CPUs comes out, and can be proved again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import pytest

from asm.isa.csrs import CSRS
from asm.isa.rows import INSTRUCTIONS
from asm.isa.trapbits import TrapBit
from hvtui.classify.findings import Finding, Sensitivity, classes_of
from hvtui.classify.laboratory import Laboratory
from hvtui.classify.resources import Resource
from hvtui.classify.states import RINGS
from hvtui.classify.units import Unit, units
from hvtui.classify.verdicts import Verdict, judge, least_bits, value_of
from hvtui.machine.events import KernelInstruction
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.hart import HartSnapshot
from hvtui.machine.privilege import Privilege


@lru_cache
def verdict(cpu: str, *, gates_closed: bool = True, bitmap: int = 0) -> Verdict:
    return judge(cpu, bitmap=bitmap, gates_closed=gates_closed)


def found(judged: Verdict, text: str) -> Finding:
    return next(finding for finding in judged.findings if finding.unit.text == text)


@pytest.mark.parametrize("cpu", GENERATIONS)
def test_every_instruction_and_every_csr_of_the_table_is_tried(cpu: str) -> None:
    tried = list(units(GENERATIONS[cpu]))
    assert {unit.row.name for unit in tried} == {row.name for row in INSTRUCTIONS}
    there = {csr.name for csr in CSRS if csr.name in Laboratory(cpu)._machine.hart.csrs.by_name}
    assert {unit.csr.name for unit in tried if unit.csr} == there
    assert len({unit.text for unit in tried}) == len(tried)


def test_the_classes_of_an_instruction_are_those_that_the_machine_tells_of() -> None:
    laboratory = Laboratory("legacy")
    told: list[KernelInstruction] = []
    laboratory._machine.observers.kernel.append(told.append)
    for unit in units(laboratory.generation):
        told.clear()
        laboratory.run(unit, laboratory.families[0].below)
        for event in told:
            assert tuple(bit for bit, _ in event.outcomes) == classes_of(unit), unit.text


@pytest.mark.parametrize("cpu", GENERATIONS)
def test_states_of_a_family_differ_in_one_thing_alone(cpu: str) -> None:
    for family in Laboratory(cpu).families:
        kernel, below, hidden, moved = family.kernel, family.below, family.hidden, family.moved
        assert kernel.privilege is family.kernel_hidden.privilege is Privilege.M
        assert {state.privilege.ring for state in (below, hidden, moved)} == {family.ring}
        for ring_0, other in ((kernel, below), (family.kernel_hidden, hidden)):
            assert replace(ring_0, privilege=other.privilege) == other
        assert kernel.x == below.x == hidden.x == moved.x
        changed = {
            name for (name, one), (_, two) in zip(below.csr, moved.csr, strict=True) if one != two
        }
        assert changed == {"satp"}


@pytest.mark.parametrize("cpu", GENERATIONS)
def test_two_hosts_differ_in_each_csr_that_a_hypervisor_may_set_as_it_likes(cpu: str) -> None:
    for family in Laboratory(cpu).families:
        below, hidden = dict(family.below.csr), dict(family.hidden.csr)
        same = {name for name in below if below[name] == hidden[name]}
        # The counters are closed, the bitmap is what was asked for, and satp leads to the program.
        assert same == {"mcounteren", "mtrapmap", "mvmcb", "satp"}
        (cfg, addresses), (other_cfg, other_addresses) = (
            below_pmp(family.below),
            below_pmp(family.hidden),
        )
        assert cfg[1:] != other_cfg[1:]
        # The first entry lets programs reach their memory.
        assert cfg[0] == other_cfg[0]
        assert all(one != two for one, two in list(zip(addresses, other_addresses, strict=True))[1:])


def below_pmp(state: HartSnapshot) -> tuple[Sequence[int], Sequence[int]]:
    return state.pmp[0], state.pmp[1]


# What a form of a CSR instruction cannot change, in whatever state: it writes nothing, or sets or
# clears no bit. And what is constant as long as a hypervisor keeps it so.
def changes_nothing(unit: Unit) -> bool:
    name, _, operands = unit.text.partition(" ")
    no_source = operands.endswith((", zero", ", 0"))
    is_kept = unit.csr is not None and (
        unit.csr.name == "mtrapmap"
        or (unit.csr.name == "mcounteren" and (name.startswith("csrc") or no_source))
        or (unit.csr.name == "pmpaddr0" and name.startswith("csrs"))
    )
    return name == "csrr" or is_kept or (no_source and not name.startswith(("csrw", "csrrw")))


@pytest.mark.parametrize(("cpu", "ring"), [("classic", 1), ("legacy", 1), ("legacy", 3)])
def test_each_write_that_can_change_something_is_found_to(cpu: str, ring: int) -> None:
    missed = [
        finding.unit.text
        for finding in verdict(cpu).findings
        if finding.unit.csr is not None
        and finding.unit.csr.write_mask
        and not finding.below[ring].is_privileged
        and not finding.is_sensitive
        and not changes_nothing(finding.unit)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("cpu", "in_ring_1", "in_ring_3", "hybrid"),
    [
        ("classic", False, True, True),
        ("legacy", False, False, True),
        ("pentium", False, False, False),
        ("vt", False, False, True),
        ("svm", False, False, True),
    ],
)
def test_the_theorems_say_of_each_generation(
    cpu: str, in_ring_1: bool, in_ring_3: bool, hybrid: bool
) -> None:
    judged = verdict(cpu)
    assert (judged.is_virtualizable(1), judged.is_virtualizable(3)) == (in_ring_1, in_ring_3)
    assert judged.is_hybrid is hybrid


def test_on_classic_a_kernel_in_ring_1_reaches_the_registers_of_s_alone() -> None:
    for finding in verdict("classic").holes(1):
        assert finding.unit.csr is not None
        assert finding.unit.csr.privilege == 1


def test_open_counters_show_the_hosts_time_to_every_program() -> None:
    judged = verdict("classic", gates_closed=False)
    assert not judged.is_hybrid
    assert {finding.bits for finding in judged.user_holes} == {(TrapBit.RDCOUNT,)}
    assert verdict("classic").is_hybrid


def test_what_is_ignored_is_not_privileged_and_what_leaks_is_sensitive_by_itself() -> None:
    ignored = found(verdict("legacy"), "csrw mstatus, a2")
    assert ignored.below[3].effects == {"ignored"}
    assert not ignored.below[3].is_privileged
    assert ignored.below[3].is_hole
    assert not ignored.below[3].is_user_hole
    leaking = found(verdict("pentium"), "csrr a0, mepc")
    assert leaking.below[3].effects == {"leaks"}
    assert leaking.below[3].is_user_hole


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("mret", Resource.MODE),
        ("csrw satp, a2", Resource.TRANSLATION),
        ("csrw pmpcfg0, a2", Resource.TRANSLATION),
        ("csrw mie, a2", Resource.INTERRUPTS),
        ("csrw mtvec, a2", Resource.VECTOR),
        ("csrw mscratch, a2", Resource.TRAP_STATE),
        ("csrw mcycle, a2", Resource.COUNTERS),
        ("csrw mcounteren, a2", Resource.COUNTERS),
        ("csrw mtrapmap, a2", Resource.BITMAP),
        ("wfi", Resource.PROCESSOR),
    ],
)
def test_control_sensitive_instructions_change_what_they_are_for(text: str, resource: Resource) -> None:
    assert resource in found(verdict("vt"), text).resources


@pytest.mark.parametrize("cpu", GENERATIONS)
def test_ordinary_instructions_are_innocuous(cpu: str) -> None:
    ordinary = [finding for finding in verdict(cpu).findings if not finding.bits]
    assert {"lw", "sw", "jalr", "sc.w", "amoadd.w", "fence", "ecall"} <= {
        finding.unit.row.name for finding in ordinary
    }
    assert not any(finding.is_sensitive for finding in ordinary)


@pytest.mark.parametrize("cpu", ["vt", "svm"])
def test_the_least_bitmap_closes_every_hole_and_none_of_its_bits_can_be_left_out(cpu: str) -> None:
    bits = least_bits(verdict(cpu))
    assert bits is not None
    assert set(TrapBit) - bits == {TrapBit.SFENCE}
    with_them = judge(cpu, bitmap=value_of(bits))
    assert all(with_them.is_virtualizable(ring) for ring in RINGS)
    assert with_them.is_hybrid
    for bit in bits:
        # An instruction of this class alone is a hole: no other bit could close it.
        assert any(finding.bits == (bit,) for ring in RINGS for finding in verdict(cpu).holes(ring))


def test_a_bit_that_is_left_out_leaves_a_hole_behind() -> None:
    all_but_one = value_of(bit for bit in TrapBit if bit is not TrapBit.WRSTATUS)
    judged = verdict("vt", bitmap=all_but_one)
    assert not judged.is_virtualizable(1)
    assert {finding.bits for finding in judged.holes(1)} == {(TrapBit.WRSTATUS,)}


@pytest.mark.parametrize("cpu", ["pentium", "classic"])
def test_every_hole_has_a_witness_of_two_states_with_two_results(cpu: str) -> None:
    judged = verdict(cpu)
    for ring in RINGS:
        for finding in judged.holes(ring):
            for witness in finding.below[ring].witnesses:
                assert (witness.first, witness.first_result) != (witness.second, witness.second_result)
                assert witness.first_result != witness.second_result
                if witness.kind is Sensitivity.MODE:
                    assert {witness.first, witness.second} == {"ring 0", f"ring {ring}"}


def test_a_write_that_is_lost_is_told_by_what_it_does_in_ring_0() -> None:
    lost = found(verdict("legacy"), "csrw mstatus, zero").below[3].witnesses
    (witness,) = (one for one in lost if one.kind is Sensitivity.CONTROL)
    assert (witness.first, witness.second) == ("ring 0", "ring 3")
    assert witness.first_result.startswith("mstatus 0x")
    assert " becomes 0x" in witness.first_result
    assert witness.second_result.startswith("ignored, mstatus stays 0x")


def test_what_s_may_read_of_the_gates_shows_the_host() -> None:
    gates = found(verdict("classic"), "csrr a0, scounteren")
    assert gates.below[1].is_hole
    assert gates.kinds == {Sensitivity.HOST}
    leaked = found(verdict("pentium"), "csrr a0, medeleg")
    assert leaked.below[3].is_user_hole


def test_the_same_is_found_each_time() -> None:
    assert judge("pentium") == judge("pentium")
