"""The states that instructions are run from, in families that differ in one thing alone.

What a program sees of a state are its registers and its memory; the rest is the *host's*: the CSRs, the
counters, where in RAM the memory really lies. A virtual machine monitor changes the host's part as it
likes, so an innocuous instruction must not show it.
"""

from __future__ import annotations

import random
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

# The rings that a guest's kernel can be put into, and how many families of states there are.
RINGS = (1, 3)
SAMPLES = 2

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
_SUPERVISOR_PENDING = 0x222


@dataclass(frozen=True, slots=True)
class Family:
    """States of one program, the same to the program's eyes.

    `kernel` is in ring 0. `below` is in `ring`, and differs from it in nothing else; `hidden` differs
    from `below` in the host's part alone, and `moved` in where the program's memory really lies.
    """

    ring: int
    kernel: HartSnapshot
    below: HartSnapshot
    hidden: HartSnapshot
    moved: HartSnapshot


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
    found: list[Family] = []
    for _ in range(SAMPLES):
        program = _program(chance)
        hosts = [
            _host(machine, chance, program, bitmap=bitmap, gates_closed=gates_closed) for _ in range(2)
        ]
        found += [_family(machine, ring, *hosts) for ring in RINGS]
    return tuple(found)


def _program(chance: random.Random) -> tuple[int, ...]:
    """Return registers: x11 is an address in the data, the others any words."""
    x = [0, *(chance.getrandbits(32) for _ in range(31))]
    x[11] = DATA + 4 * chance.randrange(4)
    return tuple(x)


def _host(
    machine: Machine, chance: random.Random, x: tuple[int, ...], *, bitmap: int, gates_closed: bool
) -> HartSnapshot:
    """Return a state in M with random host's parts; no interrupt can be taken in it."""
    hart = machine.hart
    machine.reset(CODE)
    machine.clint.mtimecmp = (1 << 64) - 1
    names = hart.csrs.by_name
    status = chance.getrandbits(32) & _VARIED_STATUS | chance.choice((0, 1, 3)) << _MPP_SHIFT
    pending = chance.getrandbits(32) & _SUPERVISOR_PENDING
    values = {
        "mstatus": status | (_CONTROLS if gates_closed else 0),
        "mip": pending,
        "mie": chance.getrandbits(32) & ~pending,
        "mideleg": chance.getrandbits(32),
        "mcounteren": 0 if gates_closed else 7,
        "scounteren": 0 if gates_closed else 7,
        "mtrapmap": bitmap,
        "pmpaddr0": 0xFFFF_FFFF,
        "pmpcfg0": 0x0F,
        "pmpaddr5": chance.getrandbits(32),
        "mcycleh": chance.getrandbits(32),
        "minstreth": chance.getrandbits(32),
    }
    for name in ("mscratch", "mcause", "mtval", "sscratch", "scause", "stval", "senvcfg", "menvcfg"):
        values[name] = chance.getrandbits(32)
    for name in ("mtvec", "stvec", "mepc", "sepc"):
        values[name] = RAM_BASE + 4 * chance.randrange(1 << 16)
    for name, value in values.items():
        if name in names:
            hart.set_csr(name, value)
    retired = chance.randrange(1 << 20)
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
    )


def _placed(machine: Machine, state: HartSnapshot, ring: int, *, moved: bool) -> HartSnapshot:
    """Return the state with the page table of a ring in `satp`."""
    csr = dict(state.csr)
    csr["satp"] = _SV32 | _table(ring, moved=moved) >> _PAGE
    return replace(state, csr=tuple(csr.items()))


def _table(ring: int, *, moved: bool) -> int:
    return _TABLES + 0x1000 * (2 * RINGS.index(ring) + moved)
