"""Which instructions are made one piece of machine code: a *block* of a page that is often executed.

A block is what the decoder has decoded around one place of a page: instructions that jumps within the
page and the order of the page connect. It is entered where something from outside may go on: where a
jump leads, behind calls, and behind what leaves native code or may change the mode.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache, cached_property

from asm.isa.instruction import Instruction
from hvtui.machine.fast.lowering import nodes_of, parsed, services_of, static_target
from hvtui.machine.memory import PAGE_SIZE

# So many instructions are compiled in a few tens of milliseconds.
MOST_STEPS = 256

_ENDING = frozenset(
    {"jump", "environment_call", "breakpoint_trap", "return_from_trap", "wait_for_interrupt",
     "store_conditional", "write"}
)  # fmt: skip
# After these the state may be one in which the next instruction has to be looked for.
_LEAVING = _ENDING | {"csr_write", "permit"}


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of a block: its offset in the page, and the handler that else executes it."""

    offset: int
    word: int
    row: Instruction
    fields: Mapping[str, int]
    handler: str

    @property
    def following(self) -> int:
        """The offset of what lies behind it."""
        return self.offset + self.row.encoding.length

    @property
    def target(self) -> int | None:
        """The offset in the page to which it may jump, if that is known."""
        field = static_target(self.row)
        if field is None:
            return None
        offset = self.offset + self.fields[field]
        return offset if 0 <= offset < PAGE_SIZE else None

    def flows(self) -> Iterator[int]:
        """Yield the offsets where it can go on without being left."""
        if not ends(self.row):
            yield self.following
        if self.target is not None:
            yield self.target


@dataclass(frozen=True)
class Block:
    """Instructions by their offsets, in order, and the offsets where they can be entered."""

    steps: Mapping[int, Step]
    entries: tuple[int, ...]

    @property
    def key(self) -> object:
        """What tells the code of this block from that of every other."""
        return self.entries, tuple(
            (step.offset, step.word, step.handler) for step in self.steps.values()
        )

    @cached_property
    def leaders(self) -> Set[int]:
        """The offsets where straight pieces begin: what leads there comes from more than one place."""
        found = set(self.entries)
        for step in self.steps.values():
            if step.target is not None or leaves(step.row):
                found.update((step.following,))
            if step.target is not None:
                found.add(step.target)
        return {offset for offset in found if offset in self.steps}

    def straight(self, leader: int) -> tuple[Step, ...]:
        """Return the instructions from a leader up to the next one or to what does not go on."""
        piece = [self.steps[leader]]
        while not ends(piece[-1].row):
            offset = piece[-1].following
            if offset not in self.steps or offset in self.leaders:
                break
            piece.append(self.steps[offset])
        return tuple(piece)


@cache
def ends(row: Instruction) -> bool:
    """Tell whether what lies behind an instruction never just comes next."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ENDING
        for statement in parsed(row).body
        if not isinstance(statement, ast.If)
        for node in ast.walk(statement)
    )


@cache
def leaves(row: Instruction) -> bool:
    """Tell whether an instruction may leave its block so that what lies behind it is looked for."""
    return bool(services_of(row) & _LEAVING)


@cache
def uses(row: Instruction) -> Set[str]:
    """Return the names in the row's meaning."""
    return {node.id for node in nodes_of(row) if isinstance(node, ast.Name)}


def block_around(offset: int, step_at: Callable[[int], Step | None]) -> Block | None:
    """Return the block around the instruction at an offset; None if there can be none.

    `step_at` returns the decoded instruction at an offset of the page, None for what no block can have.
    """
    steps = _connected(offset, step_at)
    if not steps:
        return None
    reached = {to for step in steps.values() for to in step.flows()}
    entries = {offset} | {at for at in steps if at not in reached}
    for step in steps.values():
        if step.target is not None and not (step.target > step.offset and not ends(step.row)):
            entries.add(step.target)
        if leaves(step.row) and (ends(step.row) or "jump" not in services_of(step.row)):
            entries.add(step.following)
    return Block(dict(sorted(steps.items())), tuple(sorted(entries & steps.keys())))


def _connected(start: int, step_at: Callable[[int], Step | None]) -> dict[int, Step]:
    """Return the steps nearest to a place, those that lead there and those to which it leads."""
    known: dict[int, Step | None] = {}

    def known_at(offset: int) -> Step | None:
        if offset not in known:
            known[offset] = step_at(offset) if 0 <= offset < PAGE_SIZE else None
        return known[offset]

    sources: dict[int, list[int]] = {}
    for offset in range(0, PAGE_SIZE, 4):
        step = known_at(offset)
        if step is not None and step.target is not None:
            sources.setdefault(step.target, []).append(offset)
    found: dict[int, Step] = {}
    waiting = deque([start])
    while waiting and len(found) < MOST_STEPS:
        offset = waiting.popleft()
        step = known_at(offset)
        if step is None or offset in found:
            continue
        found[offset] = step
        # Behind a call or trap it mostly goes on some time.
        waiting.append(step.following)
        if step.target is not None:
            waiting.append(step.target)
        waiting.extend(sources.get(offset, ()))
        before = known_at(offset - 4)
        if before is not None and before.following == offset:
            waiting.append(offset - 4)
    return found
