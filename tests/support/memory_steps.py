"""What can be done to a guest's memory: PMP entries, page tables, modes and instructions, at random.

All of it crowds in the first eight pages of memory, three of which hold page tables, so that what is
protected, mapped and used meets.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from asm.isa.decode import INSTRUCTIONS_BY_NAME, decode
from hvtui.machine.memory import PAGE_SIZE
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access
from tests.support.bare_memory import MXR, SUM, A, D, R, U, V, W, X, pte
from tests.support.guest import word
from tests.support.virtual_memory import RAM_BASE, RAM_SIZE, MemoryTwins, Mode

MASK = 0xFFFF_FFFF
TOR, NA4, NAPOT, LOCK = 0x08, 0x10, 0x18, 0x80
ALL = 7
ROOT, TABLE, OTHER_TABLE, TABLES = 0, 1, 2, 3
PAGES = 8
UART, PLIC, CLINT = 0x1000_0000, 0x0C00_0000, 0x0200_0000
RD, RS1, RS2 = 12, 10, 11

_M, _S, _U = Privilege.M, Privilege.S, Privilege.U
_LOADS = ("lb", "lh", "lw", "lbu", "lhu")
_STORES = ("sb", "sh", "sw")
_AMOS = tuple(name for name in INSTRUCTIONS_BY_NAME if name.startswith("amo"))
_BRANCHES = ("beq", "bne", "blt", "bge", "bltu", "bgeu")
_ARITHMETIC = tuple(
    name
    for name, row in INSTRUCTIONS_BY_NAME.items()
    if row.extension in ("I", "M")
    and {"rd", "rs1"} <= set(row.encoding.fields)
    and name not in (*_LOADS, "jalr")
)
SYSTEM, _OPCODE = 0x73, 0x7F


def page(number: int) -> int:
    """Return the physical address of a page of RAM."""
    return RAM_BASE + number * PAGE_SIZE


def napot(address: int, size: int) -> int:
    """Return the pmpaddr value for a range, a power of two of 8 bytes or more and aligned to it."""
    return address >> 2 | (size // 8 - 1)


# ---- places


def _words() -> st.SearchStrategy[int]:
    return st.one_of(
        st.sampled_from([0, 1, 2, 31, 0x7FFF_FFFF, 0x8000_0000, MASK]), st.integers(0, MASK)
    )


def _offsets() -> st.SearchStrategy[int]:
    """Offsets in a page, preferably near its end and where PMP entries end."""
    rims = st.sampled_from([0, 4, 8, 0x7FC, 0x7FE, 0xFFC, 0xFFD, 0xFFE, 0xFFF])
    return st.one_of(rims, st.integers(0, PAGE_SIZE - 1))


def physical_addresses() -> st.SearchStrategy[int]:
    """Addresses in the crowded pages, and a few elsewhere."""
    crowded = st.builds(lambda number, offset: page(number) + offset, st.integers(0, 7), _offsets())
    return st.one_of(crowded, st.integers(0, MASK))


def virtual_addresses() -> st.SearchStrategy[int]:
    """Addresses whose indices in the page tables are those of `table_entries`."""
    index = st.sampled_from(_INDICES)
    return st.builds(
        lambda high, low, inside: high << 22 | low << 12 | inside, index, index, _offsets()
    )


def _ram_addresses() -> st.SearchStrategy[int]:
    number = st.integers(TABLES, PAGES - 1)
    return st.builds(lambda number, offset: page(number) + offset, number, _offsets())


def _device_addresses() -> st.SearchStrategy[int]:
    """Registers that keep what is stored, the rims of devices and of RAM, and nothing at all."""
    return st.one_of(
        st.sampled_from([UART + 7, UART + 5, UART + 8, UART + 0xFC, UART + 0x100]),
        st.sampled_from([PLIC + 4, PLIC + 6, PLIC + 0x2000, PLIC + 0x5F_FFFC]),
        st.sampled_from([CLINT, CLINT + 0x4000, CLINT + 0x4004, CLINT + 0x4006]),
        st.sampled_from([0, RAM_BASE - 4, RAM_BASE - 2, RAM_BASE + RAM_SIZE - 2, RAM_BASE + RAM_SIZE]),
    )


# ---- the PMP


@dataclass(frozen=True)
class Protect:
    """Write both registers of a PMP entry."""

    entry: int
    config: int
    address: int

    def __call__(self, twins: MemoryTwins) -> None:
        twins.write_pmp(self.entry, self.config, self.address)


def pmp_entries() -> st.SearchStrategy[Protect]:
    """Entries that have to do with the crowded pages, or with anything."""
    near = st.builds(
        lambda number, offset: page(number) + offset,
        st.integers(0, PAGES - 1),
        st.sampled_from([0, 0, 4, 8, 0x10, 0x800, 0xFFC]),
    )
    entry = st.one_of(st.integers(0, 3), st.integers(0, 15))
    rights = st.one_of(st.just(ALL), st.integers(0, ALL))
    lock = st.sampled_from([0, 0, 0, LOCK])

    def sized(entry: int, rights: int, lock: int, place: int, size: int) -> Protect:
        return Protect(entry, lock | NAPOT | rights, napot(place & -size, size))

    def below(entry: int, rights: int, lock: int, mode: int, place: int) -> Protect:
        return Protect(entry, lock | mode | rights, place >> 2)

    sizes = st.sampled_from([8, 16, 0x800, 0x1000, 0x1000, 0x4000, 0x40_0000])
    strange = st.one_of(
        st.sampled_from([0, 1, MASK, MASK >> 1, MASK - 1, UART >> 2, RAM_BASE >> 2]),
        st.integers(0, MASK),
    )
    return st.one_of(
        st.builds(sized, entry, rights, lock, near, sizes),
        st.builds(below, entry, rights, lock, st.sampled_from([0, TOR, TOR, TOR, NA4]), near),
        st.builds(Protect, entry, st.integers(0, 0xFF), strange),
    )


# ---- page tables

_INDICES = (0, 1, 2, 0x200)


@dataclass(frozen=True)
class Map:
    """Change an entry of a page table."""

    table: int
    index: int
    entry: int

    @property
    def place(self) -> int:
        return page(self.table) + 4 * self.index

    def __call__(self, twins: MemoryTwins) -> None:
        twins.put(self.place, self.entry)


def table_entries() -> st.SearchStrategy[Map]:
    """Entries of the three tables, at few indices, so that addresses lead somewhere."""
    target = st.one_of(
        st.sampled_from([ROOT, TABLE, OTHER_TABLE]).map(page),
        st.integers(0, PAGES - 1).map(page),
        st.sampled_from([RAM_BASE, UART, PLIC, CLINT, 0, RAM_BASE + RAM_SIZE, RAM_BASE - PAGE_SIZE]),
        st.sampled_from([1 << 32 | page(TABLE), 3 << 32]),
    )
    leaves = [V | R | W | X, V | R | W | U, V | R | X, V | X | U, V | R]
    flags = st.one_of(
        st.just(V),
        st.builds(int.__or__, st.sampled_from(leaves), st.sampled_from([0, A, A | D])),
        st.sampled_from([V | W, V | W | U, V | W | X | U, V | U, V | A, V | D]),  # all reserved
        st.integers(0, 0xFF),
    )
    table = st.sampled_from([ROOT, TABLE, OTHER_TABLE])
    return st.builds(Map, table, st.sampled_from(_INDICES), st.builds(pte, target, flags))


def usual_tables() -> list[Map]:
    """Tables from which a test starts: every index leads somewhere, to pages of every kind."""
    user, both = V | U | A, V | A | D
    found = [
        Map(ROOT, 0, pte(page(TABLE), V)),
        Map(ROOT, 1, pte(page(OTHER_TABLE), V)),
        Map(ROOT, 2, pte(RAM_BASE, V | R | W | X | U)),
        Map(ROOT, 0x200, pte(RAM_BASE, V | R | W | X)),
    ]
    kinds = [user | R | X, V | U | R | W, V | R | X, both | R | W]
    others = [user | X, user | R, both | X, V | U | R | W | X]
    for number, index in enumerate(_INDICES):
        found.append(Map(TABLE, index, pte(page(TABLES + 1 + number), kinds[number])))
        found.append(Map(OTHER_TABLE, index, pte(page(TABLES + 1 + number), others[number])))
    return found


# ---- modes


@dataclass(frozen=True)
class Enter:
    """Go to a mode."""

    mode: Mode

    def __call__(self, twins: MemoryTwins) -> None:
        twins.enter(self.mode)


def _modes() -> st.SearchStrategy[Mode]:
    root = st.sampled_from([None, page(ROOT), page(ROOT), page(ROOT), page(OTHER_TABLE)])
    status = st.sampled_from([0, SUM, MXR, SUM | MXR])
    plain = st.builds(Mode, st.sampled_from([_M, _S, _S, _U, _U]), root, status)
    mprv = st.builds(Mode, st.just(_M), root, status, st.sampled_from([_M, _S, _U]))
    return st.one_of(plain, plain, mprv)


# ---- instructions


def _pc_for(twins: MemoryTwins, pc: int) -> int:
    """Return `pc`; or if its lowest bit is set, the first place from there on that can be executed."""
    if not pc & 1:
        return pc
    offset = pc & (PAGE_SIZE - 4)
    pages = [page(number) for number in range(TABLES, PAGES)]
    pages += [high << 22 | low << 12 for high in _INDICES for low in _INDICES]
    first = pc >> 12 & 15
    for place in pages[first:] + pages[:first]:
        if twins.native.translate(place | offset, Access.FETCH, twins.mode.privilege).physical:
            return place | offset
    return pc & ~3


@dataclass(frozen=True)
class Execute:
    """Put an instruction where `pc` leads, and execute it. (See `_pc_for`.)"""

    word: int
    pc: int
    rs1: int
    rs2: int

    def __call__(self, twins: MemoryTwins) -> None:
        twins.execute(self.word, _pc_for(twins, self.pc), {RS1: self.rs1, RS2: self.rs2})

    def __repr__(self) -> str:
        decoded = decode(self.word)
        name = decoded.row.name if decoded else "?"
        return f"{name} {self.word:#010x} at {self.pc:#x}, rs1={self.rs1:#x}, rs2={self.rs2:#x}"


@dataclass(frozen=True)
class Touch:
    """Load from, store to, or both, the address `target`."""

    name: str
    pc: int
    target: int
    value: int
    offset: int
    rd: int

    def __call__(self, twins: MemoryTwins) -> None:
        fields = {"rd": self.rd, "rs1": RS1, "rs2": RS2, "imm": self.offset}
        known = INSTRUCTIONS_BY_NAME[self.name].encoding.fields
        bits = word(self.name, **{field: fields[field] for field in fields if field in known})
        base = self.target - self.offset if "imm" in known else self.target
        twins.execute(bits, _pc_for(twins, self.pc), {RS1: base & MASK, RS2: self.value})


def _pcs() -> st.SearchStrategy[int]:
    strange = st.sampled_from([UART, RAM_BASE + RAM_SIZE])
    place = st.one_of(_ram_addresses(), virtual_addresses(), virtual_addresses(), strange)
    return st.builds(lambda address, low: address & ~3 | low, place, st.sampled_from([0, 1, 1]))


def _touches(pcs: st.SearchStrategy[int]) -> st.SearchStrategy[Touch]:
    names = st.one_of(
        st.sampled_from(_LOADS), st.sampled_from(_STORES), st.sampled_from(("lr.w", "sc.w", *_AMOS))
    )
    targets = st.one_of(_ram_addresses(), _device_addresses(), virtual_addresses(), virtual_addresses())
    offsets = st.sampled_from([0, 0, 1, -4, 2047, -2048])
    return st.builds(Touch, names, pcs, targets, _words(), offsets, st.sampled_from([0, RD, RS1]))


def _is_harmless(bits: int) -> bool:
    """Tell whether it is neither a kernel's instruction nor a jump to itself, where a machine ends."""
    decoded = decode(bits)
    return bits & _OPCODE != SYSTEM and (decoded is None or decoded.fields.get("target") != 0)


def _other_words() -> st.SearchStrategy[int]:
    """Instructions that do not touch memory, and those that do not exist."""
    rd = st.sampled_from([0, 1, RD, RS1, RS2])

    def arithmetic(name: str, rd: int, number: int) -> int:
        fields = {"rd": rd, "rs1": RS1, "rs2": RS2, "imm": number - 2048, "shamt": number % 32}
        known = INSTRUCTIONS_BY_NAME[name].encoding.fields
        return word(name, **{field: fields[field] for field in fields if field in known})

    def upper(name: str, rd: int, number: int) -> int:
        return word(name, rd=rd, upper=number << 12)

    distance = st.one_of(
        st.integers(-512, 511).map(lambda number: 4 * number or 8),
        st.sampled_from([2, -6, 4, 4094, -4096]),
    )
    return st.one_of(
        st.builds(arithmetic, st.sampled_from(_ARITHMETIC), rd, st.integers(0, 4095)),
        st.builds(upper, st.sampled_from(["lui", "auipc"]), rd, st.integers(0, 0xFFFFF)),
        st.builds(
            lambda name, target: word(name, rs1=RS1, rs2=RS2, target=target),
            st.sampled_from(_BRANCHES),
            distance,
        ),
        st.builds(lambda rd, target: word("jal", rd=rd, target=target), rd, distance),
        st.builds(lambda rd, imm: word("jalr", rd=rd, rs1=RS1, imm=imm), rd, st.integers(-8, 8)),
        st.sampled_from([word("fence.i"), word("fence", pred=3, succ=3), word("fence.tso")]),
        st.integers(0, MASK).filter(_is_harmless),
    )


Step = Enter | Protect | Map | Touch | Execute


def steps() -> st.SearchStrategy[Step]:
    """All of it; about half of the steps touch memory."""
    return st.one_of(
        st.builds(Enter, _modes()),
        pmp_entries(),
        table_entries(),
        _touches(_pcs()),
        _touches(_pcs()),
        _touches(_pcs()),
        st.builds(Execute, _other_words(), _pcs(), _words(), _words()),
    )


def instructions_in(number: int) -> st.SearchStrategy[Touch | Execute]:
    """Any instruction, somewhere in that page."""
    pcs = st.integers(0, PAGE_SIZE // 4 - 1).map(lambda place: page(number) + 4 * place)
    others = st.builds(Execute, _other_words(), pcs, _words(), _words())
    return st.one_of(_touches(pcs), others, others)
