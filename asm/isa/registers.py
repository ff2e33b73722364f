"""The integer registers and their names in the calling convention (psABI, "Register Convention")."""

from __future__ import annotations

from collections.abc import Mapping

ABI_NAMES: tuple[str, ...] = (
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2",
    "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7",
    "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
)  # fmt: skip

# Every name a source may use, `fp` being the second name of `s0`.
REGISTER_NUMBERS: Mapping[str, int] = {
    **{f"x{number}": number for number in range(32)},
    **{name: number for number, name in enumerate(ABI_NAMES)},
    "fp": 8,
}
