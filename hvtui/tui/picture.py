"""The screen as a picture: SVG that refers to nothing outside itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

# Textual's picture loads a font from the network. Ours takes what there is: the width of each piece
# of text is in the picture.
_REMOTE_FONT = re.compile(r"@font-face\s*{[^}]*}\s*")
_FONT = "font-family: Fira Code, monospace"
_FONTS = 'font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'


def picture(app: App[Any], title: str) -> str:
    """Return what the screen shows now as SVG."""
    drawn = _REMOTE_FONT.sub("", app.export_screenshot(title=title)).replace(_FONT, _FONTS)
    # Some that draw SVG would drop the blanks at the beginning of a piece of text.
    return drawn.replace("<svg ", '<svg xml:space="preserve" ', 1)
