"""The machine's state as the native code sees it: one structure, described by one table.

Registers, mode and CSRs are copied in when native code is entered and out when it is left. RAM and its
marks are the very buffers of `hvtui.machine.memory`. All else here is the engine's own: caches of
translations, counts, and what it has to tell Python when it comes back.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

from asm.isa.csrs import CSRS, PMP_ENTRIES
from hvtui.machine.csr_file import is_stored
from hvtui.machine.hart_state import REGISTERS

# What an instruction writes whose destination is x0: a place that nobody reads.
X_NOWHERE = REGISTERS

# Every word that is a CSR of its own, in the order of the hart's dictionary.
CSR_WORDS: tuple[str, ...] = tuple(row.name for row in CSRS if is_stored(row))
CSR_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(CSR_WORDS)}

TLB_ENTRIES = 1024
# By how much a context (in the upper half of a tag) is shifted to tell where in the TLB its pages are.
CONTEXT_STEP = 27
TLB_ENTRY_SIZE = 16
CONTEXTS = 256
# Places for settings of the PMP; when most are taken, all are given up.
SETTINGS = 128
MOST_SETTINGS = 96
CSR_NUMBERS = 1 << 12
LOG_ENTRIES = 1 << 12
SAMPLES = 1 << 6

# What happened while native code ran, for who may hear of it late: words of 64 bits each.
# All: kind, pc, physical address of that, target, ..., and the instant in word 6.
# Calls and returns: 4 the address to return to, 5 x2.
# Traps and interrupts: 4 where the target lies, 5 classes of a kernel instruction, 7 cause (+ 32 for an
# interrupt), 8 tval, 9 the word at the pc. xRETs: 4, and 7 their level. Kernel instructions that do not
# trap: 4 what is read of a CSR, 5 and 9, and 7 whether they are lost. All of these: 10 the mode before,
# and after it in bits 2 and 3; 11 satp; 12 what mip stores, and mideleg above it; and all registers, in
# `registers`.
EVENTS = 1 << 10
EVENT_WORDS = 13
EVENT_CALL, EVENT_RETURN, EVENT_TRAP, EVENT_XRET, EVENT_KERNEL = range(5)
UNKNOWN_PLACE = (1 << 64) - 1
REGISTERS_SIZE = 4 * REGISTERS
MOST_REGIONS = 254

_TYPES = {
    "u8": ctypes.c_uint8,
    "u16": ctypes.c_uint16,
    "u32": ctypes.c_uint32,
    "u64": ctypes.c_uint64,
    "i64": ctypes.c_int64,
}

# name, type, number of elements (0 for a single value)
_FIELDS: tuple[tuple[str, str, int], ...] = (
    ("x", "u32", REGISTERS + 2),
    ("pc", "u32", 0),
    ("privilege", "u32", 0),
    # Where loads, stores and fetches lead: contexts are in the upper halves of the tags.
    ("data_context", "u64", 0),
    ("fetch_context", "u64", 0),
    ("ram", "u64", 0),
    ("ram_base", "u64", 0),
    ("ram_size", "u64", 0),
    ("marks", "u64", 0),
    ("marks_bias", "u64", 0),
    ("page_slots", "u64", 0),
    ("held", "u64", 0),
    ("pool", "u64", 0),
    ("pool_used", "u64", 0),
    ("pool_pages", "u64", 0),
    # Counting: an instruction takes one step off the budget; retired = retired_at_zero - budget.
    ("budget", "i64", 0),
    ("retired_at_zero", "u64", 0),
    ("retired", "u64", 0),
    ("traps", "u64", 0),
    ("retired_end", "u64", 0),
    ("instant_end", "u64", 0),
    ("slice_end", "u64", 0),
    ("slice", "u64", 0),
    ("stop", "u32", 0),
    # Where native code was, as offsets of RAM, every `slice` steps; and how often blocks were dropped.
    ("next_sample", "u64", 0),
    ("sample_count", "u64", 0),
    ("samples", "u64", SAMPLES),
    ("drops", "u64", 0),
    # The page that a block met by a service, if it has a translation, and where that leads.
    ("block_page", "u64", 0),
    ("block_host", "u64", 0),
    # Why native code was left, and what was found about the instruction at hand.
    ("exit", "u32", 0),
    ("verdict", "i64", 0),
    ("tval", "u64", 0),
    ("physical", "i64", 0),
    ("operands", "u64", 0),
    ("resettle", "u32", 0),
    # Spaces of data and fetches: who, and through which table (1 << 63: none).
    ("data_privilege", "u64", 0),
    ("data_root", "u64", 0),
    ("data_sum", "u64", 0),
    ("data_mxr", "u64", 0),
    ("fetch_root", "u64", 0),
    ("next_context", "u64", 0),
    ("context_keys", "u64", CONTEXTS),
    ("context_ids", "u64", CONTEXTS),
    # The hart's other state.
    # The contexts that each mode had last, under which registers, and when.
    ("stamp", "u64", 0),
    ("mode_keys", "u64", 4),
    ("mode_stamps", "u64", 4),
    ("mode_data", "u64", 4),
    ("mode_fetch", "u64", 4),
    ("reservation", "u64", 0),
    ("lines", "u64", 0),
    ("mtime_offset", "u64", 0),
    ("mtimecmp", "u64", 0),
    ("timebase", "u64", 0),
    ("cycle_offset", "u64", 0),
    ("instret_offset", "u64", 0),
    ("listens_trap", "u32", 0),
    ("listens_return", "u32", 0),
    ("listens_kernel", "u32", 0),
    ("listens_lost", "u32", 0),
    ("ignores", "u64", 0),
    ("leaks", "u64", 0),
    ("trapcap", "u64", 0),
    ("generation", "u64", 0),
    # The PMP's registers, with a byte for each entry in `pmp_config`, whether native code has written
    # any, and what follows from them; see `native_pmp`.
    ("pmp_config", "u32", PMP_ENTRIES // 4),
    ("pmp_address", "u32", PMP_ENTRIES),
    ("pmp_written", "u32", 0),
    ("pmp_low", "u64", PMP_ENTRIES),
    ("pmp_high", "u64", PMP_ENTRIES),
    ("pmp_rights", "u64", PMP_ENTRIES),
    # One more than the last entry that covers anything, and than the last of these that is locked; and
    # bit by bit which have an edge within a page.
    ("pmp_count", "u64", 0),
    ("pmp_bound", "u64", 0),
    ("pmp_cuts", "u64", 0),
    # The versions of M and of S and U, which of them (1, 2) are known, and how many have been given.
    ("pmp_machine_version", "u64", 0),
    ("pmp_version", "u64", 0),
    ("pmp_known", "u64", 0),
    ("pmp_versions", "u64", 0),
    ("settings_used", "u64", 0),
    ("setting_counts", "u64", SETTINGS),
    ("setting_versions", "u64", SETTINGS),
    ("csr", "u32", len(CSR_WORDS)),
    ("csr_masks", "u32", len(CSR_WORDS)),
    ("csr_info", "u32", CSR_NUMBERS),
    # What Python has to hear of: granules with cached things of the reference, pages that changed.
    ("log_count", "u64", 0),
    ("log", "u64", LOG_ENTRIES),
    ("changed_count", "u64", 0),
    ("changed", "u64", 0),
    # Counting: traps by cause, kernel instructions by class and outcome; instructions by region.
    ("tallies", "u32", 0),
    ("refused_bits", "u64", 0),
    ("exit_bits", "u64", 0),
    ("trap_counts", "u64", 64),
    ("kernel_counts", "u64", 128),
    ("metered", "u32", 0),
    ("region", "u64", 0),
    ("region_since", "u64", 0),
    ("page_regions", "u64", 0),
    ("outside", "u64", 0),
    ("region_instructions", "i64", MOST_REGIONS + 2),
    ("region_entries", "u64", MOST_REGIONS + 2),
    ("follows", "u32", 0),
    ("impatient", "u32", 0),
    # Whether crossings between modes may be told late, and which may not. `pending` is the word of an
    # event that waits for where its target lies, 0 for none.
    ("late", "u32", 0),
    ("urgent_causes", "u64", 0),
    ("urgent_bits", "u64", 0),
    ("urgent_returns", "u32", 0),
    ("urgent_lost", "u32", 0),
    ("pending", "u64", 0),
    ("event_count", "u64", 0),
    ("event_room", "u64", 0),
    ("setting_lows", "u64", PMP_ENTRIES * SETTINGS),
    ("setting_highs", "u64", PMP_ENTRIES * SETTINGS),
    ("setting_rights", "u64", PMP_ENTRIES * SETTINGS),
    ("load_tlb", "u64", 2 * TLB_ENTRIES),
    ("store_tlb", "u64", 2 * TLB_ENTRIES),
    ("fetch_tlb", "u64", 2 * TLB_ENTRIES),
    ("events", "u64", EVENT_WORDS * (EVENTS + 2)),
    ("registers", "u32", REGISTERS * (EVENTS + 2)),
)


def _ctype(kind: str, count: int) -> type:
    single = _TYPES[kind]
    return single * count if count else single


class Cpu(ctypes.Structure):
    """The structure itself."""

    _fields_ = [(name, _ctype(kind, count)) for name, kind, count in _FIELDS]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field of `Cpu` lies: offset in bytes, width in bits, number of elements (0: single)."""

    offset: int
    bits: int
    signed: bool
    count: int


PLACES: Mapping[str, Place] = {
    name: Place(getattr(Cpu, name).offset, 8 * ctypes.sizeof(_TYPES[kind]), kind[0] == "i", count)
    for name, kind, count in _FIELDS
}
