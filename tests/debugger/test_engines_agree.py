"""A session follows a machine alike in both engines, though the fast one tells of events late."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.session import Session
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machinefile.loading import load_system

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

SAMPLES = Path(__file__).parents[2] / "samples"
# Far enough for guests to have begun, and for their programs to call them.
STEPS, MORE_STEPS = 150_000, 400_000

NAMES = (
    "01-native", "02-type1-classic", "03-type1-legacy", "05-type1-svm", "06-type1-pentium",
    "07-two-vms", "08-shadow-paging", "09-paravirt", "11-nested-vt", "12-split-mode", "13-partition",
)  # fmt: skip


def session_of(name: str, engine: Engine) -> Session:
    path = SAMPLES / name
    session = Session(load_system(path, replace(load_system(path).overrides, engine=engine)))
    session.limit = STEPS
    return session


def followed(session: Session) -> list[object]:
    """Return all that has been followed so far, in values of no one system."""
    shot = session.snapshot()
    entries = [
        (entry.kind, entry.event, str(entry.position), entry.position.physical)
        for entry in session.traplog.entries
    ]
    state = session.callstack.capture()
    stack = [
        (level.activation.entered, level.activation.event, str(level.position), str(level.frame))
        for level in session.callstack.levels(session.here)
    ]
    waiting = {key: (str(known.position), known.sp) for key, known in state.parked.items()}
    guests = {
        name: (guest.written, guest.told, guest.value("mstatus"), guest.value("mtvec"))
        for name, guest in session.guests.items()
    }
    return [
        shot.instant, shot.stop, shot.registers, stack, str(shot.position), entries,
        session.traplog.capture(), waiting, state.serial, state.ended, state.learned.vectors,
        list(state.threads), session.whereabouts.learned, guests, session.console.written,
    ]  # fmt: skip


def is_late(session: Session) -> bool:
    """Tell whether the machine has native code note what happens."""
    return session.machine.observers.urgency() is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_followed_alike(name: str) -> None:
    sessions = [session_of(name, engine) for engine in (Engine.REFERENCE, Engine.FAST)]
    for session in sessions:
        session.resume()
    assert is_late(sessions[1])
    assert followed(sessions[0]) == followed(sessions[1])


def by_condition(session: Session) -> None:
    known = session.break_on_trap("any")
    session.set_condition(known.number, compile_expression("mcause == 2 && a0 > 16", session.scope))


PREPARED: dict[str, Callable[[Session], object]] = {
    "a trap bit": lambda session: session.break_on_trap("wrstatus"),
    "a cause": lambda session: session.break_on_trap("ecall-u"),
    "an injection": lambda session: session.break_on_trap("injection"),
    "what is ignored": lambda session: session.break_on_trap("ignored"),
    "a condition": by_condition,
}


def there_and_back(session: Session) -> list[object]:
    """Run from stop to stop, and some of the way back."""
    met: list[object] = []
    for move in [session.resume] * 10 + [session.reverse_resume] * 4:
        met.append((move(), session.machine.instant))
        if session.machine.instant in (0, session.limit):
            break
    return met


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("02-type1-classic", kind) for kind in PREPARED if kind != "what is ignored"),
        *(("06-type1-pentium", kind) for kind in ("a trap bit", "what is ignored", "a condition")),
    ],
)
def test_breakpoints_on_traps_stop_at_the_same_instants(name: str, kind: str) -> None:
    met = []
    for engine in (Engine.REFERENCE, Engine.FAST):
        session = session_of(name, engine)
        session.limit = MORE_STEPS
        PREPARED[kind](session)
        met.append((there_and_back(session), followed(session)))
    assert met[0] == met[1]
    assert len(met[0][0]) > 1
