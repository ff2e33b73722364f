"""A system knows all files it was made of, so that somebody can see when one of them changes."""

from __future__ import annotations

from pathlib import Path

from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides


def test_a_machine_knows_its_sources_with_all_they_include(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "a.s").write_text('_start: .include "lib/inner.s"\n .incbin "data.bin"\n .balign 4\n')
    (tmp_path / "lib" / "inner.s").write_text("nop\n")
    (tmp_path / "data.bin").write_bytes(b"1234")
    (tmp_path / "b.bin").write_bytes(b"1234")
    machine = tmp_path / "machine.toml"
    machine.write_text(
        '[[component]]\nname = "a"\nsource = "a.s"\n'
        '[[component]]\nname = "b"\nbinary = "b.bin"\nat = 0x80400000\n'
    )
    names = [file.relative_to(tmp_path).as_posix() for file in load_system(machine).files]
    assert sorted(names) == ["a.s", "b.bin", "data.bin", "lib/inner.s", "machine.toml"]


def test_a_replaced_and_a_substituted_file_count_and_what_they_replace_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.s").write_text('_start: .include "task.s"\n')
    (tmp_path / "task.s").write_text("nop\n")
    (tmp_path / "other.s").write_text("nop\nnop\n")
    (tmp_path / "b.s").write_text("_start: nop\n")
    (tmp_path / "handed-in.s").write_text("_start: nop\n")
    machine = tmp_path / "machine.toml"
    machine.write_text(
        '[[component]]\nname = "a"\nsource = "a.s"\nreplace = { "task.s" = "other.s" }\n'
        '[[component]]\nname = "b"\nsource = "b.s"\nat = 0x80400000\n'
    )
    handed_in = Overrides(substitutes={"b": tmp_path / "handed-in.s"})
    names = {file.name for file in load_system(machine, handed_in).files}
    assert names == {"machine.toml", "a.s", "other.s", "handed-in.s"}


def test_a_single_program_knows_its_file(tmp_path: Path) -> None:
    source = tmp_path / "one.s"
    source.write_text("_start: nop\n")
    assert load_system(source).files == (source,)
