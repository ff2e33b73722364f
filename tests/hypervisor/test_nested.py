"""A hypervisor inside the hypervisor: its virtual CPU has a trap bitmap, and on `svm` a control block.

The measure is the bare machine of the same generation. What the inner hypervisor and its guest issue,
with which values in the registers, is the same instruction by instruction, whoever is below them.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from asm import Options, assemble_file, assemble_text
from asm.isa.trapbits import ALL_TRAP_BITS, TrapBit
from asm.program import Program
from hvtui.machine.board import StopReason
from hvtui.machine.events import TrapReturned
from tests.support.virtualized import (
    CPUS,
    GUEST_RAM,
    SAMPLES,
    Guest,
    base_of,
    guest_of_program,
    guest_of_sample,
    hypervisor_as_guest,
    native,
    virtualized,
)
from tests.support.walker import Side, Walk, walk_sides

LIMIT = 12_000_000
ROOM = 8 << 20
NESTED = {"NESTED": 1}
# Where the inner hypervisors of this file have their control block.
BLOCK = GUEST_RAM + 0x3000
NEW = pytest.mark.parametrize("cpu", ["vt", "svm"])

# The poorest hypervisor with a bitmap. It runs the code at `guest` in S and then in U. At each exit it
# reads why, so that the reason stands in registers; after an ecall it is done, else it goes on behind
# the instruction.
L1 = """\
_start: la   t0, left
        csrw mtvec, t0
        li   t0, -1
        csrw pmpaddr0, t0
        li   t0, 0x1f
        csrw pmpcfg0, t0
        csrwi mideleg, 2
        csrwi mie, 2
        csrwi mip, 2                    # pending, so that a wfi does not wait
        li   t0, OPEN
        csrw mcounteren, t0
        csrw scounteren, t0
        la   t0, handler
        csrw stvec, t0
        csrr a0, mimpid
        csrr a1, 0xfc0                  # mtrapcap
        csrr a2, 0x7c0                  # mtrapmap
        li   t1, BITS
        .if  MVMCB
        li   t0, MVMCB
        sw   t1, (t0)
        csrw 0x7c1, t0
        csrr a3, 0x7c1
        .else
        csrw 0x7c0, t1
        .endif
        csrr a2, 0x7c0
        li   s0, MODES
        li   s1, 1                      # s1 = the mode: first S
next:   la   t0, after_sret
        csrw sepc, t0
        slli t0, s1, 11
        ori  t0, t0, 0x100              # SPP: S
        li   t2, STATUS
        or   t0, t0, t2
        csrw mstatus, t0
        la   t0, guest
        csrw mepc, t0
        li   t3, 0x5a
        mret
        .balign 4
left:   csrr a0, mcause
        csrr a1, mtval
        csrr a2, mepc
        csrr a3, mstatus
        .if  MVMCB
        li   a4, MVMCB
        lw   a5, 4(a4)
        lw   a6, 8(a4)
        lw   a7, 12(a4)
        lw   a4, 16(a4)
        .endif
        csrr t0, 0x7c0
        addi t0, a0, -8                 # ecall from U, or from S
        sltiu t0, t0, 2
        bnez t0, phase
        bgez a0, 1f
        csrwi mie, 0                    # an interrupt: one is enough
        mret
1:      addi t0, a0, -1
        addi a2, a2, 4
        bnez t0, 1f
        mv   a2, s2                     # it could not fetch: s2 says where to go on
1:      csrw mepc, a2
        mret
phase:  csrwi mie, 0
        addi s0, s0, -1
        addi s1, s1, -1
        bnez s0, next
        li   t1, 0x100000
        li   t0, 0x5555
        sw   t0, (t1)
        .balign 4
handler: csrr a0, scause                # what is delegated comes here
        csrr a1, stval
        csrr a2, sepc
        addi a2, a2, 4
        csrw sepc, a2
        sret
        .balign 4
guest:
"""

# One CSR at least of every class, with what the guest writes to it.
CSRS = (
    "mstatus", "misa", "mtvec", "medeleg", "mepc", "mtval", "mie", "mip", "satp", "pmpcfg0", "pmpaddr3",
    "cycle", "time", "mcycle", "scounteren", "mcountinhibit", "mhartid", "mimpid", "0x7c0", "0x7c1",
    "0xfc0", "sstatus", "stval", "sscratch", "0x5c0",
)  # fmt: skip
ZERO = {"satp", "sstatus", "scounteren"}


def instructions() -> str:
    """Return code that tries everything a bitmap is about."""
    lines = ["sret", "after_sret: mret", "wfi", "sfence.vma", "sfence.vma t0, x0"]
    for csr in CSRS:
        source = "x0" if csr in ZERO else "t3"
        lines += [f"csrr t2, {csr}", f"csrw {csr}, {source}", f"csrrw t2, {csr}, {source}"]
        lines += [f"csrrci t2, {csr}, 0", f"csrsi {csr}, 2" if csr not in ZERO else "nop"]
    return "\n".join(lines)


# Traps that no bit asks for: of data, of a fetch, of nonsense, and the alarm.
FAULTS = """\
        after_sret:
        lw   t2, (x0)
        sw   t2, (x0)
        amoadd.w t2, t2, (x0)
        la   s2, 1f
        jr   x0
1:      ebreak
        .word 0
        .half 0x1234, 0
        li   s2, 50
2:      addi s2, s2, -1
        bnez s2, 2b
"""
ALARM = """\
        li   t2, 0x0200bff8             # mtime
        lw   t2, (t2)
        addi t2, t2, 60
        li   t0, 0x02004000             # mtimecmp
        sw   t2, (t0)
        sw   zero, 4(t0)
        li   t0, 0x80
        csrw mie, t0
"""
# A control block where there is no RAM: the mret does not happen.
NOWHERE = """\
        la   t0, 1f
        csrw mtvec, t0
        li   t0, {address}
        csrw 0x7c1, t0
        mret
        .balign 4
1:      csrr a0, mcause
        csrr a1, mtval
        csrr a2, mepc
        csrr a3, mstatus
        csrr a4, 0x7c0
        la   t0, left
        csrw mtvec, t0
        li   t0, MVMCB
        csrw 0x7c1, t0
"""


def poor(
    bits: int,
    code: str,
    *,
    cpu: str = "vt",
    status: int = 0,
    opened: int = -1,
    before: str = "",
) -> Guest:
    """Return the poor hypervisor with the bitmap `bits` and the guest `code`.

    `status` is or'ed into its mstatus, `opened` says which counters its guest may read; `before` is
    executed before its guest gets the CPU.
    """
    defines = {
        "BITS": bits, "STATUS": status, "OPEN": opened & 0xFFFF_FFFF, "MODES": 2,
        "MVMCB": BLOCK if cpu == "svm" else 0,
    }  # fmt: skip
    text = L1.replace("next: ", f"{before}\nnext: ") + code + "\n        ecall\n"
    return guest_of_program(assemble_text(text, "inner.s", Options(base=GUEST_RAM, defines=defines)))


def walked(guest: Guest, cpu: str) -> Walk:
    """Hold a guest on the bare machine of a generation against the same guest under the hypervisor."""
    bare = Side(native(guest, ram_size=ROOM, cpu=cpu), is_virtual=False, typed=b"")
    system = virtualized(guest, cpu=cpu, vm_size=ROOM, defines=NESTED)
    hosted = Side(system, is_virtual=True, typed=b"", vm_size=ROOM)
    return walk_sides(bare, hosted, limit=LIMIT)


def agreed(result: Walk) -> int:
    """Hold a walk to its good end; return how many traps there were on the bare machine."""
    assert result.divergence is None, result.divergence
    for stop in (result.native_stop, result.virtual_stop):
        assert stop is not None
        assert (stop.reason, stop.code) == (StopReason.EXITED, 0)
    return result.native_machine.hart.traps


def some_bitmaps() -> list[int]:
    pick = random.Random(11)
    return [0, ALL_TRAP_BITS, *(pick.getrandbits(32) & ALL_TRAP_BITS for _ in range(4))]


@NEW
@pytest.mark.parametrize("bits", some_bitmaps(), ids=hex)
def test_a_bit_of_the_inner_bitmap_traps_and_without_it_the_instruction_executes_or_is_ignored(
    cpu: str, bits: int
) -> None:
    traps = agreed(walked(poor(bits, instructions(), cpu=cpu), cpu))
    assert (traps > 100) == (bits != 0)


@NEW
@pytest.mark.parametrize("bits", [0, 1 << TrapBit.WFI | 1 << TrapBit.RDVM])
def test_what_the_inner_hypervisor_closes_to_s_is_ignored_unless_its_bit_is_set(
    cpu: str, bits: int
) -> None:
    closed = 1 << 20 | 1 << 21 | 1 << 22  # TVM, TW, TSR
    code = instructions()
    assert agreed(walked(poor(bits, code, cpu=cpu, status=closed, opened=0), cpu)) > 2


@NEW
def test_an_illegal_instruction_may_be_delegated_one_that_a_bit_asks_for_is_not(cpu: str) -> None:
    bits = 1 << TrapBit.RDSTATUS | 1 << TrapBit.WRTRAP
    agreed(walked(poor(bits, instructions(), cpu=cpu, before="csrwi medeleg, 4"), cpu))


@NEW
@pytest.mark.parametrize("bits", [0, ALL_TRAP_BITS])
def test_other_traps_are_handed_on_with_all_that_the_hardware_tells(cpu: str, bits: int) -> None:
    assert agreed(walked(poor(bits, FAULTS, cpu=cpu, before=ALARM), cpu)) > 10


@pytest.mark.parametrize("address", [16, 0x807F_FFF0, 0xFFFF_FFFC, 0x7FFF_FFFC])
def test_a_control_block_outside_ram_is_a_machine_check(address: int) -> None:
    before = NOWHERE.format(address=address)
    result = walked(poor(0, "after_sret:", cpu="svm", before=before), "svm")
    assert agreed(result) == 3
    assert result.native_machine.hart.csr_value("mvmcb") == BLOCK


def test_the_control_block_is_written_as_the_hardware_writes_it() -> None:
    """Word by word, after the last exit of each kind."""
    for code in ("after_sret: csrr t2, mepc", "after_sret: lw t2, (x0)", FAULTS):
        result = walked(poor(ALL_TRAP_BITS, code, cpu="svm"), "svm")
        agreed(result)
        real = BLOCK - GUEST_RAM + base_of(1, ROOM)
        written = result.virtual_machine.read_physical(real, 20)
        assert written == result.native_machine.read_physical(BLOCK, 20)
        assert written is not None
        assert int.from_bytes(written[4:8], "little") == 0x108  # the ecall of U


@NEW
@pytest.mark.parametrize("left_out", [TrapBit.RDCOUNT, TrapBit.WFI, TrapBit.SFENCE])
def test_below_virtual_m_the_real_bitmap_is_the_or_of_both(cpu: str, left_out: TrapBit) -> None:
    own, theirs = ALL_TRAP_BITS & ~(1 << left_out), 1 << left_out | 1 << TrapBit.MRET
    guest = poor(theirs, "after_sret: lw t2, (x0)", cpu=cpu)
    defines = {**NESTED, "TRAPMAP_WITHOUT": 1 << left_out}
    machine = virtualized(guest, cpu=cpu, vm_size=ROOM, defines=defines).fresh_machine()
    code = guest.components[0].program.symbols["guest"].value
    seen: set[tuple[bool, int]] = set()

    def on_return(event: TrapReturned) -> None:
        seen.add((event.resumed >= code, machine.hart.csr_value("mtrapmap")))

    machine.observers.trap_return.append(on_return)
    machine.run(max_retired=LIMIT)
    assert seen == {(False, own), (True, own | theirs)}


@pytest.mark.parametrize("cpu", CPUS)
def test_the_hypervisor_runs_in_itself_as_on_the_bare_machine(cpu: str) -> None:
    agreed(walked(hypervisor_as_guest(guest_of_program(hello())), cpu))


@NEW
@pytest.mark.parametrize("left_out", [TrapBit.RDTRAP, TrapBit.MRET])
def test_a_bit_that_the_inner_hypervisor_leaves_out_is_missed_as_on_the_bare_machine(
    cpu: str, left_out: TrapBit
) -> None:
    """Its guest then goes astray, in the very same way."""
    kernel = replace(guest_of_sample("01-native").components[0], vm=None)
    guest = hypervisor_as_guest(Guest((kernel,)), {"TRAPMAP_WITHOUT": 1 << left_out})
    result = walked(guest, cpu)
    assert result.divergence is None, result.divergence
    assert result.native_stop == result.virtual_stop


@pytest.mark.parametrize("cpu", ["classic", "vt"])
def test_a_guest_finds_an_ordinary_cpu_unless_it_is_asked_otherwise(cpu: str) -> None:
    source = """\
_start: la   t0, 1f
        csrw mtvec, t0
        csrr a0, mimpid
        csrr a1, 0x7c0
        .balign 4
1:      csrr a2, mcause
        csrr a3, mtval
        li   t1, 0x100000
        li   t0, 0x5555
        sw   t0, (t1)
"""
    guest = guest_of_program(assemble_text(source, "curious.s"))
    bare = Side(native(guest), is_virtual=False, typed=b"")
    defines = NESTED if cpu == "classic" else None
    hosted = Side(virtualized(guest, cpu=cpu, defines=defines), is_virtual=True, typed=b"")
    agreed(walk_sides(bare, hosted))


def hello() -> Program:
    return assemble_file(SAMPLES / "guests" / "hello.s", Options(base=GUEST_RAM))
