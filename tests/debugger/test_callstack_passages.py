"""Whose xRET it was, where somebody has asked for it by an environment call."""

from __future__ import annotations

from tests.support.debugged import OPENED, Part, lines, session_of

# Gives its guest, in S mode, what it asks for by ecall: to go on at t0 in U mode. All else it hands on.
ASKED = (
    OPENED
    + """\
        li      s1, 0x80010000
inside: csrw    mepc, s1
        li      t1, 1 << 11
        csrw    mstatus, t1
        mret
        .balign 4
handler:
        csrr    t1, mcause
        addi    t1, t1, -9
        beqz    t1, asked
        csrr    t0, mepc
        li      s1, 0x80010008
        j       inside
asked:  csrw    mepc, t0
        csrw    mstatus, zero
        mret
"""
)


def asked(believes: int | None) -> list[str]:
    """Return what a program's start, system call and return are said to be."""
    session = session_of(
        Part("hyper", ASKED, role="hypervisor"),
        Part("guest", "_start: li t0, 0x80020000\n ecall\n addi t0, t0, 4\n ecall\n",
             0x8001_0000, "kernel", "vm1", believes=believes),
        Part("program", "_start: ecall\n ecall\n", 0x8002_0000, "user", "vm1", believes=3),
    )  # fmt: skip
    session.break_on_trap("return")
    told = []
    for _ in range(4):
        told.append(session.resume().text.partition(":")[0])
        told.append(lines(session)[0].partition("[")[2])
    return told


def test_an_xret_that_a_guests_kernel_has_asked_for_is_the_guests() -> None:
    expected = [
        "switch", "switched to by hyper]",
        "switch by guest", "switched to by guest through hyper]",
        "injection", "injected by hyper: environment call from U]",
        "return by guest", "switched to by guest through hyper]",
    ]  # fmt: skip
    assert asked(believes=1) == expected
    assert asked(believes=None) == expected


def test_a_hypercall_that_leads_into_the_kernels_trap_handler_is_not_handed_on() -> None:
    """The kernel knows where it is, so its call was for the hypervisor. What comes is another thing."""
    session = session_of(
        Part(
            "hyper",
            ASKED.replace("asked:", "asked:  li      s1, 0x80010010\n        j       inside\n"),
            role="hypervisor",
        ),
        Part(
            "guest",
            "_start: nop\n ecall\n nop\n nop\ntrap: nop\n",
            0x8001_0000, "kernel", "vm1", believes=1,
        ),
    )  # fmt: skip
    session.break_at("guest::trap")
    session.resume()
    assert "environment call" not in lines(session)[0]


def test_a_host_that_gives_the_cpu_to_another_process_hands_nothing_on() -> None:
    host = (
        OPENED
        + """\
        li      t0, 0x80010000
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
handler:
        li      t0, 0x80020000
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
"""
    )
    session = session_of(
        Part("host", host, role="host", believes=0),
        Part("manager", "_start: ecall\n", 0x8001_0000, "hypervisor", believes=3),
        Part("clock", "_start: nop\n", 0x8002_0000, "host", believes=3),
    )
    session.break_at("clock::_start")
    session.resume()
    assert lines(session) == ["3 clock _start clock.s:1 [switched to by host]"]


def test_a_host_that_asks_for_a_guest_to_be_run_is_who_switches() -> None:
    """Its call ends when the guest is left, and what it says next answers the guest's trap."""
    host = (
        OPENED
        + """\
        li      t0, 1 << 11
        csrw    mstatus, t0
        li      t0, 0x80010000
        csrw    mepc, t0
        mret
        .balign 4
handler:
        csrr    t1, mcause
        addi    t1, t1, -9
        beqz    t1, run
        mv      t2, s1
        csrr    s3, mepc
        csrw    mepc, t2
        li      t1, 1 << 11
        csrw    mstatus, t1
        mret
run:    csrr    s1, mepc
        addi    s1, s1, 4
        csrw    mepc, a0
        csrw    mstatus, a1
        mret
"""
    )
    manager = """\
_start: li      a0, 0x80030000
        li      a1, 0
        ecall
        li      a0, 0x80020000
        li      a1, 1 << 11
        ecall
        addi    a0, a0, 4
        ecall
        addi    a0, a0, 4
        ecall
"""
    session = session_of(
        Part("low", host, role="hypervisor"),
        Part("host", manager, 0x8001_0000, "host"),
        Part("guest", "trap: nop\n nop\n", 0x8002_0000, "kernel", "vm1"),
        Part("program", "_start: ecall\n", 0x8003_0000, "user", "vm1"),
    )
    session.break_at("program::_start")
    session.break_at("guest::trap")
    session.resume()
    program = "3 program _start program.s:1 [switched to by host through low]"
    assert lines(session) == [program]
    session.break_on_trap("return to 1")
    session.resume()
    assert lines(session)[0].startswith("1 host _start host.s:4")
    session.resume()
    handed = "injected by host through low: environment call from U"
    assert lines(session) == [f"1 guest trap guest.s:1 [{handed}]", program]
