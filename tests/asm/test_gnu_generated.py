"""Generated sources: what GNU as and ld take, the assembler makes the same bytes of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asm import AssemblyError, assemble_text
from tests.support.assembly_strategies import expressions, instructions, programs
from tests.support.gnu_layout import BASE, RefusedError, build, layout_of, needs_gnu

_unhurried = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@needs_gnu
@_unhurried
@given(st.lists(expressions, min_size=1, max_size=40))
def test_expressions(tmp_path: Path, texts: list[str]) -> None:
    source = "\n".join([".data", *(f".quad {text}" for text in texts), ""])
    assert layout_of(assemble_text(source)) == build(source, tmp_path)


@needs_gnu
@pytest.mark.parametrize("text", ["3 ! ! 5", "3 !! 5", "3!!!5", "3 ! 5", "!! 5", "3 ! -5", "3 != 5"])
def test_exclamation_marks(tmp_path: Path, text: str) -> None:
    source = f".data\n.quad {text}\n"
    assert layout_of(assemble_text(source)) == build(source, tmp_path)


@needs_gnu
@_unhurried
@given(st.lists(st.integers(-(1 << 31), (1 << 32) - 1), min_size=1, max_size=200))
def test_every_number_that_li_loads(tmp_path: Path, numbers: list[int]) -> None:
    source = "".join(f"li a0, {number}\n" for number in numbers)
    assert layout_of(assemble_text(source)) == build(source, tmp_path)


@needs_gnu
@_unhurried
@given(programs())
def test_programs(tmp_path: Path, source: str) -> None:
    try:
        ours = layout_of(assemble_text(source))
    except AssemblyError:
        # After odd data an instruction may be where no branch can start or end.
        with pytest.raises(RefusedError):
            build(source, tmp_path)
    else:
        assert ours == build(source, tmp_path)


@settings(max_examples=200, deadline=None)
@given(instructions)
def test_a_line_leads_back_to_its_place(statement: str) -> None:
    labels = "".join(f"label_{number}:" for number in range(8))
    program = assemble_text(f"{labels}\n    {statement}\n")
    entry = program.lines.at(BASE)
    assert entry is not None
    assert (entry.place.line, entry.place.column, entry.is_code) == (2, 5, True)
    assert entry.size == program.segments[0].size


@pytest.mark.parametrize("power", range(32))
def test_li_takes_one_instruction_where_one_is_enough(power: int) -> None:
    program = assemble_text(f"li a0, {1 << power}\n")
    assert program.segments[0].size == (8 if power == 11 else 4)
