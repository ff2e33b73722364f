"""Whether programs fit the machine's memory, and each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hvtui.machine.memory import RAM_BASE
from hvtui.machinefile.sizes import describe_range, describe_size
from hvtui.machinefile.system import Component

# The device tree blob lies at the top of RAM, aligned to this many bytes.
DTB_ALIGNMENT = 8


def outside_ram(component: Component, ram_size: int) -> str:
    """Say how a component fails to lie in RAM; an empty text if it does."""
    end_of_ram = RAM_BASE + ram_size
    for start, end in component.extents:
        if start < RAM_BASE or end > end_of_ram:
            return (
                f"{describe_range(start, end)} is not all in RAM, which is "
                f"{describe_range(RAM_BASE, end_of_ram)} ({describe_size(ram_size)})"
            )
    return ""


def overlaps(components: Sequence[Component]) -> Iterator[tuple[int, str]]:
    """Find components on top of each other: the index of the later one, and what to say.

    Each pair is told once, however many of their parts collide.
    """
    extents = sorted(
        (start, end, index)
        for index, component in enumerate(components)
        for start, end in component.extents
    )
    told: set[tuple[int, int]] = set()
    highest_end, highest = 0, -1
    for start, end, index in extents:
        pair = (min(index, highest), max(index, highest))
        if start < highest_end and index != highest and pair not in told:
            told.add(pair)
            yield pair[1], f"{components[pair[1]]} lies on top of {components[pair[0]]}"
        if end > highest_end:
            highest_end, highest = end, index


def dtb_address(blob: bytes, ram_size: int) -> int:
    """Return where a device tree blob goes; below RAM if it is larger."""
    return (RAM_BASE + ram_size - len(blob)) // DTB_ALIGNMENT * DTB_ALIGNMENT


def dtb_misfit(blob: bytes, ram_size: int, components: Sequence[Component]) -> str:
    """Say how a device tree blob does not fit in RAM; an empty text if it does."""
    start = dtb_address(blob, ram_size)
    if start < RAM_BASE:
        return f"{len(blob):,} bytes do not fit in {describe_size(ram_size)} of RAM"
    for component in components:
        if any(end > start for _, end in component.extents):
            return (
                f"its place at the top of RAM, {describe_range(start, start + len(blob))}, is taken by "
                f"component {component}"
            )
    return ""
