"""Programs in a machine: assembled, read, moved, searched for symbols, built anew."""

from pathlib import Path

import pytest

from asm.assembler.assembly import assemble_text
from asm.diagnostics import AssemblyError
from asm.objects.elf_writer import write_elf
from asm.options import Options
from hvtui.machine.translation import Access
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides
from tests.support.lab import ONE, Lab

SOURCE = """\
        .globl  _start
_start: lw      a0, value
        la      a1, value
1:      j       1b
        .data
value:  .word   VALUE
"""


def _source(name: str = "prog.s", more: str = "") -> str:
    return f'[[component]]\nname = "prog"\nsource = "{name}"\ndefines = {{ VALUE = 77 }}\n{more}'


def test_a_source_is_assembled_for_where_it_lies(lab: Lab) -> None:
    lab.write("prog.s", SOURCE)
    system = lab.load(_source())
    machine = system.machine
    machine.run(max_retired=4)
    assert machine.hart.x[10] == 77
    (component,) = system.components
    assert machine.hart.x[11] == component.program.symbols["value"].value
    assert system.component_at(machine.hart.x[11]) is component


def test_a_source_linked_for_elsewhere_is_moved(lab: Lab) -> None:
    lab.write("prog.s", SOURCE)
    system = lab.load(_source(more="at = 0x80400000\nlinked = 0x80000000\n"))
    (component,) = system.components
    assert (component.at, component.linked, component.relocation) == (
        0x8040_0000,
        0x8000_0000,
        0x40_0000,
    )
    assert component.program.base == 0x8000_0000
    assert system.entry == 0x8040_0000
    machine = system.machine
    assert machine.hart.pc == 0x8040_0000
    machine.run(max_retired=4)
    # The program looks around itself (pc-relative), so it finds its own data where it lies.
    assert machine.hart.x[10] == 77
    place = machine.translate(machine.hart.pc, Access.FETCH).physical
    assert place is not None
    entry = component.program.lines.at(place - component.relocation)
    assert entry is not None
    assert entry.place.line == 4  # the jump to itself


def test_an_elf_file_lies_where_it_was_linked_or_is_moved(lab: Lab) -> None:
    program = assemble_text(SOURCE, options=Options(base=0x8000_2000, defines={"VALUE": 5}))
    lab.write("prog.elf", write_elf(program))
    text = '[[component]]\nname = "prog"\nelf = "prog.elf"\n'
    (component,) = lab.load(text).components
    assert (component.at, component.linked) == (0x8000_2000, 0x8000_2000)
    moved = lab.load(text + "at = 0x80100000\n")
    (component,) = moved.components
    assert (component.at, component.linked) == (0x8010_0000, 0x8000_2000)
    moved.machine.run(max_retired=4)
    assert moved.machine.hart.x[10] == 5
    assert "key 'linked'" in str(lab.refusal(text + "linked = 0x80000000\n"))


def test_the_first_tohost_ends_the_run(lab: Lab) -> None:
    lab.write("prog.s", "la a0, tohost\nli a1, 7\nsw a1, 0(a0)\n.data\n.balign 8\ntohost: .dword 0\n")
    system = lab.load(_source(more="at = 0x80400000\nlinked = 0x80000000\n"))
    assert system.tohost == system.components[0].program.symbols["tohost"].value + 0x40_0000
    system.machine.run(max_retired=100)
    assert system.machine.exit is not None
    assert system.machine.exit.code == 3
    assert lab.load(ONE).tohost is None


def test_a_fresh_machine_starts_the_same_run_again(lab: Lab) -> None:
    lab.write("prog.s", "la t0, word\nlw a0, 0(t0)\nsw t0, 0(t0)\n1: j 1b\nword: .word 5\n")
    blob = b"\xd0\x0d\xfe\xed" + (16).to_bytes(4, "big") + bytes(8)
    lab.write("board.dtb", blob)
    system = lab.load('machine = { dtb = "board.dtb", cpu = "vt" }\n' + _source())
    first = system.machine
    assert system.machine is first
    first.run(max_retired=6)
    second = system.fresh_machine()
    assert second is not first
    assert second.retired == 0
    assert second.generation.name == "vt"
    assert second.hart.x[11] == 0x80FF_FFF0
    assert second.read_physical(0x80FF_FFF0, 16) == blob
    second.run(max_retired=6)
    assert second.hart.x == first.hart.x
    assert second.hart.x[10] == 5


def test_the_mistakes_of_all_sources_are_told_at_once(lab: Lab) -> None:
    lab.write("a.s", "addd a0, a1\n")
    lab.write("b.s", "nop\nsubb a0, a1\n")
    tables = [
        f'[[component]]\nname = "{name}{at}"\nsource = "{name}.s"\nat = {at}\n'
        for name, at in (("a", 0x8000_0000), ("b", 0x8000_1000), ("a", 0x8000_2000))
    ]
    with pytest.raises(AssemblyError) as caught:
        lab.load("".join(tables))
    places = [(Path(d.place.file).name, d.place.line) for d in caught.value.diagnostics]
    assert places == [("a.s", 1), ("b.s", 2)]


def test_what_a_source_may_read(lab: Lab) -> None:
    lab.write("lib/inside.s", "li a0, 1\n")
    lab.write("prog.s", '.include "inside.s"\n')
    assert lab.load(_source(more='include = ["lib"]\n'))
    with pytest.raises(AssemblyError):
        lab.load(_source())
    # The machine file's folder, from a source that lies elsewhere.
    lab.write("sub/machine.toml", _source("../deep/src/prog.s"))
    lab.write("sub/near.s", "nop\n")
    lab.write("deep/src/prog.s", '.include "../../sub/near.s"\n')
    assert load_system(lab.folder / "sub")
    lab.write("deep/src/prog.s", '.include "../../lib/inside.s"\n')
    with pytest.raises(AssemblyError):
        load_system(lab.folder / "sub")
    assert load_system(lab.folder / "sub", Overrides(include=(lab.folder / "lib",)))


def test_a_link_out_of_the_folder_does_not_help(lab: Lab) -> None:
    outside = lab.write("outside/secret.s", "li a0, 1\n")
    lab.write("in/prog.s", '.include "link.s"\n')
    (lab.folder / "in" / "link.s").symlink_to(outside)
    (lab.folder / "in" / "folder").symlink_to(outside.parent)
    lab.write("in/machine.toml", _source())
    with pytest.raises(AssemblyError):
        load_system(lab.folder / "in")
    lab.write("in/machine.toml", _source(more='include = ["folder"]\n'))
    with pytest.raises(BadInputError, match="lies outside"):
        load_system(lab.folder / "in")


def test_single_programs(lab: Lab) -> None:
    source = lab.write("one.s", "1: j 1b\n")
    system = load_system(source)
    (component,) = system.components
    assert (component.name, component.role, component.believes) == ("one", "kernel", None)
    assert (system.title, system.cpu, system.entry) == ("one.s", "classic", 0x8000_0000)
    assert load_system(source, Overrides(at=0x8000_1000)).entry == 0x8000_1000
    elf = lab.write("one.elf", write_elf(system.components[0].program))
    assert load_system(elf).entry == 0x8000_0000
    assert load_system(elf, Overrides(at=0x8000_1000)).entry == 0x8000_1000
    with pytest.raises(BadInputError, match="-D is for a source"):
        load_system(elf, Overrides(defines={"A": 1}))
