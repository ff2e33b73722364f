"""The looks: a calm dark theme and a light one, with an accent for each ring.

The accents of the rings are from the palette of Okabe and Ito, which people with any kind of colour
vision can tell apart; everything that they say is said by a sign or a word too.
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
    "text-faint": "#4d596b",
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
    "code-comment": "#66748a",
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
    "text-faint": "#9aa4b3",
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
    "code-comment": "#7a8596",
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

THEMES = (DARK, LIGHT)
