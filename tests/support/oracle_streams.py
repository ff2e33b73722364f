"""Random instruction streams, generated from the instruction table: rows with random operands.

A stream is straight-line code with short forward jumps, so that it always comes to its end. Its
memory accesses stay in a window of data, at every alignment. Whoever adds a row to the table has it
here at once, if it does nothing but compute, load, store or jump.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from asm.isa.decode import INSTRUCTIONS_BY_NAME, decode
from asm.isa.instruction import Instruction
from asm.isa.rows import INSTRUCTIONS

CODE = 0x8010_0000
WINDOW = 0x8020_0000
WINDOW_SIZE = 0x2000
POINTER = 8
"""s0: always the middle of the window; never a destination."""

ATOMIC_POINTER = 9
"""s1: set before each atomic and each indirect jump; never a random destination."""

CORNERS = (
    0, 1, 2, 3, 4, 5, 31, 32, 33, 0x7F, 0x80, 0xFF, 0x100, 0x7FF, 0x800, 0xFFF, 0x7FFF, 0x8000, 0xFFFF,
    0x10000, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_0000, 0xFFFF_8000, 0xFFFF_FF80,
    0xFFFF_FFF0, 0xFFFF_FFFE, 0xFFFF_FFFF, 0xAAAA_AAAA, 0x5555_5555, 0x1234_5678, WINDOW,
)  # fmt: skip
_IMMEDIATE_CORNERS = (0, 1, -1, 2, 3, 7, 8, -8, 31, 32, 255, 256, 2047, -2048, 1024, -1024)

# Rows with an effect beyond registers and the window: they are tested with whole programs.
_LEFT_OUT = frozenset({"ecall", "ebreak", "mret", "sret", "wfi", "sfence.vma"})

STREAM_ROWS: tuple[Instruction, ...] = tuple(
    row for row in INSTRUCTIONS if row.name not in _LEFT_OUT and row.extension != "Zicsr"
)

_SINGLE_ROWS = tuple(row for row in STREAM_ROWS if row.extension != "A" and "jump(" not in row.meaning)


@dataclass(frozen=True)
class Stream:
    """Instruction words for `CODE`, the registers before them (x0 to x31) and the window's bytes."""

    words: tuple[int, ...]
    registers: tuple[int, ...]
    window: bytes
    name: str = field(default="", compare=False)

    @property
    def end(self) -> int:
        """The address behind the last instruction."""
        return CODE + 4 * len(self.words)

    def instruction(self, address: int) -> str:
        """Describe the instruction at `address`."""
        index = (address - CODE) // 4
        if not 0 <= index < len(self.words):
            return "outside the stream"
        found = decode(self.words[index])
        if found is None:
            return f"{self.words[index]:08x}"
        return f"{self.words[index]:08x} {found.row.name} {dict(found.fields)}"


def random_stream(seed: int, length: int = 60) -> Stream:
    """Return the stream of a seed; the same one each time."""
    random = Random(seed)
    registers = [0, *(random_word(random) for _ in range(31))]
    registers[POINTER] = WINDOW + WINDOW_SIZE // 2
    words: list[int] = []
    while len(words) < length:
        row = STREAM_ROWS[random.randrange(len(STREAM_ROWS))]
        words += instructions_of(row, random)
    window = bytes(
        random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256))) for _ in range(WINDOW_SIZE)
    )
    return Stream(tuple(words), tuple(registers), window, f"seed {seed}")


def random_word(random: Random) -> int:
    """Return a register value, often one at an edge."""
    if random.random() < 0.6:
        return random.choice(CORNERS)
    return random.getrandbits(32)


def instructions_of(row: Instruction, random: Random) -> Sequence[int]:
    """Return the words for one use of `row`: with what has to come before it, and for a jump, with
    the instructions that it may leap over.
    """
    values = {name: _operand(name, row, random) for name in row.encoding.fields}
    if row.extension == "A":
        place = 4 * random.randrange(-256, 256) if random.random() < 0.5 else 0
        values["rs1"] = ATOMIC_POINTER
        return (
            _encode("addi", rd=ATOMIC_POINTER, rs1=POINTER, imm=place),
            *(_reservation(random) if row.name == "sc.w" else ()),
            row.encoding.encode(values),
        )
    if "jump(" not in row.meaning:
        if "load(" in row.meaning or "store(" in row.meaning:
            values["rs1"] = POINTER
        return (row.encoding.encode(values),)
    leapt = [
        word
        for _ in range(random.randrange(4))
        for word in instructions_of(random.choice(_SINGLE_ROWS), random)
    ]
    distance = 4 + 4 * len(leapt)
    if row.name != "jalr":
        return (row.encoding.encode(values | {"target": distance}), *leapt)
    # The lowest bit of the sum is dropped.
    values |= {"rs1": ATOMIC_POINTER, "imm": 4 + distance + random.randrange(2)}
    return (_encode("auipc", rd=ATOMIC_POINTER, upper=0), row.encoding.encode(values), *leapt)


def _reservation(random: Random) -> Sequence[int]:
    """Return what comes before a store-conditional: a reservation, or one that is used up.

    A reservation from long before is no fair question: own stores in between may break it or not.
    """
    registers = {"rs1": ATOMIC_POINTER, "aq": random.randrange(2), "rl": random.randrange(2)}
    reserve = _encode("lr.w", rd=random.choice((0, 5, 10)), **registers)
    return (
        (reserve,) if random.random() < 0.7 else (reserve, _encode("sc.w", rd=0, rs2=11, **registers))
    )


def _operand(name: str, row: Instruction, random: Random) -> int:
    operand = row.encoding.fields[name]
    if name == "rd":
        return random.choice([n for n in range(32) if n not in (POINTER, ATOMIC_POINTER)])
    if name in ("imm", "upper") and random.random() < 0.5:
        value = random.choice(_IMMEDIATE_CORNERS)
        return (value << 12) % (1 << 32) if name == "upper" else value
    steps = (operand.maximum - operand.minimum) // operand.alignment
    return operand.minimum + random.randrange(steps + 1) * operand.alignment


def _encode(name: str, **values: int) -> int:
    return INSTRUCTIONS_BY_NAME[name].encoding.encode(values)


def rows_used(streams: Sequence[Stream]) -> Mapping[str, int]:
    """Count the instructions of each row in the streams."""
    counts = dict.fromkeys((row.name for row in STREAM_ROWS), 0)
    for stream in streams:
        for word in stream.words:
            found = decode(word)
            assert found is not None
            counts[found.row.name] += 1
    return counts
