"""A page walk in words, line by line, for where there is nothing but text."""

from __future__ import annotations

from collections.abc import Iterator

from asm.isa.causes import trap_name
from hvtui.debugger.views.guestmemory import device_at
from hvtui.debugger.views.pagewalk import ACCESS_NAMES, PageWalk, Stage, flags


def in_words(found: PageWalk) -> Iterator[str]:
    """Tell a walk line by line, for where there is nothing but text."""
    now = found.hardware.space.privilege.label
    yield f"{ACCESS_NAMES[found.access]} {found.address:#010x} by the hardware in {now}:"
    yield from _stage_words(found.hardware)
    guest = found.guest
    if guest is None:
        return
    waits = ", which waits" if guest.place.waits else ""
    yield f"by {guest.place.vm}{waits}, in {guest.place.believed.label} as it believes:"
    yield from _stage_words(guest.walk)
    if guest.host is not None:
        yield f"  the host has that at {guest.host:#010x}"
    if guest.place.waits:
        yield f"by the hardware for {guest.place.vm}, in {guest.place.privilege.label}:"
        yield from _stage_words(guest.shadow)
    yield f"{guest.agreement.sign} {guest.agreement.words}"


def _stage_words(stage: Stage) -> Iterator[str]:
    if stage.space.root is None:
        yield "  no translation: the address is physical"
    for entry in stage.entries:
        pte = "unreadable" if entry.pte is None else f"{entry.pte:#010x} {flags(entry.pte)}"
        where = f"level {entry.level}, entry {entry.index} at {entry.address:#010x}"
        yield f"  {where}: {pte}, {entry.verdict}"
    if stage.target is not None:
        device = device_at(stage.target)
        yield f"  → {stage.target:#010x}" + (f", a register of the {device}" if device else "")
    if stage.verdict and (stage.target is not None):
        yield f"  {stage.told}"
    elif stage.cause is not None:
        yield f"  → {trap_name(stage.cause, interrupt=False).text}"
