"""The call stack where a kernel has threads of its own beside programs: changes that no xRET makes."""

from __future__ import annotations

from hvtui.debugger.snapshot import StopKind
from tests.support.debugged import Part, line_of, lines, session_of

# Opens all memory to a kernel in S mode at 0x80010000, which gets all traps of programs itself.
FIRMWARE = """\
_start: li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        csrw    medeleg, t0
        li      t0, 0x100
        csrs    medeleg, t0
        li      t0, 0x80010000
        csrw    mepc, t0
        li      t0, 1 << 11
        csrw    mstatus, t0
        mret
"""


def test_a_thread_of_a_kernel_goes_on_in_its_own_activation() -> None:
    """It gives the CPU to a program, and has it again when that program's system call is served."""
    kernel = """\
_start: la      t0, handler
        csrw    stvec, t0
        la      sp, stack
        call    thread
end:    j       end
thread: addi    sp, sp, -16
        sw      ra, 12(sp)
        call    yield
again:  call    yield
once:   lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
yield:  mv      s0, sp
        mv      s1, ra
        la      sp, other_stack
        bnez    s3, 1f
        li      s2, 0x80020000
1:      csrw    sepc, s2
        sret
handler:
        csrr    s2, sepc
        addi    s2, s2, 4
        la      sp, other_stack
        call    count
        mv      sp, s0
        mv      ra, s1
        ret
count:  addi    s3, s3, 1
        ret
        .space  64
stack:
        .space  64
other_stack:
"""
    session = session_of(
        Part("firmware", FIRMWARE, role="firmware"),
        Part("kernel", kernel, 0x8001_0000),
        Part("program", "_start: call f\nf: ecall\n j f\n", 0x8002_0000, "user"),
    )
    for label in ("count", "again", "once", "end"):
        session.break_at(label)
    session.resume()
    assert lines(session)[0].startswith("1 kernel count")
    assert lines(session)[1].endswith("[trap: environment call from U]")
    assert lines(session)[2].startswith("3 program f program.s:2")
    session.resume()
    thread = [line_of(session, "kernel", "again:"), line_of(session, "kernel", "call    thread")]
    boot = f"1 kernel _start {thread[1]} [switched to by firmware]"
    assert lines(session) == [f"1 kernel thread {thread[0]}", boot]
    at = session.machine.instant
    # The next system call.
    session.resume()
    assert lines(session)[2].startswith("3 program f program.s:2")
    session.resume()
    assert lines(session) == [f"1 kernel thread {line_of(session, 'kernel', 'once:')}", boot]
    session.resume()
    assert [line.split()[2] for line in lines(session)] == ["_start"]
    session.goto(at)
    assert lines(session) == [f"1 kernel thread {thread[0]}", boot]


def test_the_handler_that_a_thread_takes_over_from_is_done() -> None:
    kernel = """\
_start: la      t0, handler
        csrw    stvec, t0
        la      sp, stack
        call    yield
end:    j       end
yield:  mv      s0, sp
        mv      s1, ra
        li      t0, 0x80020000
        csrw    sepc, t0
        sret
handler:
        mv      sp, s0
        mv      ra, s1
        ret
        .space  64
stack:
"""
    session = session_of(
        Part("firmware", FIRMWARE, role="firmware"),
        Part("kernel", kernel, 0x8001_0000),
        Part("program", "_start: ecall\n", 0x8002_0000, "user"),
    )
    session.break_on_trap("ecall-u")
    session.resume()
    assert session.finish().kind is StopKind.STEPPED
    assert lines(session) == ["1 kernel _start kernel.s:5 [switched to by firmware]"]
