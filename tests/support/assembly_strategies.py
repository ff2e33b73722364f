"""Hypothesis strategies for assembly sources: expressions, instructions of every form, programs."""

from __future__ import annotations

from hypothesis import strategies as st

from asm.assembler.forms import FENCE_SETS, FORMS, Form, Kind, Slot
from asm.isa.registers import REGISTER_NUMBERS

LABELS = tuple(f"label_{number}" for number in range(8))

_registers = st.sampled_from(sorted(REGISTER_NUMBERS))
_low = st.one_of(st.sampled_from((-2048, -1, 0, 1, 2047)), st.integers(-2048, 2047)).map(str)
_small = st.integers(0, 31).map(str)
_word = st.one_of(
    st.sampled_from(
        (0, 1, -1, 0x7FF, 0x800, -0x800, -0x801, 0x7FFFF7FF, 0x7FFFF800, 0x7FFFFFFF, -(1 << 31),
         0xFFFFF7FF, 0xFFFFF800, 0xFFFFFFFF, 0x80000000, 0x1000, 0xFFFFF000)
    ),
    st.integers(-(1 << 31), (1 << 32) - 1),
)  # fmt: skip
_number = st.one_of(
    st.integers(-300, 300), st.integers(-(1 << 63), (1 << 63) - 1), st.integers(0, (1 << 64) - 1)
)


def _literal(value: int) -> str:
    if value < 0:
        return f"({value})"
    return hex(value) if value % 3 == 0 else str(value)


_literals = _number.map(_literal)
_divisors = st.integers(1, 1 << 40).map(str)
_shifts = st.integers(0, 70).map(str)
_BINARY = ("+", "-", "*", "|", "&", "^", "!", "==", "!=", "<>", "<", "<=", ">", ">=", "&&", "||")


def _bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(_BINARY), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(("/", "%")), _divisors).map(" ".join),
        st.tuples(inner, st.sampled_from(("<<", ">>")), _shifts).map(" ".join),
        st.tuples(st.sampled_from("-+~!"), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
    )


# Expressions of plain numbers.
expressions = st.recursive(_literals, _bigger, max_leaves=12)


def _operands(slot: Slot) -> st.SearchStrategy[str]:
    labels = st.sampled_from(LABELS)
    kind = slot.kind
    if kind is Kind.REGISTER:
        return _registers
    if kind is Kind.MEMORY:
        offset = st.one_of(_low, st.just(""), labels.map(lambda name: f"%lo({name})"))
        return st.tuples(offset, _registers).map(lambda pair: f"{pair[0]}({pair[1]})")
    if kind is Kind.ADDRESS:
        return _registers.map(lambda name: f"({name})")
    if kind is Kind.UPPER:
        return st.one_of(
            st.integers(0, 0xFFFFF).map(hex), labels.map(lambda name: f"%hi({name} + 0x812)")
        )
    if kind is Kind.NUMBER:
        return _low if slot.name == "imm" else _small
    if kind is Kind.TARGET:
        return st.one_of(labels, st.integers(-4, 4).map(lambda count: f". + {4 * count}"))
    if kind is Kind.SYMBOL:
        return st.one_of(labels, labels.map(lambda name: f"{name} + 0x7fe"))
    if kind is Kind.LOW:
        return labels.map(lambda name: f"%lo({name})")
    if kind is Kind.VALUE:
        return _word.map(str)
    if kind is Kind.CSR:
        return st.one_of(st.sampled_from(("mstatus", "satp", "time")), st.integers(0, 4095).map(hex))
    return st.sampled_from(sorted(FENCE_SETS))


def _statements(form: Form) -> st.SearchStrategy[str]:
    operands = st.tuples(*map(_operands, form.slots))
    return operands.map(lambda texts: f"{form.name} {', '.join(texts)}")


_all_forms = sorted((form for forms in FORMS.values() for form in forms), key=lambda form: form.text)
instructions = st.sampled_from(_all_forms).flatmap(_statements)

_data = st.one_of(
    st.integers(-128, 255).map(lambda value: f".byte {value}"),
    st.integers(-(1 << 15), (1 << 16) - 1).map(lambda value: f".half {value}"),
    _word.map(lambda value: f".word {value}"),
    expressions.map(lambda text: f".quad {text}"),
    st.sampled_from(LABELS).map(lambda name: f".word {name}, . - {name}, {name} - label_0"),
    st.sampled_from((".asciz", ".ascii", ".string")).map(lambda name: f'{name} "some text"'),
    st.integers(0, 20).map(lambda size: f".space {size}, 0x11"),
    st.integers(0, 4).map(lambda power: f".align {power}"),
    st.integers(0, 4).map(lambda power: f".balign {1 << power}, 0x22"),
    st.just(".org . + 3"),
)
_switches = st.sampled_from(
    (".text", ".data", '.section .rodata, "a"', '.section .text.more, "ax"', ".previous")
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Sources of several sections, with every label defined once, somewhere."""
    lines = draw(
        st.lists(st.one_of(instructions, instructions, instructions, _data, _switches), max_size=60)
    )
    for name in LABELS:
        lines.insert(draw(st.integers(0, len(lines))), f"{name}:")
    return "\n".join(lines) + "\n"
