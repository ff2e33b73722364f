"""Two computers that can run a sample: QEMU with GNU's tools, and ours.

A test gives a `computer` the same thing that a person would: assembly sources and the addresses
they go to. QEMU is the outside oracle; where it or GNU binutils is missing, its half of the
tests is skipped.
"""

import json
import shutil
import subprocess
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import pytest

from hvtui.cli import main

SAMPLES = Path(__file__).parents[2] / "samples"
TIMEOUT_SECONDS = 60
"""A QEMU that needs so long hangs. Nothing else depends on time."""

INSTRUCTION_LIMIT = 150_000
"""What tinyos and its programs may need on our machine, where a tick is 16384 instructions."""


@dataclass(frozen=True)
class Part:
    """One source file, the physical address its bytes go to and the one it is linked for."""

    source: Path
    at: int
    linked: int | None = None
    """None: for the address where its bytes lie."""
    defines: tuple[tuple[str, int], ...] = ()
    """Symbols handed to the assembler."""


@dataclass(frozen=True)
class Outcome:
    """What a run showed: the console's text, and the exit code given to the test finisher."""

    console: str
    exit_code: int


class Computer(Protocol):
    """Runs programs from reset until one of them uses the test finisher."""

    def run(self, parts: list[Part]) -> Outcome: ...


@dataclass(frozen=True)
class Qemu:
    """`qemu-system-riscv32 -machine virt`, fed by GNU `as` and `ld` without relaxation."""

    folder: Path
    clock_shift: int | None = None
    """None: the clock is real time. n: an instruction takes 2**n ns, the clock runs at 10 MHz."""

    def run(self, parts: list[Part]) -> Outcome:
        command = ["qemu-system-riscv32", "-machine", "virt", "-m", "16", "-bios", "none"]
        command += ["-display", "none", "-monitor", "none", "-serial", "stdio"]
        if self.clock_shift is not None:
            command += ["-icount", f"shift={self.clock_shift}"]
        for number, part in enumerate(parts):
            elf = self._build(part, self.folder / f"part{number}")
            if part.linked is None:
                loader = f"loader,file={elf}" + (",cpu-num=0" if number == 0 else "")
            else:
                raw = elf.with_suffix(".bin")
                subprocess.run(
                    ["riscv64-unknown-elf-objcopy", "-O", "binary", str(elf), str(raw)], check=True
                )
                loader = f"loader,file={raw},force-raw=on,addr={part.at:#x}"
            command += ["-device", loader]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert not done.stderr, done.stderr.decode()
        return Outcome(done.stdout.decode(), done.returncode)

    def _build(self, part: Part, stem: Path) -> Path:
        obj, elf = stem.with_suffix(".o"), stem.with_suffix(".elf")
        assemble = ["riscv64-unknown-elf-as", "-march=rv32ima_zicsr_zifencei", "-mabi=ilp32"]
        assemble += ["-mno-relax", "-mno-arch-attr", f"-I{part.source.parent}"]
        assemble += [f"--defsym={name}={value}" for name, value in part.defines]
        link = ["riscv64-unknown-elf-ld", "-m", "elf32lriscv", "--no-relax", "-N"]
        subprocess.run([*assemble, "-o", str(obj), str(part.source)], check=True)
        linked = part.at if part.linked is None else part.linked
        subprocess.run(
            [*link, f"-Ttext={linked:#x}", "-o", str(elf), str(obj)],
            check=True,
            capture_output=True,  # ld warns that code and data share a segment: so they shall
        )
        return elf


@dataclass(frozen=True)
class Ours:
    """`hvtui run` on a machine file written for the occasion."""

    folder: Path
    timebase: int = 1
    """How many instructions a unit of the clock takes."""
    limit: int = INSTRUCTION_LIMIT
    """How many instructions a run may take."""

    def run(self, parts: list[Part]) -> Outcome:
        return run_machine_file(self.write(parts), f"--max-instructions={self.limit}")

    def write(self, parts: list[Part]) -> Path:
        """Write a machine file with these parts, of which the first is the kernel."""
        lines = ["[machine]", 'title = "A machine for a test"', 'cpu = "classic"', 'ram = "16M"']
        lines.append(f"timebase = {self.timebase}")
        for number, part in enumerate(parts):
            role = "user" if number else "kernel"
            lines += ["[[component]]", f'name = "part{number}"', f'role = "{role}"']
            lines += [f"source = {json.dumps(str(part.source))}", f"at = {part.at:#x}"]
            if part.linked is not None:
                lines.append(f"linked = {part.linked:#x}")
            if part.defines:
                defines = ", ".join(f"{name} = {value}" for name, value in part.defines)
                lines.append(f"defines = {{ {defines} }}")
        file = self.folder / "machine.toml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file


def run_machine_file(file: Path, *options: str) -> Outcome:
    """Run a machine file or a source with `hvtui run`."""
    report = report_of(file, *options)
    assert report["exit"]["reason"] == "finisher", report["exit"]
    return Outcome(report["console"], report["exit"]["code"])


def report_of(file: Path, *options: str) -> dict[str, Any]:
    """What `hvtui run --json` says about a run."""
    out, err = StringIO(), StringIO()
    limit = f"--max-instructions={INSTRUCTION_LIMIT}"
    with redirect_stdout(out), redirect_stderr(err):
        main(["run", str(file), "--json", limit, *options])
    assert not err.getvalue(), err.getvalue()
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def skip_without_qemu() -> None:
    """Skip the test if an outside tool that it compares with is not installed."""
    for tool in ("riscv64-unknown-elf-as", "riscv64-unknown-elf-ld", "qemu-system-riscv32"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def parts_of(machine_file: Path) -> list[Part]:
    """The sources that a sample's machine file names, with their addresses."""
    machine = tomllib.loads(machine_file.read_text(encoding="utf-8"))
    return [
        Part(
            (machine_file.parent / component["source"]).resolve(),
            component["at"],
            component.get("linked"),
            tuple(component.get("defines", {}).items()),
        )
        for component in machine["component"]
    ]
