"""Entries of the trap log in words, and as rows of a table for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from asm.isa.causes import trap_name
from hvtui.debugger.logentries import LogEntry
from hvtui.debugger.narration import describe_kernel, describe_trap, instruction_text
from hvtui.machine.events import KernelInstruction, TrapReturned, TrapTaken

Cell: TypeAlias = "str | int | None"

COLUMNS = (
    "instant", "kind", "cause", "bits", "component", "function", "file", "line", "pc",
    "instruction", "from_ring", "to_ring", "tval", "target",
)  # fmt: skip


def describe_entry(entry: LogEntry) -> str:
    """Return an entry in a sentence."""
    event = entry.event
    if isinstance(event, TrapTaken):
        return describe_trap(event, entry.position)
    if isinstance(event, TrapReturned):
        rings = f"ring {event.origin.ring} → ring {event.target.ring}"
        return f"{entry.kind.value}: {event.name} {entry.position} to {event.resumed:#010x}, {rings}"
    return describe_kernel(event, entry.position)


def table_row(entry: LogEntry) -> Mapping[str, Cell]:
    """Return an entry as the cells of `COLUMNS`; None, or an empty text, where there is nothing to say.

    Addresses are as a program would write them, `bits` the names of trap bits with blanks between,
    `target` the handler of a trap, or where an xRET led.
    """
    event, position = entry.event, entry.position
    cells: dict[str, Cell] = dict.fromkeys(COLUMNS)
    cells |= {
        "instant": entry.instant,
        "kind": entry.kind.value,
        "component": position.owner,
        "function": position.label,
        "file": position.place.file if position.place else "",
        "line": position.place.line if position.place else None,
        "pc": f"{event.pc:#010x}",
        "from_ring": entry.origin.ring,
        "to_ring": entry.target.ring,
    }
    if isinstance(event, TrapTaken):
        cells["cause"] = trap_name(event.cause, interrupt=event.is_interrupt).text
        cells["bits"] = " ".join(bit.key for bit in event.bits)
        cells["instruction"] = instruction_text(event.word, event.pc) if event.word else ""
        cells["tval"] = f"{event.tval:#010x}"
        cells["target"] = f"{event.handler:#010x}"
    elif isinstance(event, KernelInstruction):
        cells["bits"] = " ".join(bit.key for bit, _ in event.outcomes)
        cells["instruction"] = instruction_text(event.word, event.pc)
    else:
        cells["instruction"] = event.name
        cells["target"] = f"{event.resumed:#010x}"
    return cells


def as_csv(entries: Iterable[LogEntry]) -> Iterator[str]:
    """Yield the lines of a CSV file (RFC 4180), the names of the columns first.

    Names come from whoever wrote the guest: none is to be a formula for a spreadsheet.
    """
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for entry in entries:
        yield line.getvalue()
        line.seek(0)
        line.truncate()
        writer.writerow([_harmless(cell) for cell in table_row(entry).values()])
    yield line.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in _BEGIN_FORMULAS else cell


def as_json(entries: Iterable[LogEntry]) -> Iterator[str]:
    """Yield the text of a JSON file, an array of objects, an entry a line."""
    separator = "[\n"
    for entry in entries:
        yield separator + json.dumps(table_row(entry), ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


_BEGIN_FORMULAS = frozenset("=+-@\t\r")
