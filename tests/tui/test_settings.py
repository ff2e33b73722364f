"""What the person set up comes back: breakpoints, commands, layout, theme, keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from hvtui.remembering.folders import key_map_file, machines_folder, state_folder
from hvtui.tui.actions.everything import ACTIONS_BY_NAME
from hvtui.tui.app import HvtuiApp
from hvtui.tui.keymap import canonical, key_map_text, read_key_map
from hvtui.tui.settings import Settings
from tests.support.debugged import Part, system_of
from tests.support.screens import debugger, press, screen_text, settle

PROGRAM = """\
_start: li      a0, 0
loop:   addi    a0, a0, 1
        call    work
        j       loop
work:   addi    a1, a1, 2
        ret
"""


@pytest.fixture
def system() -> System:
    return system_of(Part("prog", PROGRAM))


@asynccontextmanager
async def session(
    system: System, *, remembers: bool = True, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Pilot[None]]:
    """Start hvtui, and leave it again at the end, as a person would."""
    app = HvtuiApp(system, settings=Settings(remembers_sessions=remembers))
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        yield pilot


def notices(pilot: Pilot[None]) -> list[str]:
    return [notification.message for notification in pilot.app._notifications]


def key_map(text: str) -> Path:
    path = key_map_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def command(pilot: Pilot[None], line: str) -> None:
    debugger(pilot).commands.want(line)
    await settle(pilot)


class TestSessions:
    async def test_breakpoints_displays_and_commands_come_back(self, system: System) -> None:
        async with session(system) as pilot:
            await command(pilot, "break work if a0 > 3")
            await command(pilot, "break trap illegal")
            await command(pilot, "display a0 * 2")
        async with session(system) as pilot:
            views = debugger(pilot).snapshot.breakpoints
            assert [(view.text, view.condition) for view in views] == [
                ("work", "a0 > 3"),
                ("illegal", ""),
            ]
            assert [known.text for known in debugger(pilot).commands.interpreter.context.displays] == [
                "a0 * 2"
            ]
            assert list(debugger(pilot).commands.history)[-1] == "display a0 * 2"
            await press(pilot, "c")
            assert debugger(pilot).snapshot.registers[10] == 4
            assert notices(pilot) == []

    async def test_a_breakpoint_of_a_key_is_kept_at_once(self, system: System) -> None:
        """Not only when the debugger is left: it may be killed."""
        async with session(system) as pilot:
            await press(pilot, "b")
            await pilot.pause(0.7)
            assert len(list(machines_folder().iterdir())) == 1

    async def test_an_edited_source_keeps_its_breakpoints(self, system: System) -> None:
        async with session(system) as pilot:
            await command(pilot, "break prog.s:5")
        edited = system_of(Part("prog", "# a comment\n" + PROGRAM.replace("_start:", "_start: nop\n")))
        async with session(edited) as pilot:
            assert [view.text for view in debugger(pilot).snapshot.breakpoints] == ["prog.s:7"]

    async def test_what_is_lost_is_said(self, system: System) -> None:
        async with session(system) as pilot:
            await command(pilot, "break work")
        async with session(system_of(Part("prog", "_start: nop\nend: j end\n"))) as pilot:
            assert "breakpoint 1, work, is lost" in notices(pilot)[0]
        async with session(system) as pilot:
            assert [view.lost for view in debugger(pilot).snapshot.breakpoints] == [""]

    async def test_without_sessions_nothing_comes_back_and_nothing_is_kept(
        self, system: System
    ) -> None:
        async with session(system) as pilot:
            await command(pilot, "break work")
        async with session(system, remembers=False) as pilot:
            assert debugger(pilot).snapshot.breakpoints == ()
            await command(pilot, "break loop")
        async with session(system) as pilot:
            assert [view.text for view in debugger(pilot).snapshot.breakpoints] == ["work"]

    async def test_a_damaged_file_is_set_aside_and_said(self, system: System) -> None:
        async with session(system) as pilot:
            await command(pilot, "break work")
        for path in machines_folder().iterdir():
            path.write_text("{")
        async with session(system) as pilot:
            assert all("set aside as" in notice for notice in notices(pilot))
            assert len(notices(pilot)) == 2
            await press(pilot, "s")

    async def test_a_folder_that_cannot_be_written_stops_nobody(
        self, system: System, home: Path
    ) -> None:
        home.mkdir()
        (home / "state").write_text("no folder")
        async with session(system) as pilot:
            await press(pilot, "b", "s")
            await pilot.pause(0.7)
            await settle(pilot)
            assert debugger(pilot).snapshot.instant == 1
            assert len([notice for notice in notices(pilot) if "the breakpoints" in notice]) == 1

    async def test_leaving_a_machine_that_runs_keeps_its_breakpoints(self, system: System) -> None:
        async with session(system) as pilot:
            pilot.app.simulate_key("c")
            while not debugger(pilot).snapshot.running:
                await pilot.pause(0.01)
            debugger(pilot).commands.want("break trap illegal")
            await pilot.pause(0.1)
            pilot.app.simulate_key("q")
        async with session(system) as pilot:
            assert [view.text for view in debugger(pilot).snapshot.breakpoints] == ["illegal"]


class TestTheLook:
    async def test_layout_and_theme_come_back(self, system: System) -> None:
        async with session(system) as pilot:
            await press(pilot, "ctrl+left", "ctrl+up", "5", "Z")
            layout = debugger(pilot).arranged
            pilot.app.theme = "hvtui-light"
        async with session(system) as pilot:
            assert pilot.app.theme == "hvtui-light"
            assert debugger(pilot).arranged == layout
            assert "Call stack" not in "\n".join(screen_text(pilot))

    async def test_names_that_nobody_knows_are_left_out(self, system: System) -> None:
        state_folder().mkdir(parents=True)
        (state_folder() / "screen.json").write_text(
            '{"version": 1, "theme": "of-the-future", "recent": ["stack", "piano", "stack"],'
            ' "hidden": ["source", "piano"], "right": 999, "low": -999}'
        )
        async with session(system, size=(80, 24)) as pilot:
            assert pilot.app.theme == "hvtui-dark"
            assert debugger(pilot).arranged.recent == ("stack",)
            assert debugger(pilot).arranged.hidden == frozenset()
            assert notices(pilot) == []

    async def test_a_damaged_file_is_set_aside(self, system: System) -> None:
        state_folder().mkdir(parents=True)
        (state_folder() / "screen.json").write_text("[]")
        async with session(system) as pilot:
            assert "the look of the screen cannot be read" in notices(pilot)[0]


class TestKeys:
    async def test_keys_of_the_file_do_what_it_says(self, system: System) -> None:
        key_map('[keys]\nstep_line = ["j2", "e", "F12"]\nstep_over = []\nshow_all = "ctrl+e"\n')
        async with session(system) as pilot:
            await pilot.resize_terminal(160, 40)
            await press(pilot, "e")
            assert debugger(pilot).snapshot.instant == 1
            await press(pilot, "f12")
            assert debugger(pilot).snapshot.instant == 2
            await press(pilot, "s", "f11", "n", "f10")
            assert debugger(pilot).snapshot.instant == 2
            await press(pilot, "4", "Z")
            assert debugger(pilot).arranged.hidden
            await press(pilot, "ctrl+e")
            assert not debugger(pilot).arranged.hidden
            footer = screen_text(pilot)[-1]
            assert " e step " in footer
            assert " next " not in footer
            assert any("there is no key 'j2'" in notice for notice in notices(pilot))

    async def test_help_shows_them(self, system: System) -> None:
        key_map('[keys]\nstep_line = ["ctrl+e"]\n')
        async with session(system, size=(120, 60)) as pilot:
            await press(pilot, "question_mark")
            assert any("Ctrl+E" in line and "next source line" in line for line in screen_text(pilot))

    async def test_a_swap_is_no_clash(self, system: System) -> None:
        key_map('[keys]\nstep_line = ["i"]\nstep_instruction = ["s"]\n')
        async with session(system) as pilot:
            assert notices(pilot) == []
            await press(pilot, "n")
            await press(pilot, "i")
            await press(pilot, "i")
            assert debugger(pilot).snapshot.position.where == "prog.s:5"

    async def test_a_file_that_is_no_toml_stops_nobody(self, system: System) -> None:
        key_map("[keys\nstep_line = ")
        async with session(system) as pilot:
            assert "keys.toml:1" in notices(pilot)[0]
            await press(pilot, "s")
            assert debugger(pilot).snapshot.instant == 1

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('[keys]\nstep_lime = ["s"]', "keys.toml:2: error: there is no action 'step_lime'\n"
             '    2 | step_lime = ["s"]\n    did you mean step_line?'),
            ('[keys]\nfinish = ["f55"]', "keys.toml:2: error: there is no key 'f55'\n"
             '    2 | finish = ["f55"]\n    did you mean f5?'),
            ('[keys]\nfinish = ["e"]\nresume = ["e"]', "Letter: e is given to finish and to resume"),
            ('[keys]\nfinish = ["s"]', "keys.toml:2: error: s is given to finish, and step_line had it"
             '\n    2 | finish = ["s"]\n'
             '    give step_line keys of its own too, or none: step_line = ["f11"]'),
            ('[keys]\nfinish = ["ctrl+q"]', "Ctrl+Q quits"),
            ("[keys]\nfinish = 7", "finish needs a list of keys\n    2 | finish = 7\n    as in "),
            ("[kees]\nfinish = 7", "nobody reads 'kees' here\n    1 | [kees]\n    did you mean keys?"),
            ("keys = 3", "it is no table"),
            ("[keys]\nfinish = [" + '"f1", ' * 9 + "]", "finish has more than 8 keys"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_with_place_and_remedy(self, text: str, told: str) -> None:
        path = key_map(text)
        problems = "\n".join(str(problem) for problem in read_key_map(path).problems)
        assert told.removeprefix("Letter: ").lower() in problems.lower()

    def test_what_is_printed_can_be_read_again(self, system: System) -> None:
        key_map('[keys]\nstep_line = ["ctrl+e", "\\"", "+", ",", "space", "/"]\nfinish = []\n')
        keys = Settings().keys
        path = key_map("\n".join(key_map_text(keys, Path("/some/keys.toml"))))
        again = read_key_map(path)
        assert again.problems == ()
        assert all(again.changed[name] == keys.of(action) for name, action in ACTIONS_BY_NAME.items())

    def test_a_file_that_changes_nothing_changes_nothing(self) -> None:
        assert read_key_map(key_map("")).changed == {}
        key_map_file().unlink()
        assert read_key_map(key_map_file()).changed == {}

    @pytest.mark.parametrize(
        ("written", "key"),
        [
            ("?", "question_mark"), ("F5", "f5"), ("Ctrl+X", "ctrl+x"), ("shift+s", "S"), ("S", "S"),
            ("shift+ctrl+up", "ctrl+shift+up"), (" ", "space"), ("ctrl++", "ctrl+plus"), ("/", "slash"),
            ("ctrl+", None), ("control+x", None), ("", None), ("\x1b", None), ("f99", None),
        ],
    )  # fmt: skip
    def test_keys_may_be_written_as_people_do(self, written: str, key: str | None) -> None:
        assert canonical(written) == key


async def test_settings_of_a_real_machine_file(tmp_path: Path) -> None:
    (tmp_path / "prog.s").write_text(PROGRAM)
    (tmp_path / "machine.toml").write_text('[[component]]\nname = "prog"\nsource = "prog.s"\n')
    async with session(load_system(tmp_path)) as pilot:
        await command(pilot, "watch a0")
    async with session(load_system(tmp_path / "machine.toml")) as pilot:
        assert [view.is_watch for view in debugger(pilot).snapshot.breakpoints] == [True]
