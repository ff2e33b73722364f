"""Serving the screen to browsers with textual-serve: a process of ours for each page.

textual-serve listens to whoever asks, and a browser lets any page of the web open a WebSocket to this
computer. So each request has to come from a page of this very server, and where only this computer
can reach it, under a name that means this computer.
"""

from __future__ import annotations

import ipaddress
import shlex
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
from aiohttp import web
from textual_serve import server as serving_library
from textual_serve.app_service import AppService
from textual_serve.server import Server

import hvtui

# What a page may load and whom it may talk to: this server, and nobody else.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The process begins without what lies in the present folder on its path: that may be a stranger's.
_START = "import sys; sys.path.append(sys.argv.pop(1)); from hvtui.cli import main; sys.exit(main())"

# How long (seconds) the screens have to end after Ctrl+C before they are cut off.
_GRACE = 1.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(words: Sequence[str], listening: socket.socket, *, title: str, most_sessions: int) -> None:
    """Serve ``hvtui`` with these arguments on a socket that listens, until a signal ends it."""
    host, port = listening.getsockname()[:2]
    ScreenServer(command_of(words), host, port, title=title, most_sessions=most_sessions).serve_on(
        listening
    )


def command_of(words: Sequence[str]) -> str:
    """Return the line of the shell that starts ``hvtui`` with these arguments."""
    home = str(Path(hvtui.__file__).resolve().parent.parent)
    command = [sys.executable, "-P", "-c", _START, home, *words]
    if sys.platform == "win32":
        return subprocess.list2cmdline(command)
    # The shell makes room for the process: there is one less to end.
    return "exec " + shlex.join(command)


class _Screen(AppService):
    """The process of a page. The page is told of its end, in whatever way it ended."""

    async def run(self) -> None:
        """Hand on what the process draws, until it ends."""
        await super().run()
        await self.remote_close()


# The library offers no other way to say what runs for a page.
vars(serving_library)["AppService"] = _Screen


class ScreenServer(Server):
    """Serves pages that show a screen each, to the pages of this server alone."""

    def __init__(self, command: str, host: str, port: int, *, title: str, most_sessions: int) -> None:
        super().__init__(command, host=host, port=port, title=title)
        self._is_local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
        self._most_sessions = most_sessions
        self._sessions = 0

    def serve_on(self, listening: socket.socket) -> None:
        """Serve until SIGINT or SIGTERM."""
        web.run_app(
            self._make_app(),
            sock=listening,
            print=lambda *_: None,
            access_log=None,
            shutdown_timeout=_GRACE,
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say where it is served."""
        named = f"[{self.host}]" if ":" in self.host else self.host
        if ipaddress.ip_address(self.host.partition("%")[0]).is_unspecified:
            named = socket.gethostname()
        print(f"serving {self.title}\n  http://{named}:{self.port}\nCtrl+C ends it", flush=True)

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse pages of others, and names of this computer that others have given it."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="this is not for pages of another server\n")
        if self._is_local and not _means_this_computer(request.host):
            raise web.HTTPForbidden(text=f"open it as http://127.0.0.1:{self.port}\n")
        if request.path == "/ws" and self._sessions >= self._most_sessions:
            raise web.HTTPServiceUnavailable(text="too many pages are open: close one\n")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
            response.headers["Content-Security-Policy"] = _POLICY.format(host=request.host)
        return response

    async def handle_index(self, request: web.Request) -> web.Response:
        """Answer with the page, whose links lead to the name under which it was asked for.

        The name may be that of another computer's end of an ssh tunnel.
        """
        size = request.query.get("fontsize", "")
        context: dict[str, Any] = {
            "font_size": int(size) if size.isascii() and size.isdecimal() and len(size) < 3 else 16,
            "app_websocket_url": f"ws://{request.host}/ws",
            "config": {"static": {"url": "/static/"}},
            "application": {"name": self.title},
        }
        return aiohttp_jinja2.render_template("app_index.html", request, context)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run a screen for a page."""
        self._sessions += 1
        try:
            return await super().handle_websocket(request)
        finally:
            self._sessions -= 1


def _means_this_computer(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
