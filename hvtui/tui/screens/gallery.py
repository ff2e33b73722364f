"""The gallery: the machines that come with hvtui, to choose one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.samples import Sample
from hvtui.tui.choice_list import ChoiceList
from hvtui.tui.rows import shorten


@dataclass(frozen=True, slots=True)
class Card:
    """What the gallery tells of a machine."""

    sample: Sample
    cpu: str
    lesson: str


def first_words(markdown: str) -> str:
    """Return the first line of running text of a Markdown page."""
    for line in markdown.splitlines():
        text = line.strip().lstrip(">").strip()
        if text and text[0] not in "#-*|<`=[":
            return text.replace("**", "").replace("`", "").replace("*", "")
    return ""


class GalleryScreen(Screen[None]):
    """A list of machines. Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "app.quit", "Quit", show=False),
        Binding("j", "down", "Down", show=False),
        Binding("k", "up", "Up", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The person wants to open a machine."""

        path: Path

    # The name of the machine that is being opened.
    opening: reactive[str | None] = reactive(None)

    def __init__(self, cards: tuple[Card, ...]) -> None:
        super().__init__(id="gallery")
        self._cards = cards

    def compose(self) -> ComposeResult:
        """Yield the head and the list."""
        with Vertical(id="gallery-box"):
            yield Static(
                Content.assemble(
                    ("hvtui", "bold $text-strong"),
                    ("  see virtualization, instruction by instruction", "$text-dim"),
                ),
                id="gallery-head",
            )
            yield Static(id="gallery-state")
            yield ChoiceList(id="gallery-list")

    def on_mount(self) -> None:
        """Fill the list."""
        options = self.query_one(OptionList)
        if not self._cards:
            options.add_option(Option("No samples were found beside hvtui.", disabled=True))
        for index, card in enumerate(self._cards):
            options.add_option(Option(self._card(card), id=str(index)))
        options.highlighted = 0 if self._cards else None
        options.focus()

    def _card(self, card: Card) -> Content:
        width = max(min(self.size.width * 9 // 10, 100) - 6, 20)
        parts: list[str | tuple[str, str]] = [
            ("\n" + card.sample.name, "$ring3"),
            ("  " + card.sample.title, "bold"),
        ]
        if card.cpu:
            generation = GENERATIONS.get(card.cpu)
            parts.append((f"\ncpu {card.cpu}", "$ring0"))
            if generation is not None:
                room = width - len(f"cpu {card.cpu}")
                parts.append((shorten(f"  {generation.summary}", room), "$text-dim"))
        if card.lesson:
            parts.append(("\n" + shorten(card.lesson, width), "$text-dim"))
        return Content.assemble(*parts, "\n")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open a machine, unless one is being opened already."""
        if event.option.id is not None and self.opening is None:
            sample = self._cards[int(event.option.id)].sample
            self.opening = sample.name
            self.post_message(self.Chosen(sample.path))

    def watch_opening(self, name: str | None) -> None:
        """Say what is being opened: its programs must be assembled first."""
        told = f"opening {name} …" if name else "Up and Down choose, Enter opens, q leaves"
        self.query_one("#gallery-state", Static).update(Content.styled(told, "$text-dim"))

    def action_down(self) -> None:
        """Choose the next."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Choose the one before."""
        self.query_one(OptionList).action_cursor_up()
