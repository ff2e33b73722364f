"""What expressions are worth: operands, operators, widths and signs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvtui.debugger.expressions.compiling import MemoryPlace, compile_expression
from hvtui.debugger.expressions.errors import EvaluationError
from hvtui.debugger.expressions.names import CsrName, RegisterName, Scope
from hvtui.machine.privilege import Privilege
from tests.support.debugged import Part, system_of
from tests.support.readable import FakeMachine

MASK = 0xFFFF_FFFF

KERNEL = "_start: nop\nloop: j loop\n.equ LIMIT, 12\n.data\nticks: .word 0\n"
SYSTEM = system_of(
    Part("hypervisor", "_start: nop\nguest_left: nop\nring: nop\n", 0x8000_0000, "hypervisor"),
    Part("tinyos of vm1", KERNEL, 0x8001_0000, "kernel", "vm1", linked=0x8000_0000),
    Part("tinyos of vm2", KERNEL, 0x8002_0000, "kernel", "vm2", linked=0x8000_0000),
    cpu="svm",
)
SCOPE = Scope.of(SYSTEM, SYSTEM.components[1])


def value(text: str, machine: FakeMachine | None = None) -> int:
    return compile_expression(text, SCOPE).evaluate(machine or FakeMachine())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10", 10),
        ("0x1f", 31),
        ("0X1F", 31),
        ("0b101", 5),
        ("017", 15),
        ("0o17", 15),
        ("0", 0),
        ("00", 0),
        ("1_000_000", 1_000_000),
        ("0xffff_0000", 0xFFFF_0000),
        ("'c'", 99),
        (r"'\n'", 10),
        (r"'\''", 39),
        (r"'\\'", 92),
        ("'\"'", 34),
        ("'('", 40),
    ],
)
def test_numbers_are_written_as_in_c_and_in_assembly(text: str, expected: int) -> None:
    assert value(text) == expected


def test_registers_go_by_number_by_the_convention_and_with_a_dollar_sign() -> None:
    machine = FakeMachine(registers={10: 7, 8: 9}, pc=0x8000_0004)
    assert [value(name, machine) for name in ("a0", "x10", "$a0", "$x10")] == [7] * 4
    assert [value(name, machine) for name in ("s0", "fp", "$fp", "x8")] == [9] * 4
    assert value("pc", machine) == value("$pc", machine) == 0x8000_0004
    assert value("zero", machine) == 0


def test_csrs_and_their_fields_are_read_shifted_down() -> None:
    machine = FakeMachine(csrs={"mstatus": 0x1888, "mtvec": 0x8000_0101, "mcause": 0x8000_0007})
    assert value("mstatus", machine) == 0x1888
    assert value("mstatus.MPP", machine) == value("$mstatus.mpp", machine) == 3
    assert value("mstatus.MIE", machine) == 1
    assert value("mtvec.BASE << 2", machine) == 0x8000_0100
    assert value("mcause.INTERRUPT && mcause.CODE == 7", machine) == 1


def test_the_trap_bitmap_has_a_field_for_each_trap_bit() -> None:
    machine = FakeMachine(csrs={"mtrapmap": 0b10, "mtrapcap": 1 << 17})
    assert value("trapmap.wrstatus", machine) == value("mtrapmap.wrstatus", machine) == 1
    assert value("trapmap.rdstatus", machine) == 0
    assert value("trapmap", machine) == 2
    assert value("mtrapcap.mret", machine) == 1


@pytest.mark.parametrize(("mode", "ring", "bit"), [("M", 0, 1), ("S", 1, 0), ("U", 3, 0)])
def test_ring_and_mode_bit(mode: str, ring: int, bit: int) -> None:
    machine = FakeMachine(privilege=Privilege[mode])
    assert (value("ring", machine), value("mode", machine)) == (ring, bit)


def test_a_bare_symbol_is_the_current_components_else_the_only_one() -> None:
    assert value("loop") == 0x8000_0004
    assert value("guest_left") == value("hypervisor::guest_left") == 0x8000_0004
    assert value('"tinyos of vm2"::LIMIT') == value("LIMIT") == 12


def test_names_of_the_machine_go_before_symbols_that_are_not_qualified() -> None:
    assert value("ring", FakeMachine(privilege=Privilege.U)) == 3
    assert value("hypervisor::ring") == value('"ring"') == value('hypervisor :: "ring"') == 0x8000_0008


def test_at_tells_where_a_component_has_its_symbol() -> None:
    linked = value("ticks")
    assert value("at(ticks)") == linked + 0x1_0000
    assert value('at("tinyos of vm2"::ticks) + 4') == linked + 0x2_0004


def test_memory_is_read_in_each_size_and_both_spaces() -> None:
    machine = FakeMachine(
        registers={2: 0x100},
        data={0x100 + index: byte for index, byte in enumerate(b"\x78\x56\x34\x92\x00\x01\x00\x00")},
        physical_data={0x100 + index: byte for index, byte in enumerate(b"\xff\xfe\xfd\xfc")},
    )
    assert (
        value("word(sp)", machine) == value("*word(sp)", machine) == value("*sp", machine) == 0x92345678
    )
    assert value("half(sp + 2)", machine) == value("*half(sp + 2)", machine) == 0x9234
    assert value("byte(sp)", machine) == value("*byte(sp)", machine) == 0x78
    assert value("*pword(sp)", machine) == value("pword(sp)", machine) == 0xFCFDFEFF
    assert value("phalf(sp)", machine) == 0xFEFF
    assert value("*pbyte(sp + 3)", machine) == 0xFC
    assert value("phys(sp)", machine) == 0x1100
    assert value("*(half(sp + 4))", machine) == value("**(sp + 4)", machine) == 0x92345678
    assert value("int16(half(sp + 2))", machine) == 0x9234 - 0x1_0000
    assert value("*word(sp) * 2", machine) == 0x92345678 * 2 & MASK


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-1", MASK),
        ("-1 == 0xffffffff", 1),
        ("0xffffffff + 1", 0),
        ("0 - 1 > 5", 1),
        ("~0", MASK),
        ("!5 + !0", 1),
        ("0x80000000 * 2", 0),
        ("-7 / 2", (2**32 - 7) // 2),
        ("1 << 31 << 1", 0),
        ("1 << 32", 0),
        ("1 >> 32", 0),
        ("1 << -1", 0),
        ("0x80000000 >> 31", 1),
    ],
)
def test_numbers_are_32_bits_unsigned_and_wrap(text: str, expected: int) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int(a0)", -7),
        ("int(a0) < 0", 1),
        ("int(a0) < a1", 1),
        ("a1 > int(a0)", 1),
        ("a0 < a1", 0),
        ("int(a0) == a0", 1),
        ("int(a0) / 2", -3),
        ("int(a0) % 2", -1),
        ("7 / int(-2)", -3),
        ("7 % int(-2)", 1),
        ("int(a0) >> 1", -4),
        ("int(a0) >> 40", -1),
        ("a0 >> int(1)", 0x7FFF_FFFC),
        ("uint(int(a0))", 0xFFFF_FFF9),
        ("int(0x7fffffff) + 1", -(2**31)),
        ("int(0x80000000) / -1", -(2**31)),
        ("-int(0x80000000)", -(2**31)),
        ("int8(0x1ff)", -1),
        ("int8(0x17f)", 127),
        ("int16(0x8000)", -0x8000),
        ("1 ? a0 : int(1)", -7),
    ],
)
def test_what_is_computed_with_a_signed_number_is_signed(text: str, expected: int) -> None:
    assert value(text, FakeMachine(registers={10: 0xFFFF_FFF9, 11: 3})) == expected


def test_instants_have_64_bits_and_so_has_what_is_computed_with_them() -> None:
    machine = FakeMachine(instant=5_000_000_000, retired=4_999_999_999, registers={10: 0xFFFF_FFFF})
    assert value("instant", machine) == 5_000_000_000
    assert value("instant - retired", machine) == 1
    assert value("instant > 0x1_0000_0000", machine) == 1
    assert value("instant + 1 - 1 == 5_000_000_000", machine) == 1
    assert value("0 ? a0 : instant", machine) == 5_000_000_000
    assert value("instant + a0", machine) == 5_000_000_000 + 0xFFFF_FFFF
    assert value("instant + int(a0)", machine) == 4_999_999_999
    assert value("retired - instant", machine) == 2**64 - 1


def test_no_more_is_evaluated_than_needed() -> None:
    machine = FakeMachine(data=dict.fromkeys(range(4), 1))
    assert value("0 && word(8)", machine) == 0
    assert value("1 || word(8)", machine) == 1
    assert value("1 ? 2 : word(8)", machine) == 2
    assert value("0 ? 1 / 0 : 3", machine) == 3
    assert machine.reads == []
    assert value("a0 || word(0)", machine) == 1
    assert machine.reads == [0]


def test_an_expression_is_evaluated_anew_each_time() -> None:
    condition = compile_expression("a0 == 3 && ring == 1", SCOPE)
    machine = FakeMachine(registers={10: 3}, privilege=Privilege.S)
    assert condition.holds(machine)
    machine.registers[10] = 4
    assert not condition.holds(machine)
    assert not condition.is_constant
    assert compile_expression("loop + 4 * LIMIT", SCOPE).is_constant


@pytest.mark.parametrize("text", ["1 / 0", "a0 % a1", "int(a0) / (a1 - a1)", "instant / 0"])
def test_a_division_by_zero_has_no_value_and_says_so(text: str) -> None:
    expression = compile_expression(text, SCOPE)
    result = expression.attempt(FakeMachine())
    assert isinstance(result, EvaluationError)
    assert "division by zero" in str(result)
    assert text[result.start : result.end] in "/%"
    with pytest.raises(EvaluationError):
        expression.evaluate(FakeMachine())


def test_what_an_expression_reads_can_be_asked_for() -> None:
    machine = FakeMachine(registers={2: 0x100})
    places = {
        text: compile_expression(text, SCOPE).place(machine)
        for text in (
            "a0",
            "(mstatus)",
            "*byte(sp + 4)",
            "pword(0x80)",
            "*sp",
            "a0 + 1",
            "loop",
            "int(a0)",
        )
    }
    mpp = compile_expression("mstatus.MPP", SCOPE).place(machine)
    assert isinstance(mpp, CsrName)
    assert mpp.field is not None
    assert (mpp.name, mpp.field.high, mpp.field.low) == ("mstatus", 12, 11)
    assert places == {
        "a0": RegisterName(10),
        "(mstatus)": CsrName("mstatus"),
        "*byte(sp + 4)": MemoryPlace(0x104, 1, is_physical=False),
        "pword(0x80)": MemoryPlace(0x80, 4, is_physical=True),
        "*sp": MemoryPlace(0x100, 4, is_physical=False),
        "a0 + 1": None,
        "loop": None,
        "int(a0)": None,
    }


# Agreement with Python: each tree is written in both languages, with every wrap spelt out in Python's.

REGISTERS = {10: 0, 11: 1, 12: 0x7FFF_FFFF, 13: 0x8000_0000, 14: MASK, 15: 12345}
_NAMES = {f"a{number - 10}": known for number, known in REGISTERS.items()}
_PYTHON = {"&&": "bool({0}) and bool({1})", "||": "bool({0}) or bool({1})"}

_leaves = st.one_of(
    st.integers(0, MASK).map(lambda number: (str(number), str(number))),
    st.integers(0, MASK).map(lambda number: (hex(number), str(number))),
    st.sampled_from(sorted(_NAMES.items())).map(lambda pair: (pair[0], str(pair[1]))),
)
_Texts = tuple[str, str]


def _binary(parts: tuple[str, _Texts, _Texts]) -> _Texts:
    sign, (left, python_left), (right, python_right) = parts
    if sign in ("<<", ">>"):
        inside = f"({python_left} {sign} {python_right} if {python_right} < 32 else 0)"
    elif sign == "/":
        inside = f"({python_left} // {python_right})"
    elif sign in _PYTHON:
        inside = f"int({_PYTHON[sign].format(python_left, python_right)})"
    else:
        inside = f"int({python_left} {sign} {python_right})"
    return f"({left} {sign} {right})", f"({inside} & {MASK})"


def _unary(parts: tuple[str, _Texts]) -> _Texts:
    sign, (text, python) = parts
    inside = f"int(not {python})" if sign == "!" else f"{sign}{python}"
    return f"{sign}{text}", f"({inside} & {MASK})"


def _choice(parts: tuple[_Texts, _Texts, _Texts]) -> _Texts:
    (test, python_test), (first, python_first), (second, python_second) = parts
    return f"({test} ? {first} : {second})", f"({python_first} if {python_test} else {python_second})"


SIGNS = [
    *("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"),
    *("<", "<=", ">", ">=", "==", "!=", "&&", "||"),
]
_trees = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(SIGNS), inner, inner).map(_binary),
        st.tuples(st.sampled_from("-~!+"), inner).map(_unary),
        st.tuples(inner, inner, inner).map(_choice),
    ),
    max_leaves=12,
)


@given(_trees)
def test_arithmetic_agrees_with_pythons(texts: _Texts) -> None:
    ours, pythons = texts
    result = compile_expression(ours, SCOPE).attempt(FakeMachine(registers=dict(REGISTERS)))
    try:
        expected = eval(pythons)
    except ZeroDivisionError:
        assert isinstance(result, EvaluationError)
    else:
        assert result == expected


_RANKS = ["||", "&&", "|", "^", "&", "== !=", "< <= > >=", "<< >>", "+ -", "* / %"]


def _rank(sign: str) -> int:
    return next(rank for rank, signs in enumerate(_RANKS) if sign in signs.split())


def _grouped(numbers: list[str], signs: list[str]) -> str:
    """Put parentheses where C has them: around the weakest operator that stands last, and so on."""
    if not signs:
        return numbers[0]
    weakest = min(map(_rank, signs))
    split = max(index for index, sign in enumerate(signs) if _rank(sign) == weakest)
    left = _grouped(numbers[: split + 1], signs[:split])
    right = _grouped(numbers[split + 1 :], signs[split + 1 :])
    return f"({left} {signs[split]} {right})"


@given(st.lists(st.tuples(st.sampled_from(SIGNS), st.integers(1, 9)), min_size=1, max_size=8))
def test_operators_bind_as_in_c(tail: list[tuple[str, int]]) -> None:
    signs, numbers = [sign for sign, _ in tail], ["6", *(str(number) for _, number in tail)]
    flat = " ".join(
        [numbers[0], *(f"{sign} {number}" for sign, number in zip(signs, numbers[1:], strict=True))]
    )
    grouped = _grouped(numbers, signs)

    def result(text: str) -> int | str:
        found = compile_expression(text, SCOPE).attempt(FakeMachine())
        return found if isinstance(found, int) else found.message

    for tight in (flat, flat.replace(" ", "")):
        assert result(tight) == result(grouped)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 ? 2 : 0 ? 3 : 4", 2),
        ("0 ? 2 : 0 ? 3 : 4", 4),
        ("1 ? 0 ? 5 : 6 : 7", 6),
        ("1 || 0 ? 8 : 9", 8),
        ("- - 3", 3),
        ("!~-1", 1),
        ("-2 * -3", 6),
        ("2 - -3", 5),
    ],
)
def test_choices_and_prefixes_bind_as_in_c(text: str, expected: int) -> None:
    assert value(text) == expected


_SIGNED: dict[str, Callable[[int, int], int]] = {
    "<": lambda left, right: left < right,
    ">=": lambda left, right: left >= right,
    "/": lambda left, right: int(left / right),
    "%": lambda left, right: left - int(left / right) * right,
    "+": lambda left, right: left + right,
    "*": lambda left, right: left * right,
}


@given(
    st.sampled_from(sorted(_SIGNED)),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**31), 2**31 - 1).filter(bool),
)
def test_signed_arithmetic_is_what_mathematics_says_up_to_the_wrap(
    sign: str, left: int, right: int
) -> None:
    machine = FakeMachine(registers={10: left & MASK, 11: right & MASK})
    result = value(f"int(a0) {sign} int(a1)", machine)
    assert -(2**31) <= result < 2**31
    assert result & MASK == _SIGNED[sign](left, right) & MASK
