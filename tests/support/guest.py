"""A machine whose next instruction a test writes just before it is executed."""

from __future__ import annotations

from collections.abc import Iterable

from asm.assembler.assembly import assemble_text
from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from hvtui.machine.board import Machine, Stop
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege

START = 0x8000_0000
HANDLER = 0x8000_8000
S_HANDLER = 0x8000_9000
EVERYWHERE = 0xFFFF_FFFF  # pmpaddr0: all of the address space, with NAPOT
OPEN = 0x1F  # pmpcfg0: NAPOT, read, write, execute

VALUE, RESULT = 30, 31  # registers that the helpers below use


def word(name: str, **fields: int | str) -> int:
    """Return the bits of an instruction; a CSR may be named, fields not given are 0."""
    row = INSTRUCTIONS_BY_NAME[name]
    values = dict.fromkeys(row.encoding.fields, 0)
    for field, value in fields.items():
        values[field] = CSRS_BY_NAME[value].number if isinstance(value, str) else value
    return row.encoding.encode(values)


def load_constant(rd: int, value: int) -> list[int]:
    """Return the two instructions that put any 32-bit value into a register."""
    low = (value & 0xFFF) - ((value & 0x800) << 1)
    upper = (value - low) & 0xFFFF_FFFF
    return [word("lui", rd=rd, upper=upper), word("addi", rd=rd, rs1=rd, imm=low)]


def code(words: Iterable[int]) -> bytes:
    """Return the bytes of instructions."""
    return b"".join(each.to_bytes(4, "little") for each in words)


def machine_with(
    text: str, *, cpu: str = "classic", timebase: int = 1, ram_size: int = 1 << 20
) -> tuple[Machine, dict[str, int]]:
    """Return a machine about to start the assembly program `text`, and the values of its symbols."""
    machine = Machine(cpu=cpu, ram_size=ram_size, timebase=timebase)
    program = assemble_text(text)
    for segment in program.segments:
        machine.load(segment.address, segment.data.ljust(segment.size, b"\0"))
    machine.reset(program.entry)
    return machine, {name: symbol.value for name, symbol in program.symbols.items()}


class Guest:
    """A machine in `mode` at START, with memory open to all modes and handlers set.

    Everything that happens is collected: `traps`, `returns`, `kernel` and `output`.
    """

    def __init__(
        self, cpu: str = "classic", mode: Privilege = Privilege.M, *, timebase: int = 1
    ) -> None:
        self.machine = Machine(cpu=cpu, ram_size=1 << 20, timebase=timebase)
        self.hart = self.machine.hart
        self.x = self.hart.x
        self.traps: list[TrapTaken] = []
        self.returns: list[TrapReturned] = []
        self.kernel: list[KernelInstruction] = []
        self.output = bytearray()
        observers = self.machine.observers
        observers.trap.append(self.traps.append)
        observers.trap_return.append(self.returns.append)
        observers.kernel.append(self.kernel.append)
        observers.output.append(lambda event: self.output.extend(event.data))
        self.write("pmpaddr0", EVERYWHERE)
        self.write("pmpcfg0", OPEN)
        self.write("mtvec", HANDLER)
        self.write("stvec", S_HANDLER)
        self.enter(mode)

    @property
    def mode(self) -> Privilege:
        return self.hart.privilege

    @property
    def pc(self) -> int:
        return self.hart.pc

    def execute(self, name: str, **fields: int | str) -> Stop | None:
        """Write an instruction at the physical address that the pc has, and take one step."""
        return self.execute_word(word(name, **fields))

    def execute_word(self, bits: int) -> Stop | None:
        self.machine.write_physical(self.pc, bits.to_bytes(4, "little"))
        return self.machine.step()

    def put(self, address: int, *words: int) -> None:
        """Write instructions or other words to memory."""
        self.machine.write_physical(address, code(words))

    def word_at(self, address: int) -> int:
        data = self.machine.read_physical(address, 4)
        assert data is not None
        return int.from_bytes(data, "little")

    def write(self, csr: str, value: int) -> None:
        """Write a CSR by an instruction, in the current mode."""
        self.hart.set_x(VALUE, value)
        self.execute("csrrw", csr=csr, rs1=VALUE)

    def read(self, csr: str) -> int:
        """Read a CSR by an instruction, in the current mode."""
        self.execute("csrrs", csr=csr, rd=RESULT)
        return self.x[RESULT]

    def enter(self, mode: Privilege, pc: int = START) -> None:
        """Go to `mode` and `pc` as a person with a debugger may: by an mret from M."""
        self.hart.state.privilege = Privilege.M
        self.hart.set_csr("mstatus", self.hart.csr_value("mstatus") & ~(3 << 11) | mode << 11)
        self.hart.set_csr("mepc", pc)
        trapmap, mvmcb = (self.hart.state.csr[name] for name in ("mtrapmap", "mvmcb"))
        self.hart.state.csr["mvmcb"] = 0
        self.execute("mret")
        self.hart.state.csr.update(mtrapmap=trapmap, mvmcb=mvmcb)
        for happened in (self.traps, self.returns, self.kernel):
            happened.clear()

    def outcomes(self) -> list[tuple[str, Outcome]]:
        """Return what became of the kernel instructions since the last time, and forget them."""
        found = [(bit.key, outcome) for event in self.kernel for bit, outcome in event.outcomes]
        self.kernel.clear()
        return found
