"""``hvtui serve``: the debugger's screen in a browser."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import socket
import sys
from pathlib import Path

from hvtui.cli.arguments import add_machine_arguments, overrides_of, positive_count, words_of
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
_MOST_PORT = 65535
_MOST_SESSIONS = 10

_EPILOG = """\
Each page that is opened gets a debugger of its own, which ends when the page is closed. Without a
PATH it begins with the gallery of samples.

There is no password. Whoever can reach the port drives the debugger with your rights: they see the
machine's sources and change the simulated machine. What writes files on this computer is off in a
browser; pictures go to the browser's downloads. On 127.0.0.1, the default, only this computer
reaches it; from another one, better go through ssh -L 8000:127.0.0.1:8000 than open the port.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is served, and where."""
    parser.epilog = _EPILOG
    add_machine_arguments(parser, is_path_needed=False)
    served = parser.add_argument_group("where it is served")
    served.add_argument(
        "--host",
        default=DEFAULT_HOST,
        metavar="ADDRESS",
        help=f"address to listen on (default: {DEFAULT_HOST}, which only this computer reaches)",
    )
    served.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        metavar="N",
        help=f"port to listen on; 0 takes any that is free (default: {DEFAULT_PORT})",
    )
    served.add_argument(
        "--sessions",
        type=positive_count,
        default=_MOST_SESSIONS,
        metavar="N",
        help=f"how many pages may be open at once (default: {_MOST_SESSIONS})",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 5 or int(text) > _MOST_PORT:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no port: give 1 to {_MOST_PORT}, or 0")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl+C. Returns 0."""
    try:
        from hvtui.cli.serving import serve
    except ImportError as error:
        raise BadInputError(
            Problem(
                "hvtui serve",
                f"a library is missing that serves pages: {error.name}",
                remedy="install it: pip install 'hvtui[serve]'",
            )
        ) from error
    path: Path | None = arguments.path
    title = "hvtui"
    overrides = overrides_of(arguments)
    if path is not None:
        # What is wrong with the files is told here, not in somebody's browser.
        title = load_system(path, overrides).title
    elif overrides != Overrides():
        remedy = "give a PATH too, or leave the options out"
        raise BadInputError(Problem("hvtui serve", "there is no machine to change", remedy=remedy))
    words = words_of(arguments)
    listening = _listen(arguments.host, arguments.port)
    with listening:
        if not _is_loopback(listening):
            print(_warning(arguments.host), file=sys.stderr, flush=True)
        serve(words, listening, title=title, most_sessions=arguments.sessions)
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Take the port. Raises BadInputError if that cannot be."""
    where = f"--host {host} --port {port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else "no such host"
        remedy = f"give an address of this computer, such as {DEFAULT_HOST}"
        raise BadInputError(Problem(where, f"{host[:80]!r}: {cause}", remedy=remedy)) from error
    listening = socket.socket(family, kind, protocol)
    try:
        # A port that a server has just left may be taken at once, but not one that is in use.
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise BadInputError(
            Problem(where, error.strerror or str(error), remedy=_remedy(error.errno, port))
        ) from error
    return listening


def _remedy(number: int | None, port: int) -> str:
    if number == errno.EADDRINUSE:
        return f"another program has this port: give --port {port % _MOST_PORT + 1}, or --port 0"
    if number == errno.EACCES:
        return f"ports below 1024 are not for everybody: give --port {DEFAULT_PORT}"
    return f"give an address of this computer, such as --host {DEFAULT_HOST}"


def _is_loopback(listening: socket.socket) -> bool:
    return ipaddress.ip_address(str(listening.getsockname()[0]).partition("%")[0]).is_loopback


def _warning(host: str) -> str:
    return (
        f"warning: {host} can be reached from other computers, and there is no password.\n"
        "         Anybody who reaches the port drives the debugger on this computer as you: they read\n"
        "         the sources that it shows, and use its memory and processors. Stop with Ctrl+C."
    )
