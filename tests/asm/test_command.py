"""The commands `asm` and `disasm`: what they write, print and answer to bad input."""

from __future__ import annotations

import argparse
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from asm.__main__ import main
from asm.arguments import add_source_arguments
from asm.assembler.assembly import assemble_file
from asm.command import add_disasm_arguments, run_disasm, write_file
from asm.objects.elf_reader import read_elf
from asm.objects.image import ImageError

SOURCE = """\
        .globl _start
_start: li a0, COUNT
loop:   addi a0, a0, -1
        bnez a0, loop
        ret
"""
WORDS = [0x00300513, 0xFFF50513, 0xFE051EE3, 0x00008067]
CODE = b"".join(word.to_bytes(4, "little") for word in WORDS)

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "prog.s"
    path.write_text(SOURCE)
    return path


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def assemble(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def disassemble(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_disasm_arguments(parser)
    return run_disasm(parser.parse_args([str(argument) for argument in arguments]))


def test_a_source_becomes_an_elf_file(source: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out.elf"
    assert assemble(source, "-D", "COUNT=3", "-o", out) == 0
    program = read_elf(out)
    assert program.segments[0].data == CODE
    assert program.symbols["loop"].value == 0x80000004
    assert program.lines.addresses(str(source), 3) == (0x80000004,)
    assert capsys.readouterr() == ("", "")


def test_a_name_that_ends_in_bin_or_the_format_makes_a_raw_binary(source: Path, tmp_path: Path) -> None:
    assert assemble(source, "-DCOUNT=3", "-o", tmp_path / "out.bin") == 0
    assert (tmp_path / "out.bin").read_bytes() == CODE
    assert assemble(source, "-DCOUNT=3", "--format", "bin", "-o", tmp_path / "rom") == 0
    assert (tmp_path / "rom").read_bytes() == CODE
    assert assemble(source, "-DCOUNT=3", "--format", "elf", "-o", tmp_path / "x.bin") == 0
    assert read_elf(tmp_path / "x.bin").segments[0].data == CODE


def test_without_a_name_the_elf_file_stands_beside_the_source(source: Path) -> None:
    assert assemble(source, "-DCOUNT=3") == 0
    assert read_elf(source.with_suffix(".elf")).segments[0].data == CODE


def test_a_definition_without_a_value_is_one(source: Path, tmp_path: Path) -> None:
    assert assemble(source, "-D", "COUNT", "-o", tmp_path / "out.bin") == 0
    assert (tmp_path / "out.bin").read_bytes()[:4] == bytes.fromhex("13051000")


def test_the_base_moves_the_program(source: Path, tmp_path: Path) -> None:
    assert assemble(source, "-DCOUNT=3", "--base", "0x1000", "-o", tmp_path / "o.elf") == 0
    assert read_elf(tmp_path / "o.elf").entry == 0x1000


def test_a_listing_is_printed_and_no_file_written(source: Path, capsys: Captured) -> None:
    assert assemble(source, "-DCOUNT=3", "--listing") == 0
    printed = capsys.readouterr().out
    assert "     3  80000004  fff50513           loop:   addi a0, a0, -1\n" in printed
    assert names_in(source.parent) == ["prog.s"]


def test_symbols_are_printed(source: Path, capsys: Captured) -> None:
    assert assemble(source, "-DCOUNT=3", "--dump-symbols") == 0
    assert "80000000 g .text        _start\n" in capsys.readouterr().out


def test_folders_named_with_i_are_searched(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "nop.inc").write_text("nop\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.s").write_text('.include "nop.inc"\n')
    assert assemble(tmp_path / "src" / "a.s", "-o", tmp_path / "a.bin") == 2
    assert assemble(tmp_path / "src" / "a.s", "-I", tmp_path / "lib", "-o", tmp_path / "a.bin") == 0
    assert (tmp_path / "a.bin").read_bytes() == bytes.fromhex("13000000")


# -- bad input --------------------------------------------------------------------------------


def test_mistakes_are_told_with_place_and_caret_and_nothing_is_written(
    tmp_path: Path, capsys: Captured
) -> None:
    bad = tmp_path / "bad.s"
    bad.write_text("nop\nadd t1, t2\n  lw a0, a1\n")
    out = tmp_path / "out.elf"
    out.write_text("kept")
    assert assemble(bad, "-o", out) == 2
    told = capsys.readouterr().err
    assert f"{bad}:2:" in told
    assert f"{bad}:3:" in told
    assert "    2 | add t1, t2" in told
    assert "^" in told
    assert "Traceback" not in told
    assert out.read_text() == "kept"


def test_every_file_of_several_is_tried(source: Path, tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "bad.s"
    bad.write_text("frobnicate\n")
    assert assemble(bad, source, "-DCOUNT=3") == 2
    assert source.with_suffix(".elf").exists()
    assert not bad.with_suffix(".elf").exists()
    assert assemble(source, source, "-o", "x") == 2
    assert "-o names one file" in capsys.readouterr().err


def test_an_input_that_cannot_be_read_is_told(tmp_path: Path, capsys: Captured) -> None:
    latin = tmp_path / "latin.s"
    latin.write_bytes(b"# caf\xe9\n")
    for path in (tmp_path / "absent.s", tmp_path, latin):
        assert assemble(path, "-o", tmp_path / "x.elf") == 2
        told = capsys.readouterr().err
        assert str(path) in told
        assert "Traceback" not in told
        assert not (tmp_path / "x.elf").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-D", "1x=2"], "'1x' cannot be a symbol's name; write NAME=VALUE"),
        (["-D", "X=two"], "'two' is not a number; write it as 4096 or 0x1000"),
        (["--base", "here"], "'here' is not a number"),
        (["--base", "0x100000000"], "0x100000000 is no address; give 0 to 0xffffffff"),
        (["--format", "hex"], "invalid choice: 'hex'"),
    ],
)
def test_a_wrong_argument_is_told(
    source: Path, capsys: Captured, arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        assemble(source, *arguments)
    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err


def test_the_source_is_never_overwritten(source: Path, capsys: Captured) -> None:
    assert assemble(source, "-DCOUNT=3", "-o", source) == 2
    assert "this is the source itself; name another file with -o" in capsys.readouterr().err
    assert source.read_text() == SOURCE


def test_a_place_that_cannot_be_written_is_told(source: Path, tmp_path: Path, capsys: Captured) -> None:
    assert assemble(source, "-DCOUNT=3", "-o", tmp_path) == 2
    assert "this is a directory; name a file in it" in capsys.readouterr().err
    assert assemble(source, "-DCOUNT=3", "-o", tmp_path / "no" / "x.elf") == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


# -- writing ----------------------------------------------------------------------------------


def test_a_file_is_replaced_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names_in(tmp_path) == ["out"]


def test_a_link_is_followed_when_written(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ImageError, match="cannot be written: No space left on device"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["out"]


# -- disasm -----------------------------------------------------------------------------------


def test_a_source_an_elf_file_and_a_raw_binary_show_the_same_code(
    source: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert assemble(source, "-DCOUNT=3", "-o", tmp_path / "p.elf") == 0
    assert assemble(source, "-DCOUNT=3", "-o", tmp_path / "p.bin") == 0
    shown = []
    for path in (source, tmp_path / "p.elf"):
        assert disassemble(path, "-DCOUNT=3") == 0
        shown.append(capsys.readouterr().out.splitlines()[3:])
    assert shown[0] == shown[1]
    assert "80000008:  fe051ee3  bnez    a0, 0x80000004 <loop>" in shown[0]
    assert disassemble(tmp_path / "p.bin", "--at", "0x2000", "--no-aliases") == 0
    assert "00002008:  fe051ee3  bne     a0, zero, 0x2004" in capsys.readouterr().out


def test_the_source_form_assembles_to_the_same_bytes(
    source: Path, tmp_path: Path, capsys: Captured
) -> None:
    source.write_text(SOURCE.replace("COUNT", "3"))
    assert disassemble(source, "--source") == 0
    again = tmp_path / "again.s"
    again.write_text(capsys.readouterr().out)
    assert assemble_file(again).segments[0].data == CODE


def test_what_cannot_be_disassembled_is_told(source: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "cut.elf").write_bytes(b"\x7fELF\1\1\1")
    (tmp_path / "empty.bin").touch()
    for path, complaint in [
        (tmp_path / "cut.elf", "damaged or cut short"),
        (tmp_path / "empty.bin", "empty"),
        (tmp_path / "absent", "there is no such file"),
        (tmp_path, "this is a directory"),
        (source, "COUNT"),
    ]:
        assert disassemble(path) == 2
        told = capsys.readouterr().err
        assert complaint in told
        assert str(path) in told


def test_an_elf_file_takes_no_address(source: Path, tmp_path: Path, capsys: Captured) -> None:
    assert assemble(source, "-DCOUNT=3", "-o", tmp_path / "p.elf") == 0
    assert disassemble(tmp_path / "p.elf", "--at", "0") == 2
    assert "says itself where it is loaded; leave out --at" in capsys.readouterr().err


# -- as a program -----------------------------------------------------------------------------


def run_module(*arguments: str | Path, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "asm", *map(str, arguments)]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE)


def test_the_program_writes_to_the_standard_output(source: Path) -> None:
    process = run_module(source, "-DCOUNT=3", "--format", "bin", "-o", "-")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (0, CODE, b"")


def test_a_reader_that_leaves_early_is_no_error(source: Path) -> None:
    source.write_text("nop\n" * 20000)
    process = run_module(source, "--listing")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.wait(timeout=60)
    process.stderr.close()


@pytest.mark.parametrize("value", ["0x100000000", "-0x80000001", "many"])
def test_a_definition_must_be_a_number_that_fits_a_register(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_source_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["-D", f"N={value}"])
    assert value in capsys.readouterr().err
    assert parser.parse_args(["-D", "N=0xffffffff", "-D", "M"]).defines == [
        ("N", 0xFFFF_FFFF),
        ("M", 1),
    ]
