"""Sv32: from virtual to physical addresses through page tables in memory.

Privileged specification 1.12, section 4.3. Page-table entries are read, and their A and D bits set,
as S would: the PMP has a say, and a table outside RAM is an access fault of the access that was
wanted. Where the specification leaves a choice, this does as Spike does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from asm.isa import csrs
from asm.isa.causes import Cause
from hvtui.machine import pmp as protection
from hvtui.machine.memory import PAGE_SHIFT
from hvtui.machine.pmp import Pmp
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import Trap

_STATUS = csrs.CSRS_BY_NAME["mstatus"].fields_by_name
_SATP = csrs.CSRS_BY_NAME["satp"].fields_by_name
_MPRV, _MPP = _STATUS["MPRV"], _STATUS["MPP"]
_SUM, _MXR = _STATUS["SUM"].mask, _STATUS["MXR"].mask

# The bits that a choice of address space depends on.
STATUS_BITS = _MPRV.mask | _MPP.mask | _SUM | _MXR
SATP_BITS = _SATP["MODE"].mask | _SATP["PPN"].mask

VALID = 0x01
READABLE = 0x02
WRITABLE = 0x04
EXECUTABLE = 0x08
USER = 0x10
GLOBAL = 0x20
ACCESSED = 0x40
DIRTY = 0x80

_PERMISSIONS = READABLE | WRITABLE | EXECUTABLE
_PPN_SHIFT = 10
_PTE_SIZE = 4
_LEVELS = 2
_INDEX_BITS = 10
_INDEX_MASK = (1 << _INDEX_BITS) - 1


class Access(Enum):
    """What is done with an address, with the permission it needs and the faults it can have."""

    FETCH = (protection.EXECUTE, Cause.FETCH_ACCESS, Cause.FETCH_PAGE_FAULT)
    LOAD = (protection.READ, Cause.LOAD_ACCESS, Cause.LOAD_PAGE_FAULT)
    STORE = (protection.WRITE, Cause.STORE_ACCESS, Cause.STORE_PAGE_FAULT)

    def __init__(self, permission: int, access_fault: Cause, page_fault: Cause) -> None:
        self.permission = permission
        self.access_fault = access_fault
        self.page_fault = page_fault


class AddressSpace(NamedTuple):
    """All that decides what an address means: whose access, through which table, with which leave.

    `root` is the physical address of the root page table, None where addresses are physical.
    """

    privilege: Privilege
    root: int | None = None
    sum: bool = False
    mxr: bool = False

    @property
    def is_machine(self) -> bool:
        """Tell whether the PMP sees M."""
        return self.privilege is Privilege.M


def data_space(privilege: Privilege, satp: int, mstatus: int) -> AddressSpace:
    """Return the space of loads and stores, with MPRV as `mstatus` has it (section 3.1.6.3)."""
    if mstatus & _MPRV.mask:
        privilege = Privilege(_MPP.of(mstatus))
    return space_of(privilege, satp, mstatus)


def fetch_space(privilege: Privilege, satp: int) -> AddressSpace:
    """Return the space of instruction fetches: MPRV, SUM and MXR do not bear on them."""
    return space_of(privilege, satp, 0)


def space_of(privilege: Privilege, satp: int, mstatus: int) -> AddressSpace:
    """Return the space in which `privilege` itself loads and stores."""
    if privilege is Privilege.M or not satp & _SATP["MODE"].mask:
        return AddressSpace(privilege)
    return AddressSpace(
        privilege, _SATP["PPN"].of(satp) << PAGE_SHIFT, mstatus & _SUM != 0, mstatus & _MXR != 0
    )


class Verdict(Enum):
    """What a page-table entry means for an access, in words."""

    POINTER = "points to the next table"
    LEAF = "leaf: permits the access"
    INVALID = "not valid: V is clear"
    RESERVED = "reserved: writable but not readable"
    BAD_POINTER = "reserved: a pointer with A, D or U set"
    TOO_DEEP = "a pointer in the last level"
    NOT_FOR_USER = "a supervisor page: U may not use it"
    NOT_FOR_SUPERVISOR = "a user page: S may not use it while SUM is clear"
    NO_USER_CODE = "a user page: S may never execute it"
    NOT_READABLE = "not readable"
    NOT_WRITABLE = "not writable"
    NOT_EXECUTABLE = "not executable"
    MISALIGNED = "a misaligned superpage: the low bits of its page number are not 0"


def judge(pte: int, level: int, access: Access, space: AddressSpace) -> Verdict:
    """Return what the entry `pte` of a table of `level` (1 is the root, 0 the last) means."""
    if not pte & VALID:
        return Verdict.INVALID
    permissions = pte & _PERMISSIONS
    if not permissions:
        if pte & (ACCESSED | DIRTY | USER):
            return Verdict.BAD_POINTER
        return Verdict.POINTER if level else Verdict.TOO_DEEP
    if permissions & (READABLE | WRITABLE) == WRITABLE:
        return Verdict.RESERVED
    if pte & USER:
        if space.privilege is Privilege.S:
            if access is Access.FETCH:
                return Verdict.NO_USER_CODE
            if not space.sum:
                return Verdict.NOT_FOR_SUPERVISOR
    elif space.privilege is Privilege.U:
        return Verdict.NOT_FOR_USER
    if access is Access.STORE:
        if not permissions & WRITABLE:
            return Verdict.NOT_WRITABLE
    elif access is Access.FETCH:
        if not permissions & EXECUTABLE:
            return Verdict.NOT_EXECUTABLE
    elif not (permissions & READABLE or (space.mxr and permissions & EXECUTABLE)):
        return Verdict.NOT_READABLE
    if level and pte >> _PPN_SHIFT & _INDEX_MASK:
        return Verdict.MISALIGNED
    return Verdict.LEAF


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One entry that a walk looked at: `pte` is None if it could not be read."""

    level: int
    pte_address: int
    pte: int | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What an access would meet, found without doing it.

    `physical` is where it arrives, None if it traps; `cause` is the trap's cause, None if there is
    none; `target` is where the page tables lead even if the access is refused there. `verdict` says
    in words what decided.
    """

    address: int
    access: Access
    space: AddressSpace
    physical: int | None
    cause: Cause | None
    target: int | None
    steps: tuple[WalkStep, ...]
    verdict: str


class Found(NamedTuple):
    """Where a walk arrived (34 bits) and the physical addresses of the entries it used."""

    physical: int
    entries: tuple[int, ...] = ()


class TableMemory(Protocol):
    """Where page tables lie: RAM, or what somebody takes for it. As `memory.Ram` has these."""

    @property
    def base(self) -> int:
        """The physical address of its first byte."""

    @property
    def words(self) -> memoryview[int]:
        """Its contents in words."""

    def contains(self, address: int, size: int = 1, /) -> bool:
        """Tell whether `size` bytes at a physical address all lie in it."""

    def update_pte(self, offset: int, value: int, /) -> None:
        """Store an entry of which only A and D changed."""


class PageWalker:
    """Walks the page tables in `ram` under the eyes of `pmp`."""

    __slots__ = ("_pmp", "_ram")

    def __init__(self, ram: TableMemory, pmp: Pmp) -> None:
        self._ram = ram
        self._pmp = pmp

    def walk(
        self,
        address: int,
        access: Access,
        space: AddressSpace,
        *,
        record: list[WalkStep] | None = None,
    ) -> Found:
        """Translate `address` (32 bits) for `access`, setting A and for stores D.

        With a list to `record` the steps in, nothing is changed. Raises Trap with `address` as its
        value. The place arrived at is not judged here.
        """
        if space.root is None:
            return Found(address)
        table = space.root
        entries: tuple[int, ...] = ()
        for level in reversed(range(_LEVELS)):
            shift = PAGE_SHIFT + level * _INDEX_BITS
            place = table + (address >> shift & _INDEX_MASK) * _PTE_SIZE
            refusal = self._refusal(place, protection.READ)
            if refusal:
                if record is not None:
                    record.append(WalkStep(level, place, None, refusal))
                raise Trap(access.access_fault, address)
            pte = self._ram.words[(place - self._ram.base) >> 2]
            entries += (place,)
            verdict = judge(pte, level, access, space)
            if verdict is Verdict.LEAF:
                self._set_accessed(address, access, WalkStep(level, place, pte, verdict.value), record)
                inside = address & (1 << shift) - 1
                return Found(pte >> _PPN_SHIFT << PAGE_SHIFT | inside, entries)
            if record is not None:
                record.append(WalkStep(level, place, pte, verdict.value))
            if verdict is not Verdict.POINTER:
                break
            table = pte >> _PPN_SHIFT << PAGE_SHIFT
        raise Trap(access.page_fault, address)

    def _refusal(self, place: int, permission: int) -> str:
        """Say why the walk may not access an entry; empty if it may."""
        if not self._ram.contains(place, _PTE_SIZE):
            return "the table lies outside RAM"
        if not self._pmp.allows(place, _PTE_SIZE, permission, machine=False):
            return f"the walk, done as S, may not: {self._pmp.explain(place, _PTE_SIZE, machine=False)}"
        return ""

    def _set_accessed(
        self, address: int, access: Access, leaf: WalkStep, record: list[WalkStep] | None
    ) -> None:
        assert leaf.pte is not None
        wanted = leaf.pte | ACCESSED | (DIRTY if access is Access.STORE else 0)
        place, verdict = leaf.pte_address, leaf.verdict
        refusal = ""
        if wanted != leaf.pte:
            refusal = self._refusal(place, protection.WRITE)
            bits = "A and D" if wanted & ~leaf.pte == ACCESSED | DIRTY else "D"
            bits = "A" if wanted & ~leaf.pte == ACCESSED else bits
            verdict += f"; setting {bits}: {refusal}" if refusal else f"; the hardware sets {bits}"
        if record is not None:
            record.append(WalkStep(leaf.level, place, leaf.pte, verdict))
        if refusal:
            raise Trap(access.access_fault, address)
        if wanted != leaf.pte and record is None:
            self._ram.update_pte(place - self._ram.base, wanted)
