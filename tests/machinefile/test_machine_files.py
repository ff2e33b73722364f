"""What a machine file says is what the machine becomes; what it says wrongly is told in words."""

import pytest

from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides
from tests.support.lab import NOP, ONE, Lab

GUEST = """
[[component]]
name     = "guest"
role     = "user"
vm       = "vm1"
believes = 0
binary   = "sub/guest.bin"
at       = 0x80400000
linked   = 0x80000000

[expect]
console = "hello"
exit    = 3
"""


def test_a_machine_file_says_everything(lab: Lab) -> None:
    lab.write("sub/guest.bin", NOP * 2)
    system = lab.load(
        lab.edited(
            "[machine]",
            '[machine]\ncpu = "vt"\nram = "8M"\ntimebase = 10\nmax_instructions = 99',
        )
        + GUEST
    )
    assert system.title == "One program"
    assert (system.cpu, system.ram_size, system.timebase) == ("vt", 8 << 20, 10)
    assert system.max_instructions == 99
    assert system.expect.console == "hello"
    assert system.expect.exit == 3
    assert system.entry == 0x8000_0000
    kernel, guest = system.components
    assert (kernel.name, kernel.role, kernel.vm, kernel.believes) == ("kernel", "kernel", None, None)
    assert (guest.name, guest.role, guest.vm, guest.believes) == ("guest", "user", "vm1", 0)
    assert (guest.at, guest.linked, guest.size) == (0x8040_0000, 0x8000_0000, 8)
    assert guest.extents == ((0x8040_0000, 0x8040_0008),)
    assert guest.program.base == 0x8000_0000


def test_a_component_is_found_by_physical_address(lab: Lab) -> None:
    lab.write("sub/guest.bin", NOP * 2)
    system = lab.load(ONE + GUEST)
    kernel, guest = system.components
    found = {
        address: system.component_at(address)
        for address in (0, 0x7FFF_FFFF, 0x8000_0000, 0x8000_000F, 0x8000_0010, 0x8040_0000, 0x8040_0007)
    }
    assert found == {
        0: None,
        0x7FFF_FFFF: None,
        0x8000_0000: kernel,
        0x8000_000F: kernel,
        0x8000_0010: None,
        0x8040_0000: guest,
        0x8040_0007: guest,
    }
    assert system.component_at(0x8040_0008) is None


def test_the_defaults_are_those_of_the_plain_board(lab: Lab) -> None:
    system = lab.load('[[component]]\nname = "k"\nbinary = "kernel.bin"\nat = 0x80000000')
    assert (system.cpu, system.ram_size, system.timebase) == ("classic", 16 << 20, 1)
    assert system.title == lab.folder.name
    assert system.max_instructions is None
    assert system.dtb is None


def test_a_folder_means_its_machine_file(lab: Lab) -> None:
    path = lab.write("machine.toml", ONE)
    assert load_system(lab.folder).path == path


def test_what_a_person_asks_for_goes_before_the_file(lab: Lab) -> None:
    system = lab.load(ONE, Overrides(cpu="svm", ram=1 << 20))
    assert (system.cpu, system.ram_size) == ("svm", 1 << 20)


@pytest.mark.parametrize(
    ("ram", "size"), [('"64K"', 64 << 10), ('"1 MiB"', 1 << 20), ("0x8000", 1 << 15), ('"8192"', 8192)]
)
def test_ram_sizes(lab: Lab, ram: str, size: int) -> None:
    assert lab.load(lab.edited("[machine]", f"[machine]\nram = {ram}")).ram_size == size


WRONG_LINES = [
    # what stands in the file, instead of what; the key, the line, and words of message and remedy
    ("title", 'titel = "x"\n#', "[machine], key 'titel'", 2, ["'titel'", "mean 'title'"]),
    ("title", 'cpu = "vtx"\n#', "[machine], key 'cpu'", 2, ["'vtx'", "'vt'", "legacy, pentium"]),
    ("title", "cpu = 3\n#", "[machine], key 'cpu'", 2, ["expected a text", "number 3", "quotes"]),
    ("title", "ram = 5000\n#", "[machine], key 'ram'", 2, ["5,000 bytes", "multiple of 4K"]),
    ("title", 'ram = "3G"\n#', "[machine], key 'ram'", 2, ["3 GiB", "too much", "4K to 2G"]),
    ("title", 'ram = "1K"\n#', "[machine], key 'ram'", 2, ["too little"]),
    ("title", 'ram = "many"\n#', "[machine], key 'ram'", 2, ["'many' is not a size", "16M"]),
    ("title", "ram = true\n#", "[machine], key 'ram'", 2, ["truth value", '"16M"']),
    ("title", "timebase = 0\n#", "[machine], key 'timebase'", 2, ["too small", "is 1"]),
    ("title", "max_instructions = 0\n#", "[machine], key 'max_instructions'", 2, ["too small"]),
    ("title", 'timebase = "1"\n#', "[machine], key 'timebase'", 2, ["whole number", 'text "1"']),
    ("[machine]", "[machin]", "[machin]", 1, ["no table 'machin'", "mean 'machine'"]),
    ("name   =", "naem =", "component 1, key 'naem'", 5, ["mean 'name'"]),
    ('"kernel"', '" "', "component \" \", key 'name'", 5, ["printable"]),
    ('"kernel.bin"', '""', "component \"kernel\", key 'binary'", 6, ["not an empty text"]),
    ("0x80000000", '"0x80000000"', "component \"kernel\", key 'at'", 7, ["without quotes"]),
    ("0x80000000", "0x180000000", "component \"kernel\", key 'at'", 7, ["too large", "0xffffffff"]),
    ("0x80000000", "-4", "component \"kernel\", key 'at'", 7, ["-4 is too small"]),
    ("0x80000000", "0x80000002", "component \"kernel\", key 'at'", 7, ["multiple of 4"]),
    (
        "at     =",
        'role = "boss"\nat =',
        "component \"kernel\", key 'role'",
        7,
        ["'boss'", "hypervisor"],
    ),
    ("at     =", 'role = "kernal"\nat =', "component \"kernel\", key 'role'", 7, ["mean 'kernel'"]),
    ("at     =", "believes = 2\nat =", "component \"kernel\", key 'believes'", 7, ["no ring 2"]),
    ("at     =", 'elf = "x"\nat =', 'component "kernel"', 4, ["has elf and binary", "exactly one"]),
    ("binary = ", "# ", 'component "kernel"', 4, ["names no file", "source, elf, binary"]),
    ("at     =", "defines = { A = 1 }\nat =", 'component "kernel"', 4, ["'defines' is for"]),
    ("[[component]]", "[component]", "[component]", 4, ["[[component]], with two brackets"]),
]


@pytest.mark.parametrize(("old", "new", "key", "line", "words"), WRONG_LINES)
def test_wrong_lines_are_named(
    lab: Lab, old: str, new: str, key: str, line: int, words: list[str]
) -> None:
    refusal = lab.refusal(lab.edited(old, new))
    problem = refusal.problems[0]
    assert (problem.key, problem.line) == (key, line)
    text = str(problem)
    assert text.startswith(f"{lab.folder / 'machine.toml'}:{line}: error: {key}: ")
    for word in words:
        assert word in text


def test_every_problem_is_told_at_once(lab: Lab) -> None:
    refusal = lab.refusal('[machine]\ncpu = "vx"\nram = 1\n[[component]]\nname = "a"\nsource = 3')
    assert [problem.line for problem in refusal.problems] == [2, 3, 6]


def test_a_missing_key_is_asked_for(lab: Lab) -> None:
    refusal = lab.refusal('[[component]]\nbinary = "kernel.bin"\nat = 0x80000000')
    assert "key 'name': this key is missing" in str(refusal)
    assert refusal.line == 1
    assert "no component" in str(lab.refusal("[machine]"))


def test_two_components_of_one_name(lab: Lab) -> None:
    again = '[[component]]\nname = "kernel"\nbinary = "kernel.bin"\nat = 0x80001000\n'
    refusal = lab.refusal(ONE + again)
    assert "another component of this name, in line 5" in str(refusal)
    assert refusal.line == 9


def test_a_missing_file_with_its_neighbour(lab: Lab) -> None:
    refusal = lab.refusal(lab.edited("kernel.bin", "kernal.bin"))
    assert refusal.line == 6
    assert "key 'binary'" in refusal.key
    assert "there is no such file" in refusal.message
    assert f"did you mean {lab.folder / 'kernel.bin'}?" in refusal.remedy
    assert "no folder" in str(lab.refusal(lab.edited("kernel.bin", "no/kernel.bin")))


@pytest.mark.parametrize("name", [".", "/dev/null", "x\\u0000y", "x" * 5000])
def test_what_is_no_file(lab: Lab, name: str) -> None:
    assert lab.refusal(lab.edited("kernel.bin", name)).line == 6


def test_an_empty_program(lab: Lab) -> None:
    lab.write("kernel.bin", b"")
    assert "empty" in str(lab.refusal())


def test_a_component_outside_ram_with_both_ranges(lab: Lab) -> None:
    text = str(lab.refusal(lab.edited("0x80000000", "0x80fffff8")))
    assert "0x80fffff8 to 0x81000007 is not all in RAM" in text
    assert "0x80000000 to 0x80ffffff (16 MiB)" in text
    assert "16,388 KiB" in text
    assert "RAM begins at 0x80000000" in str(lab.refusal(lab.edited("0x80000000", "0x1000")))
    small = lab.refusal(lab.edited("0x80000000", "0x80100000"), Overrides(ram=1 << 20))
    assert "(1 MiB)" in str(small)


def test_two_components_on_top_of_each_other(lab: Lab) -> None:
    lab.write("sub/guest.bin", NOP * 2)
    refusal = lab.refusal(ONE + GUEST.replace("0x80400000", "0x8000000c"))
    assert refusal.line == 15
    assert '"guest" (0x8000000c to 0x80000013) lies on top of' in str(refusal)
    assert '"kernel" (0x80000000 to 0x8000000f)' in str(refusal)
    lab.load(ONE + GUEST.replace("0x80400000", "0x80000010"))


def test_components_with_several_parts_on_top_of_each_other_are_told_once(lab: Lab) -> None:
    parts = "".join(f'.section .x{n},"ax"\n.org 0x20\nnop\n' for n in range(3))
    lab.write("kernel.s", parts)
    lab.write("sub/guest.s", parts)
    one = ONE.replace('binary = "kernel.bin"', 'source = "kernel.s"')
    two = GUEST.replace('binary   = "sub/guest.bin"', 'source = "sub/guest.s"')
    refusal = lab.refusal(one + two.replace("0x80400000", "0x80000010"))
    assert str(refusal).count("lies on top of") == 1


def test_a_binary_needs_a_place(lab: Lab) -> None:
    refusal = lab.refusal(lab.edited("at     =", "linked ="))
    assert "nothing says where this binary lies" in str(refusal)
    assert refusal.line == 4


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[machine\n", 1, "not TOML"),
        ("[machine]\ntitle = 'x\n", 2, "not TOML"),
        ("[machine]\ntitle =", 2, "not TOML"),
        ("[machine]\ntitle = 1\ntitle = 2\n", 3, "not TOML"),
        (b"[machine]\ntitle = '\xff'", 2, "0xff is not UTF-8"),
        ("a = " + "[" * 20000, 0, "nested"),
        ("a = " + "9" * 5000, 0, "digits"),
    ],
)
def test_files_that_are_not_toml(lab: Lab, text: str | bytes, line: int, words: str) -> None:
    refusal = lab.refusal(text)
    assert words in str(refusal)
    assert refusal.line == line


def test_a_machine_file_that_is_not_there(lab: Lab) -> None:
    lab.write("machine.toml", ONE)
    with pytest.raises(BadInputError, match="there is no such file") as caught:
        load_system(lab.folder / "machin.toml")
    assert caught.value.remedy == f"did you mean {lab.folder / 'machine.toml'}?"


def test_options_for_a_single_program(lab: Lab) -> None:
    assert "--at is for a single program" in str(lab.refusal(ONE, Overrides(at=0x8000_0000)))
    assert "-D is for a single program" in str(lab.refusal(ONE, Overrides(defines={"A": 1})))


def test_a_device_tree_blob(lab: Lab) -> None:
    blob = b"\xd0\x0d\xfe\xed" + (16).to_bytes(4, "big") + bytes(8)
    lab.write("board.dtb", blob)
    text = lab.edited("[machine]", '[machine]\ndtb = "board.dtb"')
    assert lab.load(text).dtb == blob
    crowded = lab.refusal(text.replace("0x80000000", "0x80fffff0"))
    assert 'is taken by component "kernel"' in str(crowded)
    assert crowded.line == 2
    lab.write("board.dtb", blob[:12])
    assert "cut short" in str(lab.refusal(text))
    lab.write("board.dtb", b"text")
    assert "not a device tree blob" in str(lab.refusal(text))
    assert "no such file" in str(lab.refusal(text.replace("board.dtb", "none.dtb")))
