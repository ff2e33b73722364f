"""What ``[expect]`` says is what will be checked; mistakes are named with key and line."""

import pytest

from hvtui.machinefile.document import read_document
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.expectation import MemoryPlace
from hvtui.machinefile.ranges import Range
from hvtui.machinefile.schema import check_expectation
from tests.support.lab import ONE, Lab

EXPECT = """
[expect]
console          = "a\\n"
console_pattern  = ['^a$', 'b?']
exit             = 0
ends             = "finisher"
max_instructions = 1000
ignored          = 0
leaked           = { rdid = "..3" }
ran              = ["kernel"]
not_ran          = ["other"]
input            = "yes\\n"

[expect.consoles]
vm1 = "hello\\n"

[expect.console_patterns]
vm2 = "x+"

[expect.traps]
any      = ">=1"
wrstatus = "5..9"
ecall-u  = 39

[expect.memory]
0x80001000          = -1
"kernel::ticks + 4" = ">=5"
"""


def test_every_key_is_read(lab: Lab) -> None:
    expect = lab.load(ONE + EXPECT).expect
    assert (expect.console, expect.exit, expect.ends) == ("a\n", 0, "finisher")
    assert [pattern.text for pattern in expect.console_patterns] == ["^a$", "b?"]
    assert expect.vm_consoles == {"vm1": "hello\n"}
    assert [pattern.text for pattern in expect.vm_console_patterns["vm2"]] == ["x+"]
    assert (expect.max_instructions, expect.input) == (1000, "yes\n")
    assert expect.traps == {"any": Range(1), "wrstatus": Range(5, 9), "ecall-u": Range(39, 39)}
    assert (expect.ignored, expect.leaked) == ({"any": Range(0, 0)}, {"rdid": Range(0, 3)})
    assert expect.memory == {
        MemoryPlace("0x80001000", 0x8000_1000): Range(0xFFFF_FFFF, 0xFFFF_FFFF),
        MemoryPlace("kernel::ticks + 4", 4, "kernel", "ticks"): Range(5),
    }
    assert (expect.ran, expect.not_ran) == ({"kernel": Range(1)}, ("other",))


def test_each_key_knows_its_line(lab: Lab) -> None:
    expect = lab.load(ONE + EXPECT).expect
    text = (ONE + EXPECT).splitlines()
    for line, key in (
        (text.index("exit             = 0") + 1, ("exit",)),
        (text.index('wrstatus = "5..9"') + 1, ("traps", "wrstatus")),
        (text.index("ignored          = 0") + 1, ("ignored", "any")),
    ):
        assert expect.place(*key) == f"{lab.folder / 'machine.toml'}:{line}"


def test_without_a_table_nothing_is_expected(lab: Lab) -> None:
    assert lab.load(ONE).expect.path is None
    assert lab.load(ONE + "[expect]\n").expect.path is not None


WRONG = [
    ("exit = -1", "key 'exit'", ["too small"]),
    ("exti = 1", "key 'exti'", ["mean 'exit'"]),
    ('ends = "stick"', "key 'ends'", ["mean 'stuck'"]),
    ("console_pattern = '(a'", "key 'console_pattern.0'", ["is no regular expression", "character 3"]),
    ("console_pattern = ['a', 5]", "key 'console_pattern.1'", ["regular expression", "single quotes"]),
    ("traps = { wrstatsu = 1 }", "key 'traps.wrstatsu'", ["mean 'wrstatus'", "ecall-u"]),
    ('traps = { illegal = "9..5" }', "key 'traps.illegal'", ["holds no number"]),
    ("traps = { illegal = -1 }", "key 'traps.illegal'", ["no count"]),
    ("traps = { illegal = true }", "key 'traps.illegal'", ["truth value"]),
    ("traps = [1]", "key 'traps'", ["inline table"]),
    ("ignored = { ecall-u = 0 }", "key 'ignored.ecall-u'", ["no trap bit 'ecall-u'"]),
    ("memory = { ticks = 5 }", "key 'memory.ticks'", ["no place in memory", "component::symbol"]),
    ("memory = { 0x180001000 = 5 }", "key 'memory.0x180001000'", ["no place"]),
    ("memory = { 0x80001000 = 0x100000000 }", "key 'memory.0x80001000'", ["32 bits"]),
    ("consoles.vm1.vm2 = ''", "key 'consoles'", ["not a table", '"vm1.vm2"']),
    ("consoles.vm1 = 5", "key 'consoles.vm1'", ["expected a text"]),
    ("ran = [5]", "key 'ran'", ["names of components", "guest kernel"]),
    ("not_ran = ['']", "key 'not_ran.0'", ["a name"]),
]


@pytest.mark.parametrize(("text", "key", "words"), WRONG)
def test_wrong_lines_are_named(lab: Lab, text: str, key: str, words: list[str]) -> None:
    refusal = lab.refusal(ONE + "\n[expect]\n" + text)
    problem = refusal.problems[0]
    assert problem.key == f"[expect], {key}"
    assert problem.line == (ONE + "\n[expect]\n" + text).count("\n") + 1
    for word in words:
        assert word in str(problem)


def test_a_file_that_only_says_what_is_expected(lab: Lab) -> None:
    path = lab.write("expect.toml", "[expect]\nexit = 5\n")
    expect = check_expectation(read_document(path))
    assert (expect.exit, expect.path) == (5, path)
    whole = check_expectation(read_document(lab.write("whole.toml", ONE + "[expect]\nexit = 6")))
    assert whole.exit == 6
    for text, words in (("", "no [expect]"), (ONE, "no [expect]"), ("[expct]\n", "mean 'expect'")):
        with pytest.raises(BadInputError) as caught:
            check_expectation(read_document(lab.write("wrong.toml", text)))
        assert words in str(caught.value)
