"""How many source lines a second the assembler takes, beside GNU as on the same source.

    python -m tests.bench.bench_assembler [--lines N] [--rounds N]

The source is what people write: instructions, labels, data, comments, a macro now and then. Each round
assembles another one, so that nothing is remembered from the round before; the figure is the median.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from asm.assembler.assembly import assemble_text
from asm.isa.registers import ABI_NAMES

GNU_AS = "riscv64-unknown-elf-as"

_HEAD = """\
        .macro  save reg, offset=0
        sw      \\reg, \\offset(sp)
        .endm
        .equ    SIZE, 64
        .text
_start:
"""


def source(lines: int, seed: int = 0) -> str:
    """Return a source of so many lines, another one for each seed."""
    chance = random.Random(seed)
    return _HEAD + "".join(_lines(lines - _HEAD.count("\n"), chance))


def _lines(count: int, chance: random.Random) -> Iterator[str]:
    def register() -> str:
        return chance.choice(ABI_NAMES)

    kinds: tuple[tuple[int, Callable[[int], str]], ...] = (
        (20, lambda _: f"        addi    {register()}, {register()}, {chance.randint(-2048, 2047)}"),
        (10, lambda _: f"        lw      {register()}, {4 * chance.randint(0, 99)}({register()})"),
        (10, lambda _: f"        sw      {register()}, {4 * chance.randint(0, 99)}(sp)    # keep it"),
        (8, lambda _: f"        add     {register()}, {register()}, {register()}"),
        (8, lambda _: f"        mv      {register()}, {register()}"),
        (8, lambda _: f"        li      {register()}, {chance.randint(-(1 << 31), (1 << 31) - 1):#x}"),
        (8, lambda line: f"label_{line}:"),
        (6, lambda _: f"        beqz    {register()}, 1f\n1:"),
        (4, lambda _: f"        call    {'_start'}"),
        (4, lambda _: f"        la      {register()}, _start + {4 * chance.randint(0, 99)}"),
        (3, lambda line: f"        .word   {line}, {line} + SIZE, 'x'"),
        (2, lambda line: f'        .asciz  "the text of line {line}"\n        .balign 4, 0'),
        (2, lambda _: f"        save    {register()}, {4 * chance.randint(0, 99)}"),
        (2, lambda _: "        ret"),
        (5, lambda _: "        # what follows needs a word of explanation"),
    )
    weights, makers = zip(*kinds, strict=True)
    line = 0
    while line < count:
        text = chance.choices(makers, weights)[0](line)
        line += text.count("\n") + 1
        yield text + "\n"


def measure(rounds: int, lines: int) -> dict[str, float]:
    """Return the median seconds of each assembler; GNU as only where it is installed."""
    seconds: dict[str, list[float]] = {}
    for number in range(rounds):
        text = source(lines, number)
        seconds.setdefault("ours", []).append(_timed(lambda text=text: assemble_text(text)))
        if shutil.which(GNU_AS):
            seconds.setdefault("GNU as", []).append(_gnu(text))
    return {name: statistics.median(found) for name, found in seconds.items()}


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _gnu(text: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.s"
        path.write_text(text, encoding="utf-8")
        command = [GNU_AS, "-march=rv32ima_zicsr", "-mno-relax", "-o", f"{path}.o", str(path)]
        return _timed(lambda: subprocess.run(command, check=True, capture_output=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    for name, seconds in measure(chosen.rounds, chosen.lines).items():
        print(f"{name:8} {seconds:7.3f} s  {chosen.lines / seconds:12,.0f} lines/s")


if __name__ == "__main__":
    main()
