"""What a command is, and how a person's words find it: names, abbreviations, unambiguous beginnings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from asm.diagnostics import nearest
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.expressions.errors import shown

if TYPE_CHECKING:
    from hvtui.debugger.commands.context import Context

# Does a command with the text after its name.
Run: TypeAlias = "Callable[[Context, str], None]"
# Proposes how the text after a command's name could go on; columns count from its beginning.
Complete: TypeAlias = "Callable[[Context, str], Iterable[Completion]]"


class CommandError(Exception):
    """A command cannot be done; the text says why and what would help."""


def nothing(context: Context, text: str) -> Iterable[Completion]:
    """Propose nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the group `group`.

    `usage` are the forms it has, `aliases` its other names. `takes_format` tells whether a slash and
    letters may follow the name. One that `moves` the machine needs one that stands still; all others
    are possible while it runs, between two steps. Its help is the documentation of `run`.
    """

    name: str
    group: str
    usage: tuple[str, ...]
    run: Run
    aliases: tuple[str, ...] = ()
    complete: Complete = nothing
    takes_format: bool = False
    moves: bool = False

    @property
    def help(self) -> str:
        """What the command does: a sentence, and perhaps more after an empty line."""
        return inspect.getdoc(self.run) or ""

    @property
    def summary(self) -> str:
        """What the command does in a sentence."""
        return self.help.partition("\n\n")[0].replace("\n", " ")


class Group:
    """The commands of one subject, collected as they are defined; `moves` if they move the machine."""

    def __init__(self, title: str, *, moves: bool = False) -> None:
        self.title = title
        self._moves = moves
        self._commands: list[Command] = []

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def command(
        self,
        name: str,
        *aliases: str,
        usage: str | tuple[str, ...] = "",
        complete: Complete = nothing,
        takes_format: bool = False,
    ) -> Callable[[Run], Run]:
        """Make a function the command `name`; `usage` is what may follow the name."""
        forms = (usage,) if isinstance(usage, str) else usage
        usages = tuple(f"{name} {form}".strip() if form[:1] != "/" else name + form for form in forms)

        def define(run: Run) -> Run:
            self._commands.append(
                Command(name, self.title, usages, run, aliases, complete, takes_format, self._moves)
            )
            return run

        return define


_Entry = TypeVar("_Entry")


class Names(Generic[_Entry]):
    """Entries by name and alias, found by any beginning of a name that only one entry has.

    A beginning of names that all go on from one of them means that one.

    `what` is what an entry is called in messages: ``command``.
    """

    def __init__(self, what: str, entries: Mapping[str, _Entry], aliases: Mapping[str, str]) -> None:
        self._what = what
        self._entries = entries
        self._aliases = aliases

    def find(self, word: str) -> _Entry:
        """Return what `word` means. Raises CommandError with what was probably meant."""
        name = word if word in self._entries else self._aliases.get(word)
        if name is not None:
            return self._entries[name]
        found = sorted(known for known in self._entries if known.startswith(word))
        if found and all(known.startswith(found[0]) for known in found):
            # One alone, or the first of a family: step rather than stepi.
            return self._entries[found[0]]
        if found:
            raise CommandError(f'"{shown(word)}" could be {", ".join(found)}')
        near = nearest(word, (*self._entries, *self._aliases))
        hint = f"; did you mean {near}?" if near else f"; {self._listed()}"
        raise CommandError(f'there is no {self._what} "{shown(word)}"{hint}')

    def _listed(self) -> str:
        every = list(self._entries)
        if len(every) > _MOST_LISTED:
            return "type help to see what there is"
        return f"there is {', '.join(every)}"


_MOST_LISTED = 12
