"""Single functions of the type-1 hypervisor, called one at a time on a real machine.

A `Bench` assembles the names and the vCPU of `type1.s` with the parts that a test wants, and stubs for
what those call in other parts. A test sets fields of a vCPU, calls a function as its comment says,
and looks at what it returned and did. Every call also holds the function to the hypervisor's own
rules: it comes back, faults never, and keeps the registers that a function has to keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from asm.assembler.assembly import assemble_text
from asm.options import Options
from hvtui.machine.board import Machine, StopReason
from hvtui.machine.events import TrapTaken

SOURCES = Path(__file__).parents[2] / "samples" / "hypervisors"
MASK = 0xFFFF_FFFF
MEIP = 1 << 11

_RA, _SP, _S0, _A0 = 1, 2, 8, 10
_KEPT = (_SP, _S0, 9, *range(18, 28))
_STEPS_OF_A_CALL = 200_000

_DRIVER = """
        .section .text
        .globl  _start
_start:
        call    {init}
call_done:
        j       call_done
        .section .bss
        .balign 16
vcpus:
        .space  MAX_VMS * VCPU_SIZE
        .balign 16
        .space  4096
bench_stack:
"""


@dataclass(frozen=True)
class Answer:
    """What a function left in a0 and a1, and how many instructions it took."""

    a0: int
    a1: int
    cost: int


class Bench:
    """The parts `names` of the hypervisor, with `stubs`, an assembly text, for what they lack.

    `init` is called at the start, with s0 at the first vCPU. `console` collects what was printed.
    """

    def __init__(
        self,
        names: Iterable[str],
        stubs: str = "",
        *,
        init: str,
        vms: int = 1,
        ram_size: int = 32 << 20,
        defines: dict[str, int] | None = None,
    ) -> None:
        text = (SOURCES / "type1.s").read_text(encoding="utf-8")
        parts = [text[: text.index(".include")]]
        parts += [f'        .include "type1/{name}.s"\n' for name in ("vcpu", *names)]
        parts += [_DRIVER.format(init=init), stubs]
        options = Options(include_dirs=(SOURCES,), defines={"VMS": vms, **(defines or {})})
        program = assemble_text("".join(parts), "bench.s", options)
        self.symbols = {name: symbol.value for name, symbol in program.symbols.items()}
        self.machine = Machine(ram_size=ram_size)
        for segment in program.segments:
            self.machine.load(segment.address, segment.data.ljust(segment.size, b"\0"))
        self.machine.reset(program.entry)
        self.console = bytearray()
        self.faults: list[TrapTaken] = []
        self.machine.observers.output.append(lambda event: self.console.extend(event.data))
        self.machine.observers.trap.append(self.faults.append)
        self.vcpu = self.symbols["vcpus"]
        self.vms = vms
        for number in range(1, vms + 1):
            self.select(number)
            self["V_NUMBER"] = number
        self.select(1)
        self.call(init)
        self._fresh = self.machine.capture()

    def start_over(self) -> None:
        """Make everything as it was after `init`."""
        self.machine.restore(self._fresh)
        self.console.clear()
        self.select(1)

    def select(self, number: int) -> None:
        """Let s0 and the fields be those of VM `number`, counted from 1."""
        self.vcpu = self.symbols["vcpus"] + (number - 1) * self.symbols["VCPU_SIZE"]

    def call(self, name: str, *arguments: int) -> Answer:
        """Call a function for the selected vCPU."""
        machine, hart = self.machine, self.machine.hart
        done = self.symbols["call_done"]
        for register in range(1, 32):
            hart.set_x(register, 0xBAD0_0000 + register)
        hart.set_x(_RA, done)
        hart.set_x(_SP, self.symbols["bench_stack"])
        hart.set_x(_S0, self.vcpu)
        for number, argument in enumerate(arguments):
            hart.set_x(_A0 + number, argument & MASK)
        kept = [hart.x[register] for register in _KEPT]
        hart.set_pc(self.symbols[name])
        before = machine.retired
        stop = machine.run(stop_at=frozenset({done}), max_retired=before + _STEPS_OF_A_CALL)
        assert not self.faults, self.faults
        assert stop.reason is StopReason.BREAKPOINT, (name, arguments, stop, hex(hart.pc))
        assert [hart.x[register] for register in _KEPT] == kept, name
        return Answer(hart.x[_A0], hart.x[_A0 + 1], machine.retired - before)

    def __getitem__(self, field: str) -> int:
        """The word of the selected vCPU that `field` names."""
        return self.word(self.vcpu + self.symbols[field])

    def __setitem__(self, field: str, value: int) -> None:
        self.put_word(self.vcpu + self.symbols[field], value)

    def long(self, field: str) -> int:
        """The 64 bits of the selected vCPU from `field` on."""
        place = self.vcpu + self.symbols[field]
        return self.word(place) | self.word(place + 4) << 32

    def put_long(self, field: str, value: int) -> None:
        place = self.vcpu + self.symbols[field]
        self.put_word(place, value & MASK)
        self.put_word(place + 4, value >> 32 & MASK)

    def word(self, address: int) -> int:
        data = self.machine.read_physical(address, 4)
        assert data is not None
        return int.from_bytes(data, "little")

    def put_word(self, address: int, value: int) -> None:
        self.machine.write_physical(address, (value & MASK).to_bytes(4, "little"))

    @property
    def is_interrupted(self) -> bool:
        """Whether the real PLIC interrupts the hypervisor now."""
        return self.machine.hart.csr_value("mip") & MEIP != 0
