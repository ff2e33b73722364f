"""The states that instructions are run from, in families that differ in one thing alone.

What a program sees of a state are its registers and its memory; the rest is the *host's*: the CSRs, the
counters, where in RAM the memory really lies. A virtual machine monitor changes the host's part as it
likes, so an innocuous instruction must not show it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from asm.isa.csrs import CSRS_BY_NAME
from hvtui.machine.board import Machine
from hvtui.machine.hart import HartSnapshot
from hvtui.machine.memory import RAM_BASE
from hvtui.machine.privilege import PRIVILEGE_OF_RING, Privilege

# The code and the data of the programs, as they see them: in the first megapage of RAM, which the
# page tables map to itself, or to another one.
CODE = RAM_BASE + 0x1000
DATA = RAM_BASE + 0x2000
DATA_SIZE = 64
ELSEWHERE = 0x0040_0000
_TABLES = RAM_BASE + 0x0010_0000
RAM_SIZE = 0x0080_0000

# The rings that a guest's kernel can be put into, and how many programs are run in each.
RINGS = (1, 3)
_PROGRAMS = 2
# From how many states an instruction is run: each family has five.
STATES = 5 * len(RINGS) * _PROGRAMS

_SEED = 1974
_MEGAPAGE = 22
_PTE_LEAF, _PTE_USER = 0xCF, 0x10  # V R W X A D
_SV32 = 1 << 31
_PAGE = 12
_CONTROLS = sum(CSRS_BY_NAME["mstatus"].fields_by_name[name].mask for name in ("TVM", "TW", "TSR"))
_VARIED_STATUS = sum(
    CSRS_BY_NAME["mstatus"].fields_by_name[name].mask
    for name in ("FS", "VS", "SPP", "MPIE", "SPIE", "MIE", "SIE")
)
_MPP_SHIFT = 11
# The interrupts of S in mip, mie and mideleg, and the one of them that S itself can make pending.
_SUPERVISOR = 0x222
_SOFTWARE = 0x2
_WORD = 0xFFFF_FFFF
# What user mode may read of the counters if it is let: cycle, time and instret.
_COUNTERS = 7

# CSRs that may hold anything, and those that hold an address of an instruction.
_FREE = (
    "mscratch", "mcause", "mtval", "sscratch", "scause", "stval", "senvcfg", "menvcfg", "medeleg",
    "mideleg", "mcountinhibit", "mcycleh", "minstreth", *(f"pmpaddr{n}" for n in range(1, 16)),
)  # fmt: skip
# All entries of the PMP but the first are off, whatever permissions they have: these two or none.
_PERMISSIONS = {"pmpcfg0": 0x0505_0500, **dict.fromkeys(("pmpcfg1", "pmpcfg2", "pmpcfg3"), 0x0505_0505)}
# What is the other way round in the registers of the second program.
_OTHER = {12: _WORD ^ _SOFTWARE, **dict.fromkeys(range(13, 32), _WORD)}
_ADDRESSES = ("mtvec", "stvec", "mepc", "sepc")


@dataclass(frozen=True, slots=True)
class Family:
    """States of one program, the same to the program's eyes.

    `kernel` is in ring 0. `below` is in `ring`, and differs from it in nothing else; `hidden` differs
    from `below` in the host's part alone, and `moved` in where the program's memory really lies.
    `kernel_hidden` is in ring 0, and differs from `hidden` in nothing else.
    """

    ring: int
    kernel: HartSnapshot
    below: HartSnapshot
    hidden: HartSnapshot
    moved: HartSnapshot
    kernel_hidden: HartSnapshot


def prepare_memory(machine: Machine) -> None:
    """Write the page tables: for each ring one that maps the megapage to itself, and one elsewhere."""
    for ring in RINGS:
        for moved in (False, True):
            flags = _PTE_LEAF | (_PTE_USER if ring == 3 else 0)
            target = RAM_BASE + (ELSEWHERE if moved else 0)
            pte = target >> _PAGE << 10 | flags
            entry = _table(ring, moved=moved) + 4 * (RAM_BASE >> _MEGAPAGE)
            machine.write_physical(entry, pte.to_bytes(4, "little"))


def families(machine: Machine, *, bitmap: int, gates_closed: bool) -> tuple[Family, ...]:
    """Return the families for each ring, always the same ones.

    `bitmap` is what the trap bitmap holds, if the CPU has one. With `gates_closed` the counters are
    closed to lower modes, and TVM, TW and TSR are set, as a careful hypervisor does.
    """
    chance = random.Random(_SEED)
    first = _program(chance)
    second = tuple(value ^ _OTHER.get(number, 0) for number, value in enumerate(first))
    values = _values(chance, bitmap=bitmap, gates_closed=gates_closed)
    retired = chance.randrange(1 << 20)
    found: list[Family] = []
    # Two programs and two hosts, each with the other bits: whatever an instruction sets or clears, or
    # shows, is not so already in one of the four. What S sees of interrupts hangs on what is delegated,
    # so with the second program they are enabled and pending the other way round.
    for program, interrupts in ((first, 0), (second, _SUPERVISOR)):
        host = values | {name: values[name] ^ interrupts for name in ("mie", "mip")}
        hosts = (
            _host(machine, program, host, retired),
            _host(machine, program, _opposite(host), retired ^ 0xF_FFFF),
        )
        found += [_family(machine, ring, *hosts) for ring in RINGS]
    return tuple(found)


def _program(chance: random.Random) -> tuple[int, ...]:
    """Return registers: x11 is an address in the data, the others any words, x12 with a bit set."""
    x = [0, *(chance.getrandbits(32) for _ in range(31))]
    x[11] = DATA + 4 * chance.randrange(4)
    x[12] |= _SOFTWARE
    return tuple(x)


def _values(chance: random.Random, *, bitmap: int, gates_closed: bool) -> dict[str, int]:
    """Return what a host's CSRs hold; no interrupt can be taken with it."""
    status = chance.getrandbits(32) & _VARIED_STATUS | chance.choice((0, 3)) << _MPP_SHIFT
    pending = chance.getrandbits(32) & _SUPERVISOR
    values = {
        "mstatus": status | (_CONTROLS if gates_closed else 0),
        "mip": pending,
        "mie": (chance.getrandbits(32) | _SUPERVISOR) & ~pending,
        "mcounteren": 0 if gates_closed else _COUNTERS,
        "scounteren": chance.getrandbits(32) | (0 if gates_closed else _COUNTERS),
        "mtrapmap": bitmap,
        "pmpaddr0": _WORD,
        "pmpcfg0": 0x0F,
    }
    values |= {name: chance.getrandbits(32) for name in _FREE}
    values |= {
        name: values.get(name, 0) | chance.getrandbits(32) & mask for name, mask in _PERMISSIONS.items()
    }
    return values | {name: RAM_BASE + 4 * chance.randrange(1 << 16) for name in _ADDRESSES}


def _opposite(values: Mapping[str, int]) -> dict[str, int]:
    """Return other values: each bit is the other one, if two hosts may differ in it."""
    masks = {
        "mstatus": _VARIED_STATUS | 3 << _MPP_SHIFT,
        "mip": _SUPERVISOR,
        "mie": _WORD,
        "scounteren": _WORD ^ (values["scounteren"] & values["mcounteren"]),
        **dict.fromkeys(_FREE, _WORD),
        **_PERMISSIONS,
        **dict.fromkeys(_ADDRESSES, 0x3_FFFC),
    }
    return {name: value ^ masks.get(name, 0) for name, value in values.items()}


def _host(
    machine: Machine, x: tuple[int, ...], values: Mapping[str, int], retired: int
) -> HartSnapshot:
    """Return a state in M whose CSRs hold `values`, those of them that this CPU has."""
    hart = machine.hart
    machine.reset(CODE)
    machine.clint.mtimecmp = (1 << 64) - 1
    for name, value in values.items():
        if name in hart.csrs.by_name:
            hart.set_csr(name, value)
    return replace(hart.capture(), x=x, pc=CODE, retired=retired)


def _family(machine: Machine, ring: int, host: HartSnapshot, other: HartSnapshot) -> Family:
    there = [_placed(machine, host, ring, moved=moved) for moved in (False, True)]
    privilege = PRIVILEGE_OF_RING[ring]
    hidden = _placed(machine, other, ring, moved=False)
    return Family(
        ring,
        replace(there[0], privilege=Privilege.M),
        replace(there[0], privilege=privilege),
        replace(hidden, privilege=privilege),
        replace(there[1], privilege=privilege),
        replace(hidden, privilege=Privilege.M),
    )


def _placed(machine: Machine, state: HartSnapshot, ring: int, *, moved: bool) -> HartSnapshot:
    """Return the state with the page table of a ring in `satp`."""
    csr = dict(state.csr)
    csr["satp"] = _SV32 | _table(ring, moved=moved) >> _PAGE
    return replace(state, csr=tuple(csr.items()))


def _table(ring: int, *, moved: bool) -> int:
    return _TABLES + 0x1000 * (2 * RINGS.index(ring) + moved)
