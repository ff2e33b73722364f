"""Every row keeps the rules that make it fit to be interpreted and compiled; bad rows are told why."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asm.isa.instruction import Instruction
from asm.isa.meaning import MeaningError
from asm.isa.meaning_rules import Range, Violation, _bitwise, _corners, violations
from asm.isa.rows import INSTRUCTIONS

R_TYPE = "0000000 rs2 rs1 000 rd 0110011"
I_TYPE = "imm[11:0] rs1 000 rd 0010011"
STORE = "imm[11:5] rs2 rs1 010 imm[4:0] 0100011"


def problems(meaning: str, layout: str = R_TYPE) -> list[str]:
    row = Instruction("bad", "rd", layout, meaning, "A row of this test.", "I")
    return [str(violation) for violation in violations(row)]


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_every_row_keeps_the_rules(row: Instruction) -> None:
    assert violations(row) == []


@pytest.mark.parametrize(
    ("meaning", "complaint"),
    [
        ("rd = rs1 * rs2 * rs2", "bad: (rs1 * rs2) * rs2: does not fit 64 bits: 0x0 to 0xffff"),
        ("rd = rs1 << rs2", "bad: rs1 << rs2: shifts by 0x0 to 0xffffffff; 0 to 63 can be compiled"),
        ("rd = rs1 << (rs2 & 63)", "does not fit 64 bits"),
        ("rd = rs1 >> -1", "shifts by -0x1 to -0x1"),
        ("rd = rs1 * rs2 - (rs1 * rs2 << 1)", "does not fit 64 bits"),
        ("rd = signed(rs1) * (rs2 << 1)", "bad: signed(rs1) * (rs2 << 1): does not fit 64 bits"),
        ("rd = -(rs1 * rs2)", "bad: -(rs1 * rs2): does not fit 64 bits"),
        ("rd = 18446744073709551616", "bad: 18446744073709551616: does not fit 64 bits"),
        ("rd = ~(rs1 * rs2)", "bad: ~(rs1 * rs2): does not fit 64 bits"),
    ],
)
def test_a_value_of_more_than_64_bits_is_found(meaning: str, complaint: str) -> None:
    assert any(complaint in problem for problem in problems(meaning))


@pytest.mark.parametrize(
    ("meaning", "complaint"),
    [
        ("rd = quotient(rs1, rs2)", "bad: quotient(rs1, rs2): the divisor may be zero"),
        ("rd = remainder(rs1, signed(rs2))", "the divisor may be zero"),
        ("rd = quotient(rs1, rs2) if rs2 == 0 else 1", "the divisor may be zero"),
        ("rd = 1 if rs1 == 0 else quotient(rs1, rs2)", "the divisor may be zero"),
    ],
)
def test_a_division_by_zero_is_found(meaning: str, complaint: str) -> None:
    assert problems(meaning) != []
    assert complaint in problems(meaning)[0]


def test_a_divisor_that_was_tested_is_fine() -> None:
    assert problems("rd = 0 if rs2 == 0 else quotient(signed(rs1), signed(rs2))") == []
    assert problems("rd = remainder(rs1, rs2) if rs2 != 0 else rs1") == []
    assert problems("if rs2 != 0: rd = quotient(rs1, rs2)") == []
    assert problems("rd = quotient(rs1, (rs2 & 3) + 1)") == []


@pytest.mark.parametrize(
    ("meaning", "complaint"),
    [
        ("rd = imm", "bad: imm: imm is neither a field of the encoding nor assigned before"),
        ("rd = later\nlater = rs1", "bad: later: later is neither a field"),
        ("if rs1 == 0: a = 1\nrd = a", "bad: a: a is neither a field of the encoding nor assigned"),
        ("a = 1\na = 2\nrd = a", "bad: a = 2: a is assigned twice"),
        ("xlen = 64", "bad: xlen = 64: xlen is not a local and cannot be assigned"),
        ("a = rd", "bad: rd: rd can only be assigned; number(rd) is its number"),
        ("a = number(pc)", "bad: number(pc): number() takes a register of the encoding"),
        ("rd = sext(rs1, rs2)", "bad: sext(rs1, rs2): the number of bits must be a constant"),
        ("rd = load(rs1, rs2)", "bad: load(rs1, rs2): the size must be a constant: 1, 2, 4 or 8"),
        ("rd = load(rs1, 3)", "the size must be a constant: 1, 2, 4 or 8"),
        ("rd = csr_write(1, rs1)", "bad: csr_write(1, rs1): this service gives no value"),
    ],
)
def test_a_name_or_an_argument_that_cannot_be_is_found(meaning: str, complaint: str) -> None:
    assert any(complaint in problem for problem in problems(meaning))


def test_a_field_must_be_one_of_the_rows_own_encoding() -> None:
    assert problems("rd = rs1 + imm", I_TYPE) == []
    assert problems("rd = rs1 + rs2", I_TYPE) == [
        "bad: rs2: rs2 is neither a field of the encoding nor assigned before"
    ]
    assert problems("rd = rs1", STORE) == ["bad: rd = rs1: the encoding has no field rd"]
    assert problems("a = number(rd)", STORE) != []


@pytest.mark.parametrize(
    ("meaning", "complaint"),
    [
        ("rd = 1\njump(rs1)", "bad: jump(rs1): can end the instruction after state was written"),
        ("store(rs1, 4, rs2)\nstore(rs2, 4, rs1)", "bad: store(rs2, 4, rs1): can end"),
        ("csr_write(1, rs1)\nrd = load(rs2, 4)", "bad: load(rs2, 4): can end"),
        ("if rs1 == 0: rd = 1\nenvironment_call()", "bad: environment_call(): can end"),
        ("a = load_reserved(rs1, 4) if rs2 == 0 else 0\njump(a)", "bad: jump(a): can end"),
        ("store(store_conditional(rs1, 4, rs2), 4, 1)", "can end the instruction after"),
    ],
)
def test_a_check_after_a_write_is_found_on_any_path(meaning: str, complaint: str) -> None:
    assert any(complaint in problem for problem in problems(meaning))


def test_a_write_on_the_other_path_does_not_count() -> None:
    assert problems("a = store_conditional(rs1, 4, 0) if rs2 == 0 else load(rs1, 4)\nrd = a") == []
    assert problems("jump(rs1)\nstore(rs2, 4, rs1)\nrd = pc + length") == []


def test_a_register_read_after_rd_was_written_is_found() -> None:
    assert problems("rd = pc + length\ncsr_write(1, rs1)") == [
        "bad: rs1: is read after rd was written: they may be the same register"
    ]


def test_every_mistake_of_a_row_is_told() -> None:
    assert len(problems("a = one\nb = two\nrd = quotient(a, rs2)")) == 3


def test_what_is_not_in_the_language_is_refused_before() -> None:
    with pytest.raises(MeaningError, match=r"bad: 'print\(1\)' is not in the meaning language"):
        problems("print(1)")


def test_a_violation_names_row_expression_and_rule() -> None:
    assert str(Violation("add", "rs1 + x", "x is unknown")) == "add: rs1 + x: x is unknown"


# -- the intervals hold what Python computes --------------------------------------------------

Number = st.integers(-(1 << 20), 1 << 20)
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}


@given(st.sampled_from(sorted(OPERATIONS)), st.tuples(Number, Number), st.tuples(Number, Number))
def test_a_result_lies_in_the_range_found_for_it(
    sign: str, left: tuple[int, int], right: tuple[int, int]
) -> None:
    if "<" in sign or ">" in sign:
        right = (abs(right[0]) % 64, abs(right[1]) % 64)
    a, b = Range(min(left), max(left)), Range(min(right), max(right))
    found = (_bitwise if sign in "&|^" else _corners)(sign, a, b)
    for x in {*left, (a.low + a.high) // 2}:
        for y in {*right, (b.low + b.high) // 2}:
            assert found.low <= OPERATIONS[sign](x, y) <= found.high
