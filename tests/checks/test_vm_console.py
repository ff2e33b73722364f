"""What each virtual machine printed, from the console that they share."""

from hypothesis import given
from hypothesis import strategies as st

from hvtui.checks.vm_console import split_vms, text_of_vm


def test_prefixes_are_taken_off_and_other_lines_left_out() -> None:
    console = b"type1: on vt\nvm1| hello\nvm2| you\nvm1|\nvm1| bye\ntype1: vm1 has ended\n"
    assert split_vms(console) == {"vm1": b"hello\n\nbye\n", "vm2": b"you\n"}


def test_a_broken_line_is_whole_again() -> None:
    console = b"vm1| I was \nvm2| hi\nvm1+ interrupted\nvm1| next\n"
    assert split_vms(console) == {"vm1": b"I was interrupted\nnext\n", "vm2": b"hi\n"}


def test_a_guest_cannot_speak_for_another() -> None:
    assert split_vms(b"vm1| vm2| I am vm2\n") == {"vm1": b"vm2| I am vm2\n"}


def test_a_last_line_without_its_end() -> None:
    assert split_vms(b"vm1| a\nvm1| b") == {"vm1": b"a\nb"}
    assert split_vms(b"vm1| a\nvm1| ") == {"vm1": b"a\n"}
    assert split_vms(b"") == {}


def test_a_vm_in_a_vm_is_called_by_both_names() -> None:
    console = b"L0\nvm1| L1\nvm1| vm1| who\nvm2| you\nvm1| vm1+  am I\nvm1| vm2| other\nvm1| L1 ends\n"
    assert text_of_vm(console, "vm1.vm1") == b"who am I\n"
    assert text_of_vm(console, "vm1.vm2") == b"other\n"
    assert text_of_vm(console, "vm2") == b"you\n"
    assert text_of_vm(console, "vm1") == split_vms(console)["vm1"]
    for nobody in ("vm3", "vm2.vm1", "vm1.vm1.vm1", "vm1.", ""):
        assert text_of_vm(console, nobody) is None


def test_a_prefix_may_have_a_dot_itself() -> None:
    assert text_of_vm(b"a.b| mine\na| b| other\n", "a.b") == b"mine\n"
    assert text_of_vm(b"a.b| c| mine\n", "a.b.c") == b"mine\n"


LINES = st.lists(st.tuples(st.sampled_from(["vm1", "vm2"]), st.binary(max_size=9)), max_size=9)


@given(LINES)
def test_each_vm_gets_back_what_it_said(lines: list[tuple[str, bytes]]) -> None:
    lines = [(vm, text.replace(b"\n", b" ")) for vm, text in lines]
    console = b"".join(vm.encode() + b"| " + text + b"\n" for vm, text in lines)
    said: dict[str, bytes] = {}
    for vm, text in lines:
        said[vm] = said.get(vm, b"") + text + b"\n"
    assert split_vms(console) == said
