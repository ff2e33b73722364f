"""Golden texts: what the screen shows, kept in files beside the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="write tests/tui/golden anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, list[str]], None]:
    """Compare lines with the golden text of a name."""

    def compare(name: str, lines: list[str]) -> None:
        path = _FOLDER / f"{name}.txt"
        text = "\n".join(lines) + "\n"
        if request.config.getoption("--write-golden", default=False):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert lines == path.read_text(encoding="utf-8").splitlines()

    return compare
