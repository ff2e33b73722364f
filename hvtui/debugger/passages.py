"""Whose xRET it was, and what: a trap handed on, or other code that gets the CPU.

Below ring 0 an xRET traps, and the hypervisor executes one of its own in its place. So what an xRET is
cannot be told from the hypervisor alone: behind the trap of a guest's xRET it is the guest's, and if
that guest is a hypervisor and was entered by the trap of its own guest's xRET, it is that one's. A
`Reading` follows this down, to any depth of nesting.

There are two more ways to have an xRET executed, both by an environment call. A guest's kernel that
knows of its hypervisor asks for it (paravirtualization). And a host that has hypervisors as servants
or processes asks for a virtual machine to be run: such a call ends when the machine is left. The next
one answers the trap that the machine was left by, so it is read as if the host had got that trap.

Which hypervisor runs which virtual machine is learned from the run: whoever starts one runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from asm.isa.causes import Cause
from asm.isa.trapbits import TrapBit
from hvtui.debugger.activations import Activation, Entered, Suspended, identity
from hvtui.debugger.positions import Position
from hvtui.machine.events import TrapTaken
from hvtui.machinefile.system import Component

# How many places are remembered to which traps were handed on.
MOST_VECTORS = 256

_HYPERVISOR, _HOST, _USER = "hypervisor", "host", "user"
_HANDLER_ROLES = frozenset({"kernel", "host", "firmware"})
_HOSTS = frozenset({_HYPERVISOR, _HOST})
_XRETS = frozenset({TrapBit.MRET, TrapBit.SRET})
_CALLS = frozenset({Cause.ECALL_FROM_U, Cause.ECALL_FROM_S})
_RING_OF_PROGRAMS = 3


class Handed(NamedTuple):
    """A trap that was handed on, and what it had interrupted."""

    trap: TrapTaken
    waits: Suspended


class Reading(NamedTuple):
    """An xRET to where nothing waits.

    `emulated` are the guests' xRETs in whose place it was executed, the outermost first; `way` is the
    place of it and of those, and of a host that asked for it. `waits` is what the trap interrupted that
    it answers. `ended` are the activations that it ends.
    """

    waits: Suspended | None
    way: tuple[Position, ...]
    emulated: tuple[Suspended, ...]
    ended: tuple[int, ...]
    handed: Handed | None

    @property
    def host(self) -> Position | None:
        """The place on the way in the innermost hypervisor, or in the host that asked."""
        for position in reversed(self.way):
            role = position.component.role if position.component is not None else ""
            if role == _HYPERVISOR or (role == _HOST and position is not self.way[0]):
                return position
        return None


class Learned(NamedTuple):
    """What the run has shown so far: who runs which virtual machine, and where traps are handed to."""

    hosts: Mapping[str, Component]
    vectors: frozenset[int]


class Passages:
    """Reads xRETs. `is_guest_vector` tells whether a guest wants its traps at a position.

    `vms` are the names of all virtual machines.
    """

    def __init__(self, is_guest_vector: Callable[[Position], bool], vms: Sequence[str]) -> None:
        self._vms = vms
        self._is_guest_vector = is_guest_vector
        # Replaced, never changed.
        self.learned = Learned({}, frozenset())

    def reset(self) -> None:
        """Begin anew."""
        self.learned = Learned({}, frozenset())

    def read(
        self, top: Activation, by: Position, resumed: Position, left: Callable[[str], Suspended | None]
    ) -> Reading:
        """Read the xRET of the code at `by`, in `top`, to `resumed`, where nothing waits.

        `left` gives what ran last in a virtual machine, as it was left.
        """
        emulated: list[Suspended] = []
        ended: list[int] = []
        way = [by]
        handed: Handed | None = None
        while True:
            ended.append(top.serial)
            trap, waits = top.event, top.below
            if trap is None or waits is None:
                break
            vm = self.asked_to_run(top, resumed)
            if vm is not None:
                way.append(waits.position)
                waits = left(vm)
                trap = waits.trap if waits is not None else None
                if trap is None or waits is None:
                    break
            if self._hands_on(top, Handed(trap, waits), way[-1], resumed):
                handed = Handed(trap, waits)
                break
            if is_kernel_xret(trap, waits):
                if not self._may_enter(waits.position.component, resumed.component):
                    ended.append(waits.activation.serial)
                    break
            elif not _asks_for_xret(trap, waits, resumed):
                break
            emulated.append(waits)
            way.append(waits.position)
            top = waits.activation
            waits = top.below
        return Reading(waits, tuple(way), tuple(emulated), tuple(ended), handed)

    def asked_to_run(self, top: Activation, resumed: Position) -> str | None:
        """Return the virtual machine, with code at `resumed`, that a host has asked `top` to run."""
        host, guest = _asking(top), resumed.component
        if host is None or guest is None or guest.vm in (None, host.vm) or self._runs(guest, host):
            return None
        return guest.vm if self._runs(host, guest) or _name(guest) not in self.learned.hosts else None

    def expected(self, top: Activation, by: Position) -> Sequence[str]:
        """Return the virtual machines that an xRET of the code at `by`, in `top`, may lead to.

        A kernel goes on in its own; a hypervisor, or a host that asks, rather in one that it runs than
        in one that nobody runs yet, and never further out.
        """
        component = by.component
        while top.event is not None and top.below is not None and is_kernel_xret(top.event, top.below):
            component, top = top.below.position.component, top.below.activation
        asking = _asking(top)
        component = asking or component
        if component is None:
            return ()
        if component.role != _HYPERVISOR and asking is None:
            return (component.vm,) if component.vm is not None else ()
        hosts = self.learned.hosts
        own = [vm for vm in self._vms if hosts.get(_vm_name(vm)) is component]
        free = [vm for vm in self._vms if _vm_name(vm) not in hosts and vm != component.vm]
        return own + free

    def is_vector(self, position: Position) -> bool:
        """Tell whether traps of guests are handed on to there."""
        return identity(position) in self.learned.vectors or self._is_guest_vector(position)

    def note_vector(self, entry: Position) -> None:
        """Learn that a trap was handed on to there."""
        hosts, vectors = self.learned
        if identity(entry) not in vectors:
            known = vectors if len(vectors) < MOST_VECTORS else frozenset[int]()
            self.learned = Learned(hosts, known | {identity(entry)})

    def note_start(self, reading: Reading, resumed: Position) -> None:
        """Learn who runs what was started at `resumed`: the innermost hypervisor on the way."""
        hosts, vectors = self.learned
        guest = resumed.component
        if guest is None or _name(guest) in hosts:
            return
        host = reading.host.component if reading.host is not None else None
        if host is not None and _name(host) != _name(guest):
            self.learned = Learned({**hosts, _name(guest): host}, vectors)

    def serves(self, component: Component, inside: Component | None) -> bool:
        """Tell whether traps of `inside` may be for `component`: in its machine, or in one it runs."""
        if inside is None:
            return False
        return inside.vm == component.vm or self._runs(component, inside)

    def _runs(self, host: Component, guest: Component) -> bool:
        """Tell whether `guest` is known to be in a virtual machine of `host`, however deep."""
        hosts, name, seen = self.learned.hosts, _name(guest), set[str]()
        while name in hosts and name not in seen:
            if hosts[name] is host:
                return True
            seen.add(name)
            name = _name(hosts[name])
        return False

    def _may_enter(self, component: Component | None, resumed: Component | None) -> bool:
        """Tell whether an xRET of `component` itself could lead to `resumed`."""
        if component is None or resumed is None or _name(component) == _name(resumed):
            return True
        if component.role != _HYPERVISOR or self._runs(resumed, component):
            return False
        return self._runs(component, resumed) or _name(resumed) not in self.learned.hosts

    def _hands_on(self, top: Activation, handed: Handed, by: Position, resumed: Position) -> bool:
        """Tell whether an xRET at `by`, in the handler `top`, hands its trap on to `resumed`."""
        target, inside = resumed.component, inside_of(handed.waits)
        if target is None or target is by.component:
            return False
        is_hypervisors = by.component is not None and by.component.role in _HOSTS
        if top.entered is Entered.INJECTED and not is_hypervisors:
            return False
        if target.role == _HYPERVISOR:
            return self._reflects(handed, inside, resumed, target)
        if is_kernel_xret(*handed) or _is_hypercall(handed, resumed):
            return False
        if target.role not in _HANDLER_ROLES or target.believes == _RING_OF_PROGRAMS:
            return False
        return inside is not None and inside.vm == target.vm

    def _reflects(
        self, handed: Handed, inside: Component | None, resumed: Position, target: Component
    ) -> bool:
        """Tell whether a trap of `inside` is handed on to `target`, a hypervisor further out."""
        if inside is None:
            return True
        if self._runs(target, inside):
            return True
        if self._runs(inside, target):
            return False
        if is_kernel_xret(*handed):
            return target is not inside and self.is_vector(resumed)
        return inside.vm == target.vm or _name(inside) not in self.learned.hosts


def is_kernel_xret(trap: TrapTaken, waits: Suspended) -> bool:
    """Tell whether an xRET trapped, of code that may have meant it: a user program's is a mistake."""
    component = waits.position.component
    return bool(_XRETS.intersection(trap.bits)) and (component is None or component.role != _USER)


def stands_for_xret(trap: TrapTaken, waits: Suspended, resumed: Position) -> bool:
    """Tell whether an xRET to `resumed` in a trap's handler is that of the code that trapped."""
    return is_kernel_xret(trap, waits) or _asks_for_xret(trap, waits, resumed)


def _asks_for_xret(trap: TrapTaken, waits: Suspended, resumed: Position) -> bool:
    """Tell whether a kernel asked its hypervisor for the xRET to `resumed`, in its own machine."""
    kernel, target = waits.position.component, resumed.component
    if kernel is None or target is None or kernel.vm is None or kernel.role in (_HYPERVISOR, _USER):
        return False
    is_call = not trap.is_interrupt and trap.cause == Cause.ECALL_FROM_S
    return is_call and kernel.vm == target.vm


def _asking(top: Activation) -> Component | None:
    """Return the host that has called `top`, perhaps to have a virtual machine run."""
    trap, waits = top.event, top.below
    if trap is None or trap.is_interrupt or trap.cause not in _CALLS or waits is None:
        return None
    component = waits.position.component
    return component if component is not None and component.role in _HOSTS else None


def _is_hypercall(handed: Handed, resumed: Position) -> bool:
    """Tell whether a kernel's call was for its hypervisor: nobody further in gets it."""
    trap, waits = handed
    if trap.is_interrupt or trap.cause != Cause.ECALL_FROM_S:
        return False
    caller, target = _belief(waits.position), _belief(resumed)
    return caller is not None and caller == target


def _belief(position: Position) -> int | None:
    """Return the ring that the code at a position thinks it runs in, None if nobody said."""
    if position.component is None:
        return None
    return position.component.belief_in(position.place.file if position.place else None)


def inside_of(waits: Suspended) -> Component | None:
    """Return what was interrupted; code that is nobody's belongs to what entered it."""
    return waits.position.component or waits.activation.entry.component


def _name(component: Component) -> str:
    """Return what a component's code shares with the rest of its virtual machine."""
    return _vm_name(component.vm) if component.vm is not None else f"component {component.name}"


def _vm_name(vm: str) -> str:
    return f"vm {vm}"
