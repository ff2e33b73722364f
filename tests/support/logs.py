"""Trap logs made by hand, as long as a test wants them."""

from __future__ import annotations

import random
from functools import lru_cache
from struct import Struct

from asm.isa.trapbits import TrapBit
from hvtui.debugger.logentries import ROW_SIZE
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.traplog import LOG_CHUNKS, TrapLog
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from tests.support.debugged import virtualized

HYPER, GUEST, PROGRAM = 0x8000_0000, 0x8001_0000, 0x8002_0000
_MODES = {GUEST: Privilege.S, PROGRAM: Privilege.U}


@lru_cache(maxsize=1)
def _whereabouts() -> Whereabouts:
    return virtualized().whereabouts


def at(address: int) -> Position:
    """Return the position of an address of the hypervisor, its guest kernel or its program."""
    return _whereabouts().of(address, address)


def empty_log(chunks: int = LOG_CHUNKS) -> TrapLog:
    """Return a log of which nothing is written yet."""
    return TrapLog(_whereabouts().of, chunks=chunks)


def fill(log: TrapLog, pairs: int, *, seed: int = 1, since: int = 0) -> int:
    """Write `pairs` of a trap and a return, now and then an ignored instruction; return the end."""
    chance = random.Random(seed)
    instant = since
    # Now and then the run is quiet for long.
    quiet = [30] * 50 + [3_000]
    for _ in range(pairs):
        base = chance.choice((GUEST, PROGRAM))
        mode = _MODES[base]
        place = at(base + 4 * chance.randrange(3))
        instant += chance.randrange(1, chance.choice(quiet))
        if chance.randrange(40) == 0:
            classes = ((TrapBit.WRSUP, Outcome.IGNORED), (TrapBit.RDSUP, Outcome.LEAKED))
            log.kernel(KernelInstruction(instant, place.pc, 0x10002573, mode, classes), place)
            instant += 1
        cause, bits = (2, (TrapBit.WRSTATUS,)) if mode is Privilege.S else (8, ())
        log.trap(
            TrapTaken(
                instant, place.pc, cause, False, 0, 0x30001073, mode, Privilege.M, HYPER + 0x20, bits
            ),
            place,
        )
        instant += chance.randrange(1, 60)
        back = TrapReturned(instant, HYPER + 8, "mret", Privilege.M, mode, place.pc + 4)
        log.trap_return(back, at(HYPER + 8), injected=chance.randrange(20) == 0)
    return instant + 1


_INSTANT = Struct("=Q")


@lru_cache(maxsize=1)
def long_log(entries: int = 1_000_000) -> tuple[TrapLog, int]:
    """Return a log of so many entries, which repeat themselves, and the end of its run.

    It is shared: do not write to it. The rows are written as they are kept, for speed.
    """
    pattern = empty_log()
    period = fill(pattern, 1000)
    known = pattern.known
    (part,) = known.parts(0, known.end)
    rows = known.rows.part(*part)
    whens = [entry.instant for entry in known]
    log = empty_log()
    for number in range(entries):
        turn, place = divmod(number, len(whens))
        when = _INSTANT.pack(turn * period + whens[place])
        log._rows.append(when + rows[place * ROW_SIZE + len(when) : (place + 1) * ROW_SIZE])
    log._length = entries
    return log, (entries // len(whens) + 1) * period
