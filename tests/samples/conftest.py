"""Fixtures of the sample tests: the computers, and a workshop whose sources may be changed."""

import shutil
from pathlib import Path

import pytest

from tests.support.computers import SAMPLES, Computer, Ours, Qemu, skip_without_qemu


@pytest.fixture(params=["qemu", "hvtui"])
def computer(request: pytest.FixtureRequest, tmp_path: Path) -> Computer:
    """Each test runs on both computers."""
    if request.param == "qemu":
        skip_without_qemu()
        return Qemu(tmp_path, clock_shift=7)
    return Ours(tmp_path)


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A copy of the guests and user programs that a test may change and add to."""
    folder = tmp_path / "workshop"
    for name in ("guests", "users"):
        shutil.copytree(SAMPLES / name, folder / name)
    return folder
