"""What is proposed while an expression is typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.expressions.completion import MOST, completions
from hvtui.debugger.expressions.names import Scope
from tests.support.debugged import Part, system_of

KERNEL = "trap_entry: nop\nthere: nop\n.equ LIMIT, 12\n"
SYSTEM = system_of(
    Part("hypervisor", "main: nop\nmaybe: nop\nring: nop\n", 0x8000_0000, "hypervisor"),
    Part("tinyos of vm1", KERNEL, 0x8001_0000, "kernel", "vm1"),
    Part("tinyos of vm2", KERNEL + "own: nop\n", 0x8002_0000, "kernel", "vm2"),
    cpu="vt",
)
SCOPE = Scope.of(SYSTEM, SYSTEM.components[0])


def texts(prefix: str, scope: Scope = SCOPE) -> list[str]:
    return [found.text for found in completions(prefix, scope)]


def test_registers_csrs_functions_and_symbols_are_proposed() -> None:
    assert texts("ma") == ["main", "marchid", "maybe"]
    assert texts("a0 + wo") == ["word("]
    assert texts("-$mst") == ["$mstatus", "$mstatush"]
    assert "mvmcb" not in texts("mv")
    assert texts("*word(own") == texts("a0==ow") == ["own"]
    assert texts("*word(tim") == ["time", "timeh"]


def test_fields_are_proposed_after_the_point() -> None:
    assert texts("mtvec.") == ["mtvec.BASE", "mtvec.MODE"]
    assert texts("mstatus.mp") == ["mstatus.MPIE", "mstatus.MPP", "mstatus.MPRV"]
    assert texts("trapmap.sf") == ["trapmap.sfence"]


def test_names_with_blanks_are_proposed_in_quotes() -> None:
    assert texts('"tiny') == ['"tinyos of vm1"::', '"tinyos of vm2"::']
    assert '"tinyos of vm1"::' in texts("1 + tiny")
    assert texts('"tinyos of vm1"::tr') == ['"tinyos of vm1"::trap_entry']
    assert texts("hypervisor::") == ["hypervisor::main", "hypervisor::maybe", "hypervisor::ring"]
    assert texts("nobody::") == []


def test_symbols_are_qualified_where_a_bare_name_would_not_do() -> None:
    assert texts("trap_") == ['"tinyos of vm1"::trap_entry', '"tinyos of vm2"::trap_entry']
    assert texts("own") == ["own"]
    assert texts("rin") == ["hypervisor::ring", "ring"]
    assert texts("trap_", Scope.of(SYSTEM, SYSTEM.components[1])) == ["trap_entry"]


def test_a_completion_says_what_it_replaces_and_what_it_is() -> None:
    found = completions("1 + hypervisor::mai", SCOPE)
    assert [(known.text, known.start) for known in found] == [("hypervisor::main", 4)]
    assert found[0].summary == "label of hypervisor, 0x80000000"
    assert completions("mstatus", SCOPE)[0].summary.startswith("Interrupt enables")


def test_nothing_is_proposed_where_an_operator_has_to_come() -> None:
    assert [texts(prefix) for prefix in ("a0 ", "12", "0x1", "(a0) ", "main m", "'a", "'a' ")] == [
        []
    ] * 7


@given(st.text(alphabet="amt0.$:\" ()+'\n", max_size=12) | st.text(max_size=30))
def test_any_prefix_has_completions_that_continue_it_and_compile(prefix: str) -> None:
    found = completions(prefix, SCOPE)
    assert len(found) <= MOST
    for known in found[:20]:
        assert 0 <= known.start <= len(prefix)
        if known.text.endswith(("(", "::")):
            continue
        compile_expression(known.text, SCOPE)
