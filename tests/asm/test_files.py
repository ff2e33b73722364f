"""Reading files: includes, raw bytes, and what a source from a stranger may not reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asm import AssemblyError, Options, assemble_file, assemble_text
from asm.diagnostics import Diagnostic
from asm.options import Limits
from asm.program import Place


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _told(path: Path, options: Options | None = None) -> list[Diagnostic]:
    with pytest.raises(AssemblyError) as caught:
        assemble_file(path, options)
    return list(caught.value.diagnostics)


def test_includes_are_found_beside_the_includer_and_named_readably(tmp_path: Path) -> None:
    main = _write(tmp_path / "main.s", '.include "lib/a.s"\n j b\n')
    _write(tmp_path / "lib" / "a.s", '.include "b.s"\n')
    _write(tmp_path / "lib" / "b.s", "b: nop\n")
    program = assemble_file(main)
    names = [str(tmp_path / name) for name in ("main.s", "lib/a.s", "lib/b.s")]
    assert list(program.sources) == names
    entry = program.lines.at(program.symbols["b"].value)
    assert entry is not None
    assert entry.place == Place(names[2], 1, 4)
    assert program.sources[names[2]] == "b: nop\n"


def test_names_are_relative_when_the_given_path_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "src" / "main.s", '.include "../src/part.s"\n')
    _write(tmp_path / "src" / "part.s", "nop\n")
    monkeypatch.chdir(tmp_path)
    program = assemble_file("src/main.s")
    assert list(program.sources) == ["src/main.s", "src/part.s"]
    assert program.name == "src/main.s"


def test_include_folders_are_searched_after_the_source(tmp_path: Path) -> None:
    main = _write(tmp_path / "src" / "main.s", '.include "defs.s"\n li a0, VALUE\n')
    _write(tmp_path / "one" / "defs.s", ".equ VALUE, 1\n")
    _write(tmp_path / "two" / "defs.s", ".equ VALUE, 2\n")
    one, two = tmp_path / "one", tmp_path / "two"
    assert assemble_file(main, Options(include_dirs=(two, one))).symbols["VALUE"].value == 2
    _write(tmp_path / "src" / "defs.s", ".equ VALUE, 3\n")
    assert assemble_file(main, Options(include_dirs=(two, one))).symbols["VALUE"].value == 3


def test_a_folder_that_is_allowed_is_reached(tmp_path: Path) -> None:
    main = _write(tmp_path / "src" / "main.s", '.include "../shared/defs.s"\n')
    _write(tmp_path / "shared" / "defs.s", "nop\n")
    (mistake,) = _told(main)
    assert "outside of the folders" in mistake.message
    assert str(tmp_path / "src") in mistake.expected
    assert "-I" in mistake.expected
    assert assemble_file(main, Options(allowed_dirs=(tmp_path / "shared",))).end > 0x8000_0000
    assert assemble_file(main, Options(include_dirs=(tmp_path,))).end > 0x8000_0000


@pytest.mark.parametrize("directive", [".include", ".incbin"])
def test_nothing_outside_is_reached(tmp_path: Path, directive: str) -> None:
    secret = _write(tmp_path / "secret.txt", "nop\n")
    inside = tmp_path / "src"
    for name in ("../secret.txt", str(secret), "sub/../../secret.txt"):
        main = _write(inside / "main.s", f'{directive} "{name}"\n')
        (inside / "sub").mkdir(exist_ok=True)
        (mistake,) = _told(main)
        assert "outside of the folders" in mistake.message, name
        assert mistake.place == Place(str(main), 1, len(directive) + 2)


@pytest.mark.parametrize("directive", [".include", ".incbin"])
def test_links_are_followed_before_the_folder_is_judged(tmp_path: Path, directive: str) -> None:
    secret = _write(tmp_path / "secret.txt", "nop\n")
    main = _write(tmp_path / "src" / "main.s", f'{directive} "link.txt"\n{directive} "dir/f.txt"\n')
    (tmp_path / "src" / "link.txt").symlink_to(secret)
    _write(tmp_path / "other" / "f.txt", "nop\n")
    (tmp_path / "src" / "dir").symlink_to(tmp_path / "other")
    told = _told(main)
    assert [mistake.place.line for mistake in told] == [1, 2]
    assert all("outside of the folders" in mistake.message for mistake in told)


def test_a_link_to_itself_and_odd_files_are_plain_mistakes(tmp_path: Path) -> None:
    (tmp_path / "loop.s").symlink_to(tmp_path / "loop.s")
    (tmp_path / "folder.s").mkdir()
    os.mkfifo(tmp_path / "pipe.s")
    names = ("loop.s", "folder.s", "pipe.s", "", "no such \\0 name", "x" * 5000)
    main = _write(tmp_path / "main.s", "".join(f'.include "{name}"\n' for name in names))
    assert [mistake.place.line for mistake in _told(main)] == [1, 2, 3, 4, 5, 6]


def test_includes_in_a_circle(tmp_path: Path) -> None:
    main = _write(tmp_path / "a.s", 'nop\n.include "b.s"\n')
    _write(tmp_path / "b.s", '.include "c.s"\n')
    _write(tmp_path / "c.s", '  .include "a.s"\n')
    (mistake,) = _told(main)
    assert mistake.place == Place(str(tmp_path / "c.s"), 1, 12)
    circle = " -> ".join(str(tmp_path / name) for name in ("a.s", "b.s", "c.s", "a.s"))
    assert mistake.message == f"the includes go round in a circle: {circle}"


def test_includes_nested_too_deep(tmp_path: Path) -> None:
    for number in range(60):
        _write(tmp_path / f"f{number}.s", f'.include "f{number + 1}.s"\n')
    (mistake,) = _told(tmp_path / "f0.s")
    assert "nested more than 32 deep" in mistake.message


def test_the_same_file_twice_is_no_circle(tmp_path: Path) -> None:
    main = _write(tmp_path / "main.s", '.include "a.s"\n.include "a.s"\n')
    _write(tmp_path / "a.s", "nop\n")
    assert assemble_file(main).end == 0x8000_0008


def test_a_text_reaches_only_what_its_options_name(tmp_path: Path) -> None:
    _write(tmp_path / "defs.s", "nop\n")
    text = '.include "defs.s"\n'
    with pytest.raises(AssemblyError) as caught:
        assemble_text(text)
    assert "this source may read no other file" in caught.value.diagnostics[0].expected
    assert assemble_text(text, options=Options(include_dirs=(tmp_path,))).end == 0x8000_0004


def test_raw_bytes_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(range(10)))
    main = _write(
        tmp_path / "main.s",
        '.data\n.incbin "data.bin"\n.incbin "data.bin", 8\n.incbin "data.bin", 2, 3\n',
    )
    assert assemble_file(main).segments[0].data == bytes([*range(10), 8, 9, 2, 3, 4])
    _write(main, '.incbin "data.bin", 11\n.incbin "data.bin", 5, 6\n.incbin "data.bin", -1\n')
    assert [mistake.expected for mistake in _told(main)] == ["0 to 10", "0 to 5", f"0 to {2**63 - 1}"]


def test_raw_bytes_count_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.bin").open("wb") as stream:
        stream.truncate(1 << 40)
    main = _write(tmp_path / "main.s", '.incbin "huge.bin"\n.incbin "huge.bin", 1<<39, 4\n')
    (mistake,) = _told(main)
    assert mistake.message == "1099511627776 more bytes are too many"


def test_a_source_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.s"
    path.write_bytes(b"nop\n# caf\xc3\xa9\n  # caf\xe9\n")
    (mistake,) = _told(path)
    assert mistake.place == Place(str(path), 3, 8)
    assert mistake.message == "the file is not UTF-8: byte 0xe9 at offset 19"
    main = _write(tmp_path / "main.s", 'nop\n.include "latin.s"\n')
    (mistake,) = _told(main)
    assert mistake.place.file == str(path)


def test_line_ends_and_a_mark_at_the_beginning_are_of_no_account(tmp_path: Path) -> None:
    path = tmp_path / "dos.s"
    path.write_bytes(b"\xef\xbb\xbfstart: nop\r\n  j start # x\r\n.macro m\r\nnop\r\n.endm\r\nm\r\n")
    program = assemble_file(path)
    assert program.end == 0x8000_000C
    path.write_bytes(b"  bad a0\r\n")
    assert _told(path)[0].line == "  bad a0"


def test_missing_folder_and_too_large_sources(tmp_path: Path) -> None:
    (mistake,) = _told(tmp_path / "none.s")
    assert "there is no file" in mistake.message
    (mistake,) = _told(tmp_path)
    assert "is a folder" in mistake.message
    path = _write(tmp_path / "large.s", "# comment\n" * 100)
    (mistake,) = _told(path, Options(limits=Limits(source=500)))
    assert "larger than 500 bytes" in mistake.message


def test_another_file_is_read_in_place_of_an_included_one(tmp_path: Path) -> None:
    main = _write(tmp_path / "src" / "main.s", '.include "part/a.s"\n.include "part/b.s"\n')
    _write(tmp_path / "src" / "part" / "a.s", ".word 1\n")
    _write(tmp_path / "src" / "part" / "b.s", ".word 2\n")
    mine = _write(tmp_path / "mine" / "b.s", '.word 3\n.include "more.s"\n')
    _write(tmp_path / "mine" / "more.s", ".word 4\n")
    # What the replacement includes lies elsewhere: that has to be allowed as ever.
    options = Options(replace={"part/b.s": mine}, allowed_dirs=(mine.parent,))
    program = assemble_file(main, options)
    assert program.segments[0].data == bytes.fromhex("01000000 03000000 04000000")
    assert str(mine) in program.sources
    assert str(tmp_path / "src" / "part" / "b.s") not in program.sources


def test_an_includer_of_any_depth_reads_the_replacement(tmp_path: Path) -> None:
    main = _write(tmp_path / "main.s", '.include "part/a.s"\n')
    _write(tmp_path / "part" / "a.s", '.include "b.s"\n')
    _write(tmp_path / "part" / "b.s", ".word 2\n")
    mine = _write(tmp_path / "mine.s", ".word 3\n")
    program = assemble_file(main, Options(replace={"b.s": mine}))
    assert program.segments[0].data == bytes.fromhex("03000000")


def test_mistakes_in_a_replacement_are_told_where_they_are(tmp_path: Path) -> None:
    main = _write(tmp_path / "main.s", '.include "b.s"\n')
    mine = _write(tmp_path / "mine.s", "nop\nnup\n")
    (diagnostic,) = _told(main, Options(replace={"b.s": mine}))
    assert diagnostic.place == Place(str(mine), 2, 1)


def test_a_replacement_that_cannot_be_read_is_told_at_the_include(tmp_path: Path) -> None:
    main = _write(tmp_path / "main.s", 'nop\n.include "b.s"\n')
    (diagnostic,) = _told(main, Options(replace={"b.s": tmp_path}))
    assert (diagnostic.place.line, "is a folder" in diagnostic.message) == (2, True)


def test_a_replacement_of_what_is_never_included_is_refused(tmp_path: Path) -> None:
    main = _write(tmp_path / "main.s", '.include "part/time.s"\n')
    _write(tmp_path / "part" / "time.s", "nop\n")
    mine = _write(tmp_path / "mine.s", "nop\n")
    (diagnostic,) = _told(main, Options(replace={"part/tme.s": mine}))
    assert diagnostic.place == Place(str(main), 0)
    assert '"part/tme.s"' in diagnostic.message
    assert diagnostic.suggestion == "part/time.s"
