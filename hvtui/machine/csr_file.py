"""The CSRs as the hart uses them: a reader and a writer for each row of the table that exists here.

Most registers are a word that a write makes legal as the row says. The others are views of such words
(`sstatus`), belong to another part (`pmpcfg0`, `mcycle`) or are constants; all of those stand in the
tables below. Who may use a register is not judged here, but in `trapmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from asm.isa.csrs import CSRS, CSRS_BY_NAME, CsrRow
from asm.isa.width import MASK, XLEN
from hvtui.machine.counters import Counter
from hvtui.machine.generations import Generation
from hvtui.machine.hart_state import HartState
from hvtui.machine.pmp import Pmp

EXTENSIONS = "IMASU"
MISA = 1 << (XLEN - 2) | sum(1 << ord(letter) - ord("A") for letter in EXTENSIONS)

_MSTATUS = CSRS_BY_NAME["mstatus"]
_SD, _FS = (_MSTATUS.fields_by_name[name] for name in ("SD", "FS"))
_FS_DIRTY = 3
_SSTATUS_MASK = sum(field.mask for field in CSRS_BY_NAME["sstatus"].fields)
_SIE_MASK = CSRS_BY_NAME["sie"].write_mask
_SIP = CSRS_BY_NAME["sip"]
_SIP_MASK = sum(field.mask for field in _SIP.fields)
_INHIBIT = CSRS_BY_NAME["mcountinhibit"].fields_by_name

# After a write of these the hart has to look anew at its address spaces and interrupts.
_SETTLING = frozenset(
    {"mstatus", "sstatus", "satp", "mie", "sie", "mip", "sip", "mideleg"}
    | {row.name for row in CSRS if row.name.startswith(("pmpcfg", "pmpaddr"))}
)

_Read = Callable[[], int]
_Write = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Register:
    """A CSR that exists on this hart.

    `read` returns what software sees, `stored` what a set or clear of bits starts from (they differ
    where a bit is also an input line), `write` takes a word and makes it legal.
    """

    row: CsrRow
    read: _Read
    stored: _Read
    write: _Write


class CsrFile:
    """All CSRs of a hart of `generation`.

    `lines` returns the bits of `mip` that devices drive; `time` returns `mtime`, 64 bits; `settle` is
    called after every write that can change address spaces or interrupts.
    """

    def __init__(
        self,
        state: HartState,
        generation: Generation,
        pmp: Pmp,
        *,
        lines: _Read,
        time: _Read,
        settle: Callable[[], None],
    ) -> None:
        self._state = state
        self._csr = state.csr
        self._pmp = pmp
        self._lines = lines
        self._time = time
        self._settle = settle
        self.mcycle = Counter(state.clock)
        self.minstret = Counter(state.clock)
        self.constants: Mapping[str, int] = {
            "misa": MISA,
            "mimpid": generation.number,
            "mtrapcap": generation.trapcap,
        }
        exists = {None: True, "trapmap": generation.has_trapmap, "mvmcb": generation.has_mvmcb}
        special = self._special()
        self.by_number = {
            row.number: self._register(row, special.get(row.name))
            for row in CSRS
            if exists[row.only_on]
        }
        self.by_name = {register.row.name: register for register in self.by_number.values()}
        self.reset()

    def reset(self) -> None:
        """Set every stored word to 0 and let the counters count from 0."""
        self._csr.update((row.name, 0) for row in CSRS if is_stored(row))
        self.mcycle.reset()
        self.minstret.reset()

    def _register(self, row: CsrRow, special: tuple[_Read, _Write] | None) -> Register:
        if row.name in self.constants:
            constant = self.constants[row.name]
            return Register(row, lambda: constant, lambda: constant, _lost)
        if special is not None:
            read, write = special
        elif is_stored(row):
            read, write = self._stored_word(row)
        else:
            read, write = _zero, _lost
        stored = self._stored_mip if row.name in ("mip", "sip") else read
        if row.name in _SETTLING:
            write = self._settling(write)
        return Register(row, read, stored, write)

    def _special(self) -> Mapping[str, tuple[_Read, _Write]]:
        """The registers that are not a word of their own."""
        pmp = self._pmp
        found: dict[str, tuple[_Read, _Write]] = {
            "mstatus": (self._read_mstatus, self._write_mstatus),
            "sstatus": (self._read_sstatus, self._write_sstatus),
            "mip": (self._read_mip, self._stored_word(CSRS_BY_NAME["mip"])[1]),
            "sie": (self._read_sie, self._write_sie),
            "sip": (self._read_sip, self._write_sip),
            "mtrapmap": (self._stored_word(CSRS_BY_NAME["mtrapmap"])[0], self._write_mtrapmap),
            "mcountinhibit": (lambda: self._csr["mcountinhibit"], self._write_mcountinhibit),
            "time": (lambda: self._time() & MASK, _lost),
            "timeh": (lambda: self._time() >> 32, _lost),
        }
        for prefix, counter in (("cycle", self.mcycle), ("instret", self.minstret)):
            found.update(_counter_registers(prefix, counter))
        for number in range(4):
            found[f"pmpcfg{number}"] = _indexed(pmp.config, pmp.set_config, number)
        for number in range(16):
            found[f"pmpaddr{number}"] = _indexed(pmp.address, pmp.set_address, number)
        return found

    def _stored_word(self, row: CsrRow) -> tuple[_Read, _Write]:
        """Return how a register that is a word of its own is read and written."""
        csr, name, mask = self._csr, row.name, row.write_mask

        def read() -> int:
            return csr[name]

        def write(value: int) -> None:
            csr[name] = value & mask

        def write_legal(value: int) -> None:
            csr[name] = row.legalize(csr[name], value)

        return read, write_legal if any(field.legal for field in row.fields) else write

    def _settling(self, write: _Write) -> _Write:
        settle = self._settle

        def write_and_settle(value: int) -> None:
            write(value)
            settle()

        return write_and_settle

    def _read_mstatus(self) -> int:
        value = self._csr["mstatus"]
        return value | _SD.mask if _FS.of(value) == _FS_DIRTY else value

    def _write_mstatus(self, value: int) -> None:
        self._csr["mstatus"] = _MSTATUS.legalize(self._csr["mstatus"], value)

    def _read_sstatus(self) -> int:
        return self._read_mstatus() & _SSTATUS_MASK

    def _write_sstatus(self, value: int) -> None:
        self._csr["mstatus"] = CSRS_BY_NAME["sstatus"].legalize(self._csr["mstatus"], value)

    def _read_mip(self) -> int:
        return self._csr["mip"] | self._lines()

    def _stored_mip(self) -> int:
        return self._csr["mip"]

    def _read_sie(self) -> int:
        return self._csr["mie"] & self._csr["mideleg"] & _SIE_MASK

    def _write_sie(self, value: int) -> None:
        mask = self._csr["mideleg"] & _SIE_MASK
        self._csr["mie"] = (self._csr["mie"] & ~mask) | (value & mask)

    def _read_sip(self) -> int:
        return self._read_mip() & self._csr["mideleg"] & _SIP_MASK

    def _write_sip(self, value: int) -> None:
        mask = self._csr["mideleg"] & _SIP.write_mask
        self._csr["mip"] = (self._csr["mip"] & ~mask) | (value & mask)

    def _write_mtrapmap(self, value: int) -> None:
        self._csr["mtrapmap"] = value & self.constants["mtrapcap"]

    def _write_mcountinhibit(self, value: int) -> None:
        self._csr["mcountinhibit"] = CSRS_BY_NAME["mcountinhibit"].legalize(0, value)
        self.mcycle.inhibit(value & _INHIBIT["CY"].mask != 0)
        self.minstret.inhibit(value & _INHIBIT["IR"].mask != 0)


def is_stored(row: CsrRow) -> bool:
    """Tell whether the register is a word of its own: not a view, and not of another part."""
    return row.write_mask != 0 and not row.name.startswith(
        ("sstatus", "sie", "sip", "pmp", "mcycle", "minstret")
    )


def _counter_registers(name: str, counter: Counter) -> Iterator[tuple[str, tuple[_Read, _Write]]]:
    def low() -> int:
        return counter.low

    def high() -> int:
        return counter.high

    yield name, (low, _lost)
    yield f"{name}h", (high, _lost)
    yield f"m{name}", (low, counter.write_low)
    yield f"m{name}h", (high, counter.write_high)


def _indexed(
    read: Callable[[int], int], write: Callable[[int, int], None], index: int
) -> tuple[_Read, _Write]:
    return lambda: read(index), lambda value: write(index, value)


def _zero() -> int:
    return 0


def _lost(value: int) -> None:
    """Lose what is written to a constant register."""
