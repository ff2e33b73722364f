"""Unicorn as the other hart: runs instruction streams and shows registers and memory afterwards."""

from __future__ import annotations

import importlib
import importlib.util
import struct
from dataclasses import dataclass
from typing import Any

from tests.support.oracle_streams import CODE, WINDOW, WINDOW_SIZE, Stream

_PAGE = 0x1000


def missing() -> str | None:
    """Return why a test that needs Unicorn has to be skipped."""
    if importlib.util.find_spec("unicorn") is None:
        return "the package unicorn is not installed"
    return None


@dataclass(frozen=True)
class HartState:
    """What a stream left: pc, registers x0 to x31, and the window's bytes."""

    pc: int
    registers: tuple[int, ...]
    window: bytes

    def differences(self, other: HartState) -> list[str]:
        """Describe in which values two states differ."""
        found = [] if self.pc == other.pc else [f"pc: {self.pc:#x} and {other.pc:#x}"]
        pairs = zip(self.registers, other.registers, strict=True)
        found += [f"x{n}: {a:#010x} and {b:#010x}" for n, (a, b) in enumerate(pairs) if a != b]
        bytes_of = enumerate(zip(self.window, other.window, strict=True))
        found += [f"byte at {WINDOW + n:#x}: {a:#04x} and {b:#04x}" for n, (a, b) in bytes_of if a != b]
        return found


class UnicornHart:
    """A hart of Unicorn with a code and a data region."""

    def __init__(self) -> None:
        unicorn: Any = importlib.import_module("unicorn")
        riscv_const: Any = importlib.import_module("unicorn.riscv_const")

        self._registers = tuple(getattr(riscv_const, f"UC_RISCV_REG_X{n}") for n in range(32))
        self._pc = riscv_const.UC_RISCV_REG_PC
        self._engine: Any = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        self._engine.mem_map(CODE, 0x10_000)
        self._engine.mem_map(WINDOW - _PAGE, WINDOW_SIZE + 2 * _PAGE)

    def start(self, stream: Stream) -> None:
        """Load a stream and set the hart to its beginning."""
        engine = self._engine
        engine.mem_write(CODE, struct.pack(f"<{len(stream.words)}I", *stream.words))
        engine.ctl_flush_tb()
        engine.mem_write(WINDOW, stream.window)
        for n in range(1, 32):
            engine.reg_write(self._registers[n], stream.registers[n])
        engine.reg_write(self._pc, CODE)

    def run(self, stream: Stream, count: int = 0) -> HartState:
        """Run on to the stream's end, or `count` instructions; returns the state there."""
        engine = self._engine
        engine.emu_start(engine.reg_read(self._pc), stream.end, count=count)
        registers = tuple(engine.reg_read(register) for register in self._registers)
        window = bytes(engine.mem_read(WINDOW, WINDOW_SIZE))
        return HartState(engine.reg_read(self._pc), registers, window)
