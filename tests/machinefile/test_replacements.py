"""A machine file's ``replace``: one file of a source gives way to another one."""

import pytest

from asm.diagnostics import AssemblyError
from hvtui.machinefile.system import Overrides
from tests.support.lab import Lab

MACHINE = """\
[[component]]
name    = "kernel"
source  = "given/kernel.s"
replace = { "part/time.s" = "mine.s" }
"""


@pytest.fixture
def kernel(lab: Lab) -> Lab:
    lab.write("given/kernel.s", '.include "part/trap.s"\n.include "part/time.s"\n')
    lab.write("given/part/trap.s", ".word 1\n")
    lab.write("given/part/time.s", ".word 2\n")
    lab.write("mine.s", ".word 3\n")
    return lab


def test_the_other_file_is_read(kernel: Lab) -> None:
    program = kernel.load(MACHINE).components[0].program
    assert program.segments[0].data == bytes.fromhex("01000000 03000000")
    shown = {name.removeprefix(f"{kernel.folder}/") for name in program.sources}
    assert shown == {"given/kernel.s", "given/part/trap.s", "mine.s"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("part/time.s", "part/tine.s", 4, ["never includes 'part/tine.s'", "mean 'part/time.s'"]),
        ("part/time.s", "time.s", 4, ["never includes 'time.s'", "as the .include writes it"]),
        ('"mine.s"', '"mime.s"', 4, ["mime.s: there is no such file", "mean", "mine.s?"]),
        ('"mine.s"', "3", 4, ["expected a text"]),
        ('{ "part/time.s" = "mine.s" }', '"mine.s"', 4, ["an inline table"]),
        ('source  = "given/kernel.s"', 'elf = "kernel.elf"', 1, ["'replace' is for", "'source'"]),
    ],
)
def test_what_is_wrong_is_told_with_key_and_line(
    kernel: Lab, old: str, new: str, line: int, words: list[str]
) -> None:
    assert old in MACHINE
    refusal = kernel.refusal(MACHINE.replace(old, new))
    assert (refusal.line, 'component "kernel"' in refusal.key) == (line, True)
    for word in words:
        assert word in str(refusal)


def test_all_unused_replacements_are_told(kernel: Lab) -> None:
    machine = MACHINE.replace('{ "part/', '{ "a.s" = "mine.s", "b.s" = "mine.s", "part/')
    assert len(kernel.refusal(machine).problems) == 2


def test_a_mistake_in_the_other_file_is_told_in_it(kernel: Lab) -> None:
    kernel.write("mine.s", "nop\nnup\n")
    with pytest.raises(AssemblyError) as caught:
        kernel.load(MACHINE)
    assert str(caught.value).startswith(f"{kernel.folder / 'mine.s'}:2:1: error:")


def test_it_may_not_lead_to_any_file_unless_a_person_allows_it(kernel: Lab) -> None:
    kernel.write("elsewhere/mine.s", ".word 4\n")
    machine = MACHINE.replace("given/", "../given/").replace('"mine.s"', '"../elsewhere/mine.s"')
    inner = Lab(kernel.folder / "inner")
    refusal = inner.refusal(machine)
    assert "outside the folders" in refusal.message
    assert "-I" in refusal.remedy
    allowed = Overrides(include=(kernel.folder / "elsewhere",))
    assert inner.load(machine, allowed).components[0].size == 8


def test_a_program_that_takes_the_components_place_stays_as_it_is(kernel: Lab) -> None:
    handed_in = kernel.write("handed in/kernel.s", '.include "part/time.s"\n')
    kernel.write("handed in/part/time.s", ".word 5\n")
    program = kernel.load(MACHINE, Overrides(substitutes={"kernel": handed_in})).components[0].program
    assert program.segments[0].data == bytes.fromhex("05000000")
