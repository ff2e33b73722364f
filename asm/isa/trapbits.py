"""The trap bitmap of Xtrapmap: a bit for each class of kernel instruction.

An instruction is a kernel instruction if its class stands here. The bit's number is also the exit
code that the `svm` generation stores in its control block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class TrapBit(IntEnum):
    """The classes of kernel instructions: the bit of each in `mtrapmap`."""

    RDSTATUS = 0
    WRSTATUS = 1
    RDTVEC = 2
    WRTVEC = 3
    RDTRAP = 4
    WRTRAP = 5
    RDINT = 6
    WRINT = 7
    RDVM = 8
    WRVM = 9
    RDCOUNT = 10
    WRCOUNT = 11
    RDID = 12
    RDTRAPMAP = 13
    WRTRAPMAP = 14
    RDSUP = 15
    WRSUP = 16
    MRET = 17
    SRET = 18
    WFI = 19
    SFENCE = 20

    @property
    def key(self) -> str:
        """The bit's name as the design's table and every command line write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class TrapBitInfo:
    """What a bit covers, in words, and which x86 instructions do the like."""

    covers: str
    x86: str


TRAP_BITS: Mapping[TrapBit, TrapBitInfo] = {
    TrapBit.RDSTATUS: TrapBitInfo("reads of mstatus, mstatush, misa", "PUSHF, SMSW"),
    TrapBit.WRSTATUS: TrapBitInfo("writes of mstatus, mstatush, misa", "POPF, CLI, STI, LMSW"),
    TrapBit.RDTVEC: TrapBitInfo("reads of mtvec, medeleg, mideleg", "SIDT"),
    TrapBit.WRTVEC: TrapBitInfo("writes of mtvec, medeleg, mideleg", "LIDT"),
    TrapBit.RDTRAP: TrapBitInfo(
        "reads of mscratch, mepc, mcause, mtval", "reading the interrupt frame"
    ),
    TrapBit.WRTRAP: TrapBitInfo("writes of mscratch, mepc, mcause, mtval", ""),
    TrapBit.RDINT: TrapBitInfo("reads of mie, mip", "MOV from CR8"),
    TrapBit.WRINT: TrapBitInfo("writes of mie, mip", "MOV to CR8"),
    TrapBit.RDVM: TrapBitInfo("reads of satp, pmpcfg*, pmpaddr*", "MOV from CR3"),
    TrapBit.WRVM: TrapBitInfo("writes of satp, pmpcfg*, pmpaddr*", "MOV to CR3"),
    TrapBit.RDCOUNT: TrapBitInfo("reads of the counters and of time", "RDTSC, RDPMC"),
    TrapBit.WRCOUNT: TrapBitInfo("writes of the counters and their controls", "WRMSR TSC"),
    TrapBit.RDID: TrapBitInfo("reads of mvendorid, marchid, mimpid, mhartid, mconfigptr", "CPUID"),
    TrapBit.RDTRAPMAP: TrapBitInfo("reads of mtrapmap, mtrapcap, mvmcb", "VMREAD"),
    TrapBit.WRTRAPMAP: TrapBitInfo("writes of mtrapmap, mvmcb", "VMWRITE"),
    TrapBit.RDSUP: TrapBitInfo("reads of the supervisor CSRs but satp", ""),
    TrapBit.WRSUP: TrapBitInfo("writes of the supervisor CSRs but satp", ""),
    TrapBit.MRET: TrapBitInfo("mret", "IRET"),
    TrapBit.SRET: TrapBitInfo("sret", "IRET"),
    TrapBit.WFI: TrapBitInfo("wfi", "HLT"),
    TrapBit.SFENCE: TrapBitInfo("sfence.vma", "INVLPG"),
}

TRAP_BITS_BY_NAME: Mapping[str, TrapBit] = {bit.key: bit for bit in TrapBit}

# Every bit that has a meaning: what `mtrapcap` says on a generation that can set them all.
ALL_TRAP_BITS = sum(1 << bit for bit in TrapBit)
