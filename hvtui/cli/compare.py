"""``hvtui compare``: the same work under one technique after another, and what each costs."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hvtui.comparing.choosing import same_work
from hvtui.comparing.costs import PUBLISHED, Costs, read_costs
from hvtui.comparing.measuring import measure
from hvtui.comparing.relating import Relation, relate
from hvtui.headless.driving import set_on_interrupt
from hvtui.headless.ending import INTERRUPTED
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import list_samples, path_of_machine
from hvtui.machinefile.system import System

_EPILOG = """\
The first machine is the baseline: the others are set in relation to it. Without names, it is the first
sample, and the others are the samples that run the very same programs.

An exit is a trap or an interrupt that leads out of a virtual machine. Exits per system call, per tick
of the clock and per update (of page tables, of the PMP) are those that the kernel makes while it serves
one, divided by how many the baseline has. Overhead is the share of hypervisor and host.

Instructions are exact. Cycles are an estimate: --costs names a table of your own, a TOML file with
  instruction = 1    trap = 316    xret = 316    source = "where you have it from"
"""
_BAR_WIDTH = 50
_MOST_CAUSES = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the machines, and the form of the answer."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "paths", nargs="*", metavar="NAME", help="samples, machine files or their folders"
    )
    parser.add_argument("--costs", type=Path, metavar="FILE", help="a table of costs in cycles")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything, as JSON")
    form.add_argument("--csv", action="store_true", help="a line for each machine, as CSV")


def run(arguments: argparse.Namespace) -> int:
    """Run the machines and print the comparison; returns 0, or 130 after Ctrl+C."""
    costs = {"own": read_costs(arguments.costs)} if arguments.costs else PUBLISHED
    machines = _machines(arguments.paths)
    halted = threading.Event()
    runs = []
    with set_on_interrupt(halted):
        for name, system in machines:
            if sys.stderr.isatty():
                print(f"\r\x1b[K{name} …", end="", file=sys.stderr, flush=True)
            runs.append(measure(name, system, halted))
            if halted.is_set():
                break
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if halted.is_set():
        return INTERRUPTED
    if not runs:
        raise BadInputError(Problem("hvtui", "there are no samples", remedy="name machine files"))
    relations = relate(runs, costs)
    if arguments.json:
        print(json.dumps([relation.as_json() for relation in relations], indent=1))
    elif arguments.csv:
        _write_csv(relations, costs)
    else:
        _print(relations, costs)
    return 0


def _machines(names: Sequence[str]) -> Iterator[tuple[str, System]]:
    if not names:
        yield from same_work(list_samples())
        return
    for name in names:
        yield name, load_system(path_of_machine(name))


# Columns of the table and of CSV: the title, and what stands there.
def _columns(relation: Relation, costs: Mapping[str, Costs]) -> Iterator[tuple[str, object]]:
    run = relation.run
    yield "machine", run.name
    yield "cpu", run.cpu
    yield "instructions", run.instructions
    yield "slowdown", relation.slowdown
    yield "overhead", relation.overhead
    yield "exits", run.exits
    yield "per call", relation.per_call
    yield "per tick", relation.per_tick
    yield "per update", relation.per_update
    for name in costs:
        yield f"cycles, {name}", relation.cycles[name]
    yield "ends", _ending(relation)


def _ending(relation: Relation) -> str:
    ending = relation.run.ending
    return f"{ending.reason} {ending.code}" if ending.is_of_guest else ending.reason


def _write_csv(relations: Sequence[Relation], costs: Mapping[str, Costs]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([title for title, _ in _columns(relations[0], costs)])
    for relation in relations:
        writer.writerow(["" if value is None else value for _, value in _columns(relation, costs)])


def _print(relations: Sequence[Relation], costs: Mapping[str, Costs]) -> None:
    # Rich is for the tables alone: JSON and mistakes need not wait for it.
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, value in _columns(relations[0], costs):
        table.add_column(title, justify="left" if isinstance(value, str) else "right")
    for relation in relations:
        table.add_row(*(_shown(title, value) for title, value in _columns(relation, costs)))
    console.print(table)
    console.print()
    _print_bars(relations)
    _print_exits(relations)
    for name, known in costs.items():
        console.print(
            f"cycles, {name}: {known.instruction:g} an instruction, {known.trap:g} a trap,"
            f" {known.xret:g} an xRET ({known.source})",
            style="dim",
            soft_wrap=True,
        )


def _shown(title: str, value: object) -> str:
    match value:
        case None:
            return "-"
        case int():
            return f"{value:,}"
        case float() if title == "overhead":
            return f"{value:.1%}"
        case float() if title == "slowdown":
            return f"{value:.2f}"
        case float():
            return f"{value:.1f}"
        case _:
            return str(value)


def _print_bars(relations: Sequence[Relation]) -> None:
    """Draw the instructions of each machine: the guest's as a full bar, the overhead as a light one."""
    longest = max(relation.run.instructions for relation in relations)
    width = max(len(relation.run.name) for relation in relations)
    print(f"instructions   █ kernel and programs   ░ hypervisor and host   (the whole is {longest:,})")
    for relation in relations:
        run = relation.run
        whole = round(_BAR_WIDTH * run.instructions / max(longest, 1))
        overhead = min(round(_BAR_WIDTH * run.overhead / max(longest, 1)), whole)
        bar = "█" * (whole - overhead) + "░" * overhead
        print(f"  {run.name:<{width}} {bar or '▏'} {relation.slowdown:.2f} \u00d7")
    print()


def _print_exits(relations: Sequence[Relation]) -> None:
    """Say why each machine's guests were left, the most frequent causes first."""
    left = [relation.run for relation in relations if relation.run.exits]
    if not left:
        return
    width = max(len(run.name) for run in left)
    print("exits by bit and cause")
    for run in left:
        by_bit = sorted(run.bits.items(), key=lambda item: -item[1])
        by_cause = [item for item in run.causes.items() if item[0] != "illegal"]
        told = [*by_bit, *sorted(by_cause, key=lambda item: -item[1])]
        shown = ", ".join(f"{count:,} {name}" for name, count in told[:_MOST_CAUSES])
        more = f", and {len(told) - _MOST_CAUSES} more" if len(told) > _MOST_CAUSES else ""
        print(f"  {run.name:<{width}} {shown}{more}")
    print()
