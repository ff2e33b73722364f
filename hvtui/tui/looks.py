"""The named styles of rows: what each looks like, in the colours of the theme.

Rows name styles, not colours. They are no component classes of the style sheet, because Textual
works those out anew for every widget whenever the focus moves; here they are made once a theme.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.color import Color


@dataclass(frozen=True, slots=True)
class Look:
    """Names of the theme's variables for text and ground, None for what lies below, and weight."""

    text: str | None = None
    ground: str | None = None
    bold: bool = False
    underlined: bool = False


LOOKS: Mapping[str, Look] = {
    "dim": Look("text-dim"),
    "faint": Look("text-faint"),
    "strong": Look("text-strong", bold=True),
    "bold": Look(bold=True),
    "title": Look("text-strong", bold=True),
    "key": Look("text-strong", bold=True),
    "address": Look("text-dim"),
    "changed": Look("changed", bold=True),
    "danger": Look("danger"),
    "warning": Look("warn"),
    "good": Look("good"),
    # Lessons.
    "code": Look("code-register"),
    "link": Look("link", underlined=True),
    "link-dead": Look("text-dim"),
    "link-chosen": Look("on-ring", "link", bold=True, underlined=True),
    "cursor": Look(ground="cursor-ground"),
    # Rings: as text, as a badge, and as the ground of the current line.
    "ring0": Look("ring0"),
    "ring1": Look("ring1"),
    "ring3": Look("ring3"),
    "badge0": Look("on-ring", "ring0", bold=True),
    "badge1": Look("on-ring", "ring1", bold=True),
    "badge3": Look("on-ring", "ring3", bold=True),
    "here0": Look(ground="ring0-ground"),
    "here1": Look(ground="ring1-ground"),
    "here3": Look(ground="ring3-ground"),
    # Breakpoints, and what becomes of kernel instructions.
    "breakpoint": Look("danger", bold=True),
    "breakpoint-off": Look("danger"),
    "traps": Look("ring0"),
    "executes": Look("text-dim"),
    "ignored": Look("danger"),
    "leaks": Look("warn"),
    # Source text.
    "mnemonic": Look("code-mnemonic"),
    "register": Look("code-register"),
    "number": Look("code-number"),
    "label": Look("code-label"),
    "directive": Look("code-directive"),
    "string": Look("code-string"),
    "comment": Look("code-comment"),
}


class Looks:
    """The styles in the colours of one theme, whose variables are given."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._styles: dict[str, Style] = {"": Style.null()}

    def style(self, names: str) -> Style:
        """Return what some styles, named in one string with blanks between, say together."""
        known = self._styles.get(names)
        if known is None:
            known = Style.null()
            for name in names.split():
                known += self._make(LOOKS[name])
            self._styles[names] = known
        return known

    def _make(self, look: Look) -> Style:
        return Style(
            color=self._colour(look.text),
            bgcolor=self._colour(look.ground),
            bold=look.bold or None,
            underline=look.underlined or None,
        )

    def _colour(self, name: str | None) -> str | None:
        return Color.parse(self._variables[name]).hex6.lower() if name else None
