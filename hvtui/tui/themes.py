"""The looks: a calm dark theme and a light one, a pair of high contrast, and an accent for each ring.

The accents of the rings are from the palette of Okabe and Ito, which people with any kind of colour
vision can tell apart. Those of high contrast were searched for: the rings, good and danger are as far
from each other as can be, with all cones and without any one kind of them. Everything that colours
say is said by a sign or a word too.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

_DARK = {
    "ring0": "#f0a63c",
    "ring1": "#d987bd",
    "ring3": "#5fb7ee",
    "ring0-ground": "#33281a",
    "ring1-ground": "#33222e",
    "ring3-ground": "#1a2d3b",
    "on-ring": "#10141b",
    "text-dim": "#8390a5",
    "text-faint": "#5c687c",
    "text-strong": "#f2f6fc",
    "edge": "#2b3443",
    "edge-focus": "#8fa6c9",
    "cursor-ground": "#232c3a",
    "changed": "#5fd0a4",
    "danger": "#f0705a",
    "warn": "#f2d06b",
    "good": "#5fd0a4",
    "link": "#8fb8f0",
    "code-mnemonic": "#c7d7f2",
    "code-register": "#9fc3b8",
    "code-number": "#d9b98c",
    "code-label": "#e8dda0",
    "code-directive": "#a99bd0",
    "code-string": "#a8c98f",
    "code-comment": "#76859c",
}

_LIGHT = {
    "ring0": "#a35c00",
    "ring1": "#a3357f",
    "ring3": "#0a67a8",
    "ring0-ground": "#f7e6cb",
    "ring1-ground": "#f5dcec",
    "ring3-ground": "#d8eaf7",
    "on-ring": "#ffffff",
    "text-dim": "#5c6779",
    "text-faint": "#8790a0",
    "text-strong": "#0c1118",
    "edge": "#c6cdd8",
    "edge-focus": "#4a6690",
    "cursor-ground": "#e4e9f1",
    "changed": "#007a55",
    "danger": "#b92a12",
    "warn": "#8a6500",
    "good": "#007a55",
    "link": "#1a4fb0",
    "code-mnemonic": "#1c3a78",
    "code-register": "#12655a",
    "code-number": "#8a4b00",
    "code-label": "#6d5500",
    "code-directive": "#5c3fa0",
    "code-string": "#37701c",
    "code-comment": "#687384",
}

_CONTRAST_DARK = {
    "ring0": "#f5c206",
    "ring1": "#b186bc",
    "ring3": "#84d9f8",
    "ring0-ground": "#241d00",
    "ring1-ground": "#22142a",
    "ring3-ground": "#08222c",
    "on-ring": "#000000",
    "text-dim": "#c3cad4",
    "text-faint": "#8a94a2",
    "text-strong": "#ffffff",
    "edge": "#8a94a2",
    "edge-focus": "#ffffff",
    "cursor-ground": "#1c2026",
    "changed": "#e4ffbf",
    "danger": "#ec714a",
    "warn": "#ffe680",
    "good": "#e4ffbf",
    "link": "#9cc8ff",
    "code-mnemonic": "#ffffff",
    "code-register": "#9fe8d8",
    "code-number": "#ffd59a",
    "code-label": "#fff3a0",
    "code-directive": "#d8c8ff",
    "code-string": "#cfeeb0",
    "code-comment": "#b8c0cc",
}

_CONTRAST_LIGHT = {
    "ring0": "#5e2c00",
    "ring1": "#ab0cd3",
    "ring3": "#022a47",
    "ring0-ground": "#fff6e8",
    "ring1-ground": "#fdf3ff",
    "ring3-ground": "#f0f8ff",
    "on-ring": "#ffffff",
    "text-dim": "#3c444e",
    "text-faint": "#6b7480",
    "text-strong": "#000000",
    "edge": "#6b7480",
    "edge-focus": "#000000",
    "cursor-ground": "#f1f3f6",
    "changed": "#207a62",
    "danger": "#cf3206",
    "warn": "#6b5200",
    "good": "#207a62",
    "link": "#0a3fa8",
    "code-mnemonic": "#000000",
    "code-register": "#00443c",
    "code-number": "#5c2e00",
    "code-label": "#4a3a00",
    "code-directive": "#3b1a80",
    "code-string": "#1f4d00",
    "code-comment": "#4a525c",
}

# What other themes, which know nothing of rings, fall back on.
DEFAULT_VARIABLES: Mapping[str, str] = _DARK

DARK = Theme(
    "hvtui-dark",
    primary="#7f9cc9",
    secondary="#a99bd0",
    accent="#f0a63c",
    foreground="#cbd4e1",
    background="#10141b",
    surface="#161c25",
    panel="#1b222d",
    success="#5fd0a4",
    warning="#f2d06b",
    error="#f0705a",
    dark=True,
    variables=_DARK,
)

LIGHT = Theme(
    "hvtui-light",
    primary="#33588f",
    secondary="#5c3fa0",
    accent="#a35c00",
    foreground="#1b2430",
    background="#f7f9fc",
    surface="#eef2f7",
    panel="#e6ebf2",
    success="#007a55",
    warning="#8a6500",
    error="#b92a12",
    dark=False,
    variables=_LIGHT,
)

CONTRAST_DARK = Theme(
    "hvtui-contrast-dark",
    primary="#9cc8ff",
    secondary="#d8c8ff",
    accent="#f5c206",
    foreground="#f4f6f8",
    background="#000000",
    surface="#0b0d10",
    panel="#14171b",
    success="#e4ffbf",
    warning="#ffe680",
    error="#ec714a",
    dark=True,
    variables=_CONTRAST_DARK,
)

CONTRAST_LIGHT = Theme(
    "hvtui-contrast-light",
    primary="#0a3fa8",
    secondary="#3b1a80",
    accent="#5e2c00",
    foreground="#0a0c0f",
    background="#ffffff",
    surface="#fafbfc",
    panel="#f1f3f6",
    success="#207a62",
    warning="#6b5200",
    error="#cf3206",
    dark=False,
    variables=_CONTRAST_LIGHT,
)

THEMES = (DARK, LIGHT, CONTRAST_DARK, CONTRAST_LIGHT)
