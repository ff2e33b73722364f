"""Random machines that do the same over and over, so that the fast engine makes blocks of their code.

Their pages are full of loops, whose counters no other instruction writes. Handlers go on behind what
trapped, and mostly memory is what loads and stores expect; but now and then a store changes code, the
timer interrupts, a page table, the PMP or a mode is another one. Blocks are made at once.

    python -m tests.support.looping_machines --machines 500 --steps 50000
"""

from __future__ import annotations

import random

from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine
from hvtui.machine.privilege import Privilege
from tests.support.engine_agreement import (
    BASE,
    CODE_PAGES,
    COMMON,
    DATA_PAGES,
    JUMPS,
    M_HANDLER,
    MEMORY,
    S_HANDLER,
    TABLE_PAGES,
    Subject,
    World,
    machine_with,
    main,
    pmp_setting,
    pmp_switch,
    random_word,
    shake_pmp,
    word_of,
)
from tests.support.guest import code, load_constant, word

_WORDS = 1024
_COUNTER, _PLACE, _NEW, _CHANGE = 16, 17, 18, 19
_PLAIN = [row for row in COMMON if row not in (*MEMORY, *JUMPS)]
_PAGED = 1 << 31 | (BASE >> 12) + TABLE_PAGES[0]


def looping_subject(seed: int, engine: Engine) -> Subject:
    """Return the machine of that seed."""
    chance = random.Random(seed)
    machine = machine_with(chance, engine, _page, _handler)
    hart = machine.hart
    hart.set_csr("pmpaddr0", 0xFFFF_FFFF)
    hart.set_csr("pmpcfg0", 0x1F)
    for name in ("medeleg", "mideleg", "mtrapmap", "mcounteren", "scounteren"):
        if name in hart.csrs.by_name and chance.random() < 0.5:
            hart.set_csr(name, chance.choice((chance.getrandbits(32), 0xFFFF_FFFF)))
    stir(machine, chance)
    if machine._engine is not None:
        machine._engine.rests = False
        machine._engine.hot_code.compile_at_once(chance.choice((23, 97, 331)))
    return Subject(machine)


def stir(machine: Machine, chance: random.Random) -> None:
    """Go on in another loop, with other registers, and some time in another mode."""
    hart = machine.hart
    hart.state.pc = BASE + (chance.choice(CODE_PAGES) << 12) + 4 * chance.randrange(_WORDS)
    hart.state.privilege = chance.choice((Privilege.M, Privilege.S, Privilege.U))
    hart.set_csr("mtvec", M_HANDLER)
    hart.set_csr("stvec", S_HANDLER)
    hart.set_csr("satp", chance.choice((0, 0, _PAGED)))
    if chance.random() < 0.3:
        hart.set_csr("mstatus", chance.getrandbits(32))
    for number in range(1, 8):
        hart.set_x(number, chance.choice((0, 1, 0x7F, 0x8000_0000, chance.getrandbits(32))))
    for number in range(8, 16):
        page = chance.choice((*DATA_PAGES, *DATA_PAGES, *DATA_PAGES, 63, *CODE_PAGES, *TABLE_PAGES))
        hart.set_x(number, BASE + page * 4096 + chance.choice((0, 8, 0x400, 0x7F8, 0x800, 0xFF0)))
    hart.set_x(_COUNTER, chance.choice((1, 20, 500)))
    later = chance.choice((5, 50, 500, 1 << 62, 1 << 62))
    machine.clint.mtimecmp = machine.clint.mtime + later
    hart.set_csr("mie", chance.choice((0x80, 0xAAA, 0)))
    if chance.random() < 0.3:
        shake_pmp(hart, chance)
    if chance.random() < 0.2:
        place = BASE + (chance.choice(CODE_PAGES) << 12) + 4 * chance.randrange(1000)
        machine.write_physical(place, code([random_word(chance) for _ in range(4)]))
    hart.settle()


def _page(chance: random.Random) -> list[int]:
    words: list[int] = []
    while len(words) < _WORDS:
        body: list[int] = []
        for _ in range(chance.choice((1, 3, 8, 20, 40))):
            body += _piece(chance)
        start = load_constant(_COUNTER, chance.choice((5, 30, 200)))
        back = [
            word("addi", rd=_COUNTER, rs1=_COUNTER, imm=-1),
            word("bne", rs1=_COUNTER, rs2=0, target=-4 * (len(body) + 1)),
        ]
        words += [*start, *body, *back]
    return [*words[: _WORDS - 1], word("jal", target=4 - 4 * _WORDS)]


def _piece(chance: random.Random) -> list[int]:
    form = chance.random()
    if form < 0.03:
        # Code that changes itself, just ahead or a little behind.
        place = chance.choice((20, 20, 24, 36, -4, -16))
        return [
            word("auipc", rd=_PLACE),
            word("lui", rd=_CHANGE, upper=1 << chance.choice((12, 20, 21, 25))),
            word("lw", rd=_NEW, rs1=_PLACE, imm=place),
            word("xor", rd=_NEW, rs1=_NEW, rs2=_CHANGE),
            word("sw", rs1=_PLACE, rs2=_NEW, imm=place),
        ]
    if form < 0.05:
        # The timer, soon.
        return [
            word("lui", rd=_PLACE, upper=0x0200_C000),
            word("lw", rd=_NEW, rs1=_PLACE, imm=-8),
            word("addi", rd=_NEW, rs1=_NEW, imm=chance.choice((0, 3, 40))),
            word("lui", rd=_PLACE, upper=0x0200_4000),
            word("sw", rs1=_PLACE, rs2=_NEW),
            word("sw", rs1=_PLACE, imm=4),
        ]
    if form < 0.06:
        # The page table that may be in use: another leaf for a page of data.
        entry = (BASE >> 12) + chance.choice(DATA_PAGES) << 10 | chance.choice((0xCF, 0xDF, 0x43, 0))
        table, index = TABLE_PAGES[2], chance.choice(DATA_PAGES)
        return [
            *load_constant(_NEW, entry),
            *load_constant(_PLACE, BASE + table * 4096 + 4 * index),
            word("sw", rs1=_PLACE, rs2=_NEW),
        ]
    if form < 0.08:
        # A jump by a register, mostly within the block.
        away = chance.choice((8, 8, 12, 16, 20, 64, -8))
        return [word("auipc", rd=_PLACE), word("jalr", rd=1, rs1=_PLACE, imm=away)]
    if form < 0.09:
        return pmp_setting(chance)
    if form < 0.15:
        return [random_word(chance)]
    return [word_of(chance, chance.choice(COMMON if form < 0.7 else MEMORY))]


def _handler(chance: random.Random, epc: str, ret: str) -> list[int]:
    """Return a handler that goes on behind what trapped, and mostly lets no more interrupts come."""
    words = [
        word("csrrs", rd=5, csr=epc),
        word("addi", rd=5, rs1=5, imm=4),
        word("csrrw", csr=epc, rs1=5),
    ]
    if epc == "mepc" and chance.random() < 0.8:
        words.append(word("csrrw", csr="mie", rs1=0))
    words += [word_of(chance, chance.choice(_PLAIN)) for _ in range(chance.randrange(4))]
    if epc == "mepc" and chance.random() < 0.3:
        words += pmp_switch(chance)
    return [*words, word(ret)]


LOOPS = World(looping_subject, stir, (1, 3, 30, 100, 300, 1000, 4000, 4000, 4000))


if __name__ == "__main__":
    main(LOOPS)
