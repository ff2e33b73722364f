"""Random steps for the program `random_steps.s`: CSR and system instructions from random modes.

Values are drawn so that both machines hold them alike: only bits that both have, no reserved modes, and
nothing that takes the harness its footing (its vectors, its scratch registers, the way back to M).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from tests.support.oracle_streams import random_word

_MPP = 0x1800
_COUNTING = frozenset({"mcycle", "minstret", "cycle", "instret", "time"})

# The bits of each CSR that are written, and compared where it is read.
_BITS: Mapping[str, int] = {
    # Not MPRV (QEMU 7.2 keeps it on the way down), FS and VS (extensions have them), TSR (the handler
    # of S uses sret).
    "mstatus": 0x003C_19AA,
    "sstatus": 0x000C_0122,
    # Not the environment calls: the way back to M is one.
    "medeleg": 0xB0FF,
    "mideleg": 0x222,
    "mie": 0xAAA,
    "sie": 0x222,
    "mepc": 0xFFFF_FFFC,
    "sepc": 0xFFFF_FFFC,
    "menvcfg": 1,
    "senvcfg": 1,
    # Not the mode: nothing is mapped.
    "satp": 0x7FFF_FFFF,
    **dict.fromkeys(("mcause", "mtval", "scause", "stval", "mcounteren", "scounteren"), 0xFFFF_FFFF),
    "mcountinhibit": 0xFFFF_FFFD,
}
_SSIP = 0x002
_PENDING = (_SSIP, 0x020, 0x200)
_READ_ONLY = ("mhartid", "mvendorid", "cycle", "instret", "time", "misa")
_UNKNOWN = (
    0x005,
    0x041,
    0x200,
    0x2FF,
    0x3F5,
    0x5A8,
    0x6AA,
    0x800,
    0x8FF,
    0x9C1,
    0xAFF,
    0xDC0,
    0xEFF,
    0xFFF,
)
_MODES = (3, 3, 3, 1, 1, 0)


@dataclass(frozen=True)
class Step:
    """One instruction `word`, run in `mode` (0 U, 1 S, 3 M) with `value` in a0.

    `mask` are the bits of a0 that are compared afterwards.
    """

    mode: int
    word: int
    value: int
    mask: int


def random_steps(seed: int, count: int) -> Iterator[Step]:
    """Yield the steps of a seed; the same ones each time.

    Only one interrupt of S becomes pending in them: of several, QEMU 7.2 takes another first.
    """
    random = Random(seed)
    pending = _PENDING[seed % len(_PENDING)]
    bits = {**_BITS, "mip": pending, "sip": pending & _SSIP}
    for _ in range(count):
        yield _step(random, bits)


def as_source(steps: Iterator[Step]) -> str:
    """Return the steps as the program includes them."""
    lines = (f".word {s.mode}, {s.word:#x}, {s.value:#x}, {s.mask:#x}\n" for s in steps)
    return "".join(lines)


def _step(random: Random, bits: Mapping[str, int]) -> Step:
    mode = random.choice(_MODES)
    kind = random.random()
    if kind < 0.08:
        name = random.choice(("mret", "sret", "sfence.vma", "fence", "fence.i"))
        fields = dict.fromkeys(INSTRUCTIONS_BY_NAME[name].encoding.fields, 0)
        return Step(mode, _encode(name, **fields), 0, 0xFFFF_FFFF)
    if kind < 0.12:
        # No encoding of the SYSTEM or any other opcode ends so: illegal, all 32 bits in mtval.
        return Step(mode, random.getrandbits(32) & ~0x7F | 0x57, 0, 0xFFFF_FFFF)
    if kind < 0.18:
        return _csr_step(random, mode, random.choice(_UNKNOWN), 0xFFFF_FFFF, writes=True)
    if kind < 0.26:
        name = random.choice(_READ_ONLY)
        mask = 0 if name in _COUNTING else 0xFFFF_FFFF
        writes = name != "misa" and random.random() < 0.5
        return _csr_step(random, mode, CSRS_BY_NAME[name].number, mask, writes=writes)
    name = random.choice(tuple(bits))
    return _csr_step(random, mode, CSRS_BY_NAME[name].number, bits[name], writes=True)


def _csr_step(random: Random, mode: int, csr: int, bits: int, *, writes: bool) -> Step:
    value = random_word(random) & bits
    if bits & _MPP == _MPP and csr == CSRS_BY_NAME["mstatus"].number and value & _MPP:
        value |= _MPP  # both bits or none: the mode 2 never comes to be
    if not writes:
        name = random.choice(("csrrs", "csrrc"))
        return Step(mode, _encode(name, csr=csr, rs1=0, rd=10), value, bits)
    # csrrs and csrrc of a register that holds 0: QEMU 7.2 does not call that a write.
    value = value or bits & -bits or 1
    name = random.choice(("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"))
    rd = random.choice((10, 10, 0))
    if name.endswith("i"):
        return Step(mode, _encode(name, csr=csr, zimm=random.randrange(32) & bits, rd=rd), value, bits)
    return Step(mode, _encode(name, csr=csr, rs1=10, rd=rd), value, bits)


def _encode(name: str, **values: int) -> int:
    return INSTRUCTIONS_BY_NAME[name].encoding.encode(values)
