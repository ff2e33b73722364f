"""Whatever stands in a machine file, loading it ends in a system or in words, never in a crash."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asm.diagnostics import AssemblyError
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.schema import ComponentTable, ExpectTable, MachineTable
from tests.support.lab import NOP

KEYS = [*MachineTable.model_fields, *ComponentTable.model_fields, *ExpectTable.model_fields, "other"]


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dict():
            return (
                "{ " + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + " }"
            )
    return str(value)


_texts = st.one_of(
    st.sampled_from(["kernel.bin", "a.s", "vt", "kernel", "16M", "..", "/", "none", ""]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
_numbers = st.one_of(
    st.sampled_from([0, 1, 3, 4096, 0x8000_0000, 0x8000_0008, 0xFFFF_FFFC, 1 << 70, -1]), st.integers()
)
_plain = st.one_of(_texts, _numbers, st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
_values = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_texts.filter(bool), inner, max_size=3)
    ),
    max_leaves=4,
)
_table = st.dictionaries(st.sampled_from(KEYS), _values, max_size=6)
_file = st.lists(
    st.tuples(
        st.sampled_from(["[machine]", "[[component]]", "[[component]]", "[expect]", "[other]"]), _table
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lab")
    (made / "kernel.bin").write_bytes(NOP)
    (made / "a.s").write_text("nop\n", encoding="utf-8")
    return made


def _load(folder: Path, text: bytes) -> None:
    path = folder / "machine.toml"
    path.write_bytes(text)
    try:
        load_system(path)
    except (BadInputError, AssemblyError) as error:
        said = str(error)
    else:
        said = ""
    # A refusal names a file: this one, or one that it names.
    assert not said or str(folder) in said or ": error: " in said


@settings(max_examples=150)
@given(_file)
def test_any_tables(folder: Path, file: list[tuple[str, dict[str, object]]]) -> None:
    rows = []
    for header, table in file:
        rows += [header, *(f"{key} = {_toml(value)}" for key, value in table.items())]
    _load(folder, "\n".join(rows).encode())


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=60), st.text("[]={}\"'\\#.\n ab1", max_size=60).map(str.encode)))
def test_any_bytes(folder: Path, text: bytes) -> None:
    _load(folder, text)


@settings(max_examples=150)
@given(_values, st.sampled_from([*MachineTable.model_fields, *ComponentTable.model_fields]))
def test_any_value_in_a_file_that_is_right_but_for_it(folder: Path, value: object, key: str) -> None:
    rows = {
        "machine": {"title": "x"},
        "component": {"name": "k", "binary": "kernel.bin", "at": 0x8000_0000},
    }
    table = rows["machine"] if key in MachineTable.model_fields else rows["component"]
    table[key] = value
    text = "".join(
        f"{header}\n" + "".join(f"{name} = {_toml(each)}\n" for name, each in rows[table_name].items())
        for header, table_name in (("[machine]", "machine"), ("[[component]]", "component"))
    )
    _load(folder, text.encode())
