"""Comparing what a run showed with what was expected: one check for each thing that was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from asm.diagnostics import nearest
from asm.isa.trapbits import TRAP_BITS_BY_NAME
from hvtui.checks.observing import MAX_CONSOLE, Observed
from hvtui.checks.texts import first_difference, quote
from hvtui.checks.verdicts import Check, failed
from hvtui.checks.vm_console import split_vms, text_of_vm
from hvtui.headless.components import OUTSIDE
from hvtui.machine.events import Outcome
from hvtui.machinefile.expectation import ANY, Expectation, MemoryPlace
from hvtui.machinefile.patterns import Pattern, PatternError
from hvtui.machinefile.ranges import Range
from hvtui.machinefile.sizes import describe_range

_WORD = 4
_MOST_NAMES = 8


def judge(expect: Expectation, seen: Observed) -> tuple[Check, ...]:
    """Return the checks of a run, in the order in which they are documented."""
    return tuple(check for judged in _JUDGES for check in judged(expect, seen))


def _end(expect: Expectation, seen: Observed) -> Iterator[Check]:
    wanted = {
        None: f"the guest ends the run within {seen.limit:,} instructions",
        "finisher": f"the guest writes to the finisher within {seen.limit:,} instructions",
        "tohost": f"the guest writes to tohost within {seen.limit:,} instructions",
        "stuck": "the machine is stuck",
        "limit": f"still running after {seen.limit:,} instructions",
    }[expect.ends]
    reason = seen.ending.reason
    ok = seen.ending.is_of_guest if expect.ends is None else reason == expect.ends
    yield Check("ends", ok, wanted, seen.how_it_ended, expect.place("ends"))


def _exit(expect: Expectation, seen: Observed) -> Iterator[Check]:
    if expect.exit is not None:
        ended = seen.ending
        ok = ended.is_of_guest and ended.code == expect.exit
        shown = f"code {ended.code}" if ended.is_of_guest else f"no exit: {seen.how_it_ended}"
        yield Check("exit", ok, f"code {expect.exit}", shown, expect.place("exit"))


def _console(expect: Expectation, seen: Observed) -> Iterator[Check]:
    if expect.console is not None:
        ok = seen.console == expect.console.encode()
        yield _text_check("console", expect.console, seen.console, ok, expect.place("console"), seen)
    for pattern in expect.console_patterns:
        name = f"console_pattern {quote(pattern.text)}"
        yield _pattern_check(name, pattern, seen.console, expect.place("console_pattern"), seen)


def _vm_consoles(expect: Expectation, seen: Observed) -> Iterator[Check]:
    if not (expect.vm_consoles or expect.vm_console_patterns):
        return
    names = dict.fromkeys([*expect.vm_consoles, *expect.vm_console_patterns])
    texts = {name: text_of_vm(seen.console, name) for name in names}
    missing = {name: _missing_vm(name, seen.console) for name in names if texts[name] is None}
    for vm, text in expect.vm_consoles.items():
        place = expect.place("consoles", vm)
        found = texts[vm] or b""
        # Nobody can see whether the guest or the hypervisor ended the guest's last line.
        ok = found == text.encode() or (not text.endswith("\n") and found == text.encode() + b"\n")
        if vm in missing and not ok:
            yield failed(f"consoles {vm}", first_difference(text, "")[0], missing[vm], place=place)
        else:
            yield _text_check(f"consoles {vm}", text, found, ok, place, seen)
    for vm, patterns in expect.vm_console_patterns.items():
        for pattern in patterns:
            name = f"console_patterns {vm} {quote(pattern.text)}"
            place = expect.place("console_patterns", vm)
            if vm in missing:
                yield failed(name, "a match", missing[vm], place=place)
            else:
                yield _pattern_check(name, pattern, texts[vm] or b"", place, seen)


def _missing_vm(vm: str, console: bytes) -> str:
    """Say what the lines of a VM would begin with, and whose lines there are beside them."""
    outer, text = "", console
    for part in vm.split(".")[:-1]:
        inner = text_of_vm(text, part)
        if inner is None:
            break
        outer, text = f"{outer}{part}| ", inner
    prefix = outer + "".join(f"{part}| " for part in vm.split(".")[outer.count("|") :])
    names = list(split_vms(text))[:_MOST_NAMES]
    spoke = f"; those of {', '.join(quote(outer + name) for name in names)} do" if names else ""
    return f"nothing: no line of the console begins with {quote(prefix)}{spoke}"


def _text_check(name: str, expected: str, found: bytes, ok: bool, place: str, seen: Observed) -> Check:
    if ok:
        return Check(name, True, "this text", "the same text", place)
    wanted, got = first_difference(expected, found.decode("utf-8", "replace"))
    if wanted == got:
        got = "bytes that are not UTF-8 text"
    return Check(name, False, wanted, got + _cut(seen), place)


def _pattern_check(name: str, pattern: Pattern, found: bytes, place: str, seen: Observed) -> Check:
    text = found.decode("utf-8", "replace")
    try:
        ok = pattern.found_in(text)
    except PatternError as error:
        return failed(name, "a match", error.message, place=place, remedy=error.remedy)
    if ok:
        return Check(name, True, "a match", "a match", place)
    shown = f"no match in {quote(text)}" if text else "no output at all"
    return Check(name, False, "a match", shown + _cut(seen), place)


def _cut(seen: Observed) -> str:
    return f" (the console is cut after {MAX_CONSOLE:,} bytes)" if seen.is_cut else ""


def _traps(expect: Expectation, seen: Observed) -> Iterator[Check]:
    causes, classes = seen.statistics.traps, seen.statistics.kernel_instructions
    for key, wanted in expect.traps.items():
        if key == ANY:
            count = sum(causes.values())
        elif key in TRAP_BITS_BY_NAME:
            count = classes.get(key, {}).get(Outcome.TRAPPED.value, 0)
        else:
            count = causes.get(key, 0)
        yield _count_check(f"traps {key}", wanted, count, expect.place("traps", key))


def _lost(expect: Expectation, seen: Observed) -> Iterator[Check]:
    for table, outcome in ((expect.ignored, Outcome.IGNORED), (expect.leaked, Outcome.LEAKED)):
        for key, wanted in table.items():
            if key == ANY:
                count = seen.lost.instructions[outcome]
            else:
                count = seen.lost.counts[outcome, TRAP_BITS_BY_NAME[key]]
            name = outcome.value
            yield _count_check(f"{name} {key}", wanted, count, expect.place(name, key))


def _ran(expect: Expectation, seen: Observed) -> Iterator[Check]:
    counts = seen.components.by_name()
    for names, key in ((expect.ran, "ran"), (expect.not_ran, "not_ran")):
        for name in names:
            place = expect.place(key, name)
            wanted = expect.ran[name] if key == "ran" else Range(0, 0)
            if name in counts or name == OUTSIDE:
                count = counts[name]["instructions"] if name in counts else 0
                yield _count_check(f"{key} {name}", wanted, count, place, "instructions: ")
            else:
                told = f"instructions: {wanted}"
                yield failed(f"{key} {name}", told, **_unknown_component(name, counts), place=place)


def _count_check(name: str, wanted: Range, count: int, place: str, what: str = "") -> Check:
    return Check(name, count in wanted, f"{what}{wanted}", f"{count:,}", place)


def _memory(expect: Expectation, seen: Observed) -> Iterator[Check]:
    for place, wanted in expect.memory.items():
        name, where = f"memory {place.text}", expect.place("memory", place.text)
        told = _words(wanted)
        address = _address(place, seen)
        if isinstance(address, Mapping):
            yield failed(name, told, **address, place=where)
            continue
        data = seen.machine.read_physical(address, _WORD)
        if data is None:
            ram = seen.machine.ram
            yield failed(
                name,
                told,
                f"no RAM at {address:#010x}",
                place=where,
                remedy=f"RAM is {describe_range(ram.base, ram.base + ram.size)}",
            )
            continue
        word = int.from_bytes(data, "little")
        yield Check(name, word in wanted, told, f"{word:#x} ({word:,})", where)


def _words(wanted: Range) -> str:
    return f"{wanted.low:#x} ({wanted})" if wanted.low == wanted.high else str(wanted)


def _address(place: MemoryPlace, seen: Observed) -> int | Mapping[str, str]:
    """Return the physical address of a place, or what to say if there is none."""
    if not place.symbol:
        return place.offset
    components = {component.name: component for component in seen.system.components}
    component = components.get(place.component)
    if component is None:
        return _unknown_component(place.component, components)
    symbol = component.program.symbols.get(place.symbol)
    if symbol is None or symbol.section is None:
        what = "is a number, not a place" if symbol else "does not exist"
        return {
            "seen": f"the symbol {place.symbol!r} {what} in {component.name!r}",
            "remedy": _meant(place.symbol, component.program.symbols),
        }
    return symbol.value + component.relocation + place.offset


def _unknown_component(name: str, known: Iterable[str]) -> Mapping[str, str]:
    names = list(known)
    return {
        "seen": f"no component called {name!r}",
        "remedy": _meant(name, names) or f"components are {', '.join(names)}",
    }


def _meant(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    return f"did you mean {meant!r}?" if meant else ""


_JUDGES: tuple[Callable[[Expectation, Observed], Iterator[Check]], ...] = (
    _end,
    _exit,
    _console,
    _vm_consoles,
    _traps,
    _lost,
    _ran,
    _memory,
)
