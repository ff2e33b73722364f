"""How fast the reference interpreter is, beside other simulators, in the same run on the same machine.

    python -m tests.bench.bench_reference [--rounds N]

Each simulator sieves the primes below 8192 again and again, in turns, for a few rounds; the figures are
medians. A simulator that is not installed is named as missing. QEMU and Unicorn translate to machine
code; tinyrv is an interpreter in Python like ours.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from asm.assembler.assembly import assemble_text
from asm.objects.elf_writer import write_elf
from asm.program import Program
from hvtui.machine.board import Machine, StopReason
from hvtui.machine.memory import RAM_BASE

_RAM_SIZE = 1 << 20
_PRIMES = 1028  # below 8192: what every simulator has to come to
_QEMU = "qemu-system-riscv32"
_SECONDS = 120

_SIEVE = """
        .equ  SIZE, 8192
_start: li    s3, {repeats}
again:  la    s0, flags
        li    s1, SIZE
        add   t1, s0, s1
        mv    t0, s0
        li    t2, 1
1:      sb    t2, 0(t0)
        addi  t0, t0, 1
        bltu  t0, t1, 1b
        li    a0, 0                     # how many primes were found
        li    t3, 2
2:      add   t4, s0, t3
        lbu   t5, 0(t4)
        beqz  t5, 4f
        addi  a0, a0, 1
        slli  t6, t3, 1
3:      bgeu  t6, s1, 4f
        add   t4, s0, t6
        sb    zero, 0(t4)
        add   t6, t6, t3
        j     3b
4:      addi  t3, t3, 1
        bltu  t3, s1, 2b
        addi  s3, s3, -1
        bnez  s3, again
        li    t0, 0x00100000
        slli  t1, a0, 16
        li    t2, 0x3333
        or    t1, t1, t2
done:   sw    t1, 0(t0)
        j     done
        .bss
        .balign 4096                    # away from the code: translators watch stores to its pages
flags:  .space SIZE
"""

_ROUND_TRIPS = """
_start: la    t0, handler
        csrw  mtvec, t0
        {before}
        li    t0, -1
        csrw  pmpaddr0, t0
        li    t0, 0x1f
        csrw  pmpcfg0, t0
        la    t0, user
        csrw  mepc, t0
        csrw  mstatus, zero
        mret
user:   {work}
        ecall
        j     user
        .balign 4
handler: csrr t0, mepc
        addi  t0, t0, 4
        csrw  mepc, t0
        mret
"""


def caller(*, before: str = "", work: str = "") -> Program:
    """Return a program that makes system calls for ever, and does nothing in them.

    It does `before` once at the beginning, and `work` before each call.
    """
    return assemble_text(_ROUND_TRIPS.format(before=before, work=work))


def sieve(repeats: int) -> Program:
    """Return the program that sieves so many times and ends with the count as its exit code."""
    return assemble_text(_SIEVE.format(repeats=repeats))


def images(program: Program) -> Iterator[tuple[int, bytes]]:
    """Yield the memory that a program fills."""
    for segment in program.segments:
        yield segment.address, segment.data.ljust(segment.size, b"\0")


class Simulator(Protocol):
    """Something that runs a program: `repeats` sieves keep it busy for a while."""

    name: str
    repeats: int

    def missing(self) -> str | None:
        """Return why it cannot run here."""

    def run(self, program: Program) -> tuple[float, int]:
        """Run the program to its end; returns the seconds it took and the primes it counted."""


class Ours:
    """The reference interpreter."""

    name, repeats = "hvtui", 6

    def missing(self) -> str | None:
        return None

    def run(self, program: Program) -> tuple[float, int]:
        machine = machine_with(program)
        started = time.perf_counter()
        stop = machine.run()
        return time.perf_counter() - started, stop.code


class TinyRv:
    """tinyrv, an interpreter in Python."""

    name, repeats = "tinyrv", 1

    def missing(self) -> str | None:
        return None if importlib.util.find_spec("tinyrv") else "the package tinyrv is not installed"

    def run(self, program: Program) -> tuple[float, int]:
        tinyrv: Any = importlib.import_module("tinyrv")
        hart = tinyrv.sim(xlen=32)
        for address, data in images(program):
            hart.copy_in(address, data)
        hart.pc = program.entry
        done = program.symbols["done"].value
        started = time.perf_counter()
        while hart.pc != done:
            hart.step(trace=False)
        return time.perf_counter() - started, hart.x[10]


class Unicorn:
    """Unicorn, QEMU's translator as a library."""

    name, repeats = "Unicorn", 300

    def missing(self) -> str | None:
        return None if importlib.util.find_spec("unicorn") else "the package unicorn is not installed"

    def run(self, program: Program) -> tuple[float, int]:
        unicorn: Any = importlib.import_module("unicorn")
        registers: Any = importlib.import_module("unicorn.riscv_const")
        engine = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        engine.mem_map(RAM_BASE, _RAM_SIZE)
        for address, data in images(program):
            engine.mem_write(address, data)
        started = time.perf_counter()
        engine.emu_start(program.entry, program.symbols["done"].value)
        return time.perf_counter() - started, engine.reg_read(registers.UC_RISCV_REG_A0)


class Qemu:
    """QEMU with its translator. The time that it takes to start is measured apart and taken off."""

    name, repeats = "QEMU", 1500

    def missing(self) -> str | None:
        return None if shutil.which(_QEMU) else f"{_QEMU} is not installed"

    def run(self, program: Program) -> tuple[float, int]:
        starting, _ = self._timed(sieve(1))
        whole, status = self._timed(program)
        # An exit status has 8 bits.
        return whole - starting, status | _PRIMES & ~0xFF

    def _timed(self, program: Program) -> tuple[float, int]:
        with tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / "sieve.elf"
            image.write_bytes(write_elf(program))
            command = [
                _QEMU, "-machine", "virt", "-m", "16M", "-bios", "none", "-display", "none",
                "-monitor", "none", "-serial", "none", "-device", f"loader,file={image},cpu-num=0",
            ]  # fmt: skip
            started = time.perf_counter()
            done = subprocess.run(command, timeout=_SECONDS, check=False)
            return time.perf_counter() - started, done.returncode


SIMULATORS: tuple[Simulator, ...] = (Ours(), TinyRv(), Unicorn(), Qemu())


def machine_with(program: Program) -> Machine:
    """Return our machine, about to start the program."""
    machine = Machine(ram_size=_RAM_SIZE)
    for address, data in images(program):
        machine.load(address, data)
    machine.reset(program.entry)
    return machine


def instructions_of(repeats: int) -> int:
    """Return how many instructions so many sieves take: counted once, as all are alike."""
    counts = []
    for few in (1, 2):
        machine = machine_with(sieve(few))
        assert machine.run().reason is StopReason.EXITED
        counts.append(machine.retired)
    once, twice = counts
    return once + (repeats - 1) * (twice - once)


@dataclass
class Result:
    """What a simulator showed: instructions a second, a round each, or why there is nothing."""

    name: str
    rates: list[float]
    missing: str | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.rates)


def measure(rounds: int, simulators: tuple[Simulator, ...] = SIMULATORS) -> list[Result]:
    """Run all simulators in turns. Raises ValueError if one counts the primes wrongly."""
    results = [Result(each.name, [], each.missing()) for each in simulators]
    for _ in range(rounds):
        for simulator, result in zip(simulators, results, strict=True):
            if result.missing:
                continue
            seconds, primes = simulator.run(sieve(simulator.repeats))
            if primes != _PRIMES:
                raise ValueError(f"{simulator.name} counts {primes} primes instead of {_PRIMES}")
            result.rates.append(instructions_of(simulator.repeats) / seconds)
    return results


def round_trips(rounds: int, count: int = 50_000) -> float:
    """Return how many times a second our machine goes from U to M by an ecall and back."""
    rates = []
    for _ in range(rounds):
        machine = machine_with(caller())
        machine.run(max_retired=100)
        traps = machine.hart.traps
        started = time.perf_counter()
        machine.run(until_instant=machine.instant + count)
        rates.append((machine.hart.traps - traps) / (time.perf_counter() - started))
    return statistics.median(rates)


def table(results: list[Result]) -> Iterator[str]:
    """Yield the lines of the report: million instructions a second, and how many times ours."""
    ours = results[0].median
    yield f"{'simulator':<10} {'M instr/s':>10} {'lowest':>8} {'highest':>8} {'to ours':>9}"
    for result in results:
        if result.missing:
            yield f"{result.name:<10} missing: {result.missing}"
            continue
        figures = (result.median, min(result.rates), max(result.rates))
        median, low, high = (f"{figure / 1e6:,.2f}" for figure in figures)
        yield f"{result.name:<10} {median:>10} {low:>8} {high:>8} {result.median / ours:>8.2f}x"


def main(say: Callable[[str], None] = print) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Compare the reference interpreter with others.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each runs (default 5)")
    rounds = max(1, parser.parse_args().rounds)
    say(f"primes below 8192, medians of {rounds} rounds in turns")
    for line in table(measure(rounds)):
        say(line)
    say(f"hvtui: {round_trips(rounds):,.0f} traps a second, each an ecall from U to M and back")


if __name__ == "__main__":
    main()
