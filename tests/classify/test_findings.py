"""Popek and Goldberg by experiment: what is known of these CPUs comes out, and can be proved again."""

from __future__ import annotations

from functools import lru_cache

import pytest

from asm.isa.csrs import CSRS
from asm.isa.rows import INSTRUCTIONS
from asm.isa.trapbits import TrapBit
from hvtui.classify.findings import Finding, Sensitivity, classes_of
from hvtui.classify.laboratory import Laboratory
from hvtui.classify.resources import Resource
from hvtui.classify.states import RINGS
from hvtui.classify.units import units
from hvtui.classify.verdicts import Verdict, judge, least_bits, value_of
from hvtui.machine.events import KernelInstruction
from hvtui.machine.generations import GENERATIONS
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
        assert kernel.privilege is Privilege.M
        assert {state.privilege.ring for state in (below, hidden, moved)} == {family.ring}
        assert (kernel.csr, kernel.retired) == (below.csr, below.retired)
        assert kernel.x == below.x == hidden.x == moved.x
        assert hidden.csr != below.csr
        changed = {
            name for (name, one), (_, two) in zip(below.csr, moved.csr, strict=True) if one != two
        }
        assert changed == {"satp"}


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
    ignored = found(verdict("legacy"), "csrw mstatus, a1")
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
        ("csrw satp, a1", Resource.TRANSLATION),
        ("csrw pmpcfg0, a1", Resource.TRANSLATION),
        ("csrw mie, a1", Resource.INTERRUPTS),
        ("csrw mtvec, a1", Resource.VECTOR),
        ("csrw mscratch, a1", Resource.TRAP_STATE),
        ("csrw mcycle, a1", Resource.COUNTERS),
        ("csrw mcounteren, a1", Resource.COUNTERS),
        ("csrw mtrapmap, a1", Resource.BITMAP),
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


def test_the_same_is_found_each_time() -> None:
    assert judge("pentium") == judge("pentium")
