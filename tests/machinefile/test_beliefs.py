"""A machine file's ``believes_in``: code of single source files thinks it runs in another ring."""

import pytest

from tests.support.lab import Lab

MACHINE = """\
[[component]]
name        = "kernel"
source      = "kernel.s"
believes    = 1
believes_in = { "part/firmware.s" = 0 }
"""


@pytest.fixture
def kernel(lab: Lab) -> Lab:
    lab.write("kernel.s", '.include "part/firmware.s"\n nop\n')
    lab.write("part/firmware.s", " nop\n")
    return lab


def test_a_file_is_known_by_the_end_of_its_name(kernel: Lab) -> None:
    component = kernel.load(MACHINE).components[0]
    assert component.belief_in(f"{kernel.folder}/part/firmware.s") == 0
    assert component.belief_in("C:\\sources\\part\\firmware.s") == 0
    assert component.belief_in(f"{kernel.folder}/part/myfirmware.s") == 1
    assert component.belief_in("firmware.s") == 1
    assert component.belief_in(None) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("part/firmware.s", "part/firmwear.s", ["'part/firmwear.s'", "mean 'firmware.s'?", "kernel.s"]),
        ("= 0 }", "= 2 }", ["no ring 2"]),
        ('{ "part/firmware.s" = 0 }', "0", ["inline table"]),
    ],
)
def test_what_is_wrong_is_told_with_key_and_line(
    kernel: Lab, old: str, new: str, words: list[str]
) -> None:
    assert old in MACHINE
    refusal = kernel.refusal(MACHINE.replace(old, new))
    assert (refusal.line, "believes_in" in refusal.key) == (5, True)
    for word in words:
        assert word in str(refusal)
