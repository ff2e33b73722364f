"""``hvtui run``: a machine without the debugger, for scripts, graders and the curious."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from asm.objects.image import printable, read_file
from hvtui.cli.arguments import add_machine_arguments, overrides_of, positive_count
from hvtui.cli.console import StreamedConsole
from hvtui.cli.progress import RunProgress
from hvtui.cli.trace import Tracer
from hvtui.headless.components import ComponentCounts
from hvtui.headless.console import MAX_KEPT, Console, ConsoleInput, KeptConsole
from hvtui.headless.driving import Advance, drive, set_on_interrupt
from hvtui.headless.ending import Ending
from hvtui.headless.exits import ExitCounts
from hvtui.headless.lost import LostInstructions
from hvtui.headless.places import describe_pc
from hvtui.headless.statistics import RunStatistics
from hvtui.machine.board import Machine
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System

_MAX_CONSOLE_INPUT = 16 << 20

_EPILOG = """\
The exit status is the guest's exit code (255 for a larger one), 124 at the limit of instructions,
1 for a guest that is stuck, 2 for bad input, 130 after Ctrl+C.

  hvtui run prog.s                        assemble and run
  hvtui run machine.toml --json           what happened, as JSON
  hvtui run kernel.bin --at 0x80000000    a raw binary

--json prints one object with these keys:
  exit                 reason (finisher, tohost, stuck, limit, interrupted) and code
  cpu, engine, instructions, seconds, console
  traps                all traps and interrupts taken, by cause
  kernel_instructions  those met below M, by trap bit: trapped, executed, ignored, leaked
  exits                traps and interrupts from below M into M: total, by trap bit (bits), by cause
                       (causes); the same for each of components and rings
  first_lost           the first instruction that was ignored or leaked, or null: instant,
                       instruction, word, bits (bit, name, outcome), file, line, component, vm,
                       ring, pc, physical
  components           instructions retired in each, and entries into it

Without --json, stderr names the first instruction that was ignored or leaked, and how many were.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run."""
    parser.epilog = _EPILOG
    add_machine_arguments(parser)
    parser.add_argument(
        "--max-instructions",
        type=positive_count,
        metavar="N",
        help="stop after N instructions, with status 124",
    )
    parser.add_argument(
        "--console-in", type=Path, metavar="FILE", help="what the guest reads from its console"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object at the end, and nothing else"
    )
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="write a line for each step (slow, and long)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the machine to its end; returns the exit status."""
    system = load_system(arguments.path, overrides_of(arguments))
    data = read_file(arguments.console_in, _MAX_CONSOLE_INPUT) if arguments.console_in else b""
    machine = system.machine
    if machine.engine_note:
        print(f"hvtui: {machine.engine_note}", file=sys.stderr)
    halted = threading.Event()
    with ExitStack() as cleanup:
        advance: Advance = machine.run
        if arguments.trace:
            stream = cleanup.enter_context(arguments.trace.open("w", encoding="utf-8"))
            advance = Tracer(system, machine, stream, halted).run
        headless = _Run(
            system,
            machine,
            advance,
            ConsoleInput(machine.uart, data),
            arguments.max_instructions or system.max_instructions,
            halted,
        )
        return headless.for_report() if arguments.json else headless.for_person()


@dataclass(frozen=True)
class _Run:
    system: System
    machine: Machine
    advance: Advance
    typed: ConsoleInput
    limit: int | None
    halted: threading.Event

    def for_person(self) -> int:
        """Stream the console to stdout; say on stderr how it ended if that is worth a word."""
        progress = RunProgress(self.limit)
        console = StreamedConsole(sys.stdout.buffer, progress.hide, self.halted.set)
        lost = LostInstructions(self.system, self.machine)
        ending, seconds = self._drive(console, progress)
        if console.is_broken:
            # Not an error: `hvtui run … | head` has read enough.
            raise BrokenPipeError
        said = []
        if sys.stderr.isatty() or not ending.is_of_guest:
            said = self._summary(ending, seconds)
        if lost.first is not None:
            said += [str(lost.first), lost.summary()]
        if said:
            newline = "" if console.at_line_start else "\n"
            # A file's name may hold anything.
            text = "\n".join(f"hvtui: {printable(line)}" for line in said)
            print(newline + text, file=sys.stderr)
        return ending.status

    def for_report(self) -> int:
        """Print the JSON object to stdout, and nothing else."""
        statistics = RunStatistics(self.machine.observers)
        components = ComponentCounts(self.system, self.machine)
        exits = ExitCounts(self.system, self.machine)
        lost = LostInstructions(self.system, self.machine)
        console = KeptConsole()
        ending, seconds = self._drive(console, RunProgress(self.limit))
        if console.is_cut:
            print(f"hvtui: the console is cut after {MAX_KEPT:,} bytes", file=sys.stderr)
        report = {
            "exit": {"reason": ending.reason, "code": ending.code},
            "cpu": self.system.cpu,
            "engine": self.machine.engine,
            "instructions": self.machine.retired,
            "seconds": round(seconds, 6),
            "console": console.text,
            "traps": statistics.traps,
            "kernel_instructions": statistics.kernel_instructions,
            "exits": exits.as_json(),
            "first_lost": lost.first.as_json() if lost.first is not None else None,
            "components": components.by_name(),
        }
        print(json.dumps(report, indent=2), flush=True)
        return ending.status

    def _drive(self, console: Console, progress: RunProgress) -> tuple[Ending, float]:
        started = time.perf_counter()
        try:
            with set_on_interrupt(self.halted):
                ending = drive(
                    self.machine,
                    self.advance,
                    self.limit,
                    console,
                    self.typed,
                    self.halted,
                    progress,
                )
        finally:
            progress.hide()
        return ending, time.perf_counter() - started

    def _summary(self, ending: Ending, seconds: float) -> list[str]:
        where = describe_pc(self.system, self.machine)
        said = {
            "stuck": f"stuck: nothing can ever happen again, {where}",
            "limit": f"stopped at the limit, {where}",
            "interrupted": f"interrupted, {where}",
        }.get(ending.reason, f"the guest ended with code {ending.code} ({ending.reason})")
        retired = self.machine.retired
        rate = f", {retired / seconds / 1e6:.2f} million a second" if seconds > 0.1 else ""
        return [said, f"{retired:,} instructions in {seconds:.2f} s{rate}"]
