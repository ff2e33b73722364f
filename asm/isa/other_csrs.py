"""CSRs that have a standard name and are not in this machine.

A source may name them: software probes for what a hart has. It assembles, and the access raises an
illegal instruction there. Sources: the privileged manual 1.12, chapter 2, for the hypervisor, debug
and floating-point CSRs; the Sstc extension; names of earlier manuals that GNU as still takes.
"""

from __future__ import annotations

from collections.abc import Mapping

OTHER_CSR_NUMBERS: Mapping[str, int] = {
    # Floating point.
    "fflags": 0x001, "frm": 0x002, "fcsr": 0x003,
    # Hypervisor.
    "hstatus": 0x600, "hedeleg": 0x602, "hideleg": 0x603, "hie": 0x604, "htimedelta": 0x605,
    "hcounteren": 0x606, "hgeie": 0x607, "henvcfg": 0x60A, "htimedeltah": 0x615, "henvcfgh": 0x61A,
    "htval": 0x643, "hip": 0x644, "hvip": 0x645, "htinst": 0x64A, "hgatp": 0x680, "hgeip": 0xE12,
    "vsstatus": 0x200, "vsie": 0x204, "vstvec": 0x205, "vsscratch": 0x240, "vsepc": 0x241,
    "vscause": 0x242, "vstval": 0x243, "vsip": 0x244, "vsatp": 0x280, "mtinst": 0x34A,
    "mtval2": 0x34B,
    # Supervisor timer compare.
    "stimecmp": 0x14D, "stimecmph": 0x15D,
    # Debug and trace.
    "scontext": 0x5A8, "hcontext": 0x6A8, "tselect": 0x7A0, "tdata1": 0x7A1, "tdata2": 0x7A2,
    "tdata3": 0x7A3, "tinfo": 0x7A4, "tcontrol": 0x7A5, "mcontext": 0x7A8, "dcsr": 0x7B0,
    "dpc": 0x7B1, "dscratch0": 0x7B2, "dscratch1": 0x7B3,
    # Physical memory attributes.
    "mseccfg": 0x747, "mseccfgh": 0x757,
    # Names of earlier manuals.
    "sbadaddr": 0x143, "mbadaddr": 0x343, "sptbr": 0x180, "mucounteren": 0x320, "dscratch": 0x7B2,
}  # fmt: skip
