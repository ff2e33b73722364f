"""The build attributes of ELF files: which instruction set a file was made for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asm.objects.elf_attributes import architecture, has_compressed


def section(attributes: bytes, vendor: bytes = b"riscv", part: int = 1) -> bytes:
    """Return an attributes section with one vendor and one part."""
    inner = bytes([part]) + (len(attributes) + 5).to_bytes(4, "little") + attributes
    body = vendor + b"\0" + inner
    return b"A" + (len(body) + 4).to_bytes(4, "little") + body


ALIGNMENT = b"\x04\x10"
ARCHITECTURE = b"\x05rv32i2p1_m2p0\0"
LATER_STRING = b"\x83\x01text\0"


@pytest.mark.parametrize(
    "attributes",
    [ARCHITECTURE, ALIGNMENT + ARCHITECTURE, LATER_STRING + ALIGNMENT + ARCHITECTURE],
    ids=["alone", "after a number", "after a string"],
)
def test_the_architecture_is_found_among_the_attributes(attributes: bytes) -> None:
    assert architecture(section(attributes)) == "rv32i2p1_m2p0"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"B" + section(ARCHITECTURE)[1:],
        section(ALIGNMENT),
        section(ARCHITECTURE, vendor=b"other"),
        section(ARCHITECTURE, part=2),
        section(ARCHITECTURE[:-1]),
    ],
    ids=["empty", "version", "no such tag", "vendor", "of a section only", "no end"],
)
def test_a_section_that_does_not_tell_gives_none(data: bytes) -> None:
    assert architecture(data) is None


@given(st.integers(0, 40), st.binary(max_size=4))
def test_damage_does_no_harm(cut: int, patch: bytes) -> None:
    whole = section(ALIGNMENT + ARCHITECTURE)
    found = architecture(whole[:cut] + patch + whole[cut + len(patch) :])
    assert found is None or isinstance(found, str)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rv32i2p1_m2p0_a2p1_zicsr2p0_zifencei2p0_zmmul1p0", False),
        ("rv32i2p1_m2p0_a2p1_c2p0_zca1p0", True),
        ("rv32imac", True),
        ("rv32imac_zicsr", True),
        ("rv32ima_zicsr_zifencei_zicntr", False),
        ("rv32ima_zca", True),
        ("rv32i_xcustom_svinval", False),
    ],
)
def test_compressed_instructions_are_told_by_their_extension(name: str, expected: bool) -> None:
    assert has_compressed(name) is expected
