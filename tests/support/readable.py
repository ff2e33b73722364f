"""A machine made by hand, for what is evaluated over one."""

from __future__ import annotations

from dataclasses import dataclass, field

from hvtui.debugger.expressions.readable import ReadError
from hvtui.machine.privilege import Privilege


@dataclass
class FakeMachine:
    """Registers, CSRs and bytes of memory, virtual and physical, as a test sets them."""

    registers: dict[int, int] = field(default_factory=dict)
    csrs: dict[str, int] = field(default_factory=dict)
    data: dict[int, int] = field(default_factory=dict)
    physical_data: dict[int, int] = field(default_factory=dict)
    pc: int = 0
    privilege: Privilege = Privilege.M
    instant: int = 0
    retired: int = 0
    reads: list[int] = field(default_factory=list)

    def register(self, number: int, /) -> int:
        return self.registers.get(number, 0)

    def csr(self, name: str, /) -> int:
        return self.csrs.get(name, 0)

    def memory(self, address: int, size: int, /) -> int:
        self.reads.append(address)
        return _bytes(self.data, address, size)

    def physical_memory(self, address: int, size: int, /) -> int:
        return _bytes(self.physical_data, address, size)

    def physical(self, address: int, /) -> int:
        return address ^ 0x1000


def _bytes(data: dict[int, int], address: int, size: int) -> int:
    if any(address + index not in data for index in range(size)):
        raise ReadError(f"nothing at {address:#x}")
    return sum(data[address + index] << 8 * index for index in range(size))
