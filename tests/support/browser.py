"""A headless Chromium for tests, driven through its DevTools protocol."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

PATIENCE = 120  # seconds for a slow machine; nothing is asserted about the time
NAMES = ("chromium", "chromium-browser", "google-chrome")

# The page keeps its terminal to itself: this catches it where the page makes it.
_CATCH = """
Object.defineProperty(Object.prototype, "fitAddon", {
    configurable: true,
    set(value) {
        window.caught = this;
        Object.defineProperty(this, "fitAddon", {value, writable: true, configurable: true});
    },
});
"""
_TEXT = """
(() => {
    if (!window.caught) return "";
    const buffer = window.caught.terminal.buffer.active;
    const lines = [];
    for (let y = 0; y < buffer.length; y++) lines.push(buffer.getLine(y).translateToString(true));
    return lines.join("\\n");
})()
"""


def find_browser() -> str | None:
    """Return the path of a Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """A page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                result = answer["result"]
                assert isinstance(result, dict)
                return result

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self.call("Page.enable")
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=_CATCH)
        await self.call("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """Return what an expression of JavaScript is in the page."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def text(self) -> str:
        """Return what the terminal in the page shows."""
        return str(await self.evaluate(_TEXT))

    async def wait_for(self, text: str) -> str:
        """Wait until the terminal shows `text`; return all that it shows."""
        shown = ""
        for _ in range(PATIENCE * 5):
            shown = await self.text()
            if text in shown:
                return shown
            await asyncio.sleep(0.2)
        raise AssertionError(f"{text!r} never came: {shown}")

    async def press(self, key: str) -> None:
        """Press a key that stands for itself."""
        await self.evaluate("window.caught.terminal.focus()")
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Page]:
    """Start a browser with a profile of its own; end it, and all of its processes."""
    found = find_browser()
    assert found is not None
    words = [
        found, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}",
        "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
        "--disable-background-networking", "--window-size=1200,800",
        *(["--no-sandbox"] if os.getuid() == 0 else []), "about:blank",
    ]  # fmt: skip
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "HOME": str(profile)},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            port = await _port(process, profile / "DevToolsActivePort")
            async with aiohttp.ClientSession() as client:
                address = await _page_address(client, port)
                # Pictures of whole pages are longer than messages usually are.
                async with client.ws_connect(address, max_msg_size=0) as socket:
                    yield Page(socket)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def _port(process: subprocess.Popen[bytes], file: Path) -> int:
    while True:
        assert process.poll() is None, f"the browser has ended with {process.returncode}"
        lines = file.read_text().split() if file.exists() else []
        if len(lines) > 1:
            return int(lines[0])
        await asyncio.sleep(0.1)


async def _page_address(client: aiohttp.ClientSession, port: int) -> str:
    while True:
        async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
            for target in await answer.json():
                if target["type"] == "page":
                    return str(target["webSocketDebuggerUrl"])
        await asyncio.sleep(0.1)
