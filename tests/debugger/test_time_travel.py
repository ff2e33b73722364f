"""Travelling in time: the state after going back is the state of a fresh run to that instant."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from asm.isa.trapbits import TrapBit
from hvtui.debugger.edits import Change, CsrEdit, EditError, MemoryEdit, PcEdit, RegisterEdit
from hvtui.debugger.history import FutureLostError
from hvtui.debugger.session import MoveError, Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machine.events import DeviceOutput
from hvtui.machinefile.loading import load_system
from tests.support.debugged import KEEPER, Part, session_of, system_of, virtualized
from tests.support.timetravel import Scene, fresh_scenes, recorded, scene_of

SAMPLES = Path(__file__).parents[2] / "samples"

# How far a walk goes; elsewhere far enough to see guests run.
ENDS = {"04-type1-vt": 120_000, "08-shadow-paging": 150_000}

COUNTER = "_start: addi a0, a0, 1\n la t0, seen\n sw a0, 0(t0)\n j _start\n .data\nseen: .word 0\n"

# Sleeps until a byte comes, echoes it, and ends at an "x".
ECHO = """\
_start: li      s0, 0x10000000
        li      t0, 1
        sb      t0, 1(s0)               # UART: interrupt on input
        li      t1, 0x0c000028
        sw      t0, 0(t1)               # PLIC: priority of source 10
        li      t1, 0x0c002000
        li      t2, 1 << 10
        sw      t2, 0(t1)               # enabled for M
        li      t0, 1 << 11
        csrs    mie, t0
sleep:  wfi
next:   lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, sleep
        lbu     a0, 0(s0)
        sb      a0, 0(s0)
        li      t0, 'x'
        bne     a0, t0, next
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
"""

# Counts its starts in memory that a reset keeps, and resets the machine until there were three.
RESETTER = """\
_start: la      s0, starts
        lw      s1, 0(s0)
        addi    s1, s1, 1
        sw      s1, 0(s0)
        call    work
        li      t0, 3
        li      t1, 0x100000
        li      t2, 0x7777
        blt     s1, t0, 1f
        li      t2, 0x5555
1:      sw      t2, 0(t1)
work:   csrw    mscratch, s1
        ret
        .data
starts: .word   0
"""

# Sleeps for the timer, over and over, and spins for it as well.
SLEEPER = """\
_start: la      t0, tick
        csrw    mtvec, t0
        li      s0, 0x02004000
        sw      zero, 4(s0)
        li      t0, 1 << 7
        csrs    mie, t0
again:  li      t0, 0x0200bff8
        lw      t1, 0(t0)
        addi    t1, t1, 1000
        sw      t1, 0(s0)
        wfi
        csrsi   mstatus, 8
spin:   j       spin
tick:   addi    s1, s1, 1
        la      t0, again
        csrw    mepc, t0
        li      t0, -1
        sw      t0, 0(s0)
        mret
"""


class Walk:
    """A session, with a look at every instant that it stands at: `check` holds all against a run."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seen: list[tuple[int, Scene]] = []

    def look(self) -> None:
        self.seen.append((self.session.machine.instant, scene_of(self.session)))

    def check(self) -> None:
        instants = [instant for instant, _ in self.seen]
        expected = dict(fresh_scenes(self.session.system, recorded(self.session), instants))
        for instant, scene in self.seen:
            assert scene.followed == expected[instant].followed, f"at instant {instant}"
            assert scene.machine == expected[instant].machine, f"at instant {instant}"


def wander(walk: Walk, chance: random.Random, moves: int, end: int) -> None:
    """Move at random, forwards and backwards, but not past `end`, and look after every move."""
    session = walk.session
    small = (
        session.step_instruction, session.step_line, session.step_over,
        session.reverse_step_instruction, session.reverse_step_line, session.reverse_over,
        session.reverse_over_instruction, session.reverse_finish,
    )  # fmt: skip
    for _ in range(moves):
        if chance.random() < 0.5 or session.machine.instant > end:
            session.goto(chance.randrange(end + 1))
        else:
            for _ in range(chance.randrange(1, 4)):
                try:
                    chance.choice(small)()
                except MoveError:
                    continue
        walk.look()


@pytest.mark.parametrize("name", sorted(path.parent.name for path in SAMPLES.glob("*/machine.toml")))
def test_a_random_walk_through_time_sees_what_a_fresh_run_sees(name: str) -> None:
    chance, end = random.Random(name), ENDS.get(name, 60_000)
    session = Session(load_system(SAMPLES / name / "machine.toml"))
    walk = Walk(session)
    for instant in sorted(chance.randrange(end) for _ in range(6)):
        session.goto(instant)
        session.send(bytes(chance.randrange(32, 127) for _ in range(3)))
        # What the guests make of it is theirs: some lose their hypervisor, and end early.
        if session.machine.generation.trapcap:
            session.toggle_trap_bit(chance.choice((TrapBit.RDCOUNT, TrapBit.RDID, TrapBit.WFI)))
    session.goto(end)
    wander(walk, chance, 16, min(end, session.frontier))
    walk.check()


@pytest.mark.parametrize("cpu", ["vt", "svm"])
def test_trap_bits_changed_by_hand_are_changed_again_in_a_replay(cpu: str) -> None:
    chance = random.Random(cpu)
    session = session_of(
        Part("keeper", KEEPER),
        Part("spy", "_start: csrr t0, mstatus\n csrw mie, t0\n j _start\n", 0x8001_0000, "user"),
        cpu=cpu,
    )
    walk = Walk(session)
    for instant in range(100, 1500, 150):
        session.goto(instant)
        session.toggle_trap_bit(chance.choice((TrapBit.RDSTATUS, TrapBit.WRINT)))
        walk.look()
    wander(walk, chance, 40, 1500)
    walk.check()
    kinds = {entry.kind for _, scene in walk.seen for entry in scene.followed.log}
    assert len(kinds) == 3, "traps, returns and ignored instructions should have been met"


def test_the_call_stack_of_a_virtual_machine_is_restored_with_its_injections() -> None:
    session = virtualized()
    walk = Walk(session)
    session.goto(120)
    wander(walk, random.Random(1), 80, 120)
    walk.check()


def test_registers_csrs_memory_and_pc_that_were_set_by_hand_are_set_again() -> None:
    session = session_of(Part("main", COUNTER))
    walk = Walk(session)
    session.goto(50)
    for change in (
        RegisterEdit(10, 1000),
        CsrEdit("mscratch", 77),
        MemoryEdit(0x8000_4000, b"abcd"),
        PcEdit(0x8000_0000),
    ):
        session.change(change)
    session.goto(90)
    for instant in (20, 50, 49, 51, 90):
        session.goto(instant)
        walk.look()
    assert session.machine.hart.x[10] > 1000
    assert session.machine.hart.csr_value("mscratch") == 77
    assert session.machine.read_physical(0x8000_4000, 4) == b"abcd"
    session.goto(49)
    assert session.machine.hart.csr_value("mscratch") == 0
    walk.check()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (RegisterEdit(0, 1), "x0"),
        (CsrEdit("nosuch", 1), "no CSR nosuch"),
        (CsrEdit("mtrapmap", 1), "no CSR mtrapmap"),
        (CsrEdit("mhartid", 1), "read-only"),
        (PcEdit(0x8000_0001), "multiple"),
        (MemoryEdit(0x1000, b"x"), "fit"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_leaves_no_trace(change: Change, told: str) -> None:
    session = session_of(Part("main", COUNTER))
    session.goto(10)
    before = session.machine.capture()
    with pytest.raises(EditError, match=told):
        session.change(change)
    assert session.machine.capture() == before
    assert recorded(session) == []


def test_input_is_given_again_at_the_instant_at_which_it_came() -> None:
    session = session_of(Part("echo", ECHO))
    walk = Walk(session)
    for text in (b"a", b"bc", b"dx"):
        assert session.resume().kind is StopKind.WAITING
        session.send(text)
        walk.look()
    assert session.resume().kind is StopKind.ENDED
    walk.look()
    end = session.machine.instant
    wander(walk, random.Random(2), 40, end)
    assert session.goto(0).kind is StopKind.START
    assert session.console.lines == ("",)
    # Nobody has to type anything again.
    assert session.resume().kind is StopKind.ENDED
    assert session.console.lines == ("abcdx",)
    assert session.machine.instant == end
    walk.check()


def test_a_machine_that_resets_itself_can_be_followed_back_through_its_resets() -> None:
    session = session_of(Part("main", RESETTER))
    walk = Walk(session)
    assert session.resume().kind is StopKind.ENDED
    end = session.machine.instant
    for instant in range(end, -1, -1):
        session.goto(instant)
        walk.look()
    wander(walk, random.Random(3), 40, end)
    walk.check()


def test_the_way_back_out_of_a_function_that_a_reset_began_leads_before_the_reset() -> None:
    session = session_of(Part("main", RESETTER))
    session.break_at("_start")
    session.resume()
    began = session.machine.instant
    assert began > 0
    session.step_instruction()
    assert session.reverse_finish().text == "breakpoint 1 at _start: in main at main.s:1"
    assert session.reverse_finish().text == "back before the reset in main at main.s:11"
    assert session.machine.instant == began - 1


def test_time_that_was_skipped_is_skipped_again() -> None:
    session = session_of(Part("main", SLEEPER))
    walk = Walk(session)
    session.goto(9_000)
    wander(walk, random.Random(4), 30, 9_000)
    walk.check()


@pytest.mark.parametrize("loop", ["wfi\n", "j end\n"])
def test_one_can_go_back_from_a_machine_that_is_stuck(loop: str) -> None:
    session = session_of(Part("main", f"_start: li a0, 7\n li a0, 8\nend: {loop}"))
    assert session.resume().kind is StopKind.STUCK
    with pytest.raises(MoveError, match="has ended"):
        session.step_instruction()
    assert session.reverse_step_line().kind in (StopKind.STEPPED, StopKind.STUCK)
    while session.machine.hart.x[10] == 8:
        session.reverse_step_instruction()
    assert (session.machine.hart.x[10], session.here.where) == (7, "main.s:2")
    assert session.goto(0).text == "ready in main at main.s:1"
    assert session.goto(1000).kind is StopKind.STUCK
    assert session.machine.hart.x[10] == 8


def test_one_can_go_back_from_the_end_and_comes_to_the_same_end_again() -> None:
    session = session_of(Part("main", RESETTER))
    ended = session.resume()
    end = session.machine.instant
    assert session.reverse_step_instruction().kind is StopKind.STEPPED
    assert session.machine.instant == end - 1
    assert session.step_instruction() == ended
    session.goto(3)
    assert session.goto(end) == ended
    session.goto(3)
    assert session.goto(end + 1000) == ended
    assert session.frontier == end


def test_before_the_beginning_there_is_nothing() -> None:
    session = session_of(Part("main", COUNTER))
    for move in (
        session.reverse_step_instruction,
        session.reverse_step_line,
        session.reverse_over,
        session.reverse_finish,
        session.reverse_resume,
    ):
        with pytest.raises(MoveError, match="beginning"):
            move()
    with pytest.raises(MoveError, match="no instant -1"):
        session.goto(-1)
    session.goto(4)
    with pytest.raises(MoveError, match="the run began with this function"):
        session.reverse_finish()


# The known future


def test_a_change_in_the_past_is_refused_until_somebody_agrees_to_lose_the_future() -> None:
    session = session_of(Part("echo", ECHO))
    session.resume()
    session.send(b"abc")
    session.resume()
    end = session.machine.instant
    session.send(b"late")
    session.goto(5)
    cut = session.would_cut()
    assert cut is not None
    assert (cut.now, cut.frontier, cut.steps, len(cut.changes)) == (5, end, end - 5, 2)
    before = session.machine.capture()
    with pytest.raises(FutureLostError, match=f"{end - 5} steps from instant 5 to {end}, with 2 rec"):
        session.send(b"z")
    assert session.machine.capture() == before
    assert session.frontier == end

    session.send(b"zx", cut=True)
    assert session.frontier == 5
    assert session.would_cut() is None
    walk = Walk(session)
    assert session.resume().kind is StopKind.ENDED
    assert session.console.lines == ("zx",)
    wander(walk, random.Random(5), 20, session.frontier)
    walk.check()


def test_what_the_lost_future_had_logged_is_gone() -> None:
    parts = (
        Part("keeper", KEEPER),
        Part("spy", "_start: csrr t0, mstatus\n ecall\n j _start\n", 0x8001_0000, "user"),
    )
    session = Session(system_of(*parts, cpu="vt"))
    number = session.break_on_trap("ecall-u").number
    for _ in range(20):
        session.resume()
    session.goto(100)
    before = len(session.traplog.entries)
    counted = session.breakpoints[number].hits
    assert 0 < counted < 20
    session.toggle_trap_bit(TrapBit.RDSTATUS, cut=True)
    assert len(session.traplog.entries) == before
    walk = Walk(session)
    session.goto(600)
    walk.look()
    walk.check()
    assert session.breakpoints[number].hits == counted


def test_what_was_recorded_of_the_lost_future_leads_nowhere_any_more() -> None:
    session = session_of(Part("main", COUNTER))
    session.goto(5000)
    session.change(RegisterEdit(11, 1))
    session.goto(9000)
    session.goto(3000)
    session.change(RegisterEdit(10, 0), cut=True)
    assert [(made.instant, made.change) for made in recorded(session)] == [(3000, RegisterEdit(10, 0))]
    walk = Walk(session)
    session.goto(8800)
    walk.look()
    wander(walk, random.Random(8), 20, 8800)
    walk.check()


def test_characters_in_pieces_come_out_whole_wherever_one_goes() -> None:
    text = "_start: li t0, 0x10000000\n" + "".join(
        f" li t1, {byte}\n sb t1, 0(t0)\n nop\n" for byte in "grüße".encode()
    )
    session = session_of(Part("main", text + "end: j end\n"))
    walk = Walk(session)
    session.goto(30)
    for instant in (8, 10, 9, 12, 11, 13, 17, 14, 30, 10, 30):
        session.goto(instant)
        walk.look()
    assert session.console.lines == ("grüße",)
    walk.check()


def test_at_the_frontier_changes_cut_off_nothing() -> None:
    session = session_of(Part("main", COUNTER))
    session.goto(10)
    assert session.would_cut() is None
    session.goto(5)
    session.goto(10)
    session.change(RegisterEdit(10, 5))
    assert session.would_cut() is None


def test_output_is_told_once_however_often_it_happens_again() -> None:
    session = session_of(Part("echo", ECHO))
    told: list[DeviceOutput] = []
    session.on_output = told.append
    session.resume()
    session.send(b"ab")
    session.resume()
    session.goto(10)
    session.resume()
    session.goto(session.frontier - 3)
    session.resume()
    assert b"".join(event.data for event in told) == b"ab"
    session.send(b"x")
    session.resume()
    assert b"".join(event.data for event in told) == b"abx"
    # Another future says other things.
    session.goto(10)
    session.send(b"X", cut=True)
    session.resume()
    assert b"".join(event.data for event in told) == b"abxX"


def test_the_snapshot_tells_the_present_and_the_frontier() -> None:
    session = session_of(Part("main", COUNTER))
    session.goto(100)
    session.goto(40)
    snapshot = session.snapshot()
    assert (snapshot.instant, snapshot.frontier) == (40, 100)
    assert session.restart().kind is StopKind.START
    assert session.frontier == 0


# Memory


def test_old_moments_are_thinned_out_within_the_budget_and_every_instant_stays_in_reach() -> None:
    budget = 1 << 20
    session = Session(system_of(Part("main", COUNTER)), budget=budget)
    history = session._mover.timeline.history
    for instant in range(0, 60_000, 100):
        session.goto(instant)
        session._mover.timeline._record()
    assert history.size <= budget
    instants = [moment.instant for moment in history.moments]
    assert instants[0] == 0
    gaps = [later - earlier for earlier, later in pairwise(instants)]
    assert len(gaps) > 10
    assert max(gaps[: len(gaps) // 4]) > 4 * max(gaps[-len(gaps) // 4 :])
    walk = Walk(session)
    wander(walk, random.Random(6), 10, 59_000)
    walk.check()
