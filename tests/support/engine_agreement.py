"""Random machines for two engines, and the comparison of what they make of them.

A machine is full of random code in a few pages, with handlers that mostly go on behind what trapped,
page tables that know these pages under several addresses, and registers that point to all of it: so
code changes itself, tables and protection while it runs, in every mode. Everything comes from one
seed; a disagreement names it with the first step that differs.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from asm.isa.csrs import CSRS, CSRS_BY_NAME
from asm.isa.decode import decode
from asm.isa.instruction import Instruction
from asm.isa.rows import INSTRUCTIONS
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine
from hvtui.machine.events import (
    NOT_LOOKED_UP,
    KernelInstruction,
    Outcome,
    Tally,
    Then,
    TrapReturned,
    TrapTaken,
    Urgency,
)
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.hart import Hart
from hvtui.machine.privilege import Privilege
from hvtui.machine.regions import ELSEWHERE, RegionMeter
from hvtui.machine.state import MachineState
from hvtui.machine.translation import Access
from tests.support.guest import code, load_constant, word

BASE = 0x8000_0000
RAM_SIZE = 1 << 18
CODE_PAGES = (0, 1, 2, 3)
TABLE_PAGES = (8, 9, 10, 11)
DATA_PAGES = (16, 17)
M_HANDLER, S_HANDLER = BASE + 0x4000, BASE + 0x5000
BLOCK = BASE + 0x7000
_PAGED = 1 << 31
_PAGE_WORDS = 1024
_MOST_RESTORED = 50
_USUAL_FLAGS = (0xCF, 0xDF, 0xDF, 0xCF, 0x0F, 0x1F, 0x17, 0x1B, 0x13, 0xD3, 0x01, 0x00, 0xC5, 0xDD)

COMMON = [
    row for row in INSTRUCTIONS if row.extension in ("I", "M") and row.name not in ("ecall", "ebreak")
]
JUMPS = [row for row in INSTRUCTIONS if row.name in ("jal", "jalr") or row.name.startswith("b")]
MEMORY = [row for row in INSTRUCTIONS if row.layout.endswith(("0000011", "0100011"))]
_ATOMIC = [row for row in INSTRUCTIONS if row.extension == "A"]
_CSR = [row for row in INSTRUCTIONS if row.extension == "Zicsr"]
_SYSTEM = [
    row
    for row in INSTRUCTIONS
    if row.extension in ("privileged", "Zifencei") or row.name in ("ecall", "ebreak")
]
_OFTEN_USED = [
    CSRS_BY_NAME[name]
    for name in (
        "mstatus", "sstatus", "mie", "sie", "mip", "sip", "mepc", "sepc", "mtvec", "stvec", "satp",
        "medeleg", "mideleg", "mscratch", "sscratch", "mcause", "scause", "mtval", "stval", "cycle",
        "time", "instret", "mcycle", "mcounteren", "scounteren", "mtrapmap", "mtrapcap", "mvmcb",
        "pmpaddr0", "pmpcfg0", "misa", "mhartid", "mimpid", "mcountinhibit", "timeh", "cycleh",
        "pmpaddr1", "pmpaddr2", "pmpaddr3", "pmpcfg0", "pmpcfg3",
    )
]  # fmt: skip
# Bytes of a pmpcfg register: off, TOR, NA4 and NAPOT, some that no entry can have, some that lock.
_OPEN_ENTRIES = (0x1F, 0x1F, 0x1F, 0x0F, 0x17)
_ENTRIES = (0, 0, *_OPEN_ENTRIES, 0x1B, 0x0B, 0x13, 0x19, 0x09, 0x1D, 0x0D, 0x1C, 0x14, 0x1A, 0x7B)
_LOCKED_ENTRIES = (0x9F, 0x8F, 0x97, 0x9B, 0x8D, 0x80, 0x99)


def random_word(chance: random.Random) -> int:
    """Return an instruction, mostly; on few registers, near places, CSRs that matter."""
    kind = chance.random()
    if kind < 0.01:
        return chance.getrandbits(32)
    rows = (
        COMMON if kind < 0.4 else JUMPS if kind < 0.52 else MEMORY if kind < 0.75
        else _ATOMIC if kind < 0.81 else _CSR if kind < 0.93 else _SYSTEM
    )  # fmt: skip
    return word_of(chance, chance.choice(rows))


def word_of(chance: random.Random, row: Instruction) -> int:
    """Return an instruction of that row, with operands as in `random_word`."""
    fields = {}
    for name, part in row.encoding.fields.items():
        if name in ("rd", "rs1", "rs2"):
            fields[name] = chance.choice((0, *range(1, 16), *range(8, 16)))
            if name == "rd" and chance.random() < 0.6:
                fields[name] = chance.randrange(0, 8)
            if name == "rs1" and row in MEMORY and chance.random() < 0.8:
                fields[name] = chance.randrange(8, 16)
        elif name == "csr":
            fields[name] = chance.choice(_OFTEN_USED if chance.random() < 0.95 else CSRS).number
        elif name == "target":
            fields[name] = chance.choice((-64, -12, 8, 12, 16, 40, 2048, 4096 - 4, -1024, 0, 2))
            fields[name] = max(min(fields[name], part.maximum), part.minimum)
        elif name == "imm" and chance.random() < 0.8:
            fields[name] = chance.choice((0, 4, 8, 12, 16, 1, 2, 3, -4, 0x7FF, 20))
            fields[name] = max(min(fields[name], part.maximum), part.minimum) & -part.alignment
        else:
            fields[name] = chance.randint(part.minimum, part.maximum) & -part.alignment
    return row.encoding.encode(fields)


def _places(chance: random.Random) -> int:
    """Return an address that leads somewhere."""
    page = chance.choice((*CODE_PAGES, *DATA_PAGES, *TABLE_PAGES, 4, 5, 7, 63, 64))
    offset = chance.choice((0, 0, 4, 0x10, 0x400, 0x7F8, 0x800, 0xFFC, 0xFFD, 0xFFE, 2))
    form = chance.random()
    if form < 0.5:
        return BASE + page * 4096 + offset
    if form < 0.75:
        return page * 4096 + offset
    if form < 0.9:
        return 0x0040_0000 + page * 4096 + offset
    return chance.choice((
        0x0200_0000, 0x0200_4000, 0x0200_4004, 0x0200_BFF8, 0x0200_BFFC, 0x1000_0000, 0x1000_0005,
        0x0C00_2000, 0x0010_0004, 0, 0x7FFF_FFFE, 0xFFFF_FFFF,
    ))  # fmt: skip


def random_value(chance: random.Random) -> int:
    form = chance.random()
    if form < 0.5:
        return _places(chance)
    if form < 0.7:
        return chance.choice(
            (0, 1, 2, 0x80, 0x1F, 0x888, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 0x1F1F_1F1F)
        )
    if form < 0.8:
        return _entry(chance)
    return chance.getrandbits(32)


def _entry(chance: random.Random) -> int:
    """Return a page-table entry."""
    page = chance.choice((*CODE_PAGES, *CODE_PAGES, *DATA_PAGES, *TABLE_PAGES, 4, 5))
    flags = chance.choice((*_USUAL_FLAGS, chance.getrandbits(8)))
    return (BASE >> 12) + page << 10 | flags


def _pmp_address(chance: random.Random) -> int:
    """Return what `pmpaddr` may hold: everything, an address, or one with a size from 8 bytes on."""
    if chance.random() < 0.3:
        return 0xFFFF_FFFF
    page = chance.choice((*CODE_PAGES, *DATA_PAGES, *DATA_PAGES, *TABLE_PAGES, 4, 5, 6, 7, 64))
    place = BASE + page * 4096 + chance.choice((0, 0, 0, 4, 0x10, 0x400, 0x800, 0xFFC)) >> 2
    size = chance.choice((0, 0, 1, 3, 7, 8, 8, 9, 9, 10, 11, 12, 14, 16))
    return place & ~((1 << size) - 1) | (1 << size) - 1 >> 1 if size else place


def _pmp_entry(chance: random.Random, *, locks: bool) -> int:
    """Return a byte of `pmpcfg`."""
    if locks and chance.random() < 0.04:
        return chance.choice(_LOCKED_ENTRIES)
    return chance.choice(_ENTRIES)


def pmp_setting(chance: random.Random) -> list[int]:
    """Return instructions that M changes the PMP with, mostly so that a later entry leaves all open."""
    register = chance.choice((0, 0, 0, 0, 1, 3))
    words: list[int] = []
    for _ in range(chance.randrange(4)):
        entry = 4 * register + chance.choice((0, 0, 1, 1, 2, 3))
        words += load_constant(6, _pmp_address(chance))
        words.append(word("csrrw", csr=f"pmpaddr{entry}", rs1=6))
    entries = [_pmp_entry(chance, locks=True) for _ in range(4)]
    if chance.random() < 0.8:
        words += load_constant(6, 0xFFFF_FFFF)
        words.append(word("csrrw", csr=f"pmpaddr{4 * register + 3}", rs1=6))
        entries[3] = chance.choice(_OPEN_ENTRIES)
    words += load_constant(6, int.from_bytes(bytes(entries), "little"))
    words.append(word(chance.choice(("csrrw", "csrrw", "csrrs", "csrrc")), csr=f"pmpcfg{register}",
                      rd=chance.choice((0, 7)), rs1=6))  # fmt: skip
    return words


def pmp_switch(chance: random.Random) -> list[int]:
    """Return instructions that put the PMP into one of two settings, by the time."""
    first, second = pmp_setting(chance), pmp_setting(chance)
    bit = 1 << chance.randrange(3, 10)
    test = [word("csrrs", rd=7, csr="mcycle"), word("andi", rd=7, rs1=7, imm=bit)]
    return [*first, *test, word("beq", rs1=7, target=4 * len(second) + 4), *second]


def _handler(chance: random.Random, epc: str, ret: str) -> list[int]:
    """Return a trap handler that mostly goes on behind what trapped, and leaves most registers be."""
    words = [word("csrrs", rd=5, csr=epc)]
    if chance.random() < 0.9:
        words.append(word("addi", rd=5, rs1=5, imm=4))
    else:
        words += load_constant(5, _places(chance) & ~3)
    words.append(word("csrrw", csr=epc, rs1=5))
    for _ in range(chance.randrange(4)):
        words += chance.choice((
            [word("csrrci", csr="mstatus" if epc == "mepc" else "sstatus", zimm=8)],
            load_constant(chance.randrange(1, 16), random_value(chance)),
            [random_word(chance)],
        ))  # fmt: skip
    if epc == "mepc" and chance.random() < 0.5:
        words += pmp_switch(chance)
    return [*words, word(ret)]


def _code_page(chance: random.Random) -> list[int]:
    words: list[int] = []
    settings = chance.choice((0, 0.01, 0.01, 0.05))
    while len(words) < _PAGE_WORDS:
        if chance.random() < 0.12:
            words += load_constant(chance.randrange(1, 16), random_value(chance))
        elif chance.random() < settings:
            words += pmp_setting(chance)
        else:
            words.append(random_word(chance))
    return words[:_PAGE_WORDS]


@dataclass
class Subject:
    """A machine and what its observers heard, if they listen."""

    machine: Machine
    heard: list[object] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    meter: RegionMeter | None = None
    # How many places it was told of late.
    late: int = 0

    @property
    def blocks(self) -> int:
        """How many blocks its engine took up, for what was executed over and over."""
        engine = self.machine._engine
        assert engine is not None
        assert engine.hot_code.failure is None, engine.hot_code.failure
        return engine.hot_code.taken_up

    def listen(self) -> None:
        """Hear of everything."""
        observers = self.machine.observers
        hear = self.heard.append
        observers.trap.append(hear)
        observers.trap_return.append(hear)
        observers.kernel.append(hear)
        observers.lost.append(hear)
        observers.output.append(hear)
        observers.exit.append(hear)

    def listen_late(self, urgency: Urgency) -> None:
        """Hear of all that is not urgent late, and look at what one may look at then."""
        observers = self.machine.observers
        for listeners in (observers.trap, observers.trap_return, observers.kernel):
            listeners.append(self._look_around)
        observers.late[self._look_around] = lambda: urgency
        observers.output.append(self.heard.append)
        observers.exit.append(self.heard.append)

    def listen_detached(self, urgency: Urgency) -> None:
        """Hear of all that is not urgent late, along with what there was then."""
        observers = self.machine.observers
        for listeners in (observers.trap, observers.trap_return, observers.kernel):
            listeners.append(self._hear_now)
        observers.late[self._hear_now] = lambda: urgency
        observers.detached[self._hear_now] = self._hear
        observers.output.append(self.heard.append)
        observers.exit.append(self.heard.append)

    def _look_around(self, event: TrapTaken | TrapReturned | KernelInstruction) -> None:
        machine, hart = self.machine, self.machine.hart
        seen: list[object] = [event, tuple(hart.x), hart.csr_value("satp"), machine.instant]
        seen += [hart.state.csr["mip"], hart.state.csr["mideleg"]]
        if not isinstance(event, KernelInstruction):
            seen += [hart.pc, hart.privilege]
        self.heard.append(seen + self._meaning(event))

    def _hear_now(self, event: TrapTaken | TrapReturned | KernelInstruction) -> None:
        self._hear(event, Then.of(self.machine.hart.state))

    def _hear(self, event: TrapTaken | TrapReturned | KernelInstruction, then: Then) -> None:
        seen: list[object] = [event, tuple(then.x), then.satp, then.mip, then.mideleg]
        self.heard.append(seen + self._meaning(event))

    def _meaning(self, event: TrapTaken | TrapReturned | KernelInstruction) -> list[object]:
        """Return where the addresses of an event lead, and what a CSR holds that is read."""
        if isinstance(event, TrapTaken):
            return [
                self._place(event.pc, event.origin, event.physical),
                self._place(event.handler, event.target, event.handler_physical),
            ]
        if isinstance(event, TrapReturned):
            return [
                self._place(event.pc, event.origin, event.physical),
                self._place(event.resumed, event.target, event.resumed_physical),
            ]
        meaning: list[object] = [self._place(event.pc, event.privilege, event.physical)]
        decoded = decode(event.word)
        trapped = event.outcomes[0][1] is Outcome.TRAPPED
        if not trapped and decoded is not None and "csr" in decoded.fields:
            register = self.machine.hart.csrs.by_number[decoded.fields["csr"]]
            meaning.append(register.read() if event.value is None else event.value)
        return meaning

    def _place(self, pc: int, privilege: Privilege, known: int) -> int | None:
        if known != NOT_LOOKED_UP:
            self.late += 1
            return known
        return self.machine.translate(pc, Access.FETCH, privilege).target

    def count(self) -> None:
        """Have everything counted, by regions that share pages and leave parts of pages out."""
        self.machine.observers.tallies.append(self.tally)
        self.meter = self.machine.meter_regions(
            [
                [(BASE, BASE + 0x800), (BASE + 0x4000, BASE + 0x4010)],
                [(BASE + 0x1000, BASE + 0x1800)],
                [(BASE + 0x1C00, BASE + 0x3000), (BASE + 0x5000, BASE + 0x6000)],
            ]
        )

    @property
    def counted(self) -> object:
        """All counts so far."""
        meter = self.meter
        regions = [meter.count(number) for number in (0, 1, 2, ELSEWHERE)] if meter else []
        return self.tally.traps, self.tally.kernel, regions


def machine_with(
    chance: random.Random,
    engine: Engine,
    page: Callable[[random.Random], list[int]],
    handler: Callable[[random.Random, str, str], list[int]],
) -> Machine:
    """Return a machine of some kind with pages of code, handlers for M and S, and page tables."""
    cpu = chance.choice(list(GENERATIONS))
    timebase = chance.choice((1, 1, 3, 16))
    machine = Machine(cpu=cpu, ram_size=RAM_SIZE, timebase=timebase, engine=engine)
    for number in CODE_PAGES:
        machine.load(BASE + number * 4096, code(page(chance)))
    machine.load(M_HANDLER, code(handler(chance, "mepc", "mret")))
    machine.load(S_HANDLER, code(handler(chance, "sepc", "sret")))
    lay_tables(chance, machine)
    machine.reset(BASE)
    return machine


def random_subject(seed: int, engine: Engine) -> Subject:
    """Return the machine of that seed."""
    chance = random.Random(seed)
    machine = machine_with(chance, engine, _code_page, _handler)
    hart = machine.hart
    for number in range(1, 32):
        hart.set_x(number, random_value(chance) if number < 8 else _places(chance))
    hart.set_csr("pmpaddr0", chance.choice((0xFFFF_FFFF, 0xFFFF_FFFF, BASE + 0x1_0800 >> 2)))
    hart.set_csr("pmpaddr1", 0xFFFF_FFFF)
    hart.set_csr("pmpcfg0", chance.choice((0x1F, 0x1F, 0x1F0F, 0x1F09, 0x1F1F)))
    hart.set_csr("mtvec", M_HANDLER | (chance.random() < 0.1))
    hart.set_csr("stvec", S_HANDLER)
    hart.set_csr("satp", chance.choice((0, _PAGED | (BASE >> 12) + TABLE_PAGES[0])))
    for name in ("medeleg", "mideleg", "mie", "mtrapmap", "mcounteren", "scounteren", "mepc", "sepc"):
        if name in hart.csrs.by_name and chance.random() < 0.5:
            hart.set_csr(name, chance.choice((chance.getrandbits(32), 0xFFFF_FFFF, _places(chance))))
    if "mvmcb" in hart.csrs.by_name and chance.random() < 0.3:
        hart.set_csr("mvmcb", BLOCK)
    machine.clint.mtimecmp = chance.choice((0, 50, 300, 1000, 1 << 62, (1 << 64) - 1))
    hart.set_csr("mstatus", chance.getrandbits(32))
    hart.state.privilege = chance.choice((Privilege.M, Privilege.S, Privilege.U))
    hart.state.pc = chance.choice((BASE, BASE + 0x1000))
    if hart.csr_value("satp"):
        hart.state.pc &= 0xFFFF if chance.random() < 0.3 else 0xFFFF_FFFF
    hart.settle()
    if machine._engine is not None:
        machine._engine.rests = False
    return Subject(machine)


def lay_tables(chance: random.Random, machine: Machine) -> None:
    """Lay page tables: all of RAM as a superpage and by small pages, and low aliases."""
    root, low, high, mixed = TABLE_PAGES
    pointer = {page: (BASE >> 12) + page << 10 | 1 for page in TABLE_PAGES}
    leaf = chance.choice((0xCF, 0xDF, 0x0F, 0x1F))
    roots = [0] * 1024
    roots[0], roots[1] = pointer[low], pointer[mixed]
    roots[0x200] = pointer[high] if chance.random() < 0.7 else (BASE >> 12) << 10 | leaf
    lows = [(BASE >> 12) + page << 10 | leaf if page < 64 else 0 for page in range(1024)]
    mixes = [_entry(chance) if page < 64 else 0 for page in range(1024)]
    for page, words in ((root, roots), (low, lows), (high, lows), (mixed, mixes)):
        machine.load(BASE + page * 4096, code(words))


@dataclass(frozen=True)
class World:
    """Machines, what changes them from outside, and how long they run until that may happen."""

    make: Callable[[int, Engine], Subject]
    shake: Callable[[Machine, random.Random], None]
    lengths: tuple[int, ...]


class Ears(Enum):
    """Who is there to hear: nobody, who hears everything, who may hear it late, or who counts.

    Who is detached hears it late, too, but does not look at the machine.
    """

    NOBODY = "nobody"
    LISTENER = "listener"
    LATE_LISTENER = "late listener"
    DETACHED = "detached listener"
    COUNTER = "counter"


@dataclass(frozen=True)
class Comparison:
    """What differs first, or an empty string; how many steps both engines took until there.

    `fast` is the machine in the fast engine.
    """

    found: str
    steps: int
    fast: Subject


def _urgency(seed: int) -> Urgency:
    """Return what is to be heard of at once: mostly little."""
    chance = random.Random(seed ^ 0x1A7E)
    few = chance.getrandbits(64) & chance.getrandbits(64) & chance.getrandbits(64)
    return Urgency(
        chance.choice((0, 0, few)), chance.choice((0, 0, few)), chance.random() < 0.1,
        chance.random() < 0.2,
    )  # fmt: skip


def disagreement(seed: int, steps: int, ears: Ears) -> str:
    """Run the machine of `seed` in both engines; return what differs first, or an empty string."""
    return compared(seed, steps, ears).found


def compared(seed: int, steps: int, ears: Ears, world: World | None = None) -> Comparison:
    """Run the machine of `seed` in both engines, up to the instant `steps`.

    They are compared at random instants on the way, and stop there; now and then something changes from
    outside, or both are restored to an earlier state. What is done again after that counts again; a
    machine that needs it too often ends early.
    """
    world = world or ANYTHING
    reference, fast = (world.make(seed, engine) for engine in (Engine.REFERENCE, Engine.FAST))
    for subject in (reference, fast):
        if ears is Ears.LISTENER:
            subject.listen()
        elif ears is Ears.LATE_LISTENER:
            subject.listen_late(_urgency(seed))
        elif ears is Ears.DETACHED:
            subject.listen_detached(_urgency(seed))
        elif ears is Ears.COUNTER:
            subject.count()
    chance = random.Random(seed ^ 0x5EED)
    kept = before = reference.machine.capture()
    restored = taken = 0
    while reference.machine.instant < steps:
        began = reference.machine.instant
        until = began + chance.choice(world.lengths)
        found = _run_both(reference, fast, until, chance.random() < 0.3)
        taken += reference.machine.instant - began
        if found:
            found = f"seed {seed}: {found}\n{_first_difference(world, seed, before, until)}"
            return Comparison(found, taken, fast)
        before = reference.machine.capture()
        stop = chance.random()
        if reference.machine.exit is not None or stop < 0.02:
            for subject in (reference, fast):
                subject.machine.restore(kept)
            before = kept
            restored += 1
            if restored > _MOST_RESTORED:
                break
        elif stop < 0.1:
            kept = before
        elif stop < 0.6:
            shaking = chance.getrandbits(64)
            for subject in (reference, fast):
                world.shake(subject.machine, random.Random(shaking))
            before = reference.machine.capture()
    return Comparison("", taken, fast)


def shake(machine: Machine, chance: random.Random) -> None:
    """Change some things from outside, so that a machine does not run in a rut."""
    hart = machine.hart
    hart.state.pc = BASE + (chance.choice(CODE_PAGES) << 12) + 4 * chance.randrange(1024)
    if hart.state.csr["satp"] and chance.random() < 0.5:
        hart.state.pc &= 0xFFFF
    hart.state.privilege = chance.choice((Privilege.M, Privilege.S, Privilege.U))
    for _ in range(chance.randrange(16)):
        hart.set_x(chance.randrange(1, 32), _places(chance))
    if chance.random() < 0.5:
        hart.set_csr("satp", chance.choice((0, _PAGED | (BASE >> 12) + TABLE_PAGES[0])))
    if chance.random() < 0.7:
        hart.set_csr("mtvec", M_HANDLER)
        hart.set_csr("stvec", S_HANDLER)
    if chance.random() < 0.3:
        hart.set_csr("mstatus", chance.getrandbits(32))
    if chance.random() < 0.3:
        shake_pmp(hart, chance)
    if chance.random() < 0.3:
        later = chance.choice((0, 5, 50, 500, 1 << 62))
        machine.clint.mtimecmp = machine.clint.mtime + later & (1 << 64) - 1
    if chance.random() < 0.2:
        name = chance.choice(("medeleg", "mideleg", "mie", "mtrapmap", "mip"))
        if name in hart.csrs.by_name:
            hart.set_csr(name, chance.getrandbits(32))
    for _ in range(chance.randrange(3)):
        page = chance.choice(CODE_PAGES)
        place = BASE + (page << 12) + chance.randrange(0, 4000)
        machine.write_physical(place & ~3, code([random_word(chance) for _ in range(8)]))
    if chance.random() < 0.3:
        machine.load(M_HANDLER, code(_handler(chance, "mepc", "mret")))
        machine.load(S_HANDLER, code(_handler(chance, "sepc", "sret")))
        lay_tables(chance, machine)
    hart.settle()


def shake_pmp(hart: Hart, chance: random.Random) -> None:
    """Unlock everything, and let the last entry leave it all open; or change an entry before."""
    if chance.random() < 0.6:
        hart.pmp.reset()
        hart.set_csr("pmpaddr15", 0xFFFF_FFFF)
        hart.set_csr("pmpcfg3", 0x1F00_0000)
    number = chance.randrange(16)
    hart.set_csr(f"pmpaddr{number}", _pmp_address(chance))
    entries = bytes(_pmp_entry(chance, locks=False) for _ in range(4))
    hart.set_csr(f"pmpcfg{number // 4}", int.from_bytes(entries, "little") | 0x1F00_0000)


ANYTHING = World(random_subject, shake, (1, 2, 3, 7, 30, 30, 100, 100, 200, 1000))


def _run_both(reference: Subject, fast: Subject, until: int, by_retired: bool) -> str:
    retired = reference.machine.retired + until - reference.machine.instant if by_retired else None
    stops = [
        subject.machine.run(until_instant=until, max_retired=retired) for subject in (reference, fast)
    ]
    if stops[0] != stops[1]:
        return f"reference: {stops[0]}, fast: {stops[1]}"
    found = compare(reference.machine.capture(), fast.machine.capture())
    if found:
        return found
    if reference.heard != fast.heard:
        return "what was heard differs"
    if reference.counted != fast.counted:
        return f"what was counted differs: {reference.counted} / {fast.counted}"
    reference.heard.clear()
    fast.heard.clear()
    return ""


def compare(expected: MachineState, found: MachineState) -> str:
    """Return in what two states differ, or an empty string."""
    if expected == found:
        return ""
    parts = []
    for name in ("hart", "ram", "clint", "plic", "uart", "entry", "exit"):
        first, second = getattr(expected, name), getattr(found, name)
        if first == second:
            continue
        if name == "ram":
            pages = [
                64 * chunk + page
                for chunk, (one, other) in enumerate(zip(first, second, strict=True))
                for page, (a, b) in enumerate(zip(one, other, strict=True))
                if a != b
            ]
            parts.append(f"RAM: pages {pages}")
        elif name == "hart":
            parts += [
                f"hart.{key}: {_shown(getattr(first, key), getattr(second, key))}"
                for key in first.__slots__
                if getattr(first, key) != getattr(second, key)
            ]
        else:
            parts.append(f"{name}: {first} / {second}")
    return "\n".join(parts)


def _shown(first: object, second: object) -> str:
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        pairs = [(n, a, b) for n, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
        return ", ".join(f"[{n}] {_text(a)} / {_text(b)}" for n, a, b in pairs)
    return f"{_text(first)} / {_text(second)}"


def _text(value: object) -> str:
    return hex(value) if isinstance(value, int) else str(value)


def _first_difference(world: World, seed: int, start: MachineState, until: int) -> str:
    """Find by halves the first instant at which the engines differ, from `start` on."""
    machines = [world.make(seed, engine).machine for engine in (Engine.REFERENCE, Engine.FAST)]

    def differs(instant: int) -> str:
        for machine in machines:
            machine.restore(start)
            machine.run(until_instant=instant)
        return compare(machines[0].capture(), machines[1].capture())

    low, high = start.instant, until
    if not differs(high):
        return f"from the state at {start.instant} on it does not show"
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if differs(middle) else (middle, high)
    text = differs(high)
    machines[0].restore(start)
    machines[0].run(until_instant=low)
    hart = machines[0].hart
    place = machines[0].translate(hart.pc, Access.FETCH).physical
    instruction = int.from_bytes(machines[0].read_physical(place or 0, 4) or b"", "little")
    return f"first at {high}: {hart.privilege.name} pc {hart.pc:#x} word {instruction:#010x}\n{text}"


def main(world: World = ANYTHING) -> None:
    """Compare the engines on many machines; for a night, or for an hour."""
    parser = argparse.ArgumentParser(description="Compare the fast engine with the reference.")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--machines", type=int, default=1000, help="how many machines")
    parser.add_argument("--steps", type=int, default=20_000, help="how long each runs")
    given = parser.parse_args()
    bad = steps = blocks = 0
    for seed in range(given.first, given.first + given.machines):
        comparison = compared(seed, given.steps, list(Ears)[seed % len(Ears)], world)
        steps += comparison.steps
        blocks += comparison.fast.blocks
        if comparison.found:
            bad += 1
            print(comparison.found, flush=True)
    print(f"{given.machines} machines, {steps:,} steps in each engine, {blocks} blocks, {bad} disagree")
    raise SystemExit(bad > 0)


if __name__ == "__main__":
    main()
