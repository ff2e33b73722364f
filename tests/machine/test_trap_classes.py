"""Every CSR number there can be: which class of the trap bitmap its reads and writes are in."""

import pytest

from asm.isa.trapbits import ALL_TRAP_BITS
from hvtui.machine.privilege import Privilege
from tests.support.guest import Guest, word

EVENTS = range(3, 32)

# The design's table, by numbers: the class's name after "rd" and "wr", and its CSRs.
CLASSES = {
    "status": {0x300, 0x301, 0x310},
    "tvec": {0x302, 0x303, 0x305},
    "trap": {0x340, 0x341, 0x342, 0x343},
    "int": {0x304, 0x344},
    "vm": {0x180, *range(0x3A0, 0x3B0), *range(0x3B0, 0x3F0)},
    "count": {
        *(base + n for base in (0xB00, 0xB80, 0xC00, 0xC80) for n in (0, 2, *EVENTS)),
        *(0xC01, 0xC81, 0x306, 0x106, 0x320),
        *(0x320 + n for n in EVENTS),
    },
    "id": {0xF11, 0xF12, 0xF13, 0xF14, 0xF15},
    "trapmap": {0x7C0, 0xFC0},
    "sup": {0x100, 0x104, 0x105, 0x10A, 0x140, 0x141, 0x142, 0x143, 0x144},
}
# Other CSRs of M, which count as status: menvcfg, menvcfgh and the debug triggers that are not there.
CLASSES["status"] |= {0x30A, 0x31A, 0x7A0, 0x7A1, 0x7A2, 0x7A3}

# rd, rs1 of a csrrs, and the accesses that it then makes.
FORMS = {"rd": (5, 0), "wr": (0, 6), "rd wr": (5, 6), "neither rd nor rs1: rd": (0, 0)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cpu", ["vt", "svm"])
def test_each_csr_traps_for_the_class_that_the_design_gives_it(cpu: str, form: str) -> None:
    classes = {number: name for name, numbers in CLASSES.items() for number in numbers}
    if cpu == "svm":
        classes[0x7C1] = "trapmap"
    rd, rs1 = FORMS[form]
    accesses = form.rpartition(": ")[2].split()
    guest = Guest(cpu)
    guest.hart.set_csr("mtrapmap", ALL_TRAP_BITS)
    guest.enter(Privilege.U)
    before = guest.machine.capture()
    for number in range(0x1000):
        is_writable = number >> 10 != 3 or accesses == ["rd"]
        bits = [access + classes[number] for access in accesses] if number in classes else []
        guest.machine.restore(before)
        guest.traps.clear()
        guest.execute_word(word("csrrs", csr=number, rd=rd, rs1=rs1))
        (trap,) = guest.traps
        assert (trap.cause, trap.tval) == (2, trap.word)
        assert [bit.key for bit in trap.bits] == (bits if is_writable else []), hex(number)
