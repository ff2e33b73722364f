"""Commands that say where the machine shall stop: at places, at traps, at changes."""

from __future__ import annotations

import re

from hvtui.debugger.breakpoints import (
    Breakpoint,
    LostBreakpoint,
    PlaceBreakpoint,
    TrapBreakpoint,
    WatchBreakpoint,
)
from hvtui.debugger.commands.completing import (
    breakpoint_numbers,
    expression,
    first_number,
    place_or_trap,
    with_options,
)
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.compiling import Expression
from hvtui.debugger.locations import LocationError
from hvtui.machinefile.system import Component

GROUP = Group("Breakpoints")

_IF = re.compile(r"(?:\A|\s)if(?=\s|\(|\Z)")
_TRAP = re.compile(r"trap(?:\s+(?P<words>.*))?", re.DOTALL)
_STEP_OPTION = re.compile(r"-step(?:\s+|\Z)")
_WATCH_OPTIONS = {"-step": "compute it after each step"}
_MOST_IGNORED = 1 << 62


@GROUP.command(
    "break", "b", "br",
    usage=("[PLACE] [if EXPRESSION]", "trap CONDITION [if EXPRESSION]"),
    complete=place_or_trap,
)  # fmt: skip
def set_breakpoint(context: Context, text: str) -> None:
    """Stop before the instruction at a place is executed, or after a trap.

    PLACE is a label, LABEL+8, FILE:LINE or *ADDRESS (physical), each with COMPONENT:: before it if
    need be; without one it is here. After a star any expression will do that makes an address: *mepc,
    *ra, *word(sp + 12). Such an address is one of the mode that it belongs to.

    CONDITION is a few words that must all hold: what happens (any, trap, interrupt, return,
    injection, ignored, leaked), a cause (illegal, ecall-u), a trap bit (wrstatus), from RING,
    to RING, in COMPONENT.

      break trap_entry              break tinyos.s:88 if a0 == 3
      break trap wrstatus           break trap ecall-u in init
      break trap ignored            break trap any to 0
    """
    _write(context, _set(context, text, one_shot=False))


@GROUP.command(
    "tbreak", "tb",
    usage=("[PLACE] [if EXPRESSION]", "trap CONDITION [if EXPRESSION]"),
    complete=place_or_trap,
)  # fmt: skip
def set_one_shot(context: Context, text: str) -> None:
    """Set a breakpoint that is removed when it has stopped the machine.

    See help break for what may follow.
    """
    _write(context, _set(context, text, one_shot=True))


@GROUP.command(
    "watch",
    "w",
    usage="[-step] EXPRESSION [if EXPRESSION]",
    complete=with_options(_WATCH_OPTIONS, expression),
)
def set_watchpoint(context: Context, text: str) -> None:
    """Stop after an instruction that changes a place in memory, a register, a CSR or any expression.

    Memory is watched where it lies now, at its physical address; that does not slow the machine down.
    Everything else is computed after each step, and the machine runs far slower; -step asks for
    that for memory, too, where the address is not always the same.

      watch *counter                watch mstatus.MIE
      watch pword(0x80200000)       watch -step *word(sp + 4)
    """
    what, condition = _split_condition(context, text)
    option = _STEP_OPTION.match(what)
    if option is not None:
        what = what[option.end() :]
    if not what:
        raise CommandError("say what to watch: *counter, pword(ADDRESS), a0, mstatus.MIE")
    added = context.session.watch(what, each_step=option is not None)
    added.condition = condition
    context.write(describe(added))


@GROUP.command("delete", "d", "del", usage="[NUMBER]...", complete=breakpoint_numbers)
def delete(context: Context, text: str) -> None:
    """Remove breakpoints and watchpoints; all of them if no number is given."""
    for known in context.breakpoints(text):
        context.session.remove_breakpoint(known.number)


@GROUP.command("disable", "dis", usage="[NUMBER]...", complete=breakpoint_numbers)
def disable(context: Context, text: str) -> None:
    """Switch breakpoints off, and leave them there; all of them if no number is given."""
    for known in context.breakpoints(text):
        context.session.enable_breakpoint(known.number, enabled=False)


@GROUP.command("enable", "en", usage="[NUMBER]...", complete=breakpoint_numbers)
def enable(context: Context, text: str) -> None:
    """Switch breakpoints on again; all of them if no number is given."""
    for known in context.breakpoints(text):
        context.session.enable_breakpoint(known.number, enabled=True)


@GROUP.command("condition", "cond", usage="NUMBER [EXPRESSION]", complete=first_number(expression))
def set_condition(context: Context, text: str) -> None:
    """Let a breakpoint stop only where an expression is not 0; without one, everywhere again.

    A condition that has no value when it is asked for stops the machine and says so.
    """
    number, _, what = text.partition(" ")
    known = context.breakpoint(number)
    condition = context.compile(what) if what.strip() else None
    context.session.set_condition(known.number, condition)
    context.write(describe(known))


@GROUP.command("ignore", usage="NUMBER COUNT", complete=breakpoint_numbers)
def ignore(context: Context, text: str) -> None:
    """Let the next so many hits of a breakpoint pass. They are counted all the same.

    On the way back through time every hit stops.
    """
    number, _, what = text.partition(" ")
    known = context.breakpoint(number)
    if not what.strip():
        raise CommandError("how many hits? as in: ignore 1 10")
    count = context.value(what)
    if not 0 <= count <= _MOST_IGNORED:
        raise CommandError(f"{count} is no number of hits")
    context.session.ignore_hits(known.number, count)
    context.write(f"Breakpoint {known.number} will ignore its next {count:,} hits.")


@GROUP.command("commands", usage=("NUMBER", "NUMBER COMMAND; COMMAND..."), complete=breakpoint_numbers)
def set_commands(context: Context, text: str) -> None:
    """Do commands whenever a breakpoint stops the machine.

    They follow on the same line, or on lines of their own up to one that says end. If the first one
    is silent, the stop is not told. After one that moves the machine no other is done.

      commands 1
        silent
        print a0
        continue
      end
    """
    number, _, rest = text.partition(" ")
    known = context.breakpoint(number)
    known.commands = tuple(part.strip() for part in rest.split(";") if part.strip())
    if not rest.strip():
        context.block = known.number


# Details


def _write(context: Context, added: Breakpoint) -> None:
    context.write(describe(added))
    for location in added.locations if isinstance(added, PlaceBreakpoint) else ():
        translator = _translator_of(context, location.component)
        if translator is not None and location.component is not None:
            name, cache = translator
            context.write(
                f"  {name} runs a translation of {location.component.name}, not the code there: to stop"
                f" in that, break at {name}::{cache} plus its distance (see disassemble {cache})"
            )
            return


def _translator_of(context: Context, guest: Component | None) -> tuple[str, str] | None:
    """Return who runs a translation of a guest's kernel, and the label of where they put it."""
    if guest is None or guest.vm is None or guest.role == "user":
        return None
    for part in context.session.system.components:
        if part.translates is not None and part.translates.vm == guest.vm:
            place = part.translates.first + part.relocation
            return part.name, context.session.whereabouts.of(place, place).label
    return None


def _set(context: Context, text: str, *, one_shot: bool) -> Breakpoint:
    where, condition = _split_condition(context, text)
    session = context.session
    trap = _TRAP.fullmatch(where)
    if trap is not None and not (trap["words"] is None and _is_place(context, where)):
        added: Breakpoint = _on_trap(context, trap["words"] or "", condition, one_shot=one_shot)
    else:
        locations = context.resolve(where)
        added = session.break_at_locations(where or str(locations[0]), locations, one_shot=one_shot)
    added.condition = condition
    return added


def _on_trap(
    context: Context, words: str, condition: Expression | None, *, one_shot: bool
) -> TrapBreakpoint:
    return context.session.break_on_trap(words, one_shot=one_shot, alone=condition is not None)


def _is_place(context: Context, text: str) -> bool:
    try:
        return bool(context.resolve(text))
    except LocationError:
        return False


def _split_condition(context: Context, text: str) -> tuple[str, Expression | None]:
    found = _IF.search(text)
    if found is None:
        return text.strip(), None
    return text[: found.start()].strip(), context.compile(text[found.end() :])


def describe(known: Breakpoint) -> str:
    """Say what a breakpoint is, in a line."""
    one_shot = ", once" if known.one_shot else ""
    return f"{_kind(known)} {known.number} {_place(known)}{one_shot}"


def _kind(known: Breakpoint) -> str:
    return "Watchpoint" if isinstance(known, WatchBreakpoint) else "Breakpoint"


def _place(known: Breakpoint) -> str:
    condition = f" if {known.condition.text}" if known.condition else ""
    match known:
        case PlaceBreakpoint(locations=(location,)):
            return f"at {known.text}: {location.physical:#010x}, {location}{condition}"
        case PlaceBreakpoint(locations=locations):
            each = "; ".join(f"{location.physical:#010x}, {location}" for location in locations)
            return f"at {known.text}, {len(locations)} places: {each}{condition}"
        case TrapBreakpoint():
            return f"on trap {known.text}{condition}"
        case WatchBreakpoint(watched=None):
            return f"on {known.text}{condition} (computed after each step: the machine runs slower)"
        case WatchBreakpoint(watched=(address, size)):
            return f"on {known.text}, {size} bytes at {address:#010x} (physical){condition}"
        case LostBreakpoint(why=why):
            return f"{known.text}, lost: {why}"
    return known.words


def listed(known: Breakpoint) -> str:
    """Return a line of the list of breakpoints."""
    notes = [f"{known.hits:,} hit{'s' if known.hits != 1 else ''}"]
    notes += ["off"] if not known.enabled else []
    notes += ["once"] if known.one_shot else []
    notes += [f"ignores {known.ignored:,} more"] if known.ignored else []
    return f"{known.number:>3}  {_place(known)}  [{', '.join(notes)}]"
