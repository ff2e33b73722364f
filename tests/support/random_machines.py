"""Machines full of random code, some of it in their handlers, in any mode."""

from __future__ import annotations

from hypothesis import strategies as st

from asm.isa.csrs import CSRS
from asm.isa.rows import INSTRUCTIONS
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.privilege import Privilege
from tests.support.guest import START, Guest, code

# For about how many steps the machines are made: their timers fire within twice as many.
STEPS = 300

# Values that lead somewhere: into the code, to devices, to tables, to flags and corners.
_interesting = st.sampled_from(
    [0, 1, 4, 0x80, 0x1F, START, START + 0x100, START + 0x801, 0x8000_1000, 0x8008_0001,
     0x0200_0000, 0x0200_4000, 0x0C00_2000, 0x1000_0000, 0x0010_0000, 0x2000_00CF, 0xFFFF_FFFF]
)  # fmt: skip
_value = st.one_of(_interesting, st.integers(0, 0xFFFF_FFFF))
_register = st.integers(0, 7)


@st.composite
def _instruction(draw: st.DrawFn) -> int:
    """Draw a word: mostly instructions, often about CSRs and modes, on few registers."""
    if draw(st.integers(0, 20)) == 0:
        return draw(st.integers(0, 0xFFFF_FFFF))
    row = draw(st.sampled_from(INSTRUCTIONS))
    fields = {}
    for name, field in row.encoding.fields.items():
        if name in ("rd", "rs1", "rs2"):
            fields[name] = draw(_register)
        elif name == "csr":
            fields[name] = draw(st.sampled_from(CSRS)).number
        elif name == "target":
            fields[name] = draw(st.integers(-20, 20)) * 4
        else:
            fields[name] = draw(st.integers(field.minimum, field.maximum)) & -field.alignment
    return row.encoding.encode(fields)


@st.composite
def machines(draw: st.DrawFn) -> Guest:
    """Draw a machine full of random code, some of it in its handlers, in any mode."""
    guest = Guest(draw(st.sampled_from(list(GENERATIONS))))
    hart = guest.hart
    for address in (START, START + 0x100, START + 0x800):
        words = draw(st.lists(_instruction(), min_size=8, max_size=24))
        guest.machine.load(address, code(words))
    for number in range(1, 8):
        hart.set_x(number, draw(_value))
    hart.set_csr("mtvec", START + 0x100)
    hart.set_csr("stvec", START + 0x800)
    for name in (
        "medeleg",
        "mideleg",
        "mie",
        "mtrapmap",
        "mvmcb",
        "mcounteren",
        "satp",
        "mepc",
        "sepc",
    ):
        if name in hart.csrs.by_name and draw(st.booleans()):
            hart.set_csr(name, draw(_value))
    guest.machine.clint.mtimecmp = draw(st.integers(0, 2 * STEPS))
    hart.state.csr["mstatus"] |= draw(_value) & 0x007E_79AA & ~(3 << 11)
    hart.state.pc = START
    hart.state.privilege = draw(st.sampled_from(Privilege))
    hart.settle()
    return guest
