"""What the tests of machine files start from."""

from pathlib import Path

import pytest

from tests.support.lab import NOP, Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab(tmp_path)
    made.write("kernel.bin", NOP * 4)
    return made
