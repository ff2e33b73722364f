"""Each key of ``[expect]``: when it holds, and what is said when it does not."""

import pytest

VMS = """\
        la      s0, text
        li      s1, UART
1:      lbu     t0, 0(s0)
        beqz    t0, 2f
        sb      t0, 0(s1)
        addi    s0, s0, 1
        j       1b
2:      finish  0
text:   .asciz  "type1: on vt\\nvm1| one\\nvm2| par\\nvm1| two\\nvm2+ tial\\n"
"""

# body, what holds, what does not, and the words of that
CASES = {
    "exit": ("finish 3", "exit = 3", "exit = 4", {"exit": "expected code 4, seen code 3"}),
    "stuck": (
        "1: j 1b",
        'ends = "stuck"',
        'ends = "limit"',
        {"ends": "seen stuck after 1 instruction: "},
    ),
    "tohost": ("finish 0", 'ends = "finisher"', 'ends = "tohost"', {"ends": "seen exit code 0"}),
    "limit": (
        "1: addi t0, t0, 1\nj 1b",
        'ends = "limit"\nmax_instructions = 1000',
        "max_instructions = 2000",
        {"ends": "still running after 2,000 instructions"},
    ),
    "console": ("put 'a'\nput 10\nfinish 0", r'console = "a\n"', 'console = "a"', {"console": '"a"'}),
    "bytes": ("put 200\nfinish 0", "", 'console = "\\ufffd"', {"console": "not UTF-8"}),
    "pattern": (
        VMS,
        "console_pattern = ['^vm1. [a-z]+$', 'on (vt|svm)']",
        "console_pattern = ['one$', 'three']",
        {'console_pattern "three"': "no match in "},
    ),
    "vm consoles": (
        VMS,
        'consoles = { vm1 = "one\\ntwo\\n", vm2 = "partial" }',
        'consoles = { vm1 = "one\\n", vm3 = "x" }',
        {
            "consoles vm1": 'expected the end after line 1, seen line 2 "two\\n"',
            "consoles vm3": 'no line of the console begins with "vm3| "; those of "vm1", "vm2" do',
        },
    ),
    "vms in vms": (
        "".join(f"put {ord(letter)}\n" for letter in "v| w| in\nv| w+ side\nv| out\n") + "finish 0",
        'consoles = { "v.w" = "inside\\n" }\nconsole_patterns = { "v.w" = "^inside$", v = "^out$" }',
        'consoles = { "v.w" = "in\\n", "v.x" = "" }\nconsole_patterns = { "x.w" = "in" }',
        {
            "consoles v.w": 'seen "inside"',
            'console_patterns x.w "in"': 'begins with "x| w| "; those of "v" do',
        },
    ),
    "vm patterns": (
        VMS,
        "console_patterns = { vm2 = '^partial$' }",
        "console_patterns = { vm1 = ['one', 'partial'], vm9 = '' }",
        {'console_patterns vm1 "partial"': "no match", 'console_patterns vm9 ""': "vm9| "},
    ),
    "ran": (
        "finish 0",
        'ran = ["kernel"]\nnot_ran = ["(outside)"]',
        'ran = { kernel = ">100" }\nnot_ran = ["kernel", "kernle"]',
        {
            "ran kernel": "expected instructions: at least 101, seen 4",
            "not_ran kernel": "expected instructions: 0, seen 4",
            "not_ran kernle": "did you mean 'kernel'?",
        },
    ),
    "memory": (
        "la t0, word\nli t1, -2\nsw t1, 4(t0)\nfinish 0\n.data\nword: .word 7, 0\n.equ num, 3",
        'memory = { "kernel::word" = 7, "kernel::word+4" = -2, 0x80001000 = "..0" }',
        'memory = { "kernel::word" = "8..9", "kernel::wrod" = 7, "kernel::num" = 3,'
        ' "guest::word" = 7, 0x1000 = 0 }',
        {
            "memory kernel::word": "expected 8 to 9, seen 0x7 (7)",
            "memory kernel::wrod": "did you mean 'word'?",
            "memory kernel::num": "is a number, not a place",
            "memory guest::word": "components are kernel",
            "memory 0x1000": "RAM is 0x80000000 to 0x80ffffff",
        },
    ),
    "input": (
        "li s0, UART\n1: lbu t0, 5(s0)\nandi t0, t0, 1\nbeqz t0, 1b\nlbu t0, 0(s0)\nsb t0, 0(s0)\n"
        "finish 0",
        'input = "q"\nconsole = "q"',
        'input = "r"\nconsole = "q"',
        {"console": 'seen "r"'},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_holds_and_what_does_not(desk, case: str) -> None:
    body, right, wrong, words = CASES[case]
    assert desk.failures(body, right) == {}
    failures = desk.failures(body, wrong)
    assert list(failures) == list(words)
    for name, told in words.items():
        assert told in failures[name]


COUNTS = {
    "classic": (
        'traps = { rdstatus = 2, wrtrap = "1..9", illegal = 3, ecall-u = 1, any = 4, mret = "0" }\n'
        "ignored = 0\nleaked = 0",
        'traps = { rdstatus = "3..", any = "<4" }\nignored = ">=1"',
        {"traps rdstatus", "traps any", "ignored any"},
    ),
    "legacy": (
        "traps = { rdstatus = 0, illegal = 0, any = 1 }\nignored = { rdstatus = 2, any = 3 }",
        "ignored = 0\nleaked = 1",
        {"ignored any", "leaked any"},
    ),
    "pentium": (
        "traps = { wrtrap = 1, illegal = 1, any = 2 }\nleaked = { rdstatus = 2, any = 2 }\nignored = 0",
        "leaked = { rdstatus = 0, rdid = 0 }",
        {"leaked rdstatus"},
    ),
}


@pytest.mark.parametrize("cpu", COUNTS)
def test_traps_and_lost_instructions_are_counted(desk, in_ring_3: str, cpu: str) -> None:
    right, wrong, names = COUNTS[cpu]
    machine = f'cpu = "{cpu}"'
    assert desk.failures(in_ring_3, right, machine=machine) == {}
    assert set(desk.failures(in_ring_3, wrong, machine=machine)) == names


def test_a_failed_check_knows_where_it_stands(desk) -> None:
    verdict = desk.judge("finish 1", "exit = 0")
    place = f"{desk.folder / 'machine.toml'}:7"
    assert [check.place for check in verdict.checks if check.name == "exit"] == [place]
