"""Sections while they are filled: runs of bytes, and between them parts whose size may yet change.

A section is a row of fragments. A fragment is bytes of fixed size and, at its end, at most one `Tail`:
alignment, ``.org``, ``.space``, or an instruction whose length hangs on an address. Labels point into
fragments, so that nothing has to be moved when a tail grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from asm.assembler.source import Statement


class Tail(Protocol):
    """The part of a fragment whose size is found by the layout."""

    statement: Statement

    def size(self, offset: int, section: Section) -> int:
        """Return the size in bytes, the tail standing at `offset` of `section`.

        Raises EvaluationError if it has no size.
        """

    def fill(self, offset: int, size: int, section: Section) -> bytes:
        """Return the bytes, `size` of them, once the layout is settled."""


@dataclass(slots=True, eq=False)
class Fragment:
    """Bytes at `offset` of a section, followed by a tail of `tail_size` bytes."""

    section: Section
    offset: int = 0
    data: bytearray = field(default_factory=bytearray)
    tail: Tail | None = None
    tail_size: int = 0

    @property
    def end(self) -> int:
        """The offset after the tail."""
        return self.offset + len(self.data) + self.tail_size


@dataclass(eq=False)
class Section:
    """A section. `flags` are those of ``.section``: a (loaded), w, x; `nobits` has no bytes (``.bss``).

    `address` and `size` are set by the layout.
    """

    name: str
    flags: str
    nobits: bool = False
    alignment: int = 1
    address: int = 0
    size: int = 0
    fragments: list[Fragment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fragments.append(Fragment(self))

    @property
    def is_loaded(self) -> bool:
        """Tell whether the section is part of the program in memory."""
        return "a" in self.flags

    @property
    def is_code(self) -> bool:
        """Tell whether the section holds instructions."""
        return "x" in self.flags

    @property
    def current(self) -> Fragment:
        """The fragment that is being filled."""
        return self.fragments[-1]

    @property
    def here(self) -> int:
        """The offset of the next byte, as far as sizes are known."""
        fragment = self.fragments[-1]
        return fragment.offset + len(fragment.data)

    def close(self, tail: Tail, size: int) -> Fragment:
        """End the current fragment with `tail`, `size` bytes for now, and return it."""
        fragment = self.fragments[-1]
        fragment.tail = tail
        fragment.tail_size = size
        self.fragments.append(Fragment(self, fragment.end))
        return fragment

    def align_to(self, alignment: int) -> None:
        """Let the section start at a multiple of `alignment`."""
        self.alignment = max(self.alignment, alignment)
