"""``hvtui new``: a lab to start from, the student's first trap-and-emulate hypervisor."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from hvtui.cli.arguments import cpu_name
from hvtui.lab import DEFAULT_CPU, lab_files
from hvtui.lab.writing import write_lab
from hvtui.machine.generations import GENERATIONS, Refusal

_EPILOG = """\
The lab is a hypervisor that starts a guest and stops at the first trap that it has no answer to;
writing the answers is the lab. LESSON.md in it tells how, in six steps.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a new lab."""
    parser.epilog = _EPILOG
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder to make, or an empty one")
    parser.add_argument(
        "--cpu",
        type=cpu_name,
        default=DEFAULT_CPU,
        metavar="NAME",
        help=f"CPU generation: {', '.join(GENERATIONS)} (default: {DEFAULT_CPU})",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="write into a folder that is not empty; changed files of the lab are kept as NAME.old1",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the lab and say what to do with it. Returns 0."""
    contents = lab_files(arguments.cpu)
    written = write_lab(arguments.folder, contents, force=arguments.force)
    shown = shlex.quote(str(arguments.folder))
    print(f"wrote a lab for the CPU {arguments.cpu} into {arguments.folder}:")
    for name in contents:
        print(f"  {name}")
    for name, kept in written.kept.items():
        print(f"kept your {name} as {kept}")
    if not _can_hold_a_hypervisor(arguments.cpu):
        print(f"on {arguments.cpu} nobody can solve it: not every kernel instruction can trap there")
    print(
        "next:\n"
        f"  read {arguments.folder / 'LESSON.md'}\n"
        f"  hvtui debug {shown}    watch it\n"
        f"  hvtui check {shown}    see what is missing"
    )
    return 0


def _can_hold_a_hypervisor(cpu: str) -> bool:
    generation = GENERATIONS[cpu]
    return bool(generation.trapcap) or (
        generation.refusal is Refusal.TRAPS and not generation.exceptions
    )
