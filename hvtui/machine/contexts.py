"""What is cached of one address space: where data lies, and which instructions are decoded.

`hvtui.machine.access` fills and drops these; see there for the law that they obey.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from hvtui.machine.translation import AddressSpace

# A decoded instruction, bound to its address: executes and returns the address of the next one.
Op: TypeAlias = Callable[[], int]


class DataContext:
    """Where loads and stores may go directly: from a page's address to its offset in RAM."""

    __slots__ = ("load_pages", "space", "store_pages")

    def __init__(self, space: AddressSpace) -> None:
        self.space = space
        self.load_pages: dict[int, int] = {}
        self.store_pages: dict[int, int] = {}

    def drop(self, page: int) -> None:
        """Forget a page, by its address."""
        self.load_pages.pop(page, None)
        self.store_pages.pop(page, None)

    def clear(self) -> None:
        """Forget everything, in place."""
        self.load_pages.clear()
        self.store_pages.clear()


class FetchContext:
    """Decoded instructions by their addresses, and the pages they were fetched from."""

    __slots__ = ("addresses", "ops", "pages", "space")

    def __init__(self, space: AddressSpace) -> None:
        self.space = space
        self.ops: dict[int, Op] = {}
        self.pages: dict[int, int] = {}
        self.addresses: dict[int, set[int]] = {}

    def drop(self, page: int) -> None:
        """Forget a page, by its address."""
        self.pages.pop(page, None)
        for address in self.addresses.pop(page, ()):
            self.ops.pop(address, None)

    def clear(self) -> None:
        """Forget everything, in place."""
        self.ops.clear()
        self.pages.clear()
        self.addresses.clear()


Context: TypeAlias = DataContext | FetchContext
