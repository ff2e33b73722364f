"""What there is to know: ``info`` and its topics, and the call stack."""

from __future__ import annotations

from collections.abc import Iterable

from asm.diagnostics import nearest
from asm.isa.csrs import CSRS, CSRS_BY_NAME
from asm.isa.registers import ABI_NAMES, REGISTER_NUMBERS
from asm.isa.trapbits import TRAP_BITS
from hvtui.debugger.commands.breaking import listed
from hvtui.debugger.commands.completing import expression, last_word, place, shifted
from hvtui.debugger.commands.context import Context, from_guest
from hvtui.debugger.commands.formats import labelled
from hvtui.debugger.commands.looking import TOPICS as DEEPER_TOPICS
from hvtui.debugger.commands.table import CommandError, Group, Names
from hvtui.debugger.commands.traplog import filter_words, show_log
from hvtui.debugger.commands.values import show_displays
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.expressions.names import CSR_ALIASES, csr_fields

GROUP = Group("Looking")
TOPICS = Group("What info can tell")

_STACK_SHOWN = 50

# Fields that say no more than the whole register does: addresses.
_WHOLE_FIELDS = frozenset({"PC", "BASE"})


def _complete(context: Context, text: str) -> Iterable[Completion]:
    topic, space, rest = text.partition(" ")
    if not space:
        return last_word(text, {known.name: known.summary for known in EVERY_TOPIC})
    try:
        found = INFO.find(topic)
    except CommandError:
        return ()
    return shifted(found.complete(context, rest), len(topic) + 1)


@GROUP.command("info", "i", "inf", usage="TOPIC", complete=_complete)
def info(context: Context, text: str) -> None:
    """Tell about the machine or the debugger; alone, list the topics."""
    topic, _, rest = text.partition(" ")
    if not topic:
        for known in EVERY_TOPIC:
            context.write(f"  info {known.name:<12} {known.summary}")
        return
    INFO.find(topic).run(context, rest.strip())


@GROUP.command("backtrace", "bt", "where", usage="[COUNT]", complete=expression)
def backtrace(context: Context, text: str) -> None:
    """Show the call stack of the whole machine, the innermost function first.

    Each line says the ring, the component, the function and where it is; the outermost function of
    each activation also why the machine went there and how often.
    """
    stack(context, text)


# Topics


@TOPICS.command("registers", "r", "reg", usage="[NAME]...", complete=expression)
def registers(context: Context, text: str) -> None:
    """The integer registers and the pc; or those that are named."""
    hart = context.session.machine.hart
    names = text.replace("$", "").replace(",", " ").split() or [*ABI_NAMES, "pc"]
    for name in names:
        if name == "pc":
            here = context.session.here
            context.write(f"{name:<5} {labelled(context.session, hart.pc)}{from_guest(here)}")
            continue
        if name not in REGISTER_NUMBERS:
            raise CommandError(f'no register is named "{shown(name)}"; for CSRs: info csrs')
        value = hart.x[REGISTER_NUMBERS[name]]
        signed = value - (1 << 32) if value >> 31 else value
        context.write(f"{name:<5} {value:#010x}  {signed}")


@TOPICS.command(
    "csrs", "csr", usage="[NAME]...", complete=lambda _, text: last_word(text, _csr_summaries())
)
def csrs(context: Context, text: str) -> None:
    """The control and status registers that are not zero, with their fields; or the named ones."""
    scope, machine = context.session.scope, context.session.live
    names = [CSR_ALIASES.get(name, name) for name in text.replace("$", "").split()]
    for name in names:
        if name in CSRS_BY_NAME and name not in scope.csrs:
            raise CommandError(f"{scope.cpu} has no CSR {name}")
        if name not in scope.csrs:
            near = nearest(name, scope.csrs)
            hint = f"; did you mean {near}?" if near else ""
            raise CommandError(f'no CSR is named "{shown(name)}"{hint}')
    for row in CSRS:
        if row.name in names or (not names and row.name in scope.csrs and machine.csr(row.name)):
            value = machine.csr(row.name)
            fields = [
                name if bits.high == bits.low else f"{name}={bits.of(value):#x}"
                for name, bits in csr_fields(row.name).items()
                if bits.of(value) and name not in _WHOLE_FIELDS
            ]
            context.write(f"{row.name:<13} {value:#010x}  {' '.join(fields)}".rstrip())


def _csr_summaries() -> dict[str, str]:
    return {row.name: row.summary for row in CSRS}


@TOPICS.command("breakpoints", "b", "break", "watchpoints")
def breakpoints(context: Context, text: str) -> None:
    """The breakpoints and watchpoints, with conditions, counts and commands."""
    known = list(context.session.breakpoints)
    if not known:
        context.write("No breakpoints or watchpoints.")
    for breakpoint in known:
        context.write(listed(breakpoint))
        for command in breakpoint.commands:
            context.write(f"       {command}")


@TOPICS.command("stack", "s", usage="[COUNT]", complete=expression)
def stack(context: Context, text: str) -> None:
    """The call stack of the whole machine, as backtrace."""
    most = context.times(text) if text else _STACK_SHOWN
    entries = context.session.snapshot().stack
    for number, entry in enumerate(entries[:most]):
        position = entry.position
        owner = f" in {position.owner}" if position.component else ""
        function = entry.function if entry.function != f"{position.pc:#010x}" else "code"
        times = f", {entry.times} times" if entry.times > 1 else ""
        why = f"  [{entry.reason}{times}]" if entry.reason else ""
        translated = f", {position.pc:#010x}{from_guest(position)}" if position.origin else ""
        context.write(
            f"#{number:<3} {entry.privilege.label}{owner}: {function} at {position.where}"
            f"{translated}{why}"
        )
    if len(entries) > most:
        context.write(f"... {len(entries) - most} more")


@TOPICS.command("traps", "t", "log", usage="[COUNT] [FILTER]", complete=filter_words)
def traps(context: Context, text: str) -> None:
    """The last traps, returns, injections, and ignored and leaked instructions; then all in numbers.

    A filter lets some of them through; for its words see help event.
    """
    show_log(context, text)


@TOPICS.command("components", "files")
def components(context: Context, text: str) -> None:
    """The programs in memory: where they lie, where they were linked, what they believe."""
    here = context.session.here.component
    for known in context.session.system.components:
        ranges = ", ".join(f"{start:#010x}-{end - 1:#010x}" for start, end in known.extents)
        notes = [known.role]
        notes += [f"of {known.vm}"] if known.vm else []
        notes += [f"linked for {known.linked:#010x}"] if known.relocation else []
        notes += [f"believes it is in ring {known.believes}"] if known.believes is not None else []
        mark = "*" if known is here else " "
        context.write(f"{mark} {known.name}: {ranges} ({', '.join(notes)})")


@TOPICS.command("line", usage="[PLACE]", complete=place)
def line(context: Context, text: str) -> None:
    """Where a place lies: file, line, addresses; without one, the present place.

    An address alone is one as the current mode sees it; *ADDRESS is physical.
    """
    session = context.session
    for location in context.looked_at(text):
        linked = f", {location.linked:#010x} as it was linked" if location.component else ""
        origin = session.whereabouts.now(location.linked, location.physical).origin
        came = f", translated from {origin.pc:#010x} {origin}" if origin is not None else ""
        context.write(f"{location.physical:#010x}{linked}: {location}{came}")


@TOPICS.command("trapbitmap", "bitmap", "trapmap")
def trap_bitmap(context: Context, text: str) -> None:
    """The trap bitmap: what each bit covers, whether it is set, what happens in this mode, hits."""
    machine = context.session.machine
    hart = machine.hart
    if not machine.generation.has_trapmap:
        context.write(
            f"The CPU {machine.generation.name} has no trap bitmap: {machine.generation.summary}"
        )
    value = hart.csr_value("mtrapmap") if machine.generation.has_trapmap else 0
    hits = context.session.traplog.hits
    for bit, described in TRAP_BITS.items():
        setting = "on " if value >> bit & 1 else "off"
        context.write(
            f"{int(bit):>2} {bit.key:<9} {setting} {hart.effect_of(bit):<8} {hits[bit]:>8,} hits"
            f"  {described.covers}"
        )


@TOPICS.command("display")
def displays(context: Context, text: str) -> None:
    """The expressions that are shown at every stop."""
    if not context.displays:
        context.write("Nothing is displayed.")
    show_displays(context)


@TOPICS.command("console")
def console(context: Context, text: str) -> None:
    """What the guest has written on its console so far."""
    lines = context.session.console.lines
    for written in lines[:-1] if lines and not lines[-1] else lines:
        context.write(written)


@TOPICS.command("program", "status", "time", "p")
def program(context: Context, text: str) -> None:
    """Why the machine stands still, where, and at which instant."""
    session = context.session
    context.write(session.stop.text)
    context.tell_here()
    machine = session.machine
    known = (
        f", the run is known up to instant {session.frontier:,}"
        if session.frontier > machine.instant
        else ""
    )
    context.write(
        f"{machine.retired:,} instructions retired, {machine.hart.traps:,} traps taken{known}"
    )


EVERY_TOPIC = (*TOPICS, *DEEPER_TOPICS)

INFO = Names(
    "topic of info",
    {known.name: known for known in EVERY_TOPIC},
    {alias: known.name for known in EVERY_TOPIC for alias in known.aliases},
)
