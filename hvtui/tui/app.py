"""The Textual application, and the two ways into it: one machine, or the gallery of samples."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from asm.diagnostics import AssemblyError
from asm.objects.image import ImageError
from hvtui.debugger.session import Session
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import Sample, list_samples
from hvtui.machinefile.system import Overrides, System
from hvtui.tui.actions.keys import Keys
from hvtui.tui.keymap import textual_key_map
from hvtui.tui.looks import Looks
from hvtui.tui.palette import Palette
from hvtui.tui.screens.debugger import NOTICE_TIME, DebuggerScreen
from hvtui.tui.screens.gallery import Card, GalleryScreen, first_words
from hvtui.tui.screens.problems import ProblemsScreen
from hvtui.tui.settings import Settings
from hvtui.tui.terminal import is_gone as terminal_is_gone
from hvtui.tui.themes import DARK, DEFAULT_VARIABLES, THEMES
from hvtui.tui.typing_ahead import TypingAheadApp

# How often (seconds) the app looks whether its terminal is still there.
TERMINAL_CHECK_TIME = 2.0


class HvtuiApp(TypingAheadApp):
    """The debugger over `system`, or the gallery if there is none."""

    CSS_PATH = "styles.tcss"
    TITLE = "hvtui"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False)]

    def __init__(self, system: System | None = None, *, settings: Settings | None = None) -> None:
        super().__init__()
        self._system = system
        self._settings = settings
        self.keys = settings.keys if settings is not None else Keys()
        self._looks: dict[str, Looks] = {}
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        if settings is not None and settings.theme in self.available_themes:
            self.theme = settings.theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that a theme of Textual's own knows nothing of."""
        return dict(DEFAULT_VARIABLES)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer Textual's own commands but those that this app does in its own way."""
        for command in super().get_system_commands(screen):
            if command.title not in _OWN_WAY:
                yield command

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    @property
    def looks(self) -> Looks:
        """The styles of rows in the colours of the present theme."""
        looks = self._looks.get(self.theme)
        if looks is None:
            looks = self._looks[self.theme] = Looks(self.get_css_variables())
        return looks

    def get_default_screen(self) -> Screen[None]:
        """Begin with the machine, or with the gallery."""
        if self._system is not None:
            return DebuggerScreen(Session(self._system), self._settings)
        return GalleryScreen(cards())

    def on_mount(self) -> None:
        """Use the person's settings; look now and then whether there still is a terminal."""
        if not self.is_headless:
            self.set_interval(TERMINAL_CHECK_TIME, self._leave_if_alone)
        if self._settings is not None:
            self._take_up(self._settings)

    def _take_up(self, settings: Settings) -> None:
        """Use the person's keys, say what is wrong with the settings, and keep the theme."""
        self.set_keymap(textual_key_map(settings.keys))
        for problem in settings.problems:
            self.notify(problem, severity="warning", timeout=NOTICE_TIME, markup=False)

        def keep(theme: Theme) -> None:
            if told := settings.keep_look(theme=theme.name):
                self.notify(told, severity="warning", markup=False)

        self.theme_changed_signal.subscribe(self, keep)

    def _leave_if_alone(self) -> None:
        if terminal_is_gone():
            self.exit(return_code=1)

    def on_gallery_screen_chosen(self, message: GalleryScreen.Chosen) -> None:
        """Open a machine of the gallery."""
        self._open(message.path)

    @work(thread=True, exclusive=True)
    def _open(self, path: Path) -> None:
        """Assemble a machine's programs, which takes a while, and show it or what is wrong with it."""
        screen: Screen[None]
        try:
            screen = DebuggerScreen(Session(load_system(path)), self._settings)
        except (BadInputError, ImageError, AssemblyError, OSError) as error:
            screen = ProblemsScreen(f"{path.parent.name} cannot be opened", str(error))
        self.call_from_thread(self._opened, screen)

    def _opened(self, screen: Screen[None]) -> None:
        self.push_screen(screen)
        for gallery in self.screen_stack:
            if isinstance(gallery, GalleryScreen):
                gallery.opening = None


_OWN_WAY = frozenset({"Keys", "Maximize", "Minimize", "Screenshot"})


def cards() -> tuple[Card, ...]:
    """Return what the gallery tells of each sample."""
    return tuple(_card(sample) for sample in list_samples())


def _card(sample: Sample) -> Card:
    try:
        machine = tomllib.loads(sample.path.read_text(encoding="utf-8")).get("machine", {})
        cpu = machine.get("cpu", "") if isinstance(machine, dict) else ""
    except (OSError, ValueError):
        cpu = ""
    lesson = ""
    if sample.lesson is not None:
        try:
            lesson = first_words(sample.lesson.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            lesson = ""
    return Card(sample, str(cpu), lesson)


def run_debugger(
    path: Path,
    overrides: Overrides | None = None,
    *,
    remembers_session: bool = True,
    keeps_settings: bool = True,
) -> None:
    """Open the machine of `path` in the debugger; return when the person leaves it.

    If it `remembers_session`, the breakpoints of the last one come back, and this one's will. Unless
    it `keeps_settings`, it knows nothing of the person's files, and writes none of them. What is
    wrong with the files is raised before the screen is taken: BadInputError, ImageError,
    AssemblyError.
    """
    settings = Settings(remembers_sessions=remembers_session) if keeps_settings else None
    HvtuiApp(load_system(path, overrides), settings=settings).run()


def run_gallery(*, keeps_settings: bool = True) -> None:
    """Let the person choose among the samples."""
    HvtuiApp(settings=Settings() if keeps_settings else None).run()
