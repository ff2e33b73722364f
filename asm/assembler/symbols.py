"""The names of a source while it is assembled: labels, ``.equ`` and ``.set``, numeric labels.

A name that is set again becomes a new `Name` object, so that each use keeps the value it had at that
line; a use before the first definition sees the first one. Both is what GNU as does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asm.assembler.expression import EvaluationError, Expression, Reference, Value, evaluate
from asm.assembler.sections import Fragment
from asm.assembler.source import Statement

# How many definitions may hang on one another before any of them is a number.
_MAX_CHAIN = 128


class UndefinedNameError(EvaluationError):
    """An expression uses a name that is defined nowhere."""

    def __init__(self, name: Name, start: int, end: int) -> None:
        super().__init__(f'"{name.name}" is not defined', start, end)
        self.name = name


class CircleError(EvaluationError):
    """A name is defined in terms of itself; `names` are those on the way round."""

    def __init__(self, names: frozenset[Name], name: Name, start: int, end: int) -> None:
        super().__init__(f'"{name.name}" is defined in terms of itself', start, end)
        self.names = names


class DefinitionError(EvaluationError):
    """The definition of a name that an expression uses has no value; told where it stands."""

    def __init__(self, cause: EvaluationError, statement: Statement) -> None:
        super().__init__(cause.message, cause.start, cause.end, cause.expected)
        self.cause = cause
        self.statement = statement


@dataclass(slots=True, eq=False)
class Bound:
    """An expression with the names it means: one `Name` for each reference, in order."""

    expression: Expression
    names: tuple[Name, ...]
    statement: Statement


@dataclass(slots=True, eq=False)
class Name:
    """A name: undefined, a label (`fragment` and `offset`), a number, or an expression (`bound`).

    `poisoned` marks a name whose definition is wrong and has been told; it counts as 0, silently.
    """

    name: str
    fragment: Fragment | None = None
    offset: int = 0
    value: int | None = None
    bound: Bound | None = None
    defined_at: Statement | None = None
    start: int = 0
    end: int = 0
    may_change: bool = False
    poisoned: bool = False
    is_global: bool = False
    is_weak: bool = False
    is_function: bool = False
    size: Bound | None = None
    # The value found in an evaluation round, whether it hangs on an address, and the round's number.
    is_relative: bool = False
    known: Value = (0, None)
    round: int = -1

    @property
    def is_defined(self) -> bool:
        """Tell whether the name has a definition, right or wrong."""
        return self.defined_at is not None


class Symbols:
    """All names of an assembly."""

    def __init__(self) -> None:
        self._names: dict[str, Name] = {}
        self._numeric_last: dict[str, Name] = {}
        self._numeric_next: dict[str, Name] = {}

    def __iter__(self) -> Iterator[Name]:
        return iter(self._names.values())

    def get(self, name: str) -> Name | None:
        """Return the name as it stands now, or None if it was never mentioned."""
        return self._names.get(name)

    def has(self, name: str) -> bool:
        """Tell whether the name has a definition at this line."""
        found = self._names.get(name)
        return found is not None and (found.is_defined or found.value is not None)

    def mention(self, name: str) -> Name:
        """Return the name as it stands now; an undefined one if it is new."""
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = Name(name)
        return found

    def replace(self, old: Name) -> Name:
        """Return a fresh `Name` that stands for `old`'s name from now on."""
        fresh = Name(
            old.name, is_global=old.is_global, is_weak=old.is_weak, is_function=old.is_function
        )
        self._names[old.name] = fresh
        return fresh

    def define_numeric(self, digits: str) -> Name:
        """Return the `Name` for a numeric label that is defined here."""
        number = digits.lstrip("0") or "0"
        found = self._numeric_next.pop(number, None) or Name(number)
        self._numeric_last[number] = found
        return found

    def mention_numeric(self, reference: str) -> Name:
        """Return what ``1f`` or ``1b`` means here; an undefined `Name` if there is no such label."""
        number = reference[:-1].lstrip("0") or "0"
        if reference[-1] == "b":
            return self._numeric_last.get(number) or Name(reference)
        found = self._numeric_next.get(number)
        if found is None:
            found = self._numeric_next[number] = Name(reference)
        return found

    def defined_names(self) -> Iterator[str]:
        """Return the names that have a definition: what a misspelt one may have meant."""
        return (name.name for name in self._names.values() if name.is_defined)


class Evaluator:
    """Finds values in one state of the layout: early, while lines are read, or with addresses.

    Early, an address is an offset in its section, and the distance of two sections is not known.
    `fresh` starts a new round, after which remembered values are found anew. `used_address` tells
    whether a value found since it was last cleared hangs on an address.
    """

    def __init__(self) -> None:
        self.early = True
        self.used_address = False
        self._round = 0

    def fresh(self) -> None:
        """Forget the values of names: the sections have moved."""
        self._round += 1

    def value(self, bound: Bound) -> Value:
        """Return the value of an expression. Raises EvaluationError."""
        names = bound.names
        if len(names) == 1 and len(bound.expression.code) == 1:
            item = bound.expression.code[0]
            assert isinstance(item, Reference)
            return self._named(names[0], item)
        remaining = iter(names)
        return evaluate(
            bound.expression.code,
            lambda item: self._named(next(remaining), item),
            placed=not self.early,
        )

    def _named(self, name: Name, reference: Reference) -> Value:
        fragment = name.fragment
        if fragment is not None:
            self.used_address = True
            if self.early:
                return fragment.offset + name.offset, fragment.section
            return fragment.section.address + fragment.offset + name.offset, fragment.section
        if name.value is not None:
            return name.value, None
        if name.bound is not None:
            if name.round != self._round:
                self._resolve(name)
            self.used_address |= name.is_relative
            return name.known
        if name.poisoned or (name.is_weak and not self.early):
            return 0, None
        raise UndefinedNameError(name, reference.start, reference.end)

    def _resolve(self, name: Name) -> None:
        """Find the values of all names that `name` hangs on, then its own, without recursion."""
        used_before = self.used_address
        path = [name]
        on_path = {name}
        while path:
            top = path[-1]
            bound = top.bound
            assert bound is not None
            missing = next(
                (
                    other
                    for other in bound.names
                    if other.bound is not None and other.round != self._round
                ),
                None,
            )
            if missing is None:
                self.used_address = False
                try:
                    top.known = self.value(bound)
                except DefinitionError:
                    raise
                except EvaluationError as error:
                    raise DefinitionError(error, bound.statement) from None
                top.is_relative = self.used_address
                top.round = self._round
                path.pop()
                on_path.discard(top)
            elif missing in on_path:
                expression = bound.expression
                circle = frozenset(path[path.index(missing) :])
                raise DefinitionError(
                    CircleError(circle, missing, expression.start, expression.end),
                    bound.statement,
                )
            elif len(path) >= _MAX_CHAIN:
                raise DefinitionError(
                    EvaluationError(
                        f'"{top.name}" hangs on a chain of more than {_MAX_CHAIN} other names',
                        bound.expression.start,
                        bound.expression.end,
                    ),
                    bound.statement,
                )
            else:
                path.append(missing)
                on_path.add(missing)
        self.used_address = used_before
