"""The text within a paragraph: emphasis, code, links, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it.token import Token

from hvtui.tui.lesson.links import Leads, Target, target_of
from hvtui.tui.lesson.page import Piece
from hvtui.tui.lesson.wrapping import FIRM_BLANK
from hvtui.tui.rows import printable

# A link's text up to this length is not broken at the end of a line.
_LONGEST_WHOLE = 24

LINK = "link"
DEAD_LINK = "link-dead"


class InlineText:
    """Reads the inline tokens of one page; `links` are the live links met so far."""

    def __init__(self, *, has_machine: bool) -> None:
        self.links: list[Target] = []
        self._has_machine = has_machine

    def pieces(self, tokens: Iterable[Token] | None, style: str = "") -> list[Piece]:
        """Return text in styles; `style` is that of plain text. A line's end is a piece of its own."""
        found: list[Piece] = []
        strong = 0
        link: int | None = None
        target: Target | None = None
        begins = 0
        for token in tokens or ():
            base = "strong" if strong > 0 else style
            match token.type:
                case "text" | "text_special":
                    found.append(self._piece(token.content, self._look(base, target), link))
                case "code_inline":
                    look = "code" if target is None else self._look("code", target)
                    found.append(self._piece(token.content, look, link))
                case "softbreak":
                    found.append(Piece(" ", self._look(base, target), link))
                case "hardbreak":
                    found.append(Piece("\n"))
                case "strong_open" | "em_open":
                    strong += 1
                case "strong_close" | "em_close":
                    strong -= 1
                case "image":
                    found.append(self._piece(f"[{token.content or 'picture'}]", "dim", link))
                case "link_open":
                    target = target_of(str(token.attrGet("href") or ""))
                    begins = len(found)
                    if self._is_live(target):
                        link = len(self.links)
                        self.links.append(target)
                    if target.sign:
                        found.append(Piece(target.sign, self._look(base, target), link))
                case "link_close" if target is not None:
                    shown = "".join(piece.text for piece in found[begins:])
                    if target.leads is Leads.WORLD and target.text != shown:
                        found.append(self._piece(f" ({target.text})", "dim", None))
                    target = link = None
                case _:  # HTML is not for a terminal
                    pass
        return found

    def _is_live(self, target: Target) -> bool:
        return target.is_live and (self._has_machine or target.leads is Leads.LESSON)

    def _look(self, style: str, target: Target | None) -> str:
        if target is None:
            return style
        return LINK if self._is_live(target) else DEAD_LINK

    def _piece(self, text: str, style: str, link: int | None) -> Piece:
        # A firm blank counts as no printable character.
        shown = FIRM_BLANK.join(printable(part) for part in text.split(FIRM_BLANK))
        if link is not None and len(shown) <= _LONGEST_WHOLE:
            shown = shown.replace(" ", FIRM_BLANK)
        return Piece(shown, style, link)
