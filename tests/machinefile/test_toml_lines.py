"""Every key of a TOML text is found in the line where it stands, whatever surrounds it."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvtui.machinefile.toml_lines import KeyPath, key_lines, line_of

TEXT = '''\
# a comment with [brackets] and = signs
top = "a # no comment"

[machine]           # another
title = "two \\"quotes\\" ]"
cpu='vt'
  ram = "16M"

[[component]]
name = """
[[component]]
at = 1 \\"""" not yet the end
"""
at = 0x80000000
list = [
    "[x]",   # in = a list
    [1, 2],
]
defines = { VMS = 1, "x]" = 2 }
[[component]]
name = \'\'\'it's\'\'\'
"quoted key" = 1
a.b . c = 2
[component.inner]
deep = 1
[expect]
exit = 0'''


def test_finds_the_lines() -> None:
    lines = key_lines(TEXT)
    assert lines["top",] == 2
    assert lines["machine",] == 4
    assert lines["machine", "title"] == 5
    assert lines["machine", "cpu"] == 6
    assert lines["machine", "ram"] == 7
    assert lines["component", 0] == 9
    assert lines["component", 0, "name"] == 10
    assert lines["component", 0, "at"] == 14
    assert lines["component", 0, "list"] == 15
    assert lines["component", 0, "defines"] == 19
    assert lines["component", 1] == 20
    assert lines["component", 1, "name"] == 21
    assert lines["component", 1, "quoted key"] == 22
    assert lines["component", 1, "a", "b", "c"] == 23
    assert lines["component", 1, "inner", "deep"] == 25
    assert lines["expect", "exit"] == 27


def test_what_has_no_line_has_that_of_what_holds_it() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("component", 0, "defines", "VMS")) == 19
    assert line_of(lines, ("component", 1, "source")) == 20
    assert line_of(lines, ("nothing",)) == 0
    assert line_of(lines, ()) == 0


@pytest.mark.parametrize("text", ["", "\n\n", "a=1", "# only", "a = '''\nx'''"])
def test_small_texts(text: str) -> None:
    assert set(key_lines(text)) == {(key,) for key in tomllib.loads(text)}


def _paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from _paths(inner, (*path, key))


_keys = st.text("abz_-019", min_size=1, max_size=4)
_words = st.text(st.characters(exclude_characters="\r", exclude_categories=["C"]), max_size=8)


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


_values = st.one_of(
    st.integers(-9, 9).map(str),
    _words.map(_quoted),
    _words.map(lambda word: '"""\n' + _quoted(word)[1:-1] + '\n[x]\ny = 1 # """'),
    st.lists(_words.map(_quoted), max_size=3).map(lambda items: "[\n# x\n" + ",\n".join(items) + "]"),
)


@given(st.dictionaries(_keys, st.dictionaries(_keys, _values, max_size=4), max_size=4))
def test_every_key_of_a_generated_file_is_on_the_line_that_names_it(
    tables: dict[str, dict[str, str]],
) -> None:
    rows: list[str] = []
    expected: dict[KeyPath, int] = {}
    for table, entries in tables.items():
        rows.append(f"[{table}]")
        expected[table,] = len(rows)
        for key, value in entries.items():
            expected[table, key] = len(rows) + 1
            rows += f"{key} = {value}".split("\n")
    text = "\n".join(rows)
    assert set(_paths(tomllib.loads(text))) == set(expected)
    assert dict(key_lines(text)) == expected
