"""The PMP in native code: its registers are written there, and rule as the reference says they do."""

from __future__ import annotations

import pytest

from asm.assembler.assembly import assemble_text
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machine.fast import layout
from hvtui.machine.fast.engine import FastEngine
from hvtui.machine.fast.program import constants
from tests.support.engine_agreement import compare

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

# What counts traps in s11, keeps the cause of the last in s10, and goes on behind the instruction.
_HANDLER = """
        .balign 4
handler: addi   s11, s11, 1
        csrr    s10, mcause
        csrr    t6, mepc
        addi    t6, t6, 4
        csrw    mepc, t6
        mret
"""
_START = "_start: la t0, handler\n csrw mtvec, t0\n"

# U uses a page of data that the setting gives it, and calls; then M makes the other setting. Both leave
# all other things as they are.
_SWITCHING = """
_start: la      t0, switch
        csrw    mtvec, t0
        la      s1, first
        la      s2, second
        la      t0, user
        csrw    mepc, t0
        li      t0, -1
        csrw    pmpaddr2, t0            # below the others: read and execute
        csrw    mstatus, zero
        .balign 4
switch: mv      a0, s2
        mv      s2, s1
        mv      s1, a0
        srli    t0, a0, 2
        addi    t0, t0, 511
        csrw    pmpaddr0, t0
        li      t0, 0x1d001b
        csrw    pmpcfg0, t0
        csrr    t1, mcause
        add     s3, s3, t1
        la      t0, user
        csrw    mepc, t0
        mret
        .balign 4096
user:   lw      t2, 0(a0)
        addi    t2, t2, 1
        sw      t2, 0(a0)
        sw      t2, 8(s2)               # the other's: it is refused
        j       user
        .balign 4096
first:  .space  4096
second: .space  4096
"""


def _machine(text: str, engine: Engine) -> Machine:
    machine = Machine(cpu="classic", ram_size=1 << 20, engine=engine)
    program = assemble_text(text)
    for segment in program.segments:
        machine.load(segment.address, segment.data.ljust(segment.size, b"\0"))
    machine.reset(program.entry)
    return machine


def _both(text: str, steps: int, strides: tuple[int, ...] = (1, 97)) -> Machine:
    """Run a guest in both engines, comparing them after so many steps each; return the fast one."""
    for stride in strides:
        reference, fast = (_machine(text, engine) for engine in (Engine.REFERENCE, Engine.FAST))
        while reference.instant < steps:
            began = reference.instant
            until = began + stride
            assert reference.run(until_instant=until) == fast.run(until_instant=until)
            assert not compare(reference.capture(), fast.capture())
            assert reference.instant > began
    return fast


def _engine(machine: Machine) -> FastEngine:
    assert isinstance(machine._engine, FastEngine)
    return machine._engine


def _steps_of_reference(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the pc of each instruction that native code leaves to the reference."""
    left: list[int] = []
    execute = machine.hart.execute

    def counted(count: int) -> None:
        left.append(machine.hart.pc)
        execute(count)

    monkeypatch.setattr(machine.hart, "execute", counted)
    return left


def test_native_code_reads_and_writes_every_register(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"pmpcfg{n}" for n in range(4)] + [f"pmpaddr{n}" for n in range(16)]
    lines = []
    for name in names:
        lines += [f"csrrw a1, {name}, a0", f"csrrs a2, {name}, a3", f"csrrc a4, {name}, a3"]
        lines += [f"csrrsi a5, {name}, 8", f"csrr a6, {name}", "addi a0, a0, 0x111"]
    text = (
        "_start: li a0, 0x0f1f1b09\n li a3, 0x10101010\n"
        + "\n".join(lines)
        + "\n1: addi a1, a1, 1\n j 1b\n"
    )
    machine = _machine(text, Engine.FAST)
    left = _steps_of_reference(machine, monkeypatch)
    machine.run(until_instant=1000)
    assert not left
    _both(text, 140)


def test_writes_of_a_locked_entry_and_of_the_address_below_a_locked_range_are_lost() -> None:
    machine = _both(
        _START
        + """
        li      t0, 0x20001000
        csrw    pmpaddr0, t0
        csrw    pmpaddr1, t0
        li      t0, 0x20002000
        csrw    pmpaddr2, t0
        li      t0, 0x008f0000          # entry 2: from pmpaddr1 on, locked
        csrw    pmpcfg0, t0
        li      t0, 0x33333333
        csrw    pmpaddr0, t0
        csrw    pmpaddr1, t0            # lost: it is where entry 2 begins
        csrw    pmpaddr2, t0            # lost
        csrw    pmpaddr3, t0
        li      t0, 0x1f1f1f1f
        csrw    pmpcfg0, t0             # changes all but entry 2
1:      nop
        j       1b
        """
        + _HANDLER,
        60,
    )
    pmp = machine.hart.pmp
    assert pmp.config(0) == 0x1F8F_1F1F
    addresses = [pmp.address(entry) for entry in range(4)]
    assert addresses == [0x3333_3333, 0x2000_1000, 0x2000_2000, 0x3333_3333]


def test_what_may_be_written_may_be_read_and_reserved_bits_stay_zero() -> None:
    machine = _both("_start: li t0, 0x7a66627f\n csrw pmpcfg1, t0\n csrr a0, pmpcfg1\n1: nop\n j 1b", 9)
    assert machine.hart.x[10] == 0x1804_001F


def test_locked_entries_bind_machine_mode_from_the_next_instruction_on() -> None:
    machine = _both(
        _START
        + """
        la      s0, data
        lw      a0, 0(s0)
        sw      a0, 0(s0)
        srli    t0, s0, 2
        addi    t0, t0, 511
        csrw    pmpaddr0, t0
        li      t0, 0x99                # read only, locked
        csrw    pmpcfg0, t0
        lw      a0, 0(s0)
        sw      a0, 0(s0)               # refused
        lw      a0, 16(s0)
        mv      s5, s10
        la      t0, handler             # now all but the handler may not be executed
        srli    t1, t0, 2
        addi    t1, t1, 511
        csrw    pmpaddr1, t1
        li      t1, -1
        csrw    pmpaddr2, t1
        li      t0, 0x9b9f00
        csrw    pmpcfg0, t0
        nop
        nop
1:      nop
        j       1b
        .balign 4096
        """
        + _HANDLER
        + "\n.balign 4096\ndata: .space 4096\n",
        200,
    )
    assert machine.hart.x[21] == 7
    assert machine.hart.x[26] == 1


def test_a_region_that_divides_a_misaligned_access_refuses_it() -> None:
    text = (
        _START
        + """
        la      s0, data
        lw      a0, 0x402(s0)           # nothing speaks against it
        addi    t0, s0, 0x404
        srli    t0, t0, 2
        csrw    pmpaddr0, t0            # 4 bytes
        li      t0, 0x1717
        csrw    pmpcfg0, t0
        csrw    pmpaddr1, zero          # another entry comes and goes
        li      t0, 0x1ff
        csrw    pmpaddr1, t0
        li      t0, 0x1f17
        csrw    pmpcfg0, t0
        lw      a0, 0x402(s0)           # partly in them: refused, even in M
        sw      a0, 0x406(s0)
        lh      a0, 0x404(s0)
        lw      a0, 0x404(s0)
        lw      a0, 0x3fe(s0)
        csrw    pmpcfg0, zero
        lw      a0, 0x402(s0)
1:      nop
        j       1b
    """
        + _HANDLER
        + "\n.balign 4096\ndata: .space 4096\n"
    )
    assert _both(text, 60).hart.x[27] == 2


def test_a_guest_that_switches_between_settings_finds_its_translations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = _machine(_SWITCHING, Engine.FAST)
    machine.run(until_instant=1000)
    cpu = _engine(machine)._cpu
    versions, contexts = cpu.pmp_versions, cpu.next_context
    machine.run(until_instant=50_000)
    assert machine.hart.traps > 1000
    assert (cpu.pmp_versions, cpu.next_context) == (versions, contexts)
    assert versions == 2


def test_what_a_setting_refuses_traps_in_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = _machine(_SWITCHING, Engine.FAST)
    left = _steps_of_reference(machine, monkeypatch)
    machine.run(until_instant=50_000)
    assert machine.hart.traps > 1000
    assert not left


# U may execute 128 bytes of its page, and use 64 bytes of another, from 0x400 on.
_DIVIDED = """
_start: la      t0, handler
        csrw    mtvec, t0
        la      a0, data
        addi    t0, a0, 0x400
        srli    t0, t0, 2
        addi    t0, t0, 7
        csrw    pmpaddr0, t0
        la      t0, user
        csrw    mepc, t0
        srli    t0, t0, 2
        addi    t0, t0, 15
        csrw    pmpaddr1, t0
        li      t0, 0x1c1b
        csrw    pmpcfg0, t0
        csrw    mstatus, zero
        mret
        .balign 4
handler: csrr   t6, mcause
        add     s11, s11, t6
        csrr    t6, mepc
        addi    t6, t6, 4
        csrw    mepc, t6
        bnez    a7, 1f
        mret
1:      li      a7, 0
        la      t6, user
        csrw    mepc, t6
        mret
        .balign 4096
user:   lw      a1, 0x400(a0)
        addi    a1, a1, 1
        sw      a1, 0x43c(a0)
        amoadd.w a2, a1, (a0)           # refused
        lw      a1, 0x3fc(a0)           # refused
        sw      a1, 0x440(a0)           # refused
        lhu     a1, 0x43e(a0)
        sb      a1, 0x401(a0)
        beqz    a1, 2f
        sw      a1, 0x43e(a0)           # partly refused
        lw      a1, 0x401(a0)
2:      bgtz    a1, user
        li      a7, 1
        .rept   24
        nop
        .endr
        .balign 4096
data:   .space  4096
"""


def test_a_page_that_the_pmp_divides_is_used_in_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    _both(_DIVIDED, 3000)
    machine = _machine(_DIVIDED, Engine.FAST)
    left = _steps_of_reference(machine, monkeypatch)
    machine.run(until_instant=20_000)
    assert machine.hart.traps > 1000
    assert not left


def test_settings_are_kept_apart() -> None:
    _both(_SWITCHING, 20_000, (101,))


def test_an_earlier_state_comes_back_with_its_setting() -> None:
    reference, fast = (_machine(_SWITCHING, engine) for engine in (Engine.REFERENCE, Engine.FAST))
    states = []
    for until in (100, 137, 180, 250, 1000):
        for machine in (reference, fast):
            machine.run(until_instant=until)
        assert not compare(reference.capture(), fast.capture())
        states.append(fast.capture())
    assert len({state.hart.pmp for state in states}) > 1
    for state in (states[2], states[0], states[3], states[1], states[4], states[0]):
        for machine in (reference, fast):
            machine.restore(state)
            assert machine.hart.pmp.capture() == state.hart.pmp
            machine.run(until_instant=state.instant + 333)
        assert not compare(reference.capture(), fast.capture())


# M makes 256 settings in turns; under each U reads what it may not, and one word of what it may.
_MANY = """
_start: la      t0, switch
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr3, t0
        la      t0, user
        srli    t0, t0, 2
        addi    t0, t0, 511
        csrw    pmpaddr2, t0
        csrw    mstatus, zero
        la      s0, data
        .balign 4
switch: addi    s1, s1, 1
        andi    s1, s1, 255
        slli    s2, s1, 10
        add     s2, s2, s0
        srli    t0, s2, 2
        addi    t1, t0, 256
        csrw    pmpaddr1, t1
        csrw    pmpaddr0, t0            # where entry 1 begins
        li      t0, 0x1d0b00
        csrw    pmpcfg0, t0
        la      t0, user
        csrw    mepc, t0
        mret
        .balign 4096
user:   lw      t2, 4(s2)
        addi    t2, t2, 1
        sw      t2, 4(s2)
        andi    t3, s1, 1
        bnez    t3, 1f
        sw      t2, -4(s2)              # before it
1:      sw      t2, 0x400(s2)           # behind it
        j       user
        .balign 4096
data:   .space  4096
"""


def test_more_settings_than_have_a_place_are_kept_apart() -> None:
    machine = _both(_MANY, 30_000, (1009,))
    cpu = _engine(machine)._cpu
    assert cpu.pmp_versions > layout.SETTINGS
    assert cpu.settings_used <= layout.MOST_SETTINGS


def test_versions_do_not_run_out() -> None:
    reference, fast = (_machine(_MANY, engine) for engine in (Engine.REFERENCE, Engine.FAST))
    last = constants()["LAST_VERSION"]
    for until in range(500, 20_000, 500):
        reference.run(until_instant=until)
        fast.run(until_instant=until)
        assert not compare(reference.capture(), fast.capture())
        if until == 10_000:
            _engine(fast)._cpu.pmp_versions = last - 20
    assert 0 < _engine(fast)._cpu.pmp_versions < last - 20


def test_what_native_code_wrote_is_seen_from_outside_and_the_other_way_round() -> None:
    machine = _machine(
        "_start: li t0, 0x20000400\n csrw pmpaddr5, t0\n1: csrr a0, pmpaddr5\n j 1b", Engine.FAST
    )
    machine.run(until_instant=10)
    assert machine.hart.csr_value("pmpaddr5") == machine.hart.x[10] == 0x2000_0400
    machine.hart.set_csr("pmpaddr5", 0x1234)
    machine.run(until_instant=20)
    assert machine.hart.x[10] == 0x1234
    machine.hart.set_csr("pmpcfg1", 0x0000_0F00)
    assert [(each.low, each.high) for each in machine.hart.pmp.regions] == [(0, 0x48D0)]
