"""``hvtui debug``: open a machine in the terminal debugger; the gallery of samples without a path."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hvtui.cli.arguments import add_machine_arguments, memory_size, overrides_of, positive_count
from hvtui.machine.engines import Engine, slower_because, why_not_fast
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.images import check_file
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides

# By this variable Textual is told what it draws on.
_DRIVER = "TEXTUAL_DRIVER"

_EPILOG = """\
With --batch no screen is opened: the commands of -x and -c are done in the order in which they are
given, with their output, and what the guest writes, on stdout. The commands are those of the
debugger, in gdb's words; -c help lists them. A # begins a comment. In a breakpoint's commands, end
ends them. assert EXPRESSION fails if it does not hold, quit STATUS leaves at once. Breakpoints of
other sessions do not count here.

  hvtui debug machine.toml --batch -c 'break trap wrstatus' -c run -c 'info stack'
  hvtui debug machine.toml --batch -x commands.txt --max-instructions 10000000

The exit status of a batch is 0 if all commands were done, or what quit says; 1 if one failed (the
others after it are left out unless --keep-going is given); 2 for bad input, 124 at the limit of
instructions, 130 after Ctrl+C.
"""


class _InOrder(argparse.Action):
    """Collects -x and -c in one list, for they are done in the order in which they stand."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        done = [*(getattr(namespace, self.dest, None) or []), (self.const, str(values))]
        setattr(namespace, self.dest, done)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which machine to open, and what to do without a screen."""
    parser.epilog = _EPILOG
    add_machine_arguments(parser)
    parser.add_argument(
        "--no-session",
        action="store_true",
        help="neither bring back the breakpoints of the last session nor keep this one's",
    )
    parser.add_argument(
        "--history", type=memory_size, metavar="SIZE",
        help="memory for going back in time, such as 1G (256M); with less, a jump back takes longer",
    )  # fmt: skip
    batch = parser.add_argument_group("without a screen")
    batch.add_argument("--batch", action="store_true", help="do commands and leave")
    batch.add_argument(
        "-x", dest="script", action=_InOrder, const="file", metavar="FILE",
        help="do the commands of a file, a line each (- for stdin)",
    )  # fmt: skip
    batch.add_argument(
        "-c", dest="script", action=_InOrder, const="command", metavar="COMMAND",
        help="do a command",
    )  # fmt: skip
    batch.add_argument(
        "--max-instructions", type=positive_count, metavar="N",
        help="stop after N steps (instructions and traps), with status 124",
    )  # fmt: skip
    batch.add_argument("--keep-going", action="store_true", help="go on after a command that failed")


def run(arguments: argparse.Namespace) -> int:
    """Open the debugger; returns when the person leaves it, or the batch is done."""
    path = str(arguments.path)
    if arguments.batch:
        return _batch(arguments)
    for option, given in (
        ("-x or -c", arguments.script),
        ("--max-instructions", arguments.max_instructions),
        ("--keep-going", arguments.keep_going),
    ):
        if given:
            raise BadInputError(Problem(path, f"{option} is for --batch", remedy="add --batch"))
    check_file(arguments.path)
    _need_terminal(path)
    # Everything of the screen is imported here and nowhere else, so that no other command waits.
    from hvtui.tui.app import run_debugger

    remembers = not arguments.no_session
    run_debugger(
        arguments.path,
        _overrides(arguments),
        remembers_session=remembers,
        keeps_settings=not _is_served(),
    )
    return 0


def _overrides(arguments: argparse.Namespace) -> Overrides:
    """Return what was asked for; say in a line if that leaves only the slower engine."""
    if arguments.engine is Engine.AUTO and (why := why_not_fast()):
        print(f"hvtui: {slower_because(why)}", file=sys.stderr)
    return replace(overrides_of(arguments), history=arguments.history)


def open_gallery() -> int:
    """Let a person choose among the samples."""
    _need_terminal("hvtui")
    from hvtui.tui.app import run_gallery

    run_gallery(keeps_settings=not _is_served())
    return 0


def _batch(arguments: argparse.Namespace) -> int:
    from hvtui.cli.batch import Line, lines_of_file, run_batch

    if not arguments.script:
        raise BadInputError(
            Problem(
                str(arguments.path),
                "--batch has nothing to do",
                remedy="give commands: -c COMMAND or -x FILE",
            )
        )
    lines: list[Line] = []
    for kind, text in arguments.script:
        lines += lines_of_file(Path(text)) if kind == "file" else [Line(text, f"-c {text!r}")]
    system = load_system(arguments.path, _overrides(arguments))
    return run_batch(
        system,
        lines,
        limit=arguments.max_instructions or system.max_instructions,
        keep_going=arguments.keep_going,
    )


def _need_terminal(called: str) -> None:
    if _is_served():
        return
    # The screen is drawn on stderr; without a terminal its control sequences would fill a file.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise BadInputError(
            Problem(
                called,
                "the debugger needs a terminal, and here input or output is none",
                remedy="without a terminal: hvtui run PATH",
            )
        )


def _is_served() -> bool:
    """Tell whether the screen is shown in a browser, to somebody who has no business in our files."""
    return os.environ.get(_DRIVER, "").endswith(":WebDriver")
