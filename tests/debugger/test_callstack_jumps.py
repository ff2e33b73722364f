"""The call stack of code that does not keep to the rules of the link registers, or goes astray."""

from __future__ import annotations

from tests.support.debugged import Part, lines, session_of


def test_a_jump_to_a_computed_place_through_t0_ends_no_function() -> None:
    """The rules of the link registers call it a return, but people dispatch by t0 all the same."""
    session = session_of(
        Part(
            "main",
            """\
_start: la      sp, stack
        call    run
end:    j       end
run:    addi    sp, sp, -16
        sw      ra, 12(sp)
        la      t0, first
        jr      t0
first:  nop
        la      t0, leaf
        jalr    t0
back:   lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
leaf:   nop
        ret
        .space  64
stack:
""",
        )
    )
    for label in ("first", "leaf", "back", "end"):
        session.break_at(label)
    below = ["0 main _start main.s:2 [reset]"]
    session.resume()
    assert lines(session) == ["0 main run main.s:8", *below]
    session.resume()
    assert lines(session) == ["0 main leaf main.s:14", "0 main run main.s:10", *below]
    session.resume()
    assert lines(session) == ["0 main run main.s:11", *below]
    session.resume()
    assert lines(session) == ["0 main _start main.s:3 [reset]"]


def test_a_function_that_jumps_on_by_t0_keeps_its_caller() -> None:
    session = session_of(
        Part(
            "main",
            """\
_start: la      sp, stack
        call    outer
end:    j       end
outer:  addi    sp, sp, -16
        sw      ra, 12(sp)
        call    choose
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
choose: la      t0, chosen
        jr      t0
chosen: nop
        ret
        .space  64
stack:
""",
        )
    )
    session.break_at("chosen")
    session.resume()
    assert lines(session) == [
        "0 main choose main.s:12",
        "0 main outer main.s:6",
        "0 main _start main.s:2 [reset]",
    ]
    session.finish()
    assert lines(session) == ["0 main outer main.s:7", "0 main _start main.s:2 [reset]"]


def test_a_function_that_returns_by_another_register_is_no_caller_of_the_next() -> None:
    """Nothing tells of such a return when it takes place: what runs then, and from where, tells."""
    session = session_of(
        Part(
            "main",
            """\
_start: la      sp, stack
        call    quiet
        nop
        call    quiet
        call    loud
end:    j       end
quiet:  mv      t6, ra
        call    leaf
        jr      t6
loud:   nop
leaf:   ret
        .space  64
stack:
""",
        )
    )
    for label in ("leaf", "loud"):
        session.break_at(label)
    session.resume()
    below = "0 main _start main.s:2 [reset]"
    assert lines(session) == ["0 main leaf main.s:11", "0 main quiet main.s:8", below]
    session.resume()
    assert lines(session)[1:] == ["0 main quiet main.s:8", "0 main _start main.s:4 [reset]"]
    session.resume()
    assert lines(session) == ["0 main loud main.s:10", "0 main _start main.s:5 [reset]"]


def test_a_jump_to_nowhere_that_goes_on_elsewhere_stays_in_its_function() -> None:
    """A kernel tries whether it can run what it must not, and mends the fault by a table."""
    session = session_of(
        Part(
            "main",
            """\
_start: la      t0, handler
        csrw    mtvec, t0
        call    try
end:    j       end
try:    li      a0, 0x40000000
        jr      a0
mended: ret
handler:
        la      t0, mended
        csrw    mepc, t0
        mret
""",
        )
    )
    session.break_at("mended")
    session.break_at("end")
    session.resume()
    assert lines(session) == ["0 main try main.s:7", "0 main _start main.s:3 [reset]"]
    session.resume()
    assert lines(session) == ["0 main _start main.s:4 [reset]"]
