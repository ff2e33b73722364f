"""``hvtui serve``: the screen in a browser, for this computer alone unless told otherwise."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="hvtui[serve] is not installed")
pytest.importorskip("textual_serve", reason="hvtui[serve] is not installed")

import aiohttp

from hvtui.cli.serving import command_of
from tests.support.browser import PATIENCE, browsing, find_browser

SOURCE = "_start: li t0, 1\n la t1, handler\n csrw mtvec, t1\n ecall\nhandler: j handler\n"
_MAIN = "import sys; from hvtui.cli import main; sys.exit(main())"
ROOT = Path(__file__).resolve().parents[2]

unix = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks for processes in /proc, and signals them"
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A source with a name that a shell would not leave alone."""
    path = tmp_path / 'it\'s a "$HOME" `x`; & pro g.s'
    path.write_text(SOURCE)
    return path


class Served:
    """A server in a process group of its own."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "serve", "--port", "0", *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
            start_new_session=True,
        )  # fmt: skip
        self.said = ""
        assert self.process.stdout is not None
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        while (found := re.search(r"http://\S+:(\d+)", self.said)) is None:
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.said}"
            self.said += line
        watchdog.cancel()
        self.url = f"http://127.0.0.1:{found[1]}"

    def end(self) -> int:
        """End it as Ctrl+C does."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def has_screens(self) -> bool:
        """Tell whether a process of the server's group is left besides the server."""
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # After the name, which may hold anything, come state, parent and group.
                group = int(status.read_text().rpartition(")")[2].split()[2])
                if group == self.process.pid != int(status.parent.name):
                    return True
        return False

    def wait_for_no_screens(self) -> None:
        """Wait until every screen's process has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.has_screens():
            assert time.monotonic() < deadline, "a screen's process stays"
            time.sleep(0.1)


@contextmanager
def served(*words: object) -> Iterator[Served]:
    server = Served(*words)
    try:
        yield server
    finally:
        # No process stays, whatever became of the test.
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()


@asynccontextmanager
async def screen_until(server: Served, text: bytes, *keys: str) -> AsyncIterator[None]:
    """Open a screen as a page does, press keys, and wait until it has drawn `text`."""
    drawn = b""
    async with (
        asyncio.timeout(PATIENCE),
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{server.url}/ws?width=100&height=40", origin=server.url) as page,
    ):
        for key in keys:
            await page.send_json(["stdin", key])
        while text not in drawn:
            message = await page.receive()
            assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
            drawn += message.data if isinstance(message.data, bytes) else b""
        yield


@unix
@pytest.mark.skipif(find_browser() is None, reason="Chromium is not installed")
async def test_the_screen_is_shown_in_a_browser_and_obeys_its_keys(
    program: Path, tmp_path: Path
) -> None:
    with served(program) as server:
        async with browsing(tmp_path / "profile") as page:
            await page.open(server.url)
            shown = await page.wait_for("q quit")
            assert "ready" in shown
            assert "csrw" in shown
            await page.press("s")
            await page.wait_for("stepped in")
            picture = await page.call("Page.captureScreenshot")
            # A blank page would be far shorter.
            assert len(picture["data"]) > 20_000
            await page.press("q")
            for _ in range(PATIENCE * 5):
                if await page.evaluate("document.body.classList.contains('-closed')"):
                    break
                await asyncio.sleep(0.2)
            else:
                raise AssertionError("the page never said that its screen has ended")
        server.wait_for_no_screens()
        assert server.end() == 0


@unix
async def test_closing_the_page_ends_its_screen_and_ending_the_server_ends_all(program: Path) -> None:
    with served(program) as server:
        async with screen_until(server, b"quit"):
            assert server.has_screens()
        server.wait_for_no_screens()
        async with screen_until(server, b"quit"):
            assert await asyncio.to_thread(server.end) == 0
        server.wait_for_no_screens()


@unix
async def test_a_server_that_is_killed_leaves_no_screen(program: Path) -> None:
    with served(program) as server:
        async with screen_until(server, b"quit"):
            server.process.kill()
            server.process.wait()
        server.wait_for_no_screens()


@unix
async def test_a_screen_that_cannot_start_closes_its_page_and_says_why(program: Path) -> None:
    with served(program) as server:
        program.write_text("_start: add t1, t2\n")
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{server.url}/ws", origin=server.url) as page,
        ):
            assert (await page.receive()).type is aiohttp.WSMsgType.CLOSE
        assert server.end() == 0
        assert server.process.stdout is not None
        assert "add t1, t2" in server.process.stdout.read()


@unix
async def test_somebody_at_a_browser_leaves_nothing_in_the_persons_files(
    program: Path, home: Path
) -> None:
    with served(program) as server:
        # A breakpoint, and a pane that is hidden: at a terminal both would be remembered.
        async with screen_until(server, b"stepped", "b", "4", "Z", "s"):
            pass
        server.wait_for_no_screens()
    assert not list(home.rglob("*"))


@unix
async def test_the_gallery_is_served_without_a_path() -> None:
    with served() as server:
        async with screen_until(server, b"01-native"):
            assert server.has_screens()


@unix
async def test_pages_of_other_servers_and_false_names_are_refused(program: Path) -> None:
    with served("--sessions", 1, program) as server:
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as client:

            async def status(path: str, **headers: str) -> int:
                async with client.get(server.url + path, headers=headers) as answer:
                    return answer.status

            assert await status("/") == 200
            assert await status("/", Host="localhost:8000") == 200
            assert await status("/", Host="hvtui.example") == 403
            for origin in ("http://hvtui.example", "null", "http://127.0.0.1:1"):
                assert await status("/", Origin=origin) == 403
                with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                    await client.ws_connect(f"{server.url}/ws", origin=origin)
            async with client.ws_connect(f"{server.url}/ws", origin=server.url):
                with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                    await client.ws_connect(f"{server.url}/ws", origin=server.url)
            async with client.get(server.url) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'self'" in policy
                assert f"ws://127.0.0.1:{server.url.rpartition(':')[2]}" in policy


@unix
def test_an_address_that_others_reach_is_warned_of(program: Path) -> None:
    with served("--host", "0.0.0.0", program) as server:
        assert server.said.startswith("warning: 0.0.0.0 can be reached from other computers")
        assert "no password" in server.said
        assert server.end() == 0
    with served("--host", "localhost", program) as server:
        assert "warning" not in server.said


def test_a_port_that_is_taken_is_refused_with_another(hvtui, program: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        outcome = hvtui("serve", program, "--port", port)
        assert outcome.status == 2
        assert f"--host 127.0.0.1 --port {port}" in outcome.err
        assert "another program has this port: give --port " in outcome.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "65536"], "is no port: give 1 to 65535"),
        (["--port", "-1"], "is no port"),
        (["--port", "http"], "is no port"),
        (["--sessions", "0"], "too small"),
        (["--host", "192.0.2.1"], "give an address of this computer"),
        (["--host", "no such host"], "give an address of this computer"),
        (["--host", ""], "give an address of this computer"),
        (["--host", "x" * 300], "give an address of this computer"),
    ],
    ids=str,
)
def test_bad_places_are_refused(hvtui, program: Path, words: list[str], said: str) -> None:
    outcome = hvtui("serve", program, *words)
    assert outcome.status == 2
    assert said in outcome.err


def test_mistakes_in_the_machine_are_told_before_anything_is_served(hvtui, tmp_path: Path) -> None:
    source = tmp_path / "prog.s"
    source.write_text("_start: add t1, t2\n")
    assert "prog.s:1" in hvtui("serve", source, "--port", 0).err
    assert "no such file" in hvtui("serve", tmp_path / "none.s", "--port", 0).err
    assert "no machine to change" in hvtui("serve", "--cpu", "vt", "--port", 0).err


def test_without_the_library_it_says_what_to_install(hvtui, program: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    monkeypatch.delitem(sys.modules, "hvtui.cli.serving")
    outcome = hvtui("serve", program)
    assert outcome.status == 2
    assert "pip install 'hvtui[serve]'" in outcome.err


@unix
def test_arguments_reach_the_screen_as_they_are(tmp_path: Path) -> None:
    words = ["debug", "it's", 'a "b"', "$HOME `x`; & |\n", "", "-", "--at=0x10", "日本"]
    command = command_of(words).replace(
        "from hvtui.cli import main; sys.exit(main())", "print(sys.argv[1:])"
    )
    shown = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert shown.stdout == f"{words}\n"


@unix
def test_the_present_folder_is_not_where_libraries_come_from(tmp_path: Path) -> None:
    (tmp_path / "textual.py").write_text("print('mine')")
    ended = subprocess.run(
        command_of(["--version"]), shell=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert ended.returncode == 0
    assert ended.stdout.startswith("hvtui ")
