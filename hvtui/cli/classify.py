"""``hvtui classify``: by experiment, which instructions are privileged, sensitive or innocuous."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence

from asm.diagnostics import nearest
from asm.isa.trapbits import TRAP_BITS_BY_NAME, TrapBit
from hvtui.classify.findings import Sensitivity, Witness
from hvtui.classify.resources import Resource
from hvtui.classify.states import RINGS, STATES
from hvtui.classify.summaries import (
    ClassSummary,
    as_document,
    by_class,
    classes_of_holes,
    witness_of,
)
from hvtui.classify.verdicts import Verdict, has_bitmap, judge, least_bits, value_of
from hvtui.cli.glyphs import spare_glyphs
from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.errors import BadInputError, Problem

_EPILOG = """\
Every instruction of the table is run, with every CSR and in every form, from states in ring 0, 1 and 3
that differ in nothing but the ring, the host's registers, or the place in memory.
  privileged   it traps in that ring wherever it does not in ring 0
  sensitive    it changes a resource of the machine, or shows the real mode, the host or the real place
  a hole       it is sensitive, and not privileged
Theorem 1 of Popek and Goldberg: without holes a type-1 hypervisor can be built. Theorem 3: if there are
none by what programs in ring 3 do alone, a hybrid one can, which interprets the guest's kernel.
That something is sensitive is proved by a witness; that it is not was found true of all states tried.

The CPU is set up as a hypervisor would: counters closed, TVM, TW and TSR set. With --open they are as
after reset. On vt and svm, --trap sets bits of the trap bitmap. MPRV is clear in every state: with it a
kernel's loads and stores go another way than the mode says, and a hypervisor has to emulate that.

Instructions of a class may fare differently: 'executes, ignored' says that some do this and some that.
"∅ 4" counts the holes among them. --json tells of each instruction.
"""

# A word for each, where a column is narrow.
_KINDS = {
    Sensitivity.MODE: "real mode",
    Sensitivity.HOST: "host's state",
    Sensitivity.LOCATION: "real place",
}
_RESOURCES = {
    Resource.MODE: "mode",
    Resource.TRANSLATION: "translation",
    Resource.INTERRUPTS: "interrupts",
    Resource.VECTOR: "trap vector",
    Resource.TRAP_STATE: "trap state",
    Resource.COUNTERS: "counters",
    Resource.BITMAP: "bitmap",
    Resource.PROCESSOR: "waits",
    Resource.OTHER: "other",
}
_MOST_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which CPUs to try, how they are set up, and the form of the answer."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--cpu", choices=(*GENERATIONS, "all"), default="all", help="the generation (default: all)"
    )
    parser.add_argument(
        "--trap", type=_bits, default=(), metavar="BIT,...", help="set bits of the trap bitmap"
    )
    parser.add_argument("--open", action="store_true", help="leave counters, TVM, TW and TSR as reset")
    parser.add_argument(
        "--witnesses", action="store_true", help="a witness for each class with holes, not for three"
    )
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def _bits(text: str) -> tuple[TrapBit, ...]:
    found = []
    for name in text.split(","):
        bit = TRAP_BITS_BY_NAME.get(name.strip().lower())
        if bit is None:
            near = nearest(name.strip(), TRAP_BITS_BY_NAME)
            hint = f"; did you mean {near}?" if near else ""
            raise argparse.ArgumentTypeError(f"{name!r} is no trap bit{hint}")
        found.append(bit)
    return tuple(found)


def run(arguments: argparse.Namespace) -> int:
    """Try the CPUs, and print what was found. Returns 0.

    Raises BadInputError for trap bits where no CPU has a bitmap.
    """
    names = tuple(GENERATIONS) if arguments.cpu == "all" else (arguments.cpu,)
    if arguments.trap and not any(has_bitmap(name) for name in names):
        having = " or ".join(name for name in GENERATIONS if has_bitmap(name))
        raise BadInputError(
            Problem("--trap", f"{arguments.cpu} has no trap bitmap", remedy=f"name {having}")
        )
    verdicts = (
        judge(
            name,
            bitmap=value_of(arguments.trap) & GENERATIONS[name].trapcap,
            gates_closed=not arguments.open,
        )
        for name in names
    )
    if arguments.json:
        print(json.dumps([as_document(verdict) for verdict in verdicts], indent=1))
        return 0
    spare_glyphs()
    for verdict in verdicts:
        _print(
            verdict, gates_closed=not arguments.open, most=None if arguments.witnesses else _MOST_SHOWN
        )
    return 0


def _print(verdict: Verdict, *, gates_closed: bool, most: int | None) -> None:
    # Rich is for the tables alone: JSON and mistakes need not wait for it.
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    generation = GENERATIONS[verdict.cpu]
    console.print(f"[bold]{verdict.cpu}[/]: {generation.summary}")
    console.print(
        f"{len(verdict.findings):,} instructions, each from {STATES} states"
        + (f"; trap bitmap {verdict.bitmap:#010x}" if has_bitmap(verdict.cpu) else ""),
        style="dim",
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (
        ("bit", "right"), ("class", "left"), ("tried", "right"), ("in ring 1", "left"),
        ("in ring 3", "left"), ("shows", "left"), ("changes", "left"),
    ):  # fmt: skip
        table.add_column(title, justify="right" if justify == "right" else "left")
    for summary in by_class(verdict):
        if summary.tried:
            table.add_row(*_row(summary))
    console.print(table)
    for line in _conclusions(verdict, gates_closed=gates_closed, most=most):
        console.print(line)
    console.print()


def _row(summary: ClassSummary) -> Iterator[str]:
    yield "" if summary.bit is None else str(int(summary.bit))
    yield summary.name
    yield f"{summary.tried}"
    for ring in RINGS:
        effects = ", ".join(sorted(summary.effects[ring]))
        holes = summary.holes[ring]
        yield f"[red]{effects}  ∅ {holes}[/]" if holes else effects
    yield ", ".join(word for kind, word in _KINDS.items() if kind in summary.kinds)
    yield ", ".join(word for part, word in _RESOURCES.items() if part in summary.resources)


def _conclusions(verdict: Verdict, *, gates_closed: bool, most: int | None) -> Iterator[str]:
    for ring in RINGS:
        holes = verdict.holes(ring)
        place = f"guest's kernel in ring {ring}"
        if not holes:
            yield f"[green]✓[/] theorem 1, {place}: a type-1 hypervisor can be built"
            continue
        classes = classes_of_holes(holes)
        yield (
            f"[red]✗[/] theorem 1, {place}: {len(holes):,} sensitive instructions do not trap,"
            f" of {len(classes)} classes"
        )
        witnesses = [found for bit in classes if (found := witness_of(holes, ring, bit))]
        yield from _told(witnesses, most)
        if all(found.unit.csr is not None and found.unit.csr.privilege == 1 for found in holes):
            yield "    [dim]all are S's own registers: swapped for each guest, they need not trap[/]"
    if verdict.is_hybrid:
        yield "[green]✓[/] theorem 3: a hybrid hypervisor can, programs in ring 3 run directly"
    else:
        holes = verdict.user_holes
        yield (
            f"[red]✗[/] theorem 3: {len(holes):,} instructions of programs in ring 3 are sensitive"
            " and do not trap"
        )
        classes = classes_of_holes(holes)
        witnesses = [found for bit in classes if (found := witness_of(holes, 3, bit))]
        yield from _told(witnesses, most)
    if has_bitmap(verdict.cpu) and any(verdict.holes(ring) for ring in RINGS):
        bits = least_bits(verdict)
        yield from _least(verdict, bits, gates_closed=gates_closed)


def _told(witnesses: Sequence[Witness], most: int | None) -> Iterator[str]:
    for witness in witnesses[:most]:
        yield f"    [bold]{witness.instruction}[/]: {witness.kind.value}"
        yield f"        {witness.first}: {witness.first_result}"
        yield f"        {witness.second}: {witness.second_result}"
    left = 0 if most is None else len(witnesses) - most
    if left > 0:
        others = "1 other class" if left == 1 else f"{left} other classes"
        yield f"    [dim]and {others}: --witnesses shows one of each, --json those of all holes[/]"


def _least(verdict: Verdict, bits: frozenset[TrapBit] | None, *, gates_closed: bool) -> Iterator[str]:
    if bits is None:
        yield "    no trap bits close these holes"
        return
    value = value_of(bits) | verdict.bitmap
    again = judge(verdict.cpu, bitmap=value, gates_closed=gates_closed)
    left = sum(len(again.holes(ring)) for ring in RINGS)
    missing = [bit.key for bit in TrapBit if not value >> bit & 1]
    without = f", all but {', '.join(missing)}" if len(missing) < _MOST_SHOWN else ""
    yield f"    the fewest bits that close them: {value:#010x}, {value.bit_count()} bits{without}"
    if TrapBit.SFENCE not in bits:
        yield (
            "    [dim]sfence changes nothing here, where no old translations are kept; a hypervisor"
            " with shadow page tables wants it all the same[/]"
        )
    yield f"    tried with them: {'no hole is left' if not left else f'{left} holes are left'}"
