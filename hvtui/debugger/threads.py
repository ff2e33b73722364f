"""Function frames within an activation: chains of calls, and those that were left for other threads.

A return names the place that it goes to, and the stack pointer is known. That tells the call that it
ends, be it in the chain in hand or in one that was put aside: then the return is a change of threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, TypeVar

from hvtui.debugger.activations import Activation, Frame, Thread
from hvtui.machine.privilege import Privilege

# How many interrupted contexts and put-aside threads are remembered, and how many frames are kept at
# least: a chain twice as long forgets its outer half. So the memory that a runaway guest can take is
# bounded.
MOST_PARKED = 256
FRAMES_KEPT = 2048
# How many bytes of the stack a function may use for a jump through a link register in it to be taken
# for one to a computed place. A thread that begins has another stack: its top is further off.
LOCALS = 256

# Whose thread it is, and in which mode; where it goes on, and with which stack pointer.
ThreadKey: TypeAlias = tuple[str, Privilege, int, int]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Threads:
    """The frames that were put aside, with their activations."""

    def __init__(self) -> None:
        self._aside: dict[ThreadKey, Thread] = {}

    def clear(self) -> None:
        """Forget all."""
        self._aside.clear()

    def capture(self) -> Mapping[ThreadKey, Thread]:
        """Return the state."""
        return dict(self._aside)

    def restore(self, state: Mapping[ThreadKey, Thread]) -> None:
        """Take up a state."""
        self._aside = dict(state)

    def put_aside(self, frames: Frame | None, activation: Activation) -> None:
        """Keep the frames of an activation for a return that comes out of another stack."""
        if frames is not None:
            key = _key(activation, frames.return_address, frames.sp)
            park(self._aside, key, Thread(frames, activation))

    def take(self, top: Activation, frames: Frame | None, target: int, sp: int) -> Thread | None:
        """Return the thread that a return to `target` continues, which is put aside no longer.

        `top` runs, with `frames`. The thread may belong to another activation if that is a kernel's:
        programs have one each. Frames that were left for good in an activation that is over look like
        it, if the one of now has the same.
        """
        if not self._aside:
            return None
        key = _key(top, target, sp)
        thread = self._aside.get(key)
        if thread is None:
            return None
        if thread.activation.serial != top.serial:
            found = find_frame(frames, target, sp)
            if top.privilege is Privilege.U or (found is not None and found.sp == sp):
                return None
        del self._aside[key]
        return thread


def goes_on_in(frame: Frame, top: Activation, target: int, sp: int) -> bool:
    """Tell whether a jump that looks like a return is one to a computed place in a function.

    The function has its part of the stack still, or has had none. But to go on in translated code is
    to leave its translator.
    """
    component = top.entry.component
    cache = component.translates if component is not None else None
    if cache is not None and cache.first <= target < cache.last:
        return False
    return 0 <= frame.sp - sp <= LOCALS


def find_frame(frames: Frame | None, target: int, sp: int) -> Frame | None:
    """Return the frame that a return to `target` ends: rather one that `sp` fits as well."""
    nearest: Frame | None = None
    while frames is not None:
        if frames.return_address == target:
            if frames.sp == sp:
                return frames
            nearest = nearest or frames
        frames = frames.below
    return nearest


def newest_frames(frames: Frame | None) -> Frame | None:
    """Return a chain with the newest of the frames."""
    kept: list[Frame] = []
    while frames is not None and len(kept) < FRAMES_KEPT:
        kept.append(frames)
        frames = frames.below
    chain: Frame | None = None
    for frame in reversed(kept):
        chain = frame._replace(below=chain)
    return chain


def park(parked: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Remember `value`; the one that was remembered first makes room."""
    parked.pop(key, None)
    if len(parked) >= MOST_PARKED:
        del parked[next(iter(parked))]
    parked[key] = value


def _key(activation: Activation, target: int, sp: int) -> ThreadKey:
    return (activation.entry.owner, activation.privilege, target, sp)
