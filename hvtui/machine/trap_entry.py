"""Into a trap and back: delegation, vectors, mode stacks (privileged specification 1.12, section 3.1.6
to 3.1.8 and 3.3.2), and the control block of the `svm` generation (design, section 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from asm.isa.causes import Cause, Interrupt
from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.decode import Decoded, decode
from asm.isa.width import MASK, XLEN
from hvtui.machine.events import Observers, TrapReturned, TrapTaken
from hvtui.machine.generations import Generation
from hvtui.machine.hart_state import HartState
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import KernelTrap, Trap, bits_of_instruction

_STATUS = CSRS_BY_NAME["mstatus"].fields_by_name
_MPRV = _STATUS["MPRV"].mask
_TVEC = CSRS_BY_NAME["mtvec"].fields_by_name
_BASE, _MODE = _TVEC["BASE"].mask, _TVEC["MODE"].mask
_VECTORED = 1 << _TVEC["MODE"].low
_VECTOR_SIZE = 4
INTERRUPT_FLAG = 1 << (XLEN - 1)

# Words of the svm control block, and what an exit code says of other traps than trapped instructions.
_WORD = 4
_BLOCK_SIZE = 5 * _WORD
_EXIT_CODE, _EXIT_WORD, _EXIT_NEXT_PC, _EXIT_PRIVILEGE = (index * _WORD for index in range(1, 5))
OTHER_EXCEPTION = 0x100
_DEFAULT_LENGTH = 4

_PRIVILEGES = (Privilege.U, Privilege.S, Privilege.U, Privilege.M)


@dataclass(frozen=True, slots=True)
class _Level:
    """The names that a mode's traps go by: its CSRs and its bits of `mstatus`.

    `previous_privilege` is a mask whose lowest bit is `privilege_shift`; `stack` is all three masks.
    """

    privilege: Privilege
    tvec: str
    epc: str
    cause: str
    tval: str
    enable: int
    previous_enable: int
    previous_privilege: int
    privilege_shift: int
    stack: int


def _level(privilege: Privilege, letter: str) -> _Level:
    upper = letter.upper()
    enable, previous_enable = (_STATUS[f"{upper}{name}"].mask for name in ("IE", "PIE"))
    previous_privilege = _STATUS[f"{upper}PP"]
    return _Level(
        privilege,
        f"{letter}tvec",
        f"{letter}epc",
        f"{letter}cause",
        f"{letter}tval",
        enable,
        previous_enable,
        previous_privilege.mask,
        previous_privilege.low,
        enable | previous_enable | previous_privilege.mask,
    )


_LEVELS = {Privilege.M: _level(Privilege.M, "m"), Privilege.S: _level(Privilege.S, "s")}


class BlockMemory(Protocol):
    """Where the control block lies: RAM, or what somebody takes for it. As `memory.Ram` has these."""

    @property
    def base(self) -> int:
        """The physical address of its first byte."""

    def contains(self, address: int, size: int = 1, /) -> bool:
        """Tell whether `size` bytes at a physical address all lie in it."""

    def read(self, address: int, size: int, /) -> bytes | None:
        """Return bytes at a physical address."""

    def store(self, offset: int, size: int, value: int, /) -> None:
        """Store `size` bytes at an offset from the base."""


class TrapEntry:
    """Takes traps and returns from them.

    `settle` is called when the mode has changed; `word_at(pc)` returns the instruction that lies
    there, or None.
    """

    def __init__(
        self,
        state: HartState,
        ram: BlockMemory,
        generation: Generation,
        observers: Observers,
        *,
        settle: Callable[[], None],
        word_at: Callable[[int], int | None],
    ) -> None:
        self._state = state
        self._csr = state.csr
        self._ram = ram
        self._generation = generation
        self._observers = observers
        self._settle = settle
        self._word_at = word_at

    # Into a trap.

    def take_exception(self, trap: Trap) -> bool:
        """Take a synchronous trap at the current pc.

        Returns True if it changed nothing at all, so that it will repeat for ever: its handler is the
        instruction that trapped.
        """
        state = self._state
        delegated = state.privilege is not Privilege.M and self._csr["medeleg"] >> trap.cause & 1
        if isinstance(trap, KernelTrap) and trap.exit_bit is not None:
            delegated = 0
        return self._take(Privilege.S if delegated else Privilege.M, trap.cause, trap.tval, trap)

    def take_interrupt(self, interrupt: Interrupt, target: Privilege) -> None:
        """Take `interrupt` in the mode `target` before the instruction at the current pc."""
        self._take(target, interrupt, 0, None)

    def _take(self, target: Privilege, cause: int, tval: int, trap: Trap | None) -> bool:
        state, csr = self._state, self._csr
        origin, pc = state.privilege, state.pc
        word = 0
        if trap is not None and (self._observers.trap or csr["mvmcb"]):
            word = self._trapping_word(trap)
        if target is Privilege.M and origin is not Privilege.M and csr["mvmcb"]:
            if self._block_in_ram():
                self._store_exit(cause, trap, word)
            else:
                cause, tval, trap = Cause.MACHINE_CHECK, csr["mvmcb"], Trap(Cause.MACHINE_CHECK)
        is_interrupt = trap is None
        level = _LEVELS[target]
        written = {
            level.epc: pc,
            level.cause: cause | INTERRUPT_FLAG if is_interrupt else cause,
            level.tval: tval,
            "mstatus": _entered(csr["mstatus"], level, origin),
        }
        handler = _handler(csr[level.tvec], cause, is_interrupt)
        repeats = target is origin and handler == pc and written.items() <= csr.items()
        csr.update(written)
        state.privilege, state.pc = target, handler
        self._settle()
        for tally in self._observers.tallies:
            tally.traps[int(cause), is_interrupt] += 1
        if self._observers.trap:
            bits = trap.bits if isinstance(trap, KernelTrap) else ()
            event = TrapTaken(
                state.instant, pc, cause, is_interrupt, tval, word, origin, target, handler, bits
            )
            state.traps += 1
            for observer in tuple(self._observers.trap):
                observer(event)
        else:
            state.traps += 1
        return repeats

    def _trapping_word(self, trap: Trap) -> int:
        if trap.cause in (Cause.FETCH_ACCESS, Cause.FETCH_PAGE_FAULT):
            return 0
        return bits_of_instruction(self._word_at(self._state.pc) or 0)

    # Back from a trap.

    def return_from_trap(self, privilege: int, decoded: Decoded, pc: int) -> int:
        """Do the xRET of M (3) or S (1) and return the address where execution goes on.

        Raises Trap (machine check) instead if it leaves M while the svm control block is outside RAM.
        """
        state, csr = self._state, self._csr
        level = _LEVELS[_PRIVILEGES[privilege]]
        mstatus = csr["mstatus"]
        target = _PRIVILEGES[(mstatus & level.previous_privilege) >> level.privilege_shift]
        origin = state.privilege
        if origin is Privilege.M and target is not Privilege.M and csr["mvmcb"]:
            self._load_trapmap()
        was_enabled = mstatus & level.previous_enable
        mstatus = mstatus & ~level.stack | level.previous_enable
        if was_enabled:
            mstatus |= level.enable
        if target is not Privilege.M:
            mstatus &= ~_MPRV
        csr["mstatus"] = mstatus
        resumed = csr[level.epc]
        state.privilege, state.pc = target, resumed
        self._settle()
        if self._observers.trap_return:
            event = TrapReturned(state.instant, pc, decoded.row.name, origin, target, resumed)
            for observer in tuple(self._observers.trap_return):
                observer(event)
        return resumed

    # The svm control block.

    def _block_in_ram(self) -> bool:
        return self._ram.contains(self._csr["mvmcb"], _BLOCK_SIZE)

    def _load_trapmap(self) -> None:
        if not self._block_in_ram():
            raise Trap(Cause.MACHINE_CHECK, self._csr["mvmcb"])
        word = int.from_bytes(self._ram.read(self._csr["mvmcb"], _WORD) or b"", "little")
        self._csr["mtrapmap"] = word & self._generation.trapcap

    def _store_exit(self, cause: int, trap: Trap | None, word: int) -> None:
        """Tell the hypervisor why the guest was left: words 1 to 4."""
        state = self._state
        next_pc = state.pc
        if trap is None:
            code = INTERRUPT_FLAG | cause
        else:
            code = OTHER_EXCEPTION + cause
            if isinstance(trap, KernelTrap) and trap.exit_bit is not None:
                code = trap.exit_bit
            decoded = decode(word)
            next_pc += decoded.row.encoding.length if decoded else _DEFAULT_LENGTH
        block = self._csr["mvmcb"] - self._ram.base
        for offset, value in (
            (_EXIT_CODE, code),
            (_EXIT_WORD, word),
            (_EXIT_NEXT_PC, next_pc & MASK),
            (_EXIT_PRIVILEGE, state.privilege),
        ):
            self._ram.store(block + offset, _WORD, value)


def _entered(mstatus: int, level: _Level, origin: Privilege) -> int:
    """Return `mstatus` after a trap into `level` from the mode `origin`."""
    stacked = mstatus & ~level.stack | origin << level.privilege_shift
    return stacked | level.previous_enable if mstatus & level.enable else stacked


def _handler(tvec: int, cause: int, is_interrupt: bool) -> int:
    """Return where the trap vector leads."""
    base = tvec & _BASE
    if is_interrupt and tvec & _MODE == _VECTORED:
        return base + _VECTOR_SIZE * cause & MASK
    return base
