"""Which words could stand at the end of a command that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from asm.isa.causes import CAUSE_NAMES, INTERRUPT_NAMES
from asm.isa.trapbits import TRAP_BITS, TrapBit
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import Complete, nothing
from hvtui.debugger.expressions.completion import Completion, completions
from hvtui.debugger.positions import short_file
from hvtui.debugger.trapconditions import EVENT_WORDS
from hvtui.machine.privilege import PRIVILEGE_OF_RING

# The option of every command that changes the machine.
CUT = {"-cut": "even if that cuts off the known future"}

_LAST_WORD = re.compile(r"\S*\Z")
_OPTIONS = re.compile(r"\A(?:-\w+\s+)*")
_IF = re.compile(r"(?:\A|\s)if\s")


def last_word(text: str, words: Mapping[str, str]) -> Iterator[Completion]:
    """Propose those of `words`, each with what it is, that begin as the last word of `text`."""
    found = _LAST_WORD.search(text)
    start = found.start() if found else len(text)
    for word, summary in words.items():
        if word.startswith(text[start:]):
            yield Completion(word, start, summary)


def shifted(found: Iterable[Completion], by: int) -> Iterator[Completion]:
    """Return completions of a part that begins at column `by`."""
    return (Completion(known.text, known.start + by, known.summary) for known in found)


def expression(context: Context, text: str) -> Iterator[Completion]:
    """Propose what may stand in an expression, after a format if there is one."""
    start = len(text) - len(re.sub(r"\A/\w*\s", "", text))
    return shifted(completions(text[start:], context.session.scope), start)


def place(context: Context, text: str) -> Iterator[Completion]:
    """Propose labels, files and components; an expression after ``if``."""
    condition = _IF.search(text)
    if condition is not None:
        yield from shifted(expression(context, text[condition.end() :]), condition.end())
        return
    component, colons, rest = text.rpartition("::")
    start = len(component) + len(colons)
    for known in context.session.system.components:
        if not colons and known.name.startswith(text):
            yield Completion(f"{known.name}::", 0, f"places in {known.name}")
        if colons and known.name != component:
            continue
        for name, symbol in known.program.symbols.items():
            if symbol.section is not None and name.startswith(rest):
                yield Completion(name, start, f"label of {known.name}")
        for file in known.program.sources:
            if short_file(file).startswith(rest):
                yield Completion(f"{short_file(file)}:", start, f"lines of {known.name}")


def place_or_trap(context: Context, text: str) -> Iterator[Completion]:
    """Propose places, and conditions on traps after ``trap``."""
    if text.startswith("trap ") and _IF.search(text) is None:
        yield from last_word(text, trap_words(context))
        return
    if "trap".startswith(text):
        yield Completion("trap", 0, "a condition on traps follows")
    yield from place(context, text)


def trap_words(context: Context) -> dict[str, str]:
    """Return the words of a condition on traps."""
    names = {
        **{names.key: names.text for names in CAUSE_NAMES.values()},
        **{names.key: names.text for names in INTERRUPT_NAMES.values()},
    }
    return {
        **EVENT_WORDS,
        **names,
        **trap_bits(),
        "from": "from a ring",
        "to": "to a ring",
        "in": "in a component",
        **{str(ring): mode.label for ring, mode in PRIVILEGE_OF_RING.items()},
        **{known.name: known.role for known in context.session.system.components},
    }


def trap_bits() -> dict[str, str]:
    """Return the names of the trap bits."""
    return {bit.key: TRAP_BITS[bit].covers for bit in TrapBit}


def with_options(options: Mapping[str, str], then: Complete = nothing) -> Complete:
    """Propose a command's options as long as nothing else has begun, and what `then` says."""

    def complete(context: Context, text: str) -> Iterable[Completion]:
        start = len(text) - len(_OPTIONS.sub("", text))
        rest = text[start:]
        found = list(last_word(rest, options)) if not rest or rest.startswith("-") else []
        yield from shifted(found, start)
        if not (rest and found):
            yield from shifted(then(context, rest), start)

    return complete


def breakpoint_numbers(context: Context, text: str) -> Iterator[Completion]:
    """Propose the numbers of breakpoints."""
    known = {str(known.number): known.text for known in context.session.breakpoints}
    return last_word(text, known)


def first_number(then: Complete) -> Complete:
    """Propose a breakpoint's number first, and what `then` says after it."""

    def complete(context: Context, text: str) -> Iterable[Completion]:
        number, space, rest = text.partition(" ")
        if not space:
            return breakpoint_numbers(context, text)
        return shifted(then(context, rest), len(number) + 1)

    return complete


def display_numbers(context: Context, text: str) -> Iterator[Completion]:
    """Propose the numbers of displays."""
    return last_word(text, {str(known.number): known.text for known in context.displays})
