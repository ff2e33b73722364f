"""The call stack against expectations written by hand: functions, threads, traps, injections."""

from __future__ import annotations

from hvtui.debugger.callstack import FRAMES_KEPT
from tests.support.debugged import KEEPER, OPENED, Part, line_of, lines, session_of, virtualized

NESTED = """\
_start: la      sp, stack
        call    outer
        j       _start
outer:  addi    sp, sp, -16
        sw      ra, 12(sp)
        call    inner
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
inner:  nop
        ret
        .space  256
stack:
"""


def test_functions_are_pushed_by_calls_and_popped_by_returns() -> None:
    session = session_of(Part("main", NESTED))
    session.break_at("inner")
    session.resume()
    assert lines(session) == [
        "0 main inner main.s:10",
        "0 main outer main.s:6",
        "0 main _start main.s:2 [reset]",
    ]
    session.finish()
    assert lines(session) == ["0 main outer main.s:7", "0 main _start main.s:2 [reset]"]
    session.finish()
    assert lines(session) == ["0 main _start main.s:3 [reset]"]


def test_a_tail_jump_keeps_the_caller_that_will_be_returned_to() -> None:
    session = session_of(
        Part("main", "_start: call first\nend: j end\nfirst: j second\nsecond: nop\n ret\n")
    )
    session.break_at("second")
    session.resume()
    assert lines(session) == ["0 main first main.s:4", "0 main _start main.s:1 [reset]"]
    session.finish()
    assert lines(session) == ["0 main _start main.s:2 [reset]"]


def test_the_alternate_link_register_makes_frames_too() -> None:
    # Save-and-restore routines of compilers are called through t0 and return with another sp.
    session = session_of(
        Part(
            "main",
            """\
_start: la      sp, stack
        call    f
end:    j       end
f:      jal     t0, save
        nop
        lw      ra, 0(sp)
        addi    sp, sp, 16
        ret
save:   addi    sp, sp, -16
        sw      ra, 0(sp)
        jr      t0
        .space  64
stack:
""",
        )
    )
    session.break_at("main.s:10")
    session.resume()
    assert lines(session) == [
        "0 main save main.s:10",
        "0 main f main.s:4",
        "0 main _start main.s:2 [reset]",
    ]
    session.finish()
    assert lines(session) == ["0 main f main.s:5", "0 main _start main.s:2 [reset]"]
    session.finish()
    assert lines(session) == ["0 main _start main.s:3 [reset]"]


def test_threads_that_change_stacks_keep_their_own_frames() -> None:
    # Two threads call `switch` in turns; it exchanges ra and sp and so returns into the other one.
    session = session_of(
        Part(
            "main",
            """\
_start: la      sp, stack_a
        la      s0, context_b
        la      t0, begin_b
        sw      t0, 0(s0)
        la      t0, stack_b
        sw      t0, 4(s0)
        call    work_a
end:    j       end
work_a: addi    sp, sp, -16
        sw      ra, 12(sp)
        call    switch
in_a:   call    switch
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
begin_b:
        call    work_b
work_b: addi    sp, sp, -16
        call    switch
in_b:   call    switch
        j       in_b
switch: lw      t0, 0(s0)
        lw      t1, 4(s0)
        sw      ra, 0(s0)
        sw      sp, 4(s0)
        mv      ra, t0
        mv      sp, t1
        ret
        .space  128
stack_a:
        .space  128
stack_b:
        .data
context_b:
        .word   0, 0
""",
        )
    )
    for label in ("in_a", "in_b", "end"):
        session.break_at(label)
    session.resume()
    assert lines(session) == ["0 main work_a main.s:12", "0 main _start main.s:7 [reset]"]
    session.resume()
    assert lines(session)[0] == "0 main work_b main.s:20"
    assert "work_a" not in " ".join(lines(session))
    session.resume()
    assert lines(session) == ["0 main _start main.s:8 [reset]"]


def test_deep_recursion_keeps_the_newest_frames_and_unwinds_through_the_forgotten_ones() -> None:
    session = session_of(
        Part(
            "main",
            """\
_start: la      sp, stack
        li      a0, 5000
        call    down
end:    j       end
down:   addi    sp, sp, -16
        sw      ra, 12(sp)
        addi    a0, a0, -1
        beqz    a0, bottom
        call    down
back:   lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
bottom: j       back
        .space  0x20000
stack:
""",
        )
    )
    session.break_at("bottom")
    session.break_at("end")
    session.resume()
    depth = session.callstack.frames
    assert depth is not None
    assert depth.depth == 5000
    assert sum(1 for _ in session.callstack.levels(session.here)) <= 2 * FRAMES_KEPT + 1
    session.resume()
    assert lines(session) == ["0 main _start main.s:4 [reset]"]


USER = """\
_start: call    f
        ecall
end:    j       end
f:      ecall
        ret
"""


def test_a_trap_pushes_an_activation_and_the_mret_back_pops_it() -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", USER, 0x8001_0000, "user"))
    session.break_at("keeper::account")
    session.resume()
    assert lines(session) == [
        "0 keeper account " + line_of(session, "keeper", "s10, s10, 1"),
        "0 keeper handler "
        + line_of(session, "keeper", "call    account")
        + " [trap: environment call from U]",
        "3 user f user.s:4",
        "3 user _start user.s:1 [switched to by keeper]",
    ]
    session.finish()
    session.finish()
    assert lines(session) == [
        "3 user f user.s:5",
        "3 user _start user.s:1 [switched to by keeper]",
    ]


def test_activations_of_a_kind_are_counted() -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", USER, 0x8001_0000, "user"))
    session.break_on_trap("ecall-u")
    session.resume()
    session.resume()
    assert session.snapshot().stack[0].times == 2


def test_a_trap_inside_a_handler_stands_above_it() -> None:
    session = session_of(
        Part(
            "main",
            """\
_start: la      t0, handler
        csrw    mtvec, t0
        ecall
end:    j       end
handler:
        la      t0, inner
        csrw    mtvec, t0
        ebreak
        nop
inner:  nop
""",
        )
    )
    session.break_at("inner")
    session.resume()
    assert lines(session) == [
        "0 main inner main.s:10 [trap: breakpoint]",
        "0 main handler main.s:8 [trap: environment call from M]",
        "0 main _start main.s:3 [reset]",
    ]


def test_a_scheduler_that_returns_to_another_program_switches_stacks() -> None:
    kernel = (
        OPENED
        + """\
        li      s0, 0x80020000
        li      t0, 0x80010000
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
handler:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, s0
        mv      s0, t0
        csrw    mstatus, zero
        mret
"""
    )
    program = "_start: call f\nf: ecall\n j f\n"
    session = session_of(
        Part("kernel", kernel),
        Part("one", program, 0x8001_0000, "user"),
        Part("two", program, 0x8002_0000, "user"),
    )
    session.break_on_trap("return to 3")
    session.resume()  # the kernel's first mret, into the first program
    told = []
    for _ in range(4):
        told.append(session.resume().text.partition(":")[0])
        told.append(lines(session)[0])
    assert told == [
        "switch", "3 two _start two.s:1 [switched to by kernel]",
        "switch", "3 one f one.s:3",
        "switch", "3 two f two.s:3",
        "switch", "3 one f one.s:3",
    ]  # fmt: skip


def test_an_emulated_instruction_returns_to_the_guest_even_with_another_stack_pointer() -> None:
    session = virtualized()
    session.break_on_trap("illegal")
    session.resume()
    assert lines(session) == [
        "0 hyper handler "
        + line_of(session, "hyper", "csrr    t4, mcause")
        + " [trap: illegal instruction, csrw mscratch, zero (bit 5 wrtrap)]",
        "1 guest _start guest.s:6 [switched to by hyper]",
    ]
    assert session.finish().text.startswith("return: mret in hyper at hyper.s:26 to guest at guest.s:7")
    assert lines(session) == ["1 guest _start guest.s:7 [switched to by hyper]"]


def test_a_trap_that_is_handed_on_is_shown_as_an_injection_above_the_interrupted_program() -> None:
    session = virtualized()
    session.break_at("guest::serve")
    session.resume()
    assert lines(session) == [
        "1 guest serve guest.s:4",
        "1 guest trap guest.s:2 [injected by hyper: environment call from U]",
        "3 program ask program.s:5",
        "3 program _start program.s:2 [switched to by guest through hyper]",
    ]
    session.finish()
    # The guest's own mret is emulated: it ends the injected activation as well.
    session.finish()
    assert lines(session) == [
        "3 program ask program.s:6",
        "3 program _start program.s:2 [switched to by guest through hyper]",
    ]


TWO_GUESTS = (
    OPENED
    + """\
        la      s0, journey
next:   lw      t0, 0(s0)
        csrw    mepc, t0
        lw      t0, 4(s0)
        csrw    mstatus, t0
        addi    s0, s0, 8
        mret
        .balign 4
handler: j      next
        .data
journey: .word  0x80020000, 0           # the program of vm1
        .word   0x80010000, 1 << 11     # its system call, to the kernel of vm1
        .word   0x80020004, 0           # back
        .word   0x80030000, 0           # instead of an answer: the program of vm2
        .word   0x80010000, 1 << 11     # only now the kernel of vm1
"""
)


def test_a_trap_that_is_handed_on_after_another_guest_ran_stands_above_what_it_interrupted() -> None:
    session = session_of(
        Part("hyper", TWO_GUESTS, role="hypervisor"),
        Part("guest", "trap: nop\n mret\n", 0x8001_0000, "kernel", "vm1"),
        Part("program", "_start: ecall\n call f\nf: ecall\n", 0x8002_0000, "user", "vm1"),
        Part("other", "_start: ecall\n", 0x8003_0000, "user", "vm2"),
    )
    session.break_on_trap("injection")
    session.resume()
    waiting = "3 program _start program.s:1 [switched to by hyper]"
    assert lines(session) == [
        "1 guest trap guest.s:1 [injected by hyper: environment call from U]",
        waiting,
    ]
    session.resume()
    assert lines(session) == [
        "1 guest trap guest.s:1 [injected by hyper: held back until now]",
        "3 program f program.s:3",
        waiting.replace("s:1", "s:2"),
    ]


def test_two_components_at_one_address_are_told_apart_by_where_they_lie() -> None:
    session = virtualized()
    session.break_at("program::ask")
    session.resume()
    assert session.here.owner == "program"
    assert session.here.label == "ask"


def test_a_guest_that_resets_the_machine_begins_a_new_stack() -> None:
    session = session_of(
        Part(
            "main",
            """\
_start: call    f
f:      lw      t0, flag
        bnez    t0, again
        li      t0, 1
        sw      t0, flag, t1
        li      t0, 0x100000
        li      t1, 0x7777
        sw      t1, 0(t0)
        nop
again:  j       again
        .data
flag:   .word   0
""",
        )
    )
    session.break_at("again")
    session.resume()
    assert lines(session) == ["0 main f main.s:10", "0 main _start main.s:1 [reset]"]
