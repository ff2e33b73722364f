"""The commands in gdb's words: what each does, what it tells, and what it says of mistakes."""

from __future__ import annotations

import pytest

from hvtui.debugger.commands.everything import COMMANDS, GROUPS
from hvtui.debugger.commands.information import TOPICS
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.session import Session
from tests.support.debugged import KEEPER, Part, session_of, virtualized

COUNTING = """\
_start: la      t0, counter
loop:   addi    t1, t1, 1
        sw      t1, 0(t0)
        jal     twice
        j       loop
twice:  slli    a0, t1, 1
        ret
        .data
counter: .word  0
text:   .asciz  "so\\n\\"it is\\""
"""

ECHO = """\
_start: li      s0, 0x10000000
next:   lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, next
        lbu     a0, 0(s0)
got:    j       next
"""

SPY = "_start: csrr t0, mstatus\n csrw mie, zero\nend: j end\n"


class Prompt:
    """A debugger at whose prompt one types; `told` is what it wrote since it was asked last."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rows: list[str] = []
        self.interpreter = Interpreter(session, self.rows.append)

    def __call__(self, *lines: str) -> list[str]:
        self.rows.clear()
        for line in lines:
            self.interpreter.execute(line)
        return list(self.rows)

    def refused(self, line: str) -> str:
        with pytest.raises(CommandError) as told:
            self(line)
        return str(told.value)

    @property
    def where(self) -> str:
        return self.session.here.where

    def completed(self, line: str) -> list[str]:
        return [line[: found.start] + found.text for found in self.interpreter.complete(line)]


@pytest.fixture
def gdb() -> Prompt:
    return Prompt(session_of(Part("main", COUNTING)))


def spied(cpu: str = "classic") -> Prompt:
    keeper, user = Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user")
    return Prompt(session_of(keeper, user, cpu=cpu))


# Breakpoints


def test_break_and_continue_tell_where_the_machine_stands(gdb: Prompt) -> None:
    assert gdb("break twice") == ["Breakpoint 1 at twice: 0x80000018, main.s:6 in main"]
    assert gdb("c") == [
        "breakpoint 1 at twice: in main at main.s:6",
        "=> instant 5, ring 0 (M), 0x80000018 <twice>: slli a0, t1, 1",
    ]


@pytest.mark.parametrize("name", ["break", "b", "br", "brea"])
def test_a_name_an_alias_and_a_beginning_mean_the_same(gdb: Prompt, name: str) -> None:
    gdb(f"{name} main.s:3")
    assert [known.text for known in gdb.session.breakpoints] == ["main.s:3"]


def test_a_breakpoint_with_a_condition_and_commands(gdb: Prompt) -> None:
    gdb("break loop if t1 == 2", "commands 1", "  silent", "  print/d t1", "  # a remark", "end")
    assert gdb("continue") == ["t1 = 2"]
    assert gdb("info breakpoints") == [
        "  1  at loop: 0x80000008, main.s:2 in main if t1 == 2  [1 hit]",
        "       silent",
        "       print/d t1",
    ]


def test_commands_that_go_on_make_a_trace(gdb: Prompt) -> None:
    gdb("b loop", "commands 1 silent; p/d t1; continue", "b twice if t1 == 3")
    rows = gdb("run")
    assert rows[:3] == ["t1 = 0", "t1 = 1", "t1 = 2"]
    assert rows[3].startswith("breakpoint 2 at twice if t1 == 3")


def test_a_one_shot_does_its_commands_and_is_gone(gdb: Prompt) -> None:
    gdb("tbreak twice", "commands 1 print a0")
    assert gdb("c")[-1] == "a0 = 0x0 (0)"
    assert gdb("info breakpoints") == ["No breakpoints or watchpoints."]


def test_break_alone_means_here(gdb: Prompt) -> None:
    gdb("si 3", "break")
    assert [known.hits for known in gdb.session.breakpoints] == [0]
    gdb("c")
    assert gdb.session.here.where == "main.s:3"


def test_break_on_a_trap() -> None:
    gdb = spied("legacy")
    assert gdb("break trap ignored wrint") == ["Breakpoint 1 on trap ignored wrint"]
    assert gdb("run")[0] == "ignored: csrw mie, zero (bit 7 wrint) in user at user.s:2, in ring 3"


def test_break_on_a_trap_with_a_condition_is_another_one() -> None:
    gdb = spied()
    gdb("break trap any", "break trap any if mtval == 0x30401073", "delete 1")
    assert gdb("run")[0].startswith("trap: illegal instruction, csrw mie, zero")


def test_a_label_that_is_called_trap_can_be_meant() -> None:
    gdb = Prompt(virtualized())
    gdb("break trap")
    gdb("run")
    assert gdb.session.here.label == "trap"


def test_watch_condition_ignore_and_until(gdb: Prompt) -> None:
    assert gdb("watch *counter")[0] == "Watchpoint 1 on *counter, 4 bytes at 0x80000020 (physical)"
    gdb("condition 1 *counter > 2", "ignore 1 1")
    assert gdb("c")[0].startswith("watchpoint 1, *counter if *counter > 2: 0x3 → 0x4, by sw t1, 0(t0)")
    assert gdb("watch a0")[0].endswith("(computed after each step: the machine runs slower)")
    gdb("delete", "until twice")
    assert gdb.where == "main.s:6"


def test_disable_enable_and_delete(gdb: Prompt) -> None:
    gdb("b loop", "b twice", "disable 1")
    assert gdb("info b")[0].endswith("[0 hits, off]")
    gdb("c")
    assert gdb.session.stop.numbers == (2,)
    gdb("enable", "c")
    assert gdb.session.stop.numbers == (1,)
    gdb("delete 1", "delete 2")
    assert not len(gdb.session.breakpoints)


def test_continue_with_a_count_passes_the_breakpoint(gdb: Prompt) -> None:
    gdb("b loop", "c", "c 3")
    assert gdb.session.machine.hart.x[6] == 3


# Moving, in both directions


def test_steps_of_every_kind(gdb: Prompt) -> None:
    gdb("s")
    assert gdb.where == "main.s:2"
    gdb("si")
    assert gdb.where == "main.s:3"
    gdb("step")
    gdb("next")
    assert gdb.where == "main.s:5"
    gdb("s 4")
    assert gdb.where == "main.s:6"
    gdb("finish")
    assert gdb.where == "main.s:5"
    gdb("nexti 3")
    assert gdb.where == "main.s:4"


def test_the_way_back(gdb: Prompt) -> None:
    gdb("b twice", "c", "c")
    gdb("rc")
    assert gdb.session.machine.hart.x[6] == 1
    gdb("rf")
    assert gdb.where == "main.s:4"
    gdb("rs", "rsi")
    assert gdb.where == "main.s:2"
    gdb("goto 9")
    assert gdb.session.machine.instant == 9
    gdb("goto instant - 3")
    assert gdb.session.machine.instant == 6
    gdb("goto -1")
    assert gdb.session.machine.instant == 5
    gdb("delete", "rn", "rni")
    assert gdb.session.machine.instant == 3
    assert gdb("rc")[0] == "no breakpoint was met before: ready in main at main.s:1"
    assert gdb.refused("rs") == "this is the beginning of the run"


def test_until_alone_leaves_a_loop() -> None:
    loop = "_start: li t0, 5\nloop: addi t0, t0, -1\n bnez t0, loop\nend: j end\n"
    gdb = Prompt(session_of(Part("main", loop)))
    gdb("s 2", "until")
    assert gdb.where == "main.s:4"
    assert gdb.session.machine.hart.x[5] == 0


def test_run_and_restart_begin_anew(gdb: Prompt) -> None:
    gdb("b twice", "run", "c", "run")
    assert gdb.session.machine.hart.x[6] == 1
    gdb("restart")
    assert gdb.session.machine.instant == 0


def test_a_move_beyond_the_end_is_refused() -> None:
    gdb = Prompt(session_of(Part("main", "_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n")))
    assert gdb("c")[0] == "ended: the guest turned the machine off, exit status 0"
    assert "restart" in gdb.refused("c")


# Values


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("print sp", "sp = 0x0 (0)"),
        ("p/x 255", "255 = 0x000000ff"),
        ("p/d -1", "-1 = -1"),
        ("p/u -1", "-1 = 4294967295"),
        ("p/t 5", "5 = 0b101"),
        ("p/o 8", "8 = 010"),
        ("p/c 65", "65 = 65 'A'"),
        ("p/a loop + 4", "loop + 4 = 0x8000000c <loop+0x4>"),
        ("print int(-1)", "int(-1) = -1 (0xffffffff)"),
        ("p  pc == loop", "pc == loop = 0x0 (0)"),
        ("x/s text", '0x80000024 <text>: "so\\n\\"it is\\""'),
        ("x/2xw counter", "0x80000020 <counter>: 0x00000000  0x220a6f73"),
        ("x/3xb text", "0x80000024 <text>: 0x73  0x6f  0x0a"),
        ("xp/1dh 0x80000024", "0x80000024 <text>: 28531"),
        ("x/i loop", "   0x80000008 <loop>: addi t1, t1, 1"),
    ],
)
def test_values_in_every_format(gdb: Prompt, command: str, told: str) -> None:
    assert gdb(command) == [told]


def test_x_goes_on_where_it_ended(gdb: Prompt) -> None:
    gdb("x/2i loop")
    assert gdb("x/i") == ["   0x80000010 <loop+0x8>: " + gdb("x/i loop + 8")[0].partition(": ")[2]]


def test_displays_are_shown_at_every_stop(gdb: Prompt) -> None:
    assert gdb("display/d t1") == ["1: t1 = 0"]
    gdb("display *a0")
    assert gdb("si 3")[-2] == "1: t1 = 1"
    assert gdb.rows[-1].startswith("2: *a0 = no value now: ")
    gdb("undisplay 1")
    assert gdb("info display")[0].startswith("2: *a0")
    gdb("undisplay")
    assert gdb("info display") == ["Nothing is displayed."]


def test_set_changes_registers_csrs_fields_memory_and_the_pc(gdb: Prompt) -> None:
    gdb("set a0 = 5", "set *counter = a0 + 1", "set mscratch = -1", "set mstatus.MIE = 1")
    assert gdb("p/d a0", "p/d *counter", "p/x mscratch", "p/d mstatus.MIE") == [
        "a0 = 5", "*counter = 6", "mscratch = 0xffffffff", "mstatus.MIE = 1",
    ]  # fmt: skip
    gdb("set pc = twice", "set byte(counter + 3) = 0x12")
    assert gdb.session.here.label == "twice"
    assert gdb("p/x pword(at(counter))") == ["pword(at(counter)) = 0x12000006"]


def test_an_edit_in_the_past_asks_first(gdb: Prompt) -> None:
    gdb("si 10", "goto 4")
    assert "write -cut" in gdb.refused("set a0 = 5")
    gdb("set -cut a0 = 5")
    assert gdb.session.frontier == 4
    assert gdb("p/d a0") == ["a0 = 5"]


def test_input_reaches_the_guest() -> None:
    gdb = Prompt(session_of(Part("main", ECHO)))
    gdb("input -n \\x41b", "b got", "c")
    assert gdb("p/c a0") == ["a0 = 65 'A'"]
    gdb("c")
    assert gdb("p/c a0") == ["a0 = 98 'b'"]
    gdb("input", "c")
    assert gdb("p a0") == ["a0 = 0xa (10)"]


def test_trap_bits_are_switched() -> None:
    gdb = spied("vt")
    assert gdb("trapbit wrint on") == ["bit 7 wrint is on: executes in this mode"]
    assert gdb("trapbit wrint on") == ["bit 7 wrint is on: executes in this mode"]
    gdb("break trap any")
    assert gdb("run")[0].startswith("trap: illegal instruction, csrw mie, zero (bit 7 wrint)")
    assert gdb("info trapbitmap")[7].split()[:3] == ["7", "wrint", "on"]


# What there is to know


def test_the_stack_is_told(gdb: Prompt) -> None:
    gdb("b twice", "c")
    assert gdb("bt") == [
        "#0   ring 0 (M) in main: twice at main.s:6",
        "#1   ring 0 (M) in main: _start at main.s:4  [reset]",
    ]
    assert gdb("where 1")[-1] == "... 1 more"


def test_registers_and_csrs_are_told(gdb: Prompt) -> None:
    gdb("b twice", "c")
    assert gdb("info registers t1 pc") == [
        "t1    0x00000001  1",
        "pc    0x80000018 <twice>",
    ]
    assert len(gdb("info r")) == 33
    gdb("set mstatus.MIE = 1", "set mstatus.MPP = 3")
    assert gdb("info csrs mstatus") == ["mstatus       0x00001808  MPP=0x3 MIE"]


def test_lines_and_sources_are_told(gdb: Prompt) -> None:
    gdb("s")
    assert gdb("info line twice") == ["0x80000018, 0x80000018 as it was linked: main.s:6 in main"]
    rows = gdb("list")
    assert rows[0] == " ·    1  _start: la      t0, counter"
    assert rows[1].startswith("=>    2  loop:")
    assert gdb.refused("list") == "main.s ends at line 10"
    assert gdb("disassemble/2 twice") == [
        "twice:",
        "   0x80000018  00131513  slli a0, t1, 1",
        "   0x8000001c  00008067  ret",
    ]


def test_traps_and_components_are_told() -> None:
    gdb = spied()
    gdb("b user::end", "c")
    rows = gdb("info traps 2")
    assert rows[-1] == "2 traps and interrupts: illegal instruction 2"
    assert len(rows) == 3
    assert gdb("info components")[1] == "* user: 0x80010000-0x8001000b (user)"


# Mistakes


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("brek main", 'there is no command "brek"; did you mean break?'),
        ("re", "could be reload, restart, reverse-continue"),
        ("info brekpoints", 'there is no topic of info "brekpoints"; did you mean breakpoints?'),
        ("break looop", 'no label is named "looop"; did you mean loop?'),
        ("break trap ilegal", "did you mean illegal?"),
        ("break loop if a0 +", "expected"),
        ("print a00", "did you mean: a0"),
        ("delete 7", 'there is no breakpoint "7": there are none'),
        ("watch counter", "to watch the memory there, write *(counter)"),
        ("x/8xw", "an address is missing, as in: x/8xw sp"),
        ("x/8zw sp", '"z" is no format'),
        ("x/i 0x100", "0x00000100 cannot be read in ring 0 (M)"),
        ("step/2", "step takes no format"),
        ("set a0", "write it as in: set a0 = 5"),
        ("set instant = 3", "instant cannot be set"),
        ("set mstatus.MIE = 2", "mstatus.MIE holds 0 to 0x1, not 0x2"),
        ("set x0 = 1", "x0 cannot be set"),
        ("trapbit wrstats on", 'there is no trap bit "wrstats"; did you mean wrstatus?'),
        ("trapbit wrstatus on", "classic has no trap bitmap"),
        ("goto", "say where to"),
        ("goto -1", "there is no instant -1: the first is 0"),
        ("ignore 1", 'there is no breakpoint "1"'),
        ("assert a0 == 1", "it does not hold: a0 == 1"),
        ("undisplay 3", 'there is no display "3"'),
        ("continue 2", "no breakpoint stopped the machine"),
        ("!!", '"!!" is no command'),
        ("input \\q", "means nothing here"),
    ],
)
def test_a_mistake_is_told_with_what_would_help(gdb: Prompt, line: str, told: str) -> None:
    assert told in gdb.refused(line)


# Help and completion


def test_help_names_every_command_and_tells_of_each(gdb: Prompt) -> None:
    rows = gdb("help")
    for command in COMMANDS.values():
        assert any(row.split()[:1] == [command.name] for row in rows)
        told = gdb(f"help {command.name}")
        assert told[0].startswith(command.name)
        assert command.summary.endswith(".")
    for topic in TOPICS:
        assert gdb(f"help info {topic.name}")
        assert topic.summary.endswith(".") or topic.summary.endswith(":")


def test_no_two_commands_have_a_name_in_common() -> None:
    names = [name for group in GROUPS for known in group for name in (known.name, *known.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("brea", ["break"]),
        ("reverse-s", ["reverse-step", "reverse-stepi"]),
        ("break tw", ["break twice"]),
        ("break main::lo", ["break main::loop"]),
        ("break loop if mca", ["break loop if mcause"]),
        ("break trap ill", ["break trap illegal"]),
        ("break trap from 3 wrst", ["break trap from 3 wrstatus"]),
        ("info trapb", ["info trapbitmap"]),
        ("info line tw", ["info line twice"]),
        ("print/x mstatus.MI", ["print/x mstatus.MIE"]),
        ("trapbit wrst", ["trapbit wrstatus"]),
        ("trapbit -cut wrst", ["trapbit -cut wrstatus"]),
        ("watch -s", ["watch -step"]),
        ("watch -step mstatus.MI", ["watch -step mstatus.MIE"]),
        ("set -", ["set -cut"]),
        ("input -", ["input -cut", "input -n"]),
        ("help fini", ["help finish", "help finish-trap"]),
        ("x/4xw cou", ["x/4xw counter"]),
    ],
)
def test_what_is_typed_can_be_completed(gdb: Prompt, typed: str, found: list[str]) -> None:
    assert gdb.completed(typed) == found


def test_numbers_of_breakpoints_are_completed(gdb: Prompt) -> None:
    gdb("b loop", "b twice")
    assert gdb.completed("delete ") == ["delete 1", "delete 2"]
    assert gdb.completed("condition 1 t1 == a") != []
