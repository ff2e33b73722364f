"""A comparison as people read it, in 80 columns: tables, bars, lists. And as spreadsheets do: CSV."""

from __future__ import annotations

import csv
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hvtui.comparing.costs import Costs
from hvtui.comparing.measuring import Measurement
from hvtui.comparing.relating import Relation

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST_BAR = 50
_SHORTEST_BAR = 10
_LONGEST_NAME = 32
_ILLEGAL = "illegal"
_TIMES = "\u00d7"
_CUT = "»"
# A bar that is so much longer than the next one, and leaves nothing of the baseline's, is cut.
_MOST_TIMES = 4
# Keeps a number and what it counts in one line.
_NO_BREAK = "\u00a0"


def write_csv(relations: Sequence[Relation], costs: Mapping[str, Costs]) -> None:
    """Write a line for each machine; numbers are whole, and nothing is rounded."""
    rows = [dict(_csv_row(relation, costs)) for relation in relations]
    # Which bits, causes and components there are is only known when all have run.
    columns = list(dict.fromkeys(column for row in rows for column in row))
    ordered = sorted(columns, key=lambda column: column.partition(": ")[0] != column)
    writer = csv.DictWriter(sys.stdout, ordered, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _csv_row(relation: Relation, costs: Mapping[str, Costs]) -> Iterator[tuple[str, object]]:
    run = relation.run
    yield "machine", run.name
    yield "baseline", relation.baseline
    yield "cpu", run.cpu
    yield "instructions", run.instructions
    yield "slowdown", relation.slowdown
    yield "hypervisor share", relation.overhead
    yield "exits", run.exits
    for title, value in (
        ("exits per call", relation.per_call),
        ("exits per tick", relation.per_tick),
        ("exits per update", relation.per_update),
        ("updates", run.updates),
    ):
        yield title, "" if value is None else value
    for name in costs:
        yield f"cycles, {name}", relation.cycles[name]
    yield "ends", _ending(run)
    yield "notes", "; ".join(relation.notes)
    for owner, share in run.components.items():
        yield f"instructions: {owner}", share.instructions
    for bit, count in run.bits.items():
        yield f"exits by bit: {bit}", count
    for cause, count in run.causes.items():
        yield f"exits by cause: {cause}", count


def _ending(run: Measurement) -> str:
    ending = run.ending
    return f"{ending.reason} {ending.code}" if ending.is_of_guest else ending.reason


def print_relations(groups: Sequence[Sequence[Relation]], costs: Mapping[str, Costs]) -> None:
    """Print everything for a person; of each group the first is the baseline."""
    # Rich is for the tables alone: JSON and mistakes need not wait for it.
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    for relations in groups:
        if len(groups) > 1:
            console.print(f"beside {relations[0].baseline}", style="bold", soft_wrap=True)
        _print_group(console, relations, costs)
    _print_costs(console, costs)


def _print_group(console: Console, relations: Sequence[Relation], costs: Mapping[str, Costs]) -> None:
    notes = list(dict.fromkeys(note for relation in relations for note in relation.notes))
    _print_counts(console, relations, notes)
    _print_cycles(console, relations, costs)
    for number, note in enumerate(notes, 1):
        _print_wrapped(console, f"[{number}] ", note)
    if notes:
        console.print()
    _print_bars(console, relations)
    runs = [relation.run for relation in relations]
    _print_lists(console, "instructions by component", runs, _by_component)
    left = [run for run in runs if run.exits]
    if left:
        _print_lists(console, "exits by bit and cause", left, _by_reason)


def _print_counts(console: Console, relations: Sequence[Relation], notes: Sequence[str]) -> None:
    heads = ["instruc-\ntions", "slow-\ndown", "hyper-\nvisor", "exits"]
    heads += ["per\ncall", "per\ntick", "per\nupdate"] + (["note"] if notes else [])
    rows = []
    for relation in relations:
        row = [
            f"{relation.run.instructions:,}",
            f"{relation.slowdown:.2f}",
            f"{relation.overhead:.1%}",
            f"{relation.run.exits:,}",
            *map(_ratio, (relation.per_call, relation.per_tick, relation.per_update)),
        ]
        marks = [str(notes.index(note) + 1) for note in relation.notes]
        rows.append([*row, f"[{','.join(marks)}]" if marks else ""] if notes else row)
    _print_table(console, relations, heads, rows)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _print_cycles(console: Console, relations: Sequence[Relation], costs: Mapping[str, Costs]) -> None:
    heads = ["cpu", "ends"]
    for name in costs:
        heads += [f"cycles,\n{name}", "slow-\ndown"]
    base = relations[0].cycles
    rows = []
    for relation in relations:
        row = [relation.run.cpu, _ending(relation.run)]
        for name, cycles in relation.cycles.items():
            row += [f"{cycles:,}", f"{cycles / max(base[name], 1):.2f}"]
        rows.append(tuple(row))
    _print_table(console, relations, heads, rows, texts=2)


def _print_table(
    console: Console,
    relations: Sequence[Relation],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    texts: int = 0,
) -> None:
    """Print rows by name; the first `texts` columns are words, the others numbers."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    # A long path is broken before a number is.
    table.add_column("machine", overflow="fold", vertical="bottom")
    for index, head in enumerate(heads):
        table.add_column(
            head, justify="left" if index < texts else "right", no_wrap=True, vertical="bottom"
        )
    for relation, row in zip(relations, rows, strict=True):
        table.add_row(relation.run.name, *row)
    console.print(table)
    console.print()


def _print_bars(console: Console, relations: Sequence[Relation]) -> None:
    """Draw the instructions of each machine: the guest's as a full bar, the overhead as a light one."""
    longest = max(relation.run.instructions for relation in relations)
    names = [_short(relation.run.name) for relation in relations]
    width = max(map(len, names))
    factors = [f"{relation.slowdown:.2f} {_TIMES}" for relation in relations]
    room = console.width - width - max(map(len, factors)) - 4
    most = min(max(room, _SHORTEST_BAR), _LONGEST_BAR)
    unit = _unit(relations, most)
    console.print("instructions:  █ kernel and programs  ░ hypervisor and host", soft_wrap=True)
    for name, relation, factor in zip(names, relations, factors, strict=True):
        bar = _bar(relation.run, unit, most)
        console.print(f"  {name:<{width}} {bar} {factor}", soft_wrap=True)
    if unit < longest:
        console.print(f"  {_CUT} this bar is cut: the others are too short beside it", soft_wrap=True)
    console.print()


def _unit(relations: Sequence[Relation], most: int) -> int:
    """Return the instructions of a whole bar: those of the longest run, unless it dwarfs all others."""
    baseline = relations[0].run.instructions
    longest = max(relation.run.instructions for relation in relations)
    others = [one.run.instructions for one in relations if one.run.instructions < longest]
    unit = max((baseline, *others))
    return unit if longest > max(_MOST_TIMES * unit, most * baseline) else longest


def _short(name: str) -> str:
    """Return the end of a long name, which tells most of a path."""
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"


def _bar(run: Measurement, unit: int, most: int) -> str:
    """Return the bar of a run, of `most` characters for `unit` instructions."""
    whole = round(most * run.instructions / max(unit, 1))
    overhead = min(round(most * run.overhead / max(unit, 1)), whole)
    bar = "█" * (whole - overhead) + "░" * overhead
    return (bar if whole <= most else bar[: most - 1] + _CUT) or "▏"


def _by_component(run: Measurement) -> str:
    counts = {owner: share.instructions for owner, share in run.components.items()}
    idle = [owner for owner, count in counts.items() if not count]
    ran = _most_first({owner: count for owner, count in counts.items() if count})
    return ran + (f"; none: {', '.join(idle)}" if idle else "")


def _by_reason(run: Measurement) -> str:
    """Say why the guests of a machine were left: by bit where an instruction has one, else by cause."""
    twice = sum(run.bits.values()) - run.classified
    bits = _most_first(run.bits) + (f" ({twice:,} of these in two classes)" if twice else "")
    others = {**run.causes, _ILLEGAL: run.causes.get(_ILLEGAL, 0) - run.classified}
    causes = _most_first({cause: count for cause, count in others.items() if count})
    return "; ".join(part for part in (bits, causes) if part)


def _most_first(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count:,} {name}".replace(" ", _NO_BREAK) for name, count in ordered)


def _print_lists(
    console: Console,
    title: str,
    runs: Iterable[Measurement],
    told: Callable[[Measurement], str],
) -> None:
    """Print a list for each machine; those that have the same one stand together."""
    lists: dict[str, list[str]] = {}
    for run in runs:
        lists.setdefault(told(run), []).append(run.name)
    console.print(title, soft_wrap=True)
    for text, names in lists.items():
        for name in names[:-1]:
            console.print(f"  {name},", soft_wrap=True)
        head = f"  {names[-1]}: "
        if len(head) > _LONGEST_NAME:
            console.print(head.rstrip(), soft_wrap=True)
            head = "      "
        _print_wrapped(console, head, text, indent=6)
    console.print()


def _print_costs(console: Console, costs: Mapping[str, Costs]) -> None:
    for name, known in costs.items():
        text = (
            f"{known.instruction:g} an instruction, {known.trap:g} a trap, {known.xret:g} an xRET"
            f" ({known.source})"
        )
        _print_wrapped(console, f"cycles, {name}: ", text, style="dim")


def _print_wrapped(
    console: Console, head: str, text: str, *, indent: int | None = None, style: str | None = None
) -> None:
    """Print a text in the lines it needs; all but the first are indented by the head's width."""
    hanging = " " * (len(head) if indent is None else indent)
    lines = textwrap.wrap(
        text,
        max(console.width, 40),
        initial_indent=head,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines or [head]:
        console.print(line.replace(_NO_BREAK, " "), style=style, soft_wrap=True)
