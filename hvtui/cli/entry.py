"""Where ``hvtui`` starts: which command is meant, and what its failures become."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import hvtui
from asm.diagnostics import AssemblyError, nearest
from asm.objects.image import ImageError
from hvtui.cli.commands import COMMANDS
from hvtui.cli.statuses import BAD_INPUT, NO_READER
from hvtui.headless.ending import INTERRUPTED
from hvtui.machinefile.errors import BadInputError

_DESCRIPTION = """\
A terminal debugger in which you see virtualization: a RISC-V computer with a trap bitmap,
stepped through instruction by instruction.
"""


class UsageError(Exception):
    """The command line makes no sense; the text says why and what would."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``hvtui`` with these arguments (the process's own by default); return the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except (BadInputError, ImageError) as error:
        return _fail(str(error))
    except AssemblyError as error:
        count = sum(not diagnostic.is_warning for diagnostic in error.diagnostics)
        return _fail(f"{error}\n{count} error{'s' if count != 1 else ''}")
    except UsageError as error:
        return _fail(f"hvtui: {error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more at the end, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return _fail(f"hvtui: {named}{error.strerror or error}")
    except MemoryError:
        return _fail("hvtui: this computer has not enough memory for that machine; give less --ram")


def _fail(message: str) -> int:
    # Names and lines of a stranger's file must not reach the terminal as control sequences.
    shown = "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in message
    )
    print(shown, file=sys.stderr)
    return BAD_INPUT


def _dispatch(words: Sequence[str]) -> int:
    if not words:
        from hvtui.cli.debug import open_gallery

        return open_gallery()
    first = words[0]
    if first in COMMANDS:
        return _run_command(first, words[1:])
    if not first.startswith("-"):
        if not _is_path(first):
            raise UsageError(_unknown_command(first))
        return _run_command("debug", words)
    _parse(_top_parser(), words)
    raise UsageError(f"{first} needs a command before it; see hvtui --help")


def _run_command(name: str, words: Sequence[str]) -> int:
    command = COMMANDS[name]
    module = command.load()
    summary = command.summary[:1].upper() + command.summary[1:] + "."
    parser = argparse.ArgumentParser(
        f"hvtui {name}",
        description=summary,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return module.run(_parse(parser, words))


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse, naming the option that was probably meant instead of an unknown one."""
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        word = unknown[0]
        options = [name for action in parser._actions for name in action.option_strings]
        meant = nearest(word.partition("=")[0], options) if word.startswith("-") else ""
        what = "there is no option" if word.startswith("-") else "there is no use here for"
        _refuse(parser, f"{what} {word!r}" + (f"; did you mean {meant}?" if meant else ""))
    return arguments


def _refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    raise UsageError(f"{message}\nsee {parser.prog} --help")


def _is_path(word: str) -> bool:
    """Tell whether a word that is no command means a file, there or not."""
    return any(mark in word for mark in "/\\.") or os.path.lexists(Path(word))


def _unknown_command(word: str) -> str:
    meant = nearest(word, COMMANDS)
    return (
        f"there is no command and no file {word!r}"
        + (f"; did you mean 'hvtui {meant}'?" if meant else "")
        + f"\ncommands are {', '.join(COMMANDS)}; see hvtui --help"
    )


def _top_parser() -> argparse.ArgumentParser:
    width = max(len(command.form) for command in COMMANDS.values())
    rows = "\n".join(
        f"  hvtui {command.form:<{width}}  {command.summary}" for command in COMMANDS.values()
    )
    parser = argparse.ArgumentParser(
        "hvtui",
        usage="hvtui [PATH | COMMAND ...]",
        description=_DESCRIPTION,
        epilog=(
            f"commands:\n  hvtui {'':<{width}}  choose among the samples\n{rows}\n\n"
            "PATH is a machine file (.toml) or its folder, a source (.s), an ELF file or, with --at,\n"
            "a raw binary. 'hvtui COMMAND --help' tells what a command takes."
        ),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hvtui {hvtui.__version__}")
    return parser
