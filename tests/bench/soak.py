"""What a soak does, cycle after cycle: an engine runs, sessions debug, machines come and go.

Everything is chosen by one seed, so the same cycles do the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from asm.assembler.assembly import assemble_file, assemble_text
from asm.options import Options
from hvtui.debugger.edits import MemoryEdit, RegisterEdit
from hvtui.debugger.session import Session
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine
from hvtui.machine.events import Tally
from hvtui.machine.fast import hot_code
from hvtui.machine.memory import RAM_BASE
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, Overrides, System
from tests.support.engine_agreement import random_subject

_GUESTS = Path(__file__).parent / "guests"
_SAMPLE = Path(__file__).parents[2] / "samples" / "08-shadow-paging" / "machine.toml"
_SP, _A0 = 2, 10
# Behind all that the guest uses.
_FREE = RAM_BASE + 0xF0_0000
# So small that they are full in a minute, not in an hour.
BUDGET = 24 << 20
LOG_CHUNKS = 16
_FAR = 20_000
_BARE = 5
_OFTEN = 499
_LAP = 100_000


def churning(code_pages: int = 1024, roots: int = 256) -> System:
    """Return a computer whose guest changes code, tables and protection, for ever."""
    options = Options(defines={"CODE_PAGES": code_pages, "ROOTS": roots})
    program = assemble_file(_GUESTS / "churn.s", options)
    component = Component("churn", "kernel", program, RAM_BASE, RAM_BASE)
    return System(
        path=_GUESTS / "churn.s", title="churn", cpu="vt", ram_size=16 << 20, timebase=1,
        components=(component,), overrides=Overrides(engine=Engine.AUTO),
    )  # fmt: skip


def heating(pages: int = 32) -> Machine:
    """Return a machine that runs in a loop of every page in turn, and changes that of the next one.

    So there is a block for each, which is never the same again.
    """
    text = "".join(
        f"""
        .balign 4096
page{number}: li s0, 400
1:      addi    a0, a0, 1
        xor     a1, a1, a0
        sw      a1, 0(sp)
        lw      a2, 0(sp)
change{number}: addi a3, a3, {number}
        addi    s0, s0, -1
        bnez    s0, 1b
        la      t0, change{(number + 1) % pages}
        lw      t1, 0(t0)
        li      t2, 0x00100000
        add     t1, t1, t2
        sw      t1, 0(t0)
        tail    page{(number + 1) % pages}
"""
        for number in range(pages)
    )
    machine = Machine(engine=Engine.AUTO)
    for segment in assemble_text(text).segments:
        machine.load(segment.address, segment.data)
    machine.reset(RAM_BASE)
    machine.hart.set_x(_SP, _FREE)
    if machine._engine is not None:
        machine._engine.hot_code.compile_at_once(_OFTEN)
    return machine


class Soak:
    """An engine, a session that runs on and on, one that begins anew, and passing machines.

    In a cycle the endless session runs for `steps`, the engine several times as far; another machine
    has all its blocks compiled once.
    """

    def __init__(self, *, steps: int = 1_000_000, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._steps = steps
        self.cycles = 0
        self.machine = churning().fresh_machine()
        self.hot = heating()
        self.tally = Tally()
        self.machine.observers.tallies.append(self.tally)
        self.endless = Session(churning(), budget=BUDGET)
        self.endless.traplog._rows._most_chunks = LOG_CHUNKS
        self._sample = load_system(_SAMPLE)
        self.session = Session(self._sample, budget=BUDGET)

    @property
    def roots(self) -> Mapping[str, object]:
        """What may not grow."""
        return {
            "machine": self.machine, "endless": self.endless, "session": self.session,
            "tally": self.tally, "hot": self.hot, "compiler": hot_code._COMPILER,
        }  # fmt: skip

    def cycle(self) -> None:
        """Run everything for a while."""
        self.machine.run(until_instant=self.machine.instant + _BARE * self._steps)
        self.hot.run(until_instant=self.hot.instant + _LAP)
        self._run_on()
        self._debug()
        subject = random_subject(self._chance.randrange(1 << 30), Engine.AUTO)
        subject.machine.run(until_instant=3_000)
        self.cycles += 1

    def _run_on(self) -> None:
        """Go on with the endless run: back a bit, an edit, and forwards again."""
        session, chance = self.endless, self._chance
        session.limit = session.machine.instant + self._steps
        session.resume()
        session.goto(session.machine.instant - chance.randrange(_FAR))
        session.reverse_to_trap()
        session.change(RegisterEdit(_A0, chance.getrandbits(32)), cut=True)
        session.change(MemoryEdit(_FREE + 4 * chance.randrange(1024), b"soak"), cut=True)
        session.step_line()
        session.snapshot()

    def _debug(self) -> None:
        """Debug a guest in all sorts of ways, from its start to its end."""
        session, chance = self.session, self._chance
        if chance.random() < 0.3:
            self._sample = load_system(_SAMPLE)
            session.reload(self._sample, from_start=chance.random() < 0.5)
        else:
            session.restart()
        trap = session.break_on_trap("ecall-u", alone=True)
        session.ignore_hits(trap.number, chance.randrange(20))
        place = session.break_at(chance.choice(("fork_saved_page", "frame_take", "schedule")))
        session.limit = None
        for _ in range(3):
            self._resume(session)
            session.snapshot()
        session.reverse_resume()
        session.step_line()
        session.reverse_over()
        session.remove_breakpoint(trap.number)
        session.remove_breakpoint(place.number)
        watch = session.watch("*last_pid", each_step=False)
        self._resume(session)
        session.remove_breakpoint(watch.number)
        session.send(b"x", cut=True)
        session.goto(session.machine.instant + 100_000 + chance.randrange(_FAR))
        for _ in range(3):
            session.goto(chance.randrange(session.frontier))
            session.reverse_step_instruction()
            session.snapshot()
        session.change(RegisterEdit(_A0, session.machine.hart.x[_A0]), cut=True)
        session.limit = session.machine.instant + 100_000
        self._resume(session)

    @staticmethod
    def _resume(session: Session) -> None:
        if session.machine.exit is None:
            session.resume()
