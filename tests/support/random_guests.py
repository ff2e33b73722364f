"""Random guest kernels: from a seed the same memory image each time.

A *structured* guest is a program of random kernel instructions, loads, stores, changes of mode,
address space and protection, with devices and a timer that interrupts, surrounded by handlers that
write down every trap (recording_kernel.s) and find a way on. It ends by itself, or is stuck, as any
computer might; whatever it does is the same on every machine that is a RISC-V.

A *hostile* guest keeps no rule: it need not have a handler, wants no end, and points with page
tables, registers and jumps at everything that is not its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from asm import Options, assemble_file
from asm.isa.csrs import CSRS, CSRS_BY_NAME
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from asm.isa.rows import INSTRUCTIONS
from asm.program import Program
from tests.support.guest import code, load_constant, word
from tests.support.virtualized import GUEST_RAM, HYPERVISOR_SIZE, VM_SIZE, Guest, guest_of_bytes

KERNEL = Path(__file__).with_name("recording_kernel.s")

# The layout, as offsets in the guest's memory. The kernel's own pages come first.
STATE = 0x1100
LANDINGS = 0x1200
LOG, LOG_END = 0x2000, 0x3C20  # room for 200 records
PROGRAM, PROGRAM_LIMIT = 0x6000, 0x7F00
WINDOWS = (0x8000, 0x9000, 0xA000)
ROOT, ROOT_2 = 0xB000, 0xE000
LOW_TABLE, ALIAS_TABLE, SPARE_TABLE = 0xC000, 0xD000, 0xF000
IMAGE_SIZE = 0x10000

# Where the guest's memory appears once translation is on: as itself, at pages for U, by one superpage.
ALIAS, SUPER_ALIAS = 0x4000_0000, 0xC000_0000
BASES = (GUEST_RAM, ALIAS, SUPER_ALIAS)

V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))
_ALL = V | R | W | X | A | D
_LEAF_FLAGS = (
    _ALL, _ALL | U, V | R | U, V | R | W | U, V | X | U, V | R, V | R | W, V | R | W | A, V | X,
    V | R | X, V | W, V | W | X, 0, R | W, V | R | W | X | U | G, V | R | W | D, V | A, V | U,
)  # fmt: skip

FINISHER, CLINT, PLIC, UART = 0x0010_0000, 0x0200_0000, 0x0C00_0000, 0x1000_0000
_CLINT_REGISTERS = (0, 4, 0x3FFC, 0x4000, 0x4004, 0x4008, 0xBFF8, 0xBFFC, 0xC000, 0xFFFC)
_PLIC_REGISTERS = (
    0, 4, 0x28, 0x2C, 0x1000, 0x1004, 0x2000, 0x2004, 0x2080, 0x2084, 0x20_0000, 0x20_0004,
    0x20_1000, 0x20_1004, 0x20_2000, 0x5F_FFFC,
)  # fmt: skip
_EDGES = (
    0, 4, 0xFFFC, 0x0010_0004, 0x0010_0FFC, 0x0010_1000, 0x01FF_FFFC, 0x0201_0000, 0x0BFF_FFFC,
    0x0C60_0000, 0x1000_00F8, 0x1000_0100, 0x2000_0000, GUEST_RAM - 4, GUEST_RAM + VM_SIZE - 4,
    GUEST_RAM + VM_SIZE, GUEST_RAM + VM_SIZE + 0x1000, 0x8080_0000, 0x80C0_0000, 0xFFFF_FFFC,
)  # fmt: skip
_CORNERS = (
    0, 1, 2, 3, 4, 7, 8, 0x1F, 0x7F, 0x80, 0xAAA, 0x222, 0x888, 0x1800, 0x800, 0x1888, 0x1880, 0x88,
    0x100, 0x120, 0x122, 0x6000, 1 << 17, 1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 22, 0x0006_0800,
    0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x8000_0007, 0x1F1F_1F1F, 0x9F, 0x18,
)  # fmt: skip

_NAMED = tuple(
    CSRS_BY_NAME[name].number
    for name in (
        "mstatus", "mstatus", "mstatus", "mie", "mie", "mip", "mepc", "mcause", "mtval", "mscratch",
        "misa", "mideleg", "mcounteren", "menvcfg", "mcountinhibit", "mhartid", "mimpid", "mcycle",
        "mcycleh", "minstret", "minstreth", "cycle", "time", "instret", "timeh", "sstatus", "sstatus",
        "sie", "sip", "sepc", "scause", "stval", "sscratch", "scounteren", "senvcfg", "mstatush",
        "mvendorid", "marchid", "mconfigptr", "tselect", "mhpmcounter3", "hpmcounter31", "mhpmevent4",
        "pmpaddr7", "pmpaddr20", "pmpcfg5",
    )
)  # fmt: skip
_NUMBER = {row.name: row.number for row in CSRS}
# Written only in the ways that leave the kernel its footing.
_KEPT = frozenset(
    {_NUMBER[name] for name in ("mtvec", "stvec", "medeleg", "satp")}
    | {row.number for row in CSRS if row.name.startswith("pmp")}
)
_SUPERVISOR_STATUS = frozenset(_NUMBER[name] for name in ("sstatus", "sie", "sip"))
# What S may handle: not a failing fetch, which is how it asks for M.
_DELEGABLE = 0xA35C | 1
_CSR_FORMS = ("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")
_PLAIN = tuple(
    row.name
    for row in INSTRUCTIONS
    if row.extension in ("I", "M")
    and not any(part in row.meaning for part in ("jump(", "load(", "store(", "trap", "call"))
    and row.name not in ("fence", "fence.i", "ecall", "ebreak", "wfi")
    and row.kernel is None
)
_LOADS, _STORES = ("lb", "lh", "lw", "lbu", "lhu", "lw"), ("sb", "sh", "sw", "sw")
_AMOS = tuple(row.name for row in INSTRUCTIONS if row.extension == "A")
_BRANCHES = ("beq", "bne", "blt", "bge", "bltu", "bgeu")
_SIZES = {"lb": 1, "lbu": 1, "sb": 1, "lh": 2, "lhu": 2, "sh": 2}


class Emitter:
    """Writes the words of a program, from random choices."""

    def __init__(self, random: Random, limit: int) -> None:
        self.random = random
        self.limit = limit
        self.words: list[int] = []

    @property
    def place(self) -> int:
        """The offset of the next word from the program's first."""
        return 4 * len(self.words)

    def put(self, name: str, **fields: int | str) -> None:
        """Write an instruction."""
        self.words.append(word(name, **fields))

    def constant(self, register: int, value: int) -> None:
        """Write what loads a constant."""
        self.words += load_constant(register, value & 0xFFFF_FFFF)

    def register(self) -> int:
        """Return any register's number."""
        return self.random.randrange(32)

    def target(self) -> int:
        """Return a register that can hold something."""
        return self.random.randrange(1, 32)

    def value(self) -> int:
        """Return a value that may mean something."""
        random = self.random
        kind = random.randrange(8)
        if kind < 4:
            return random.choice(_CORNERS)
        if kind == 4:
            return 1 << random.randrange(32)
        if kind == 5:
            return self.address()
        return random.getrandbits(32)

    def plain(self) -> None:
        """Write an instruction that only computes."""
        row = INSTRUCTIONS_BY_NAME[self.random.choice(_PLAIN)]
        fields = {
            name: self.random.randrange(field.minimum, field.maximum + 1) & -field.alignment
            for name, field in row.encoding.fields.items()
        }
        self.words.append(row.encoding.encode(fields))

    # Memory.

    def address(self) -> int:
        """Return an address that means something to the machine: of memory, of a device, of an edge."""
        random = self.random
        kind = random.randrange(20)
        if kind < 12:
            return self.window()
        if kind < 14:
            return CLINT + random.choice(_CLINT_REGISTERS)
        if kind < 16:
            return UART + random.randrange(8)
        if kind < 18:
            return PLIC + random.choice(_PLIC_REGISTERS)
        if kind < 19:
            return random.choice(_EDGES)
        return FINISHER

    def window(self) -> int:
        """Return an address in one of the windows, by one of its names, often at the edge of a page."""
        random = self.random
        page = random.choice(WINDOWS)
        offset = random.choice((0, 4, 8, 0xFF8, 0xFFC, 0x7FC, 4 * random.randrange(1024)))
        return random.choice(BASES) + page + offset

    def load_or_store(self) -> None:
        """Write an access, of any kind, aligned mostly."""
        random = self.random
        address, pointer = self.address(), self.target()
        kind = random.randrange(5)
        shift = random.choice((0, 0, 0, 0, 1, 2, 3)) if address >= GUEST_RAM >> 1 else 0
        if kind == 0:
            self.atomic(address + (shift if random.randrange(8) == 0 else 0))
            return
        name = random.choice(_LOADS if kind < 3 else _STORES)
        if FINISHER <= address < FINISHER + 0x1000:
            name = random.choice(("lw", "lh", "lb"))  # what ends the run is not for chance
        imm = random.choice((0, 0, 4, -4, random.randrange(-2048, 2048)))
        self.constant(pointer, address + shift - imm)
        if name in _LOADS:
            self.put(name, rd=self.register(), rs1=pointer, imm=imm)
        else:
            self.put(name, rs2=self.register(), rs1=pointer, imm=imm)

    def atomic(self, address: int) -> None:
        """Write an atomic access; a store-conditional mostly after a load-reserved."""
        random = self.random
        pointer = self.target()
        self.constant(pointer, address)
        name = random.choice(_AMOS)
        order = {"aq": random.randrange(2), "rl": random.randrange(2)}
        if name == "sc.w" and random.randrange(3):
            other = pointer if pointer == 1 else 1 + random.randrange(pointer - 1)
            if other != pointer:
                self.put("lr.w", rd=other, rs1=pointer, **order)
        if name == "lr.w":
            self.put(name, rd=self.register(), rs1=pointer, **order)
        else:
            self.put(name, rd=self.register(), rs1=pointer, rs2=self.register(), **order)

    # CSRs.

    def csr_form(self, number: int, *, reads_only: bool = False) -> None:
        """Write an instruction of Zicsr, of any form, with x0 often."""
        random = self.random
        name = random.choice(_CSR_FORMS)
        rd = random.choice((0, 0, self.register(), self.register()))
        if reads_only:
            name = random.choice(("csrrs", "csrrc", "csrrsi", "csrrci"))
            field = "imm" if name.endswith("i") else "rs1"
            self._csr(name, number, rd, field, 0)
        elif name.endswith("i"):
            self._csr(name, number, rd, "imm", random.randrange(32))
        elif random.randrange(4):
            source = self.target()
            self.constant(source, self.value())
            self._csr(name, number, random.choice((rd, source)), "rs1", source)
        else:
            self._csr(name, number, rd, "rs1", self.register())

    def _csr(self, name: str, number: int, rd: int, field: str, operand: int) -> None:
        fields = INSTRUCTIONS_BY_NAME[name].encoding.fields
        (operand_field,) = (key for key in fields if key not in ("rd", "csr"))
        self.put(name, rd=rd, csr=number, **{operand_field: operand})

    def write_csr(self, name: str, value: int, form: str = "csrrw") -> None:
        """Write what puts a value into a CSR, or sets or clears its bits."""
        source = self.target()
        self.constant(source, value)
        self._csr(form, _NUMBER[name], self.random.choice((0, 0, self.register())), "rs1", source)


class _Structured(Emitter):
    """A program that stays within what its kernel can take."""

    def __init__(
        self, random: Random, limit: int, symbols: dict[str, int], *, supervisor_traps: bool
    ) -> None:
        super().__init__(random, limit)
        self.symbols = symbols
        self.delegates = supervisor_traps or random.randrange(2) == 0
        self.looks_at_supervisor = supervisor_traps or not self.delegates
        self.landings: list[int] = []
        self.uses_paging = random.randrange(3) > 0
        self.uses_pmp = random.randrange(3) > 0

    def program(self) -> None:
        """Write it all: blocks of a few actions each."""
        random = self.random
        actions = self._actions()
        weights = [weight for weight, _ in actions]
        doers = [action for _, action in actions]
        while self.place < self.limit - 256:
            self.landings.append(self.place)
            for action in random.choices(doers, weights, k=random.randrange(4, 12)):
                action()
        for _ in range(8):
            self.put("ecall")

    def _actions(self) -> Sequence[tuple[int, Callable[[], None]]]:
        paging = 3 if self.uses_paging else 0
        pmp = 2 if self.uses_pmp else 0
        # Weights, and what to do.
        return (
            (10, self.plain),
            (14, self.load_or_store),
            (14, self.any_csr),
            (3, self.unknown_csr),
            (6, self.change_mode),
            (2, self.bare_return),
            (3, self.call),
            (1, self.wait),
            (3, self.fence),
            (4, self.timer),
            (2, self.leap),
            (2, self.modify_itself),
            (2, self.vectors),
            (3, self.delegate),
            (2, self.interrupt_itself),
            (1, self.print_byte),
            (3 * paging, self.visit),
            (paging, self.switch_space),
            (paging, self.edit_table),
            (pmp, self.protect),
        )

    def any_csr(self) -> None:
        number = self.random.choice(_NAMED)
        if self.random.randrange(8) == 0:
            number = self.random.choice(CSRS).number
        if number == _NUMBER["mideleg"] and not self.delegates:
            number = _NUMBER["mhartid"]
        if number in _SUPERVISOR_STATUS and not self.looks_at_supervisor:
            number = _NUMBER["sscratch"]
        if number in (_NUMBER["mtrapmap"], _NUMBER["mvmcb"]):
            self.csr_form(number)
        elif number in _KEPT or not self.random.randrange(3):
            self.csr_form(number, reads_only=True)
        else:
            self.csr_form(number)

    def unknown_csr(self) -> None:
        number = self.random.randrange(0x1000)
        if number not in _SUPERVISOR_STATUS and number != _NUMBER["mideleg"]:
            self.csr_form(number, reads_only=number in _KEPT)

    def change_mode(self) -> None:
        """Go on in another mode, in M by mret, in S (or M) by sret, behind what is written here."""
        random = self.random
        form = random.choice(("mret", "mret", "sret"))
        base = random.choice(BASES) if self.uses_paging else GUEST_RAM
        epc, register = self.target(), self.target()
        status = "mstatus"
        if form == "sret" and self.looks_at_supervisor and random.randrange(2):
            status = "sstatus"
        mask, value = (0x1800, random.choice((0, 0x800, 0x800, 0x1800)))
        if form == "sret":
            mask, value = (0x100, random.choice((0, 0x100)))
        at = len(self.words)
        length = 2 + 1 + 3 * bool(mask & ~value) + 3 * bool(value) + 1
        self.constant(epc, base + PROGRAM + 4 * (at + length + random.choice((0, 0, 0, 1, 2))))
        self._csr("csrrw", _NUMBER["mepc" if form == "mret" else "sepc"], 0, "rs1", epc)
        for bits, name in ((mask & ~value, "csrrc"), (value, "csrrs")):
            if bits:
                self.constant(register, bits)
                self._csr(name, _NUMBER[status], 0, "rs1", register)
        self.put(form)
        self.put("addi", rd=0, rs1=0, imm=0)
        self.put("addi", rd=0, rs1=0, imm=0)

    def bare_return(self) -> None:
        self.put(self.random.choice(("mret", "sret")))

    def call(self) -> None:
        self.put(self.random.choice(("ecall", "ecall", "ebreak")))

    def wait(self) -> None:
        if self.random.randrange(16):
            self._csr("csrrs", _NUMBER["mie"], 0, "rs1", self._loaded(0x80))
        self.put("wfi")

    def _loaded(self, value: int) -> int:
        register = self.target()
        self.constant(register, value)
        return register

    def fence(self) -> None:
        random = self.random
        name = random.choice(("sfence.vma", "sfence.vma", "fence", "fence.i"))
        if name == "sfence.vma":
            self.put(name, rs1=random.choice((0, self.register())), rs2=random.choice((0, 5)))
        elif name == "fence":
            self.words.append(0x0FF0_000F)
        else:
            self.put(name)

    def timer(self) -> None:
        """Have the timer interrupt soon, if interrupts are on, and mostly turn them on."""
        random = self.random
        if random.randrange(3):
            pointer = self._loaded(CLINT + 0x4000)
            value = 1 + random.randrange(31)
            if value == pointer:
                value = pointer % 31 + 1
            self.put("lui", rd=value, upper=0)
            self._csr("csrrs", _NUMBER["time"], value, "rs1", 0)
            self.put("addi", rd=value, rs1=value, imm=random.randrange(0, 200))
            self.put("sw", rs1=pointer, rs2=value, imm=0)
            self.put("sw", rs1=pointer, rs2=0, imm=4)
        self.write_csr("mie", random.choice((0x80, 0x88, 0xAAA)), "csrrs")
        self.write_csr("mstatus", 8, "csrrs")

    def leap(self) -> None:
        """Branch or jump over a few instructions that compute."""
        random = self.random
        count = random.randrange(1, 5)
        kind = random.randrange(3)
        if kind == 0:
            self.put("jal", rd=self.register(), target=4 * (count + 1))
        elif kind == 1:
            register = self.target()
            self.put("auipc", rd=register, upper=0)
            self.put("jalr", rd=self.register(), rs1=register, imm=8 + 4 * count + random.randrange(4))
        else:
            name, rs1, rs2 = random.choice(_BRANCHES), self.register(), self.register()
            self.put(name, rs1=rs1, rs2=rs2, target=4 * (count + 1))
        for _ in range(count):
            self.plain()

    def modify_itself(self) -> None:
        """Overwrite an instruction a little ahead, by one of the addresses it can have."""
        random = self.random
        other = Emitter(random, 0)
        other.plain()
        pointer, value = random.sample(range(1, 32), 2)
        ahead = 6 + random.randrange(4)
        target = PROGRAM + 4 * (len(self.words) + ahead)
        self.constant(pointer, random.choice(BASES if self.uses_paging else BASES[:1]) + target)
        self.constant(value, other.words[0])
        self.put("sw", rs1=pointer, rs2=value, imm=0)
        self.put(random.choice(("fence.i", "fence.i", "ecall")))
        for _ in range(ahead - 5):
            self.plain()

    def vectors(self) -> None:
        level = self.random.choice("ms")
        vector = self.symbols[f"{level}_vectors"] | self.random.choice((0, 1, 1, 2, 3))
        self.write_csr(f"{level}tvec", vector)

    def delegate(self) -> None:
        value = self.random.choice((0, _DELEGABLE, self.value() & _DELEGABLE))
        self.write_csr("medeleg", value, self.random.choice(("csrrw", "csrrs", "csrrc")))
        if self.delegates:
            self.write_csr("mideleg", self.random.choice((0, 0x222, 0x20, 0x2)))

    def interrupt_itself(self) -> None:
        random = self.random
        if random.randrange(2):
            pointer, value = random.sample(range(1, 32), 2)
            self.constant(pointer, CLINT)
            self.constant(value, random.randrange(4))
            self.put("sw", rs1=pointer, rs2=value, imm=0)
        if random.randrange(3) == 0:
            pointer = self._loaded(CLINT + 0x4000)
            self.put("sw", rs1=pointer, rs2=0, imm=0)
            self.put("sw", rs1=pointer, rs2=0, imm=4)
        if random.randrange(2):
            self.write_csr("mip", random.choice((0x2, 0x20, 0x200, 0x222)), "csrrs")
        self.write_csr("mie", random.choice((0x8, 0x222, 0xAAA)), "csrrs")
        self.write_csr("mstatus", random.choice((2, 8, 10)), "csrrs")

    def print_byte(self) -> None:
        pointer, value = self.random.sample(range(1, 32), 2)
        self.constant(pointer, UART)
        self.constant(value, self.random.choice(b"hello, world\n"))
        self.put("sb", rs1=pointer, rs2=value, imm=0)

    def visit(self) -> None:
        """Go into an address space, look at windows there, change it, look again, and come back."""
        random = self.random
        root = GUEST_RAM + random.choice((ROOT, ROOT, ROOT_2))
        self.write_csr("satp", 1 << 31 | root >> 12)
        self.write_csr("mstatus", random.choice((1 << 18, 1 << 19, 3 << 18)),
                       random.choice(("csrrs", "csrrc")))  # fmt: skip
        mode = random.choice((0, 0x800, 0x800))
        self.write_csr("mstatus", 0x1800, "csrrc")
        self.write_csr("mstatus", mode, "csrrs")
        register = self.target()
        base = random.choice((ALIAS, SUPER_ALIAS)) if mode == 0 else GUEST_RAM
        self.constant(register, base + PROGRAM + self.place + 16)
        self._csr("csrrw", _NUMBER["mepc"], 0, "rs1", register)
        self.put("mret")
        for _ in range(random.randrange(1, 4)):
            page = random.choice(WINDOWS) + random.choice((0, 0, 0xFFC, 0xFFE))
            for _ in range(random.randrange(1, 4)):
                self.touch(page)
            if mode:
                random.choice((self.edit_table, self.edit_table, self.switch_space))()
        self.put("ecall")

    def touch(self, page: int) -> None:
        """Load from or store to a window by any of its names."""
        pointer, value = self.random.sample(range(1, 32), 2)
        self.constant(pointer, self.random.choice(BASES) + page)
        if self.random.randrange(2):
            self.put("lw", rd=value, rs1=pointer, imm=0)
        else:
            self.put("sw", rs1=pointer, rs2=value, imm=0)

    def switch_space(self) -> None:
        root = GUEST_RAM + self.random.choice((ROOT, ROOT, ROOT, ROOT_2, SPARE_TABLE, 0x40_0000))
        space = self.random.choice((0, 1, 3, 511)) << 22
        value = self.random.choice((0, 1 << 31 | space | root >> 12, 1 << 31 | space | root >> 12))
        self.write_csr("satp", value)
        if self.random.randrange(2):
            self.put("sfence.vma", rs1=0, rs2=0)
        self.write_csr("mstatus", self.random.choice((1 << 18, 1 << 19, 3 << 18)),
                       self.random.choice(("csrrs", "csrrc")))  # fmt: skip

    def edit_table(self) -> None:
        """Change an entry for a window, and fence."""
        random = self.random
        pointer, value = random.sample(range(1, 32), 2)
        table = random.choice((LOW_TABLE, ALIAS_TABLE))
        page = random.choice(WINDOWS) >> 12
        self.constant(pointer, random.choice(BASES[:2]) + table + 4 * page)
        self.constant(value, random_entry(random))
        self.put("sw", rs1=pointer, rs2=value, imm=0)
        if random.randrange(2):
            base = GUEST_RAM if table == LOW_TABLE else ALIAS
            self.constant(value, base + 4096 * page + 4 * random.randrange(1024))
            self.put("sfence.vma", rs1=value, rs2=0)
        else:
            self.put("sfence.vma", rs1=0, rs2=0)

    def protect(self) -> None:
        """Set an entry of the PMP: windows from four bytes up, edges within pages, sometimes locked."""
        random = self.random
        entry = random.randrange(15)
        window = GUEST_RAM + random.choice(WINDOWS) + random.choice((0, 4, 0x100, 0xFF8, 0xFFC))
        locked = 0x80 if random.randrange(6) == 0 else 0
        rights = random.choice((0, 1, 3, 4, 5, 7, 7))
        kind = random.choice((0, 0x08, 0x10, 0x18, 0x18))
        if kind == 0x08:
            if not entry:
                entry = 1
            self.write_csr(f"pmpaddr{entry - 1}", window >> 2)
            self.write_csr(f"pmpaddr{entry}", (window + random.choice((4, 8, 0x80, 0x1000))) >> 2)
        elif kind == 0x10:
            self.write_csr(f"pmpaddr{entry}", window >> 2)
        else:
            size = random.choice((8, 16, 64, 4096))
            self.write_csr(f"pmpaddr{entry}", (window & -size) >> 2 | (size // 8 - 1))
            locked = locked if kind else 0
        shift = 8 * (entry & 3)
        register = f"pmpcfg{entry >> 2}"
        self.write_csr(register, 0xFF << shift, "csrrc")
        self.write_csr(register, (locked | kind | rights) << shift, "csrrs")


def random_entry(random: Random, *, wild: bool = False) -> int:
    """Return a page-table entry: for a window mostly; a wild one for anything there is."""
    flags = random.choice(_LEAF_FLAGS)
    place = GUEST_RAM + random.choice(WINDOWS)
    if wild or random.randrange(8) == 0:
        place = random.choice(
            (
                GUEST_RAM,
                GUEST_RAM + VM_SIZE,
                GUEST_RAM + HYPERVISOR_SIZE + VM_SIZE,
                GUEST_RAM + ROOT,
                GUEST_RAM + SPARE_TABLE,
                GUEST_RAM + VM_SIZE - 0x1000,
                UART,
                CLINT,
                PLIC,
                FINISHER,
                0,
                GUEST_RAM + (random.getrandbits(13) << 12),
                random.getrandbits(22) << 12,
            )
        )
    return place >> 12 << 10 | flags | random.choice((0, 0, 0, A, A | D))


def _tables(random: Random, image: bytearray) -> None:
    """Plant page tables: the kernel's own pages for S, the program for both, windows as it comes."""

    def put(table: int, index: int, entry: int) -> None:
        image[table + 4 * index : table + 4 * index + 4] = (entry & 0xFFFF_FFFF).to_bytes(4, "little")

    def pointer(offset: int) -> int:
        return (GUEST_RAM + offset) >> 12 << 10 | V

    def own(page: int, flags: int) -> int:
        return (GUEST_RAM + (page << 12)) >> 12 << 10 | flags

    def dirt() -> int:
        return random.choice((0, A, A | D))

    low, alias, upper = (base >> 22 for base in BASES)
    put(ROOT, low, pointer(LOW_TABLE))
    put(ROOT, alias, pointer(ALIAS_TABLE))
    put(ROOT, upper, own(0, V | R | W | X | random.choice((0, U, U)) | dirt()))
    put(ROOT_2, low, own(0, V | R | W | X | dirt()))
    put(ROOT_2, alias, own(0, V | R | W | X | U | dirt()))
    put(ROOT_2, upper, own(1, V | R | W | X))  # misaligned
    put(ROOT, upper + 1, (GUEST_RAM + VM_SIZE) >> 12 << 10 | V | R | W | X)
    put(ROOT, upper + 2, GUEST_RAM >> 22 << 20 | V | U)
    for page in range(IMAGE_SIZE >> 12):
        offset = page << 12
        if offset in WINDOWS:
            put(LOW_TABLE, page, random_entry(random))
            put(ALIAS_TABLE, page, random_entry(random))
        elif PROGRAM <= offset < WINDOWS[0]:
            put(LOW_TABLE, page, own(page, V | R | W | X | dirt()))
            put(ALIAS_TABLE, page, own(page, V | R | W | X | U | dirt()))
        else:
            put(LOW_TABLE, page, own(page, V | R | W | X | dirt()))
            if offset >= ROOT:
                put(ALIAS_TABLE, page, own(page, V | R | W | dirt()))


@cache
def _kernel(program_size: int) -> tuple[Program, bytes]:
    defines = {"BASE": GUEST_RAM, "PROGRAM_END": PROGRAM + program_size}
    program = assemble_file(KERNEL, Options(base=GUEST_RAM, defines=defines))
    (segment,) = (segment for segment in program.segments if segment.size)
    if segment.size > STATE - 0x100:
        raise AssertionError(f"the recording kernel fills {segment.size} bytes: it has grown too large")
    return program, segment.data


@dataclass(frozen=True)
class RandomGuest:
    """A guest made from a seed, as bytes from GUEST_RAM on."""

    seed: int
    image: bytes

    @property
    def guest(self) -> Guest:
        """The guest to load."""
        return guest_of_bytes(self.image, f"seed {self.seed}")


_PROGRAM_SIZES = (0x400, 0x800, 0x1000)


def structured(seed: int, *, supervisor_traps: bool = True) -> RandomGuest:
    """Return the structured guest of a seed.

    Where the CSRs of S do not trap in S, a kernel of M that runs there is shown S's interrupts as off
    while the hypervisor has to hold them back. Without `supervisor_traps` the guest does not look:
    either it delegates no interrupt, or it leaves `sstatus`, `sie` and `sip` to its handlers in S.
    """
    random = Random(seed)
    size = random.choice(_PROGRAM_SIZES)
    program, kernel = _kernel(size)
    image = bytearray(IMAGE_SIZE)
    image[: len(kernel)] = kernel
    _fill_windows(random, image)
    _tables(random, image)
    symbols = {name: symbol.value for name, symbol in program.symbols.items()}
    writer = _Structured(random, size, symbols, supervisor_traps=supervisor_traps)
    writer.program()
    words = writer.words[: size // 4]
    image[PROGRAM : PROGRAM + 4 * len(words)] = code(words)
    state = (GUEST_RAM + LOG, GUEST_RAM + LOG_END, random.getrandbits(32), GUEST_RAM + LANDINGS)
    image[STATE : STATE + 16] = code(state)
    landings = [GUEST_RAM + PROGRAM + place for place in writer.landings]
    landings = [place for place in landings for _ in range(random.choice((1, 1, 2)))][:800]
    image[LANDINGS : LANDINGS + 4 * len(landings)] = code(landings)
    return RandomGuest(seed, bytes(image))


def _fill_windows(random: Random, image: bytearray) -> None:
    writer = Emitter(random, 0)
    for window in WINDOWS:
        writer.words.clear()
        for _ in range(64):
            writer.plain()
        image[window : window + 256] = code(writer.words)
        image[window + 0xF00 : window + 0x1000] = random.randbytes(256)


# Hostile guests.

_WILD_TARGETS = (
    0, 4, UART, FINISHER, CLINT, PLIC, GUEST_RAM, GUEST_RAM + 0x1000, GUEST_RAM + VM_SIZE,
    GUEST_RAM + VM_SIZE - 4, GUEST_RAM + HYPERVISOR_SIZE + VM_SIZE, 0x8020_0000, 0x7FFF_FFFC,
    0xFFFF_FFFC,
    0xFFFF_F000, ALIAS, ALIAS + 0x1000, SUPER_ALIAS, SUPER_ALIAS + 0x1000, 2, GUEST_RAM + 2,
)  # fmt: skip
_WILD_REGISTERS = ("mtvec", "stvec", "mepc", "sepc", "medeleg", "mideleg", "mie", "mstatus", "satp")
_CODE = 0x1000
_VECTOR, _VECTOR_2 = 0x200, 0x300
_VECTORS = (*(GUEST_RAM + _VECTOR,) * 10, GUEST_RAM + _VECTOR_2, None, 0)
_END_ROOM = 0x80


class _Hostile(Emitter):
    """A program that keeps no rule."""

    def address(self) -> int:
        random = self.random
        kind = random.randrange(8)
        if kind < 3:
            return super().address()
        if kind < 5:
            offset = random.choice((0, 4, 0xFFE, 0xFFF, 0x1000, 4 * random.randrange(1024)))
            return (random.choice(_WILD_TARGETS) + offset) & 0xFFFF_FFFF
        if kind < 7:
            table = random.choice((ROOT, ROOT_2, LOW_TABLE, ALIAS_TABLE, SPARE_TABLE))
            return random.choice(BASES) + table + 4 * random.randrange(1024)
        return random.getrandbits(32)

    def program(self) -> None:
        """Write random actions, then a jump back to the first."""
        random = self.random
        actions: Sequence[tuple[int, Callable[[], None]]] = (
            (random.choice((1, 10)), self.plain),
            (random.choice((1, 10, 20)), self.any_access),
            (random.choice((1, 10, 20)), self.any_csr),
            (random.choice((0, 4)), self.raw),
            (random.choice((0, 4)), self.any_row),
            (random.choice((1, 8)), self.wild_register),
            (random.choice((1, 4)), self.system),
            (random.choice((0, 2)), self.wild_jump),
            (random.choice((0, 6)), self.go_below),
            (random.choice((0, 6)), self.entry),
            (random.choice((0, 3)), self.overwrite),
            (random.choice((0, 2)), self.device_storm),
        )
        weights = [weight for weight, _ in actions]
        doers = [action for _, action in actions]
        while self.place < self.limit - _END_ROOM:
            random.choices(doers, weights)[0]()
        self.put("jal", rd=0, target=-self.place)

    def any_access(self) -> None:
        random = self.random
        address, pointer = self.address(), self.target()
        if random.randrange(5) == 0:
            self.atomic(address)
            return
        imm = random.choice((0, 0, 4, -4, random.randrange(-2048, 2048)))
        self.constant(pointer, address - imm)
        name = random.choice(_LOADS + _STORES)
        if name in _LOADS:
            self.put(name, rd=self.register(), rs1=pointer, imm=imm)
        elif not FINISHER <= address < FINISHER + 4 or random.randrange(50) == 0:
            self.put(name, rs2=self.register(), rs1=pointer, imm=imm)

    def any_csr(self) -> None:
        random = self.random
        numbers = (random.choice(_NAMED), random.choice(CSRS).number, random.randrange(0x1000))
        self.csr_form(random.choice(numbers))

    def raw(self) -> None:
        self.words.append(self.random.getrandbits(32))

    def any_row(self) -> None:
        row = self.random.choice(INSTRUCTIONS)
        fields = {
            name: self.random.randint(field.minimum, field.maximum) // field.alignment * field.alignment
            for name, field in row.encoding.fields.items()
        }
        if "target" in fields:
            fields["target"] = 4 * self.random.randrange(-16, 16)
        self.words.append(row.encoding.encode(fields))

    def wild_register(self) -> None:
        random = self.random
        name = random.choice(_WILD_REGISTERS)
        value = random.choice((self.value(), random.choice(_WILD_TARGETS), GUEST_RAM + _VECTOR))
        if name == "satp":
            root = random.choice((GUEST_RAM + ROOT, GUEST_RAM + ROOT_2, self.address(), 0))
            value = random.choice((0, 1 << 31 | root >> 12, 1 << 31 | random.getrandbits(31)))
        elif name == "mstatus":
            value = random.choice((value, 1 << 17, 3 << 17, 1 << 17 | 0x800, 0xFFFF_FFFF, 8))
        elif name == "mie":
            value = random.choice((value, 0xAAA, 0x80))
        self.write_csr(name, value, random.choice(("csrrw", "csrrw", "csrrs", "csrrc")))

    def system(self) -> None:
        random = self.random
        name = random.choice(("ecall", "ebreak", "mret", "sret", "sfence.vma", "fence.i", "ecall"))
        if random.randrange(40) == 0:
            name = "wfi"
        if name == "sfence.vma":
            self.put(name, rs1=self.register(), rs2=self.register())
        else:
            self.put(name)

    def wild_jump(self) -> None:
        register = self.target()
        self.constant(register, self.random.choice((self.address(), self.random.choice(_WILD_TARGETS))))
        self.put("jalr", rd=self.register(), rs1=register, imm=self.random.choice((0, 0, 2, 4)))

    def go_below(self) -> None:
        """Open the PMP mostly, and go on in S or U, at one of the names of what follows."""
        random = self.random
        if random.randrange(4):
            self.write_csr("pmpaddr0", 0xFFFF_FFFF)
            self.write_csr("pmpcfg0", 0x1F)
        self.write_csr("mstatus", 0x1800, "csrrc")
        self.write_csr("mstatus", random.choice((0, 0x800, 0x800, 0x1800)), "csrrs")
        register = self.target()
        base = random.choice(BASES)
        self.constant(register, base + _CODE + self.place + 16)
        self._csr("csrrw", _NUMBER["mepc"], 0, "rs1", register)
        self.put("mret")

    def entry(self) -> None:
        """Write a page-table entry of the wild kind."""
        random = self.random
        pointer, value = random.sample(range(1, 32), 2)
        table = random.choice((ROOT, ROOT_2, LOW_TABLE, ALIAS_TABLE, SPARE_TABLE))
        self.constant(pointer, random.choice(BASES) + table + 4 * random.randrange(1024))
        self.constant(value, random_entry(random, wild=True))
        self.put("sw", rs1=pointer, rs2=value, imm=0)

    def overwrite(self) -> None:
        """Write into the program: in front of it, at it, behind it."""
        random = self.random
        pointer, value = random.sample(range(1, 32), 2)
        near = _CODE + self.place + 4 * random.randrange(-20, 40)
        self.constant(pointer, random.choice(BASES) + near)
        self.constant(value, random.getrandbits(32))
        self.put("sw", rs1=pointer, rs2=value, imm=0)

    def device_storm(self) -> None:
        """Store to a row of registers of a device."""
        random = self.random
        pointer = self.target()
        self.constant(
            pointer, random.choice((UART, CLINT + 0x3FF8, CLINT + 0xBFF0, PLIC, PLIC + 0x20_0000))
        )
        for n in range(random.randrange(2, 10)):
            name = random.choice(("sb", "sh", "sw", "lw", "lb"))
            size = _SIZES.get(name, 4)
            imm = size * n if random.randrange(4) else random.randrange(-8, 64)
            if name in _LOADS:
                self.put(name, rd=self.register(), rs1=pointer, imm=imm)
            else:
                self.put(name, rs1=pointer, rs2=self.register(), imm=imm)


def _handler(size: int) -> list[int]:
    """Return a trap handler that goes on behind what trapped.

    From a fetch that failed, a system call, and a word of zeros it goes on in M, somewhere in the
    program of `size` bytes, a power of two.
    """

    def move(name: str, csr: str) -> int:
        fields = {"rd": 5, "rs1": 0} if name == "csrrs" else {"rd": 0, "rs1": 5}
        return word(name, csr=_NUMBER[csr], **fields)

    back = [move("csrrs", "mscratch"), word("mret")]
    skip = [
        move("csrrs", "mepc"),
        word("addi", rd=5, rs1=5, imm=4),
        move("csrrw", "mepc"),
        *back,
    ]
    lost = [
        move("csrrs", "minstret"),
        word("slli", rd=5, rs1=5, shamt=31 - size.bit_length() + 1),
        word("srli", rd=5, rs1=5, shamt=31 - size.bit_length() + 1),
        word("andi", rd=5, rs1=5, imm=-4),
        *_add_constant(GUEST_RAM + _CODE),
        move("csrrw", "mepc"),
        *load_constant(5, 0x1800),
        word("csrrs", rd=0, rs1=5, csr=_NUMBER["mstatus"]),
        *back,
    ]
    head = [
        move("csrrw", "mscratch"),
        move("csrrs", "mtval"),
        word("beq", rs1=5, rs2=0, target=4 * (6 + len(skip))),
        move("csrrs", "mcause"),
        word("addi", rd=5, rs1=5, imm=-1),
        word("beq", rs1=5, rs2=0, target=4 * (3 + len(skip))),
        word("addi", rd=5, rs1=5, imm=-11),
        word("beq", rs1=5, rs2=0, target=4 * (1 + len(skip))),
    ]
    return head + skip + lost


def _add_constant(value: int) -> list[int]:
    """Return what adds a constant without low bits to x5, by way of x6."""
    return [word("lui", rd=6, upper=value & 0xFFFF_F000), word("add", rd=5, rs1=5, rs2=6)]


def _restarting_handler(place: int) -> list[int]:
    """Return a trap handler that goes to a place in the program, in whatever mode."""
    return [*load_constant(5, place), word("csrrw", rd=0, rs1=5, csr=_NUMBER["mepc"]), word("mret")]


def _wild_entries(random: Random, image: bytearray, count: int) -> None:
    for table in (ROOT, ROOT_2, LOW_TABLE, ALIAS_TABLE, SPARE_TABLE):
        for _ in range(count):
            index = random.choice((random.randrange(1024), random.randrange(16), 0x200, 0x100, 0x300))
            entry = random_entry(random, wild=True)
            image[table + 4 * index : table + 4 * index + 4] = entry.to_bytes(4, "little")


def _gone_wild(random: Random, structured_image: bytes) -> bytes:
    """Return a structured guest that has lost its manners in places, its handlers spared."""
    image = bytearray(structured_image)
    _wild_entries(random, image, random.choice((0, 2, 20)))
    writer = _Hostile(random, 0)
    doers = (writer.any_access, writer.any_csr, writer.raw, writer.any_row, writer.wild_register,
             writer.system, writer.wild_jump, writer.go_below, writer.entry, writer.overwrite,
             writer.device_storm)  # fmt: skip
    for _ in range(random.randrange(1, 60)):
        writer.words.clear()
        random.choice(doers)()
        place = PROGRAM + 4 * random.randrange(0x400 // 4)
        image[place : place + writer.place] = code(writer.words)
    return bytes(image)


def hostile(seed: int) -> RandomGuest:
    """Return the hostile guest of a seed."""
    random = Random(seed)
    kind = random.randrange(16)
    if kind == 0:
        return RandomGuest(seed, random.randbytes(IMAGE_SIZE))
    if kind < 8:
        return RandomGuest(seed, _gone_wild(random, structured(seed).image))
    image = bytearray(IMAGE_SIZE)
    _tables(random, image)
    _wild_entries(random, image, random.choice((0, 10, 60)))
    boot = Emitter(random, 0)
    vector = random.choice(_VECTORS)
    if vector is not None:
        boot.constant(5, vector)
        boot.words.append(word("csrrw", rd=0, rs1=5, csr=_NUMBER["mtvec"]))
        boot.words.append(word("csrrw", rd=0, rs1=5, csr=_NUMBER["stvec"]))
    if random.randrange(3):
        for register in range(1, 32):
            boot.constant(register, boot.value())
    boot.put("jal", rd=0, target=_CODE - boot.place)
    image[: boot.place] = code(boot.words)
    size = random.choice((0x100, 0x200, 0x800))
    handler = code(_handler(size))
    image[_VECTOR : _VECTOR + len(handler)] = handler
    restart = GUEST_RAM + _CODE + 4 * random.randrange(64)
    image[_VECTOR_2 : _VECTOR_2 + 16] = code(_restarting_handler(restart))
    writer = _Hostile(random, size)
    writer.program()
    image[_CODE : _CODE + writer.place] = code(writer.words)
    return RandomGuest(seed, bytes(image))
