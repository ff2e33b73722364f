"""Themes: what can be read, what can be told apart, and that colours never speak alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from textual.theme import Theme

from hvtui.debugger.snapshot import Snapshot
from hvtui.machine.privilege import Privilege
from hvtui.tui.looks import LOOKS, Looks
from hvtui.tui.themes import CONTRAST_DARK, CONTRAST_LIGHT, THEMES
from tests.support.colours import KINDS_OF_SIGHT, contrast, distance
from tests.support.debugged import GUEST_KERNEL, GUEST_PROGRAM, HYPERVISOR, Part, system_of
from tests.support.screens import debugger, pane_text, press, running, screen_text, settle

EACH = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
CONTRAST = pytest.mark.parametrize(
    "theme", [CONTRAST_DARK, CONTRAST_LIGHT], ids=lambda theme: theme.name
)

RINGS = ("ring0", "ring1", "ring3")
GROUNDS = ("cursor-ground", "ring0-ground", "ring1-ground", "ring3-ground")
TEXTS = (
    *RINGS, "text-dim", "text-strong", "changed", "danger", "warn", "good", "link",
    "code-mnemonic", "code-register", "code-number", "code-label", "code-directive", "code-string",
    "code-comment",
)  # fmt: skip
# Contrasts that WCAG 2 asks for: AA for text, and for what is no text.
OF_TEXT, OF_MARKS = 4.5, 3.0
# In OKLab, where 0.02 is just visible.
FAR_APART, APART = 0.11, 0.05

PARTS = (
    Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor", believes=0),
    Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
    Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
)


def colours(theme: Theme) -> dict[str, str]:
    """Return the colours of a theme by name."""
    assert theme.foreground is not None
    assert theme.background is not None
    assert theme.surface is not None
    assert theme.panel is not None
    return {
        **theme.variables,
        "foreground": theme.foreground,
        "background": theme.background,
        "surface": theme.surface,
        "panel": theme.panel,
    }


def test_the_measures_are_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert distance("#000000", "#ffffff", "all cones") == pytest.approx(1, abs=0.001)
    # Red and green of the same lightness: a pair that eyes without a kind of cone confuse.
    assert distance("#c05030", "#708020", "deuteranopia") < 0.05 < 0.12
    assert distance("#c05030", "#708020", "all cones") > 0.12


@EACH
def test_text_can_be_read_on_the_ground(theme: Theme) -> None:
    known = colours(theme)
    for name in (*TEXTS, "foreground"):
        assert contrast(known[name], known["background"]) >= OF_TEXT, name


@EACH
def test_badges_can_be_read(theme: Theme) -> None:
    known = colours(theme)
    for name in (*RINGS, "link"):
        assert contrast(known["on-ring"], known[name]) >= OF_TEXT, name


@EACH
def test_marks_can_be_seen_on_the_ground(theme: Theme) -> None:
    known = colours(theme)
    for name in ("text-faint", "edge-focus"):
        assert contrast(known[name], known["background"]) >= OF_MARKS, name


@CONTRAST
def test_with_high_contrast_text_can_be_read_on_every_ground(theme: Theme) -> None:
    known = colours(theme)
    for ground in (*GROUNDS, "background", "surface", "panel"):
        for name in (*TEXTS, "foreground"):
            assert contrast(known[name], known[ground]) >= OF_TEXT, f"{name} on {ground}"
        for name in ("text-faint", "edge", "edge-focus"):
            assert contrast(known[name], known[ground]) >= OF_MARKS, f"{name} on {ground}"


@pytest.mark.parametrize("sight", KINDS_OF_SIGHT)
@CONTRAST
def test_rings_danger_and_good_are_far_apart_for_every_sight(theme: Theme, sight: str) -> None:
    known = colours(theme)
    for one, other in combinations((*RINGS, "danger", "good"), 2):
        assert distance(known[one], known[other], sight) >= FAR_APART, f"{one}, {other}"


@pytest.mark.parametrize("sight", KINDS_OF_SIGHT)
@EACH
def test_rings_are_told_apart_and_danger_from_good_for_every_sight(theme: Theme, sight: str) -> None:
    known = colours(theme)
    for one, other in (*combinations(RINGS, 2), ("danger", "good")):
        assert distance(known[one], known[other], sight) >= APART, f"{one}, {other}"


@EACH
def test_every_look_has_its_colours_in_every_theme(theme: Theme) -> None:
    looks = Looks(colours(theme))
    for name in LOOKS:
        assert looks.style(name)


@EACH
async def test_the_screen_says_the_same_in_every_theme(theme: Theme) -> None:
    async with running(system_of(*PARTS)) as pilot:
        await press(pilot, "s", "b")
        before = screen_text(pilot)
        pilot.app.theme = theme.name
        await press(pilot)
        assert screen_text(pilot) == before


# Without any colour


async def shown_for(*snapshots: Snapshot) -> list[str]:
    """Return the text of the screen over each snapshot."""
    async with running(system_of(*PARTS, cpu="vt")) as pilot:
        texts = []
        for snapshot in snapshots:
            debugger(pilot)._show(snapshot)
            await pilot.pause(0)
            texts.append("\n".join(screen_text(pilot)))
    return texts


async def first_snapshot() -> Snapshot:
    async with running(system_of(*PARTS, cpu="vt")) as pilot:
        return debugger(pilot).snapshot


async def test_each_ring_is_said_in_words_or_signs() -> None:
    snapshot = await first_snapshot()
    texts = await shown_for(
        *(
            replace(snapshot, privilege=privilege)
            for privilege in (Privilege.M, Privilege.S, Privilege.U)
        )
    )
    assert len(set(texts)) == 3


async def test_a_breakpoint_is_told_by_a_sign_and_so_is_one_that_is_off() -> None:
    async with running(system_of(*PARTS)) as pilot:

        async def first_line_once_it_shows(sign: str) -> str:
            for _ in range(1000):
                line = pane_text(pilot, "source")[1]
                if line.startswith(sign):
                    return line
                await settle(pilot)
                await pilot.pause(0.01)
            raise AssertionError(f"{sign!r} never came: {line}")

        without = await first_line_once_it_shows(" ")
        await press(pilot, "b")
        enabled = await first_line_once_it_shows("●")
        session = debugger(pilot).session
        session.enable_breakpoint(next(iter(session.breakpoints)).number, enabled=False)
        debugger(pilot).refresh_snapshot()
        disabled = await first_line_once_it_shows("○")
        assert without[1:] == enabled[1:] == disabled[1:]


async def test_what_becomes_of_kernel_instructions_is_told_in_the_bitmap_by_words() -> None:
    async with running(system_of(*PARTS, cpu="vt")) as pilot:
        effects = set()
        for _ in range(40):
            for line in screen_text(pilot):
                effects |= {word for word in ("executes", "traps", "ignored") if word in line}
            await press(pilot, "i")
        assert effects == {"executes", "traps", "ignored"}
