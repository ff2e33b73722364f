"""``hvtui check``: run machines against their ``[expect]``, for tests, labs and their graders."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from asm.arguments import add_include_argument
from asm.objects.image import printable
from hvtui.checks.grading import DEFAULT_LIMIT, Plan
from hvtui.checks.jobs import grade_all
from hvtui.checks.junit import junit_xml
from hvtui.checks.submissions import Lab, find_submissions, open_lab
from hvtui.checks.verdicts import Verdict
from hvtui.cli.arguments import add_computer_arguments, positive_count
from hvtui.headless.driving import set_on_interrupt
from hvtui.machinefile.document import read_document
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.expectation import Expectation
from hvtui.machinefile.schema import check_expectation
from hvtui.machinefile.system import Overrides
from hvtui.wholefiles import write_whole

_EPILOG = f"""\
A line for each check: ok, or FAILED with what was expected and what was seen. The exit status is 0 if
every check held, 1 if any failed, 2 for a command line that makes no sense, 130 after Ctrl+C. A
submission that does not assemble, hangs, floods the console or gets stuck has failed, no more.

  hvtui check NAME                            a sample, as 'hvtui samples' names it
  hvtui check samples                         every machine.toml below a folder
  hvtui check machine.toml --cpu legacy       on another CPU
  hvtui check alice bob --expect right.toml   machines of others, by your expectations

Grading a lab: you keep the machine file, the guests and [expect]; students hand in the hypervisor.
  hvtui check --lab lab/machine.toml handed-in --jobs 4 --junit report.xml
Each submission takes the place of the lab's first component, or of the one that --as names. PATH is a
program, a folder that holds a file of the same name, or a folder of such folders. A submission reads
its own folder and the lab's 'include' folders, nothing else.

[expect] of a machine file (or of FILE in --expect FILE, of which nothing but that table counts):
  console = "..."             all that is printed, to the byte
  console_pattern = '...'     a regular expression that is found in it, or a list of them
  consoles = {{ vm1 = "..." }}  what one VM printed: lines with the prefix 'vm1| ', which is taken off
                              ('vm1+ ' marks the rest of a line that was broken); of a VM in a VM
                              those with both prefixes, 'vm1| vm1| ': {{ "vm1.vm1" = "..." }}
  console_patterns = {{ vm1 = '...' }}
  exit = 0                    the guest's exit code
  ends = "stuck"              how the run ends: finisher, tohost, stuck or limit; unless it is said,
                              the guest has to end it
  max_instructions = 200_000  the run is stopped there (else after [machine]'s, or {DEFAULT_LIMIT:,})
  traps = {{ wrstatus = "5..9", ecall-u = 39, illegal = ">=1" }}
                              traps taken, by trap bit or by cause as in 'hvtui run --json'
  ignored = 0                 kernel instructions that were ignored: all, or {{ wrstatus = 0 }} by bit
  leaked = 0                  the same for those that leaked
  ran = ["guest kernel"]      components that retired an instruction; or how many:
                              {{ "guest kernel" = ">=1000" }}
  not_ran = ["spy"]           components that retired none
  memory = {{ 0x80001000 = 5, "kernel::ticks" = ">=3" }}
                              words of memory at the end, by physical address or by a label
  input = "yes\\n"             what is typed into the console
A count is a number or a range: 5, "5..9", "5..", "..9", ">=5", "<9". 'any' stands for all bits and
causes together.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a check."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        type=Path,
        help="machine file, folder of one, folder of such folders, program, or a sample's name",
    )
    parser.add_argument(
        "--lab",
        type=Path,
        metavar="FILE",
        help="your machine file, in which each PATH takes the place of a component",
    )
    parser.add_argument(
        "--as",
        dest="component",
        metavar="NAME",
        help="the component of the lab that submissions replace (the first one)",
    )
    parser.add_argument(
        "--expect",
        type=Path,
        metavar="FILE",
        help="what every run must show, instead of what its own file says",
    )
    parser.add_argument(
        "--max-instructions",
        type=positive_count,
        metavar="N",
        help="stop each run after N instructions, whatever the files say",
    )
    parser.add_argument(
        "--jobs", type=positive_count, default=1, metavar="N", help="check N at a time (1)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, and no lines")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML as well")
    parser.add_argument(
        "--quiet", action="store_true", help="print only what failed, and how many held"
    )
    add_computer_arguments(parser)
    add_include_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check everything; returns 0 if all held, else 1."""
    if arguments.component is not None and arguments.lab is None:
        raise BadInputError(Problem("--as", "names a component of a lab", remedy="add --lab FILE"))
    lab = open_lab(arguments.lab, arguments.component) if arguments.lab else None
    expect = check_expectation(read_document(arguments.expect)) if arguments.expect else None
    if lab is not None:
        _check_names(expect or lab.expect, lab)
    if arguments.junit is not None and not arguments.junit.absolute().parent.is_dir():
        raise BadInputError(Problem(str(arguments.junit), "there is no such folder to write to"))
    submissions = find_submissions(arguments.paths, lab)
    plan = Plan(
        lab=lab.path if lab else None,
        component=lab.component if lab else "",
        expect=expect,
        overrides=Overrides(
            cpu=arguments.cpu,
            ram=arguments.ram,
            dtb=arguments.dtb,
            include=tuple(arguments.include),
            engine=arguments.engine,
        ),
        max_instructions=arguments.max_instructions,
    )
    verdicts = []
    halted = threading.Event()
    grading = grade_all(submissions, plan, arguments.jobs, halted)
    # Closed at once, whatever happens: no process may outlive the command.
    with set_on_interrupt(halted), closing(grading):
        for verdict in grading:
            verdicts.append(verdict)
            if not arguments.json:
                _print_verdict(verdict, is_quiet=arguments.quiet)
    if arguments.json:
        print(json.dumps(_report(verdicts), indent=2), flush=True)
    else:
        print(_summary(verdicts), file=sys.stderr)
    if arguments.junit is not None:
        write_whole(arguments.junit, junit_xml(verdicts))
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _check_names(expect: Expectation, lab: Lab) -> None:
    """Refuse a lab that expects nothing, or something of components that it has not."""
    if expect.path is None:
        remedy = "add an [expect] to it, or give one with --expect FILE"
        raise BadInputError(Problem(str(lab.path), "nothing says what a run must show", remedy=remedy))
    for key, name in expect.component_names():
        if name not in lab.components:
            remedy = f"components are {', '.join(lab.components)}"
            message = f"there is no component {name!r} in {lab.path}"
            path, _, line = expect.place(*key).rpartition(":")
            raise BadInputError(
                Problem(path, message, key=f"[expect], key '{key[0]}'", line=int(line), remedy=remedy)
            )


def _print_verdict(verdict: Verdict, *, is_quiet: bool) -> None:
    for check in verdict.checks:
        if check.ok and is_quiet:
            continue
        told = f"ok     {verdict.name}: {check.name}"
        if not check.ok:
            told = f"FAILED {verdict.name}: {check.name}: {check.failure}"
        print(printable(told))
        for line in check.detail.splitlines():
            print(f"       {printable(line)}")
    if verdict.lost and not verdict.ok:
        print(f"       {printable(verdict.lost)}")
    sys.stdout.flush()


def _summary(verdicts: Sequence[Verdict]) -> str:
    checks = [check for verdict in verdicts for check in verdict.checks]
    failures = sum(not check.ok for check in checks)
    machines = _counted(len(verdicts), "machine")
    if not failures:
        return f"hvtui: {machines}, {_counted(len(checks), 'check')}: all ok"
    wrong = sum(not verdict.ok for verdict in verdicts)
    return (
        f"hvtui: {machines}, {_counted(len(checks), 'check')}: "
        f"{failures} FAILED, in {_counted(wrong, 'machine')}"
    )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _report(verdicts: Sequence[Verdict]) -> dict[str, object]:
    return {
        "ok": all(verdict.ok for verdict in verdicts),
        "machines": len(verdicts),
        "failed": sum(not verdict.ok for verdict in verdicts),
        "verdicts": [verdict.as_json() for verdict in verdicts],
    }
