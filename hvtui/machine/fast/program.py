"""The whole of the native code as LLVM IR text: constants, services, handlers, decoder, way in."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from asm.isa.causes import INTERRUPT_PRIORITY, Cause, Interrupt
from asm.isa.csrs import CSRS, CSRS_BY_NAME, PMP_ENTRIES, CsrRow
from asm.isa.rows import INSTRUCTIONS
from asm.isa.trapbits import TrapBit
from hvtui.machine import pmp
from hvtui.machine.bus import CLINT_BASE, CLINT_SIZE
from hvtui.machine.csr_file import MISA
from hvtui.machine.devices.clint import MTIME_BASE, MTIMECMP_BASE
from hvtui.machine.events import Outcome
from hvtui.machine.fast import (
    handlers,
    layout,
    lowering,
    native_csrs,
    native_events,
    native_memory,
    native_pmp,
    native_traps,
    notation,
)
from hvtui.machine.fast.lowering import SLOT_SIZE
from hvtui.machine.memory import CLEAN, CODE, DECODED, PAGE_SIZE, TABLE, WALKED, WATCH
from hvtui.machine.translation import ACCESSED, DIRTY, USER
from hvtui.machine.trap_entry import OTHER_EXCEPTION

# Why native code comes back: the steps are done; the instruction at the pc is the reference's;
# an interrupt is to be taken and told of.
EXIT_LIMIT, EXIT_HARD, EXIT_LOOK = range(3)

# The slots of a page, one that leads on to the next page, and one that knows the page's offset.
PAGE_SLOTS_SIZE = (PAGE_SIZE // 4 + 2) * SLOT_SIZE

_STATUS = {field.name: field for field in CSRS_BY_NAME["mstatus"].fields}
_SPECIAL = 64
_KIND_HARD = 255
_KINDS = {
    name: _SPECIAL + number
    for number, name in enumerate(
        (
            "mstatus", "sstatus", "sie", "mip", "sip", "cycle", "cycleh", "instret", "instreth",
            "time", "timeh", "misa", "mimpid", "mtrapcap", "pmpcfg", "pmpaddr", "zero",
        )
    )
}  # fmt: skip
_ALIASES = {"mcycle": "cycle", "mcycleh": "cycleh", "minstret": "instret", "minstreth": "instreth"}
# Read like any other; the reference writes them.
_WRITTEN_BY_REFERENCE = frozenset({"mcountinhibit", "mvmcb", *_ALIASES})
_SETTLING = frozenset({"mstatus", "sstatus", "satp", "mie", "sie", "mip", "sip", "mideleg"})

_READ_BIT, _WRITE_BIT, _GATED, _BY_TVM, _WRITE_HARD, _SETTLES = 8, 13, 18, 19, 20, 21

_HARD = -1000
# Nothing was done; the instruction is to be looked for and tried again.
_ANEW = -2000
_DONE = -2001
_TO_MACHINE = -100


def csr_info(row: CsrRow) -> int:
    """Return what native code knows of a CSR that exists: its kind, classes and gates."""
    name = _ALIASES.get(row.name, row.name)
    if name in _KINDS:
        kind = _KINDS[name]
    elif row.name in layout.CSR_INDEX:
        kind = layout.CSR_INDEX[row.name]
        if any(field.legal for field in row.fields):
            return _KIND_HARD
    elif row.name.startswith(("pmpcfg", "pmpaddr")) and row.write_mask:
        kind = _KINDS[row.name.rstrip("0123456789")]
    else:
        kind = _KINDS["zero"]
    info = kind | row.trap_class.read << _READ_BIT
    if row.trap_class.write is not None:
        info |= row.trap_class.write << _WRITE_BIT
    if row.read_only and row.privilege == 0 and row.trap_class.name == "count":
        info |= 1 << _GATED
    if row.raised_by == "TVM":
        info |= 1 << _BY_TVM
    if row.name in _WRITTEN_BY_REFERENCE:
        info |= 1 << _WRITE_HARD
    if row.name in _SETTLING:
        info |= 1 << _SETTLES
    return info


NO_CSR = _KIND_HARD

# The counters, under all their names. While one stands still, native code has no such CSR.
COUNTERS: Mapping[str, tuple[str, ...]] = {
    "mcycle": ("mcycle", "mcycleh", "cycle", "cycleh"),
    "minstret": ("minstret", "minstreth", "instret", "instreth"),
}
CHANGING = frozenset(CSRS_BY_NAME[name].number for names in COUNTERS.values() for name in names)

# How counts of kernel instructions are ordered within a class.
OUTCOMES = (Outcome.TRAPPED, Outcome.EXECUTED, Outcome.IGNORED, Outcome.LEAKED)

# The region of a page in which several begin or end.
MIXED = 255


@cache
def constants() -> Mapping[str, int]:
    """Return the constants that the notation knows by name."""
    bits = {f"{name}_BIT": _STATUS[name].mask for name in ("MIE", "MPIE", "SIE", "SPIE", "SPP")}
    masks = {name: _STATUS[name].mask for name in ("MPRV", "SUM", "MXR", "TVM")}
    sstatus, sie, sip = (CSRS_BY_NAME[name] for name in ("sstatus", "sie", "sip"))
    order = sum(interrupt << 4 * place for place, interrupt in enumerate(INTERRUPT_PRIORITY))
    return {
        **{name.upper(): index for name, index in layout.CSR_INDEX.items()},
        **{f"KIND_{name.upper()}": kind for name, kind in _KINDS.items()},
        **bits,
        **masks,
        "KIND_HARD": _KIND_HARD,
        "KIND_SPECIAL": _SPECIAL,
        "READ_BIT": _READ_BIT,
        "WRITE_BIT": _WRITE_BIT,
        "GATED": _GATED,
        "BY_TVM": _BY_TVM,
        "WRITE_HARD": _WRITE_HARD,
        "SETTLES": _SETTLES,
        "HARD": _HARD,
        "ANEW": _ANEW,
        "DONE": _DONE,
        "TO_MACHINE": _TO_MACHINE,
        "EXIT_LIMIT": EXIT_LIMIT,
        "EXIT_HARD": EXIT_HARD,
        "EXIT_LOOK": EXIT_LOOK,
        "FETCH_ACCESS": Cause.FETCH_ACCESS,
        "LOAD_ACCESS": Cause.LOAD_ACCESS,
        "STORE_ACCESS": Cause.STORE_ACCESS,
        "FETCH_PAGE_FAULT": Cause.FETCH_PAGE_FAULT,
        "OTHER_EXCEPTION": OTHER_EXCEPTION,
        "FETCH": 0,
        "LOAD": 1,
        "STORE": 2,
        "PTE_A": ACCESSED,
        "PTE_D": DIRTY,
        "PTE_U": USER,
        "CODE": CODE,
        "TABLE": TABLE,
        "CLEAN": CLEAN,
        "WATCH": WATCH,
        "DECODED": DECODED,
        "WALKED": WALKED,
        "NOT_WALKED": 0xFF & ~(WALKED | TABLE),
        "EIGHT_DECODED": DECODED * 0x0101_0101_0101_0101,
        "EIGHT_CLEAN": CLEAN * 0x0101_0101_0101_0101,
        "TLB_ENTRIES": layout.TLB_ENTRIES,
        "CONTEXT_STEP": layout.CONTEXT_STEP,
        "CONTEXTS": layout.CONTEXTS,
        "LOG_ENTRIES": layout.LOG_ENTRIES,
        "SAMPLES": layout.SAMPLES,
        "LAST_CONTEXT": (1 << 31) - 2,
        "LAST_VERSION": (1 << 22) - 3,
        "SETTINGS": layout.SETTINGS,
        "MOST_SETTINGS": layout.MOST_SETTINGS,
        "SETTING_MIXER": 0x1E37_79B9_7F4A_7C15,
        "PMP_ENTRIES": PMP_ENTRIES,
        "PMP_USED": pmp.USED,
        "PMP_LOCK": pmp.LOCK,
        "PMP_MODE": pmp.MODE,
        "PMP_TOR": pmp.TOR,
        "PMP_NA4": pmp.NA4,
        "PMP_READ": pmp.READ,
        "PMP_WRITE": pmp.WRITE,
        "PMP_EXECUTE": pmp.EXECUTE,
        "PMP_ALL": pmp.ALL,
        "EACH_BYTE": 0x0101_0101,
        "NO_TAG": 0,
        "NO_ROOT": -1,
        "NO_PAGE": -1,
        "NO_RESERVATION": -1,
        "PAGE_SLOTS_SIZE": PAGE_SLOTS_SIZE,
        "EVENTS": layout.EVENTS,
        "EVENT_WORDS": layout.EVENT_WORDS,
        "CALL": layout.EVENT_CALL,
        "RETURN": layout.EVENT_RETURN,
        "TRAP": layout.EVENT_TRAP,
        "XRET": layout.EVENT_XRET,
        "KERNEL": layout.EVENT_KERNEL,
        "UNKNOWN_PLACE": -1,
        "REGISTERS_SIZE": layout.REGISTERS_SIZE,
        "MPP_BITS": _STATUS["MPP"].mask,
        "MPP_SHIFT": _STATUS["MPP"].low,
        "SPP_SHIFT": _STATUS["SPP"].low,
        "FS_BITS": _STATUS["FS"].mask,
        "SATP_PPN": CSRS_BY_NAME["satp"].fields_by_name["PPN"].mask,
        "MSTATUS_BITS": CSRS_BY_NAME["mstatus"].write_mask,
        "SSTATUS_BITS": sum(field.mask for field in sstatus.fields),
        "SSTATUS_WRITABLE": sstatus.write_mask,
        "SIE_BITS": sie.write_mask,
        "SIP_BITS": sum(field.mask for field in sip.fields),
        "SIP_WRITABLE": sip.write_mask,
        "MTIP": 1 << Interrupt.MACHINE_TIMER,
        "INTERRUPTS": len(INTERRUPT_PRIORITY),
        "INTERRUPT_ORDER": order,
        "MISA": MISA,
        **{outcome.name: number for number, outcome in enumerate(OUTCOMES)},
        **{bit.name: bit for bit in (TrapBit.WFI, TrapBit.MRET, TrapBit.SRET)},
        "MIXED": MIXED,
        "CLINT_BASE": CLINT_BASE,
        "CLINT_SIZE": CLINT_SIZE,
        "MTIMECMP": MTIMECMP_BASE,
        "MTIME": MTIME_BASE,
    }


_ENTER = """\
define i64 @enter(ptr %cpu) nounwind {{
  %selected = call i64 @select(ptr %cpu)
  %budget.at = getelementptr i8, ptr %cpu, i64 {budget}
  %budget = load i64, ptr %budget.at
  %marks.at = getelementptr i8, ptr %cpu, i64 {marks_bias}
  %marks = load i64, ptr %marks.at
  call void @check(ptr %cpu, i64 0, i64 %budget, i64 0, i64 %marks)
  %exit.at = getelementptr i8, ptr %cpu, i64 {exit}
  %exit = load i32, ptr %exit.at
  %why = zext i32 %exit to i64
  ret i64 %why
}}
"""


@cache
def ir_text() -> str:
    """Return the module. Raises NotationError if a row's meaning cannot be lowered."""
    return "\n".join((*_parts(), notation.METADATA))


def _parts() -> Iterator[str]:
    for node in _nodes():
        yield notation.compile_function(node, constants(), functions())
    yield from handlers.rows_functions(constants(), functions())
    offsets = {name: layout.PLACES[name].offset for name in ("budget", "marks_bias", "exit")}
    yield _ENTER.format(**offsets)


@cache
def _nodes() -> tuple[ast.FunctionDef, ...]:
    services = (
        native_memory.MEMORY,
        native_pmp.PMP,
        native_traps.TRAPS,
        native_events.EVENTS,
        native_csrs.CSRS,
    )
    sources = (*services, handlers.decoder())
    return tuple(node for text in sources for node in notation.functions_in(text))


@cache
def functions() -> Mapping[str, int]:
    """Return what can be called, with the number of arguments."""
    return {node.name: len(node.args.args) for node in _nodes()}


@cache
def inline() -> Mapping[str, ast.FunctionDef]:
    """Return the functions that are laid out in line where they are called."""
    return {node.name: node for node in _nodes() if "inline" in notation.marks_of(node)}


@cache
def visible() -> tuple[str, ...]:
    """Return the names of all functions and handlers that have an address."""
    rows = [f"{kind}.{row.name}" for row in INSTRUCTIONS for kind in handlers.kinds_of(row)]
    return ("enter", *(node.name for node in _nodes() if node.name not in inline()), *rows)


def fingerprint() -> str:
    """Return what tells this program from every other: the table, and how it is lowered."""
    digest = hashlib.sha256()
    for row in INSTRUCTIONS:
        digest.update(repr((row.name, row.layout, row.meaning, row.kernel, row.needs)).encode())
    digest.update(repr((CSRS, sorted(constants().items()), sorted(layout.PLACES.items()))).encode())
    for module in (
        native_memory, native_pmp, native_traps, native_events, native_csrs, lowering, handlers,
        notation
    ):  # fmt: skip
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()
