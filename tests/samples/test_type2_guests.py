"""Sample 10: any guest sees before each instruction what it would see on the bare machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from asm import Options, assemble_file
from asm.program import Program
from hvtui.machine.board import Machine
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import System
from tests.support.type2 import (
    MOST_INSTRUCTIONS,
    hypervisor,
    run,
    spoken,
    with_guest,
    with_hypervisor,
)
from tests.support.virtualized import GUEST_RAM, guest_of_program, native

PLAIN_JUMP = 0x06F
"""The lower 12 bits of ``jal zero``."""


def word_at(machine: Machine, physical: int) -> int:
    data = machine.read_physical(physical, 4)
    assert data is not None
    return int.from_bytes(data, "little")


def seen_bare(program: Program) -> Iterator[tuple[int, ...]]:
    """Yield the pc and the registers before each instruction but plain jumps: they become nothing."""
    machine = native(guest_of_program(program), cpu="legacy").fresh_machine()
    while machine.exit is None:
        pc = machine.hart.pc
        if pc < GUEST_RAM + (1 << 20) and word_at(machine, pc) & 0xFFF != PLAIN_JUMP:
            yield (pc, *machine.hart.x[1:])
        machine.step()


def seen_translated(system: System) -> Iterator[tuple[int, ...]]:
    """Yield the same as `seen_bare`, at the places that the map calls good moments."""
    part = next(part for part in system.components if part.name == "type2")
    symbols = part.program.symbols
    first, last, table = (symbols[name].value for name in ("cache", "cache_end", "cache_map"))
    machine = system.fresh_machine()
    before: tuple[int, ...] = ()
    while machine.exit is None and machine.retired < MOST_INSTRUCTIONS:
        pc = machine.hart.pc
        if first <= pc < last and machine.hart.privilege is Privilege.U:
            origin = word_at(machine, table + pc - first + part.relocation)
            now = (origin, *machine.hart.x[1:])
            if not origin & 1 and now != before:
                yield now
                before = now
        machine.step()


def test_a_kernel_sees_its_own_registers_and_addresses_at_every_instruction(tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_text(strange("", status=0x1888))  # all that this virtual hart has of it
    program = assemble_file(source, Options(base=GUEST_RAM))
    expected, found = list(seen_bare(program)), list(seen_translated(with_guest(program)))
    assert len(expected) > 1_000
    assert found == expected


@pytest.mark.parametrize("defines", [{}, {"INLINE": 0, "CHAIN": 0, "ADAPT": 0, "CACHE_SIZE": 0x1000}])
def test_a_kernel_with_odd_habits_prints_what_it_prints_without(
    defines: dict[str, int], tmp_path: Path
) -> None:
    """Faults of all kinds, code that changes, every form of CSR instruction, interrupts in M mode."""
    source = tmp_path / "guest.s"
    source.write_text(strange(INTERRUPTS, status=-1))
    program = assemble_file(source, Options(base=GUEST_RAM))
    alone, console = run(native(guest_of_program(program), cpu="legacy"))
    assert alone.exit is not None
    assert console.endswith("end\n")
    machine, there = run(with_hypervisor(hypervisor(**defines), with_guest(program)))
    assert machine.exit is not None
    assert spoken(there) == console


# Kernels that end with a letter that says which trap came last: 'A' is cause 0, 'D' cause 3, ebreak.
LETTER = """
        .globl  _start
_start:
        la      t0, trap
        csrw    mtvec, t0
        li      s0, 0x10000000                  # the serial port
{body}
        .balign 4
trap:
        csrr    t1, mcause
        andi    t1, t1, 15
        addi    t1, t1, 'A'
        sb      t1, 0(s0)
        li      t1, 10
        sb      t1, 0(s0)
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
1:      j       1b
"""
KERNELS = {
    "one load and one store for the port and for memory": (
        """
        la      s1, word
        mv      a0, s0
        li      a1, 'x'
        call    poke
        mv      a0, s1
        li      a1, 'y'
        call    poke
        addi    a0, s0, 5
        call    peek
        mv      a0, s1
        call    peek
        mv      a1, a0
        mv      a0, s0
        call    poke
        li      a0, 0x70000000                  # nothing there
        call    poke
poke:   sb      a1, 0(a0)
        ret
peek:   lbu     a0, 0(a0)
        ret
word:   .word   0
""",
        "xyH\n",
    ),
    "a load and a store of words for a device and for the last word of memory": (
        """
        li      s2, 0x80040000
        li      a0, 0x2004000                   # the alarm
        call    move
        addi    a0, s2, -4
        call    move
        j       done
move:   lw      a1, 0(a0)
        addi    a1, a1, 1
        sw      a1, 0(a0)
        ret
done:   lw      a1, -4(s2)
        addi    a1, a1, 'a'
        sb      a1, 0(s0)
        ebreak
""",
        "bD\n",
    ),
    "an alarm that is set when interrupts are on": (
        """
        li      t0, 0x2004000
        li      t1, -1
        sw      t1, 0(t0)
        sw      t1, 4(t0)
        li      t1, 1 << 7
        csrw    mie, t1
        csrsi   mstatus, 8
        sw      zero, 4(t0)
        li      t1, 100000
        sw      t1, 0(t0)
1:      j       1b
""",
        "H\n",
    ),
    "a software interrupt when interrupts are on": (
        """
        li      t1, 1 << 3
        csrw    mie, t1
        csrsi   mstatus, 8
        li      t0, 0x2000000
        li      t1, 1
        sw      t1, 0(t0)
1:      j       1b
""",
        "D\n",
    ),
    "an opcode that is like that of CSR instructions, but none": (
        "        .word   0x3402c073\n        ebreak\n",
        "C\n",
    ),
    "an atomic load of the port": ("        lr.w    t1, (s0)\n        ebreak\n", "F\n"),
}


@pytest.mark.parametrize("defines", [{}, {"INLINE": 0, "CHAIN": 0, "ADAPT": 0}], ids=["all", "none"])
@pytest.mark.parametrize("what", KERNELS)
def test_a_kernel_may_do_what_it_may_do_on_the_bare_machine(
    what: str, defines: dict[str, int], tmp_path: Path
) -> None:
    body, said = KERNELS[what]
    source = tmp_path / "guest.s"
    source.write_text(LETTER.format(body=body))
    program = assemble_file(source, Options(base=GUEST_RAM))
    _, console = run(native(guest_of_program(program), cpu="legacy"))
    assert console == said
    machine, there = run(with_hypervisor(hypervisor(**defines), with_guest(program)))
    assert machine.exit is not None
    assert spoken(there) == said


@pytest.mark.parametrize("wants", ["", "        li t1, 1 << 7\n        csrw mie, t1\n"])
def test_a_kernel_that_waits_for_ever_is_ended(wants: str, tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_text(LETTER.format(body=f"{wants}        wfi\n        ebreak\n"))
    machine, console = run(with_guest(assemble_file(source, Options(base=GUEST_RAM))))
    assert machine.exit is not None
    assert machine.exit.code == 0xFF
    assert console == "type2: vm1 waits for an interrupt that cannot come; I end it\n"


@pytest.mark.parametrize("seed", range(8))
def test_random_accesses_to_devices_memory_and_nothing_are_those_of_the_bare_machine(
    seed: int, tmp_path: Path
) -> None:
    source = tmp_path / "guest.s"
    source.write_text(random_accesses(Random(seed)))
    program = assemble_file(source, Options(base=GUEST_RAM))
    alone, console = run(native(guest_of_program(program), cpu="legacy"))
    assert alone.exit is not None
    machine, there = run(with_guest(program))
    assert machine.exit is not None
    assert spoken(there).replace("\n", "") == console


@pytest.mark.parametrize("seed", range(6))
def test_random_code_computes_the_same(seed: int, tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_text(random_code(Random(seed)))
    program = assemble_file(source, Options(base=GUEST_RAM))
    expected, found = list(seen_bare(program)), list(seen_translated(with_guest(program)))
    assert len(expected) > 300
    assert found == expected


COMPUTING = ("add", "sub", "mul", "sltu", "xor", "srl", "divu")


def random_code(random: Random) -> str:
    """Functions of random instructions, of any registers, that call and branch, but only forwards."""
    registers = [f"x{number}" for number in range(1, 32)]
    lines = ["        .globl _start", "_start:"]
    lines += [f"        li {name}, {random.getrandbits(32):#x}" for name in registers]
    for label in range(120):
        lines.append(f"l{label}:")
        later = f"l{random.randint(label + 1, min(label + 4, 120))}"
        one, two, three = (random.choice(registers) for _ in range(3))
        link = random.choice(["x0", *registers])
        lines += [
            f"        {random.choice(COMPUTING)} {one}, {two}, {three}"
            for _ in range(random.randint(0, 3))
        ]
        lines += random.choice(
            [
                [f"        {random.choice(['beq', 'bne', 'blt', 'bgeu'])} {one}, {two}, {later}"],
                [f"        jal {link}, {later}"],
                [f"        la {one}, {later}", f"        jalr {link}, 0({one})"],
                [f"        la {one}, {later} + 33", f"        jalr {one}, -33({one})"],
                [f"        auipc {one}, {random.getrandbits(20):#x}"],
                [f"        csrrw {one}, mscratch, {two}"],
                [f"        csrrw {one}, mscratch, {one}"],
                [f"        csrrs {one}, mcause, {two}"],
                [f"        csrrci {one}, mtval, {random.getrandbits(5)}"],
                [f"        csrw mepc, {one}", f"        csrr {two}, mepc"],
                [f"        la {one}, buffer", f"        sw {two}, 4({one})"],
                [f"        la {one}, buffer", f"        lb {three}, 6({one})"],
                ["        .word 0x0000100f"],
            ]
        )
    return "\n".join([*lines, "l120:", *FINISH, "        .balign 4", "buffer: .space 16", ""])


ACCESSES = {
    "lb": "port", "lbu": "port", "sb": "port", "lw": "clint", "sw": "clint",
    "lh": "", "lhu": "", "sh": "", "lr.w": "", "sc.w": "", "amoadd.w": "",
}  # fmt: skip
"""Instructions, and a device that takes accesses of this width."""


def random_accesses(random: Random) -> str:
    """Call functions of one access each with random addresses; interrupts go on and off meanwhile."""
    names = [random.choice(list(ACCESSES)) for _ in range(6)]
    calls = []
    for _ in range(30):
        kind = random.random()
        if kind < 0.7:
            number = random.randrange(len(names))
            device = ACCESSES[names[number]]
            places = {
                "buffer": f"la a0, words + {random.randint(8, 40)}",
                "end": f"li a0, 0x80040000 - {random.randint(4, 12)}",
                "nothing": "li a0, 0x70000000",
                "port": "li a0, 0x10000005",
                "clint": "li a0, 0x2004000",
            }
            where = random.choice(["buffer", "buffer", "end", "nothing", *[device] * 2 * bool(device)])
            calls.append(f"li a1, {random.getrandbits(31)}\n {places[where]}\n call f{number}")
            if where != "clint":
                calls.append("la t0, words\n lw t1, 0(t0)\n add t1, t1, a1\n sw t1, 0(t0)")
        elif kind < 0.8:
            calls.append("li t1, 0x88\n csrw mie, t1\n csrsi mstatus, 8")
        elif kind < 0.85:
            calls.append("csrci mstatus, 8")
        elif kind < 0.95:
            calls.append("li t0, 0x2000000\n li t1, 1\n sw t1, 0(t0)")
        else:
            calls.append("fence.i")
    functions = [
        f"f{number}: {name} a1, {'a1, ' * (name in ('sc.w', 'amoadd.w'))}(a0)\n ret"
        for number, name in enumerate(names)
    ]
    return ALL_THAT_HAPPENS.format(calls="\n".join(calls), functions="\n".join(functions))


ALL_THAT_HAPPENS = """
        .globl  _start
_start:
        la      t0, trap
        csrw    mtvec, t0
        li      s0, 0x10000000
        li      t0, 0x2004000
        li      t1, -1
        sw      t1, 4(t0)                       # no alarm
{calls}
        csrci   mstatus, 8
        lw      a0, words
        call    say
        lw      a0, words + 4                   # software interrupts
        call    say
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
1:      j       1b
{functions}
say:    li      t4, 8
1:      srli    t0, a0, 28
        slli    a0, a0, 4
        addi    t0, t0, 'A'
        sb      t0, 0(s0)
        addi    t4, t4, -1
        bnez    t4, 1b
        ret
        .balign 4
trap:
        csrw    mscratch, ra
        csrr    a0, mcause
        bltz    a0, soft
        addi    a0, a0, 'a'
        sb      a0, 0(s0)
        csrr    a0, mtval
        call    say
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        j       1f
soft:   li      t1, 0x2000000
        sw      zero, 0(t1)
        la      t1, words
        lw      t0, 4(t1)
        addi    t0, t0, 1
        sw      t0, 4(t1)
1:      csrr    ra, mscratch
        mret
        .balign 4
words:  .space  64
"""


FINISH = [
    "        li t0, 0x100000",
    "        li t1, 0x5555",
    "the_end: sw t1, 0(t0)",
    "        j the_end",
]


def strange(interrupts: str, *, status: int) -> str:
    """Return the kernel with odd habits. `status` is what it writes to mstatus."""
    return STRANGE.replace("INTERRUPTS", interrupts).replace("STATUS", str(status))


INTERRUPTS = """
        li      t0, 0x2004000
        li      t2, 0x200bff8
        lw      t1, 0(t2)
        li      t3, 3000
        add     t1, t1, t3
        sw      zero, 4(t0)
        sw      t1, 0(t0)
        li      t1, 0x80
        csrw    mie, t1
        csrsi   mstatus, 8
        la      s6, ticks
1:
        lw      t1, 0(s6)
        call    nothing
        li      t2, 0x12345678                  # two instructions each, with moments between
        li      t3, 0x12345678
        bne     t2, t3, wrong
        li      t2, 4
        bltu    t1, t2, 1b
        csrci   mstatus, 8
"""

STRANGE = """
        .equ    UART, 0x10000000
        .macro  put character
        li      t0, UART
        li      t1, \\character
        sb      t1, 0(t0)
        .endm
        .globl  _start
_start:
        la      sp, stack
        la      t0, trap
        csrw    mtvec, t0
        la      t0, save
        csrw    mscratch, t0
        .word   0xffffffff                      # illegal, of no opcode
        ebreak
        ecall
        .word   0xfe000033                      # illegal, of an opcode that is copied
        li      t2, 0x70000000                  # nothing there
        lw      t3, 0(t2)
        sw      t3, 0(t2)
        amoadd.w t3, t3, (t2)
        call    changing                        # code that changes
        la      t0, changing
        lw      t1, change
        sw      t1, 0(t0)
        fence.i
        call    changing
        la      t0, save + 130
        amoadd.w t1, t2, (t0)                   # misaligned
        li      t3, 0x123                       # CSR instructions of all forms
        csrrw   t4, mscratch, t3
        csrrw   t4, mscratch, t4
        bne     t4, t3, wrong
        csrrs   t4, mscratch, zero
        csrrwi  t5, mepc, 5
        csrrw   ra, mscratch, ra
        csrrw   ra, mscratch, ra
        csrr    a0, mepc
        call    hex
        csrr    a0, mstatus
        call    hex
        li      t0, STATUS
        csrw    mstatus, t0
        csrr    a0, mstatus
        li      t1, 0x1888
        and     a0, a0, t1
        csrw    mstatus, zero
        call    hex
        csrr    a0, mimpid
        call    hex
        csrr    a0, pmpaddr3
        call    hex
        csrr    t0, 0x5c0                       # does not exist
        csrw    mhartid, t0                     # cannot be written
        csrw    mtrapmap, t0
INTERRUPTS
        li      t0, 0x90000000                  # a jump to nowhere
        la      s7, back
        jalr    t0
back:
        put     'e'
        put     'n'
        put     'd'
        put     '\\n'
        li      t0, 0x100000
        li      t1, 0x5555
the_end:
        sw      t1, 0(t0)
wrong:
        put     '!'
        j       wrong
nothing:
        ret
changing:
        j       1f
change: .word   0x0000006f | ((2f - changing) << 20)
1:      put     '1'
        ret
2:      put     '2'
        ret
hex:
        li      t4, 8
1:      srli    t0, a0, 28
        slli    a0, a0, 4
        li      t1, 10
        blt     t0, t1, 2f
        addi    t0, t0, 'a' - '0' - 10
2:      addi    t0, t0, '0'
        li      t1, UART
        sb      t0, 0(t1)
        addi    t4, t4, -1
        bnez    t4, 1b
        li      t0, ' '
        sb      t0, 0(t1)
        ret
        .balign 4
trap:
        csrrw   sp, mscratch, sp
        .irp    n, 1,5,6,7,10,28,29,30,31
        sw      x\\n, 4*\\n(sp)
        .endr
        csrr    a0, mcause
        bltz    a0, tick
        call    hex
        csrr    a0, mtval
        call    hex
        csrr    t0, mepc
        li      t1, 0x90000000
        addi    t2, t0, 4
        bne     t0, t1, 1f
        mv      t2, s7
1:      csrw    mepc, t2
2:
        .irp    n, 1,5,6,7,10,28,29,30,31
        lw      x\\n, 4*\\n(sp)
        .endr
        csrrw   sp, mscratch, sp
        mret
tick:
        li      t0, 0x2004000
        lw      t1, 0(t0)
        li      t2, 2777
        add     t1, t1, t2
        sw      t1, 0(t0)
        la      t0, ticks
        lw      t1, 0(t0)
        addi    t1, t1, 1
        sw      t1, 0(t0)
        j       2b
        .balign 4
ticks:  .word   0
save:   .space  256
        .space  1024
stack:
"""
