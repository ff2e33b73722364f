"""``hvtui compare``: the same work under one technique after another, and what each costs."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from asm.diagnostics import nearest
from hvtui.cli.arguments import add_engine_argument, positive_count
from hvtui.cli.comparison import print_relations, write_csv
from hvtui.cli.glyphs import spare_glyphs
from hvtui.comparing.choosing import Named, same_work
from hvtui.comparing.costs import PUBLISHED, Costs, read_costs
from hvtui.comparing.measuring import Measurement, measure
from hvtui.comparing.relating import Relation, is_other_work, relate
from hvtui.headless.driving import set_on_interrupt
from hvtui.headless.ending import INTERRUPTED
from hvtui.machine.engines import Engine
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.loading import check_engine, load_system
from hvtui.machinefile.samples import list_samples, path_of_machine
from hvtui.machinefile.system import System

# A run that nobody gave a limit stops here: more than twice what the longest sample takes.
DEFAULT_LIMIT = 50_000_000

_EPILOG = f"""\
The first machine is the baseline: the others are set in relation to it. Without names, it is the first
sample, and the others are the samples that run the very same programs; techniques with another guest
follow, beside that guest without a hypervisor. Your own machine files can stand in the table, too:
  hvtui compare NAME NAME your/machine.toml

  instructions  all that were executed, and 'slowdown' against the baseline
  hypervisor    the share of them that hypervisor and host have executed
  exits         traps and interrupts that lead out of a virtual machine
  per call      exits from a program's system call until a program goes on, for each call
  per tick      the same for each tick of the guest's clock; a host's own clock does not count
  per update    exits for each time that the guest's kernel changes what addresses mean: each write of
                satp or of the PMP, each sfence.vma, whatever stands there in a ported kernel.
                What goes along with a hypercall that was made anyway is no exit
  -             there was none, or nobody can count it: the notes say why

Counts are exact. Cycles are an estimate: --costs names a table of your own, a TOML file with
  instruction = 1    trap = 316    xret = 316    source = "where you have it from"
A machine that does not end is stopped after {DEFAULT_LIMIT:,} instructions, or where its file says.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the machines, and the form of the answer."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "paths", nargs="*", metavar="NAME", help="samples, machine files or their folders"
    )
    parser.add_argument("--costs", type=Path, metavar="FILE", help="a table of costs in cycles")
    parser.add_argument(
        "--max-instructions",
        type=positive_count,
        metavar="N",
        help="stop each run after N instructions, whatever the files say",
    )
    add_engine_argument(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything, as JSON")
    form.add_argument("--csv", action="store_true", help="a line for each machine, as CSV")


def run(arguments: argparse.Namespace) -> int:
    """Run the machines and print the comparison; returns 0, or 130 after Ctrl+C."""
    costs = {"own": read_costs(arguments.costs)} if arguments.costs else PUBLISHED
    check_engine(arguments.engine)
    groups = tuple(_groups(arguments.paths))
    if not groups:
        raise BadInputError(Problem("hvtui", "there are no samples", remedy="name machine files"))
    halted = threading.Event()
    with set_on_interrupt(halted), _Progress.shown() as progress:
        bench = _Bench(arguments.engine, arguments.max_instructions, halted, progress)
        compared = [_compare(group, bench, costs) for group in groups]
    if halted.is_set():
        return INTERRUPTED
    spare_glyphs()
    relations = [relation for group in compared for relation in group]
    if arguments.json:
        print(json.dumps([relation.as_json() for relation in relations], indent=1))
    elif arguments.csv:
        write_csv(relations, costs)
    else:
        print_relations(compared, costs)
    return 0


def _groups(names: Sequence[str]) -> Iterator[tuple[Named, ...]]:
    """Yield the machines to compare: all are opened before the first one runs, which may take long."""
    if names:
        yield tuple((name, load_system(_path_of(name))) for name in names)
    else:
        yield from same_work(list_samples())


def _path_of(name: str) -> Path:
    path = path_of_machine(name)
    if path.exists():
        return path
    samples = [sample.name for sample in list_samples()]
    meant = nearest(name, samples)
    raise BadInputError(
        Problem(
            name,
            "there is no sample and no file of this name",
            remedy=(f"did you mean {meant}? " if meant else "")
            + (f"samples are {', '.join(samples)}" if samples else ""),
        )
    )


def _compare(group: Sequence[Named], bench: _Bench, costs: Mapping[str, Costs]) -> tuple[Relation, ...]:
    """Measure machines, and relate them to the first one.

    That one is run once more on the CPUs of those whose programs did something else there.
    """
    runs = [bench.run(name, system) for name, system in group]
    name, baseline = group[0]
    cpus = sorted({run.cpu for run in runs if is_other_work(run, runs[0])})
    elsewhere = {cpu: bench.run(name, replace(baseline, cpu=cpu)) for cpu in cpus}
    return relate(runs, costs, elsewhere)


class _Progress:
    """Says on a terminal which machine runs."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown

    @classmethod
    @contextmanager
    def shown(cls) -> Iterator[_Progress]:
        """Show it for a while, and wipe it out at the end."""
        progress = cls(is_shown=sys.stderr.isatty())
        try:
            yield progress
        finally:
            progress.tell("")

    def tell(self, text: str) -> None:
        """Show a text in place of the last one."""
        if self._is_shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


class _Bench:
    """Measures machines, the same one only once, however often it is named."""

    def __init__(
        self, engine: Engine, limit: int | None, halted: threading.Event, progress: _Progress
    ) -> None:
        self._engine = engine
        self._limit = limit
        self._halted = halted
        self._progress = progress
        self._done: dict[tuple[Path, str], Measurement] = {}

    def run(self, name: str, system: System) -> Measurement:
        """Return the measurement of a machine, which the table calls by that name."""
        key = system.path.resolve(), system.cpu
        if key not in self._done:
            self._progress.tell(f"{name} …")
            limit = self._limit or system.max_instructions or DEFAULT_LIMIT
            overrides = replace(system.overrides, engine=self._engine)
            system = replace(system, overrides=overrides)
            self._done[key] = measure(name, system, self._halted, limit)
        return replace(self._done[key], name=name)
