"""Sample 14: two groups of processes on one kernel, what each knows of the other, what that costs."""

from __future__ import annotations

import tempfile
import textwrap
import threading
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from hvtui.checks.vm_console import split_vms
from hvtui.comparing.measuring import Measurement, measure
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides, System

SAMPLES = Path(__file__).parents[2] / "samples"
FOLDER = SAMPLES / "14-containers"
FOLDERS = (SAMPLES / "users", SAMPLES / "guests")
LESSON = (FOLDER / "LESSON.md").read_text(encoding="utf-8")
BOOT = "tinyos: programs:"
EXIT = "li a0, 0\nsystem SYS_EXIT\n"
ENDED = {"host": "tinyos: all programs have ended, good night\n"}
DEADLOCK = {"host": "tinyos: every process waits for another one, giving up\n"}


@cache
def system_of(name: str) -> System:
    return load_system(SAMPLES / name)


@cache
def measured(name: str) -> Measurement:
    return measure(name, system_of(name), threading.Event())


def consoles(run: Measurement) -> dict[str, str]:
    return {name: text.decode() for name, text in split_vms(run.console.encode()).items()}


def programs(system: System, prefix: str = "") -> Counter[bytes]:
    return Counter(
        b"".join(segment.data for segment in component.program.segments)
        for component in system.components
        if component.role == "user" and component.name.startswith(prefix)
    )


def say(text: str) -> str:
    """Assembly that prints a line."""
    return f'.section .rodata\n9: .asciz "{text}\\n"\n.section .text\nla a0, 9b\ncall print\n'


def run_containers(
    red: list[str], blue: list[str], defines: str = "SLOT_COUNT = 16"
) -> tuple[dict[str, str], Measurement]:
    """Run programs of the test's own, named a, b, ... in each container.

    Returns what is said on each console after the kernel's first line there.
    """
    kernel, _, _ = (
        (FOLDER / "machine.toml").read_text(encoding="utf-8").partition("# The container red")
    )
    text = kernel.replace("SLOT_COUNT = 16", defines).replace("../guests", f"{SAMPLES}/guests")
    with tempfile.TemporaryDirectory() as place:
        for base, container, bodies in ((0x8001_0000, "red", red), (0x8002_0000, "blue", blue)):
            for number, body in enumerate(bodies):
                name = "abcdefgh"[number]
                source = Path(place) / f"{container}-{name}.s"
                source.write_text(
                    f'.include "containers/calls.s"\nprogram {name}\n'
                    f'{textwrap.dedent(body)}\n.include "print.s"\n'
                )
                text += (
                    f'\n[[component]]\nname = "{container} {name}"\nrole = "user"\n'
                    f'source = "{source}"\nat = {base + 0x2000 * number:#x}\n'
                )
        machine = Path(place) / "machine.toml"
        machine.write_text(text)
        system = load_system(machine, Overrides(include=FOLDERS))
        run = measure("test", system, threading.Event())
    said = {}
    for name, told in consoles(run).items():
        first, _, rest = told.partition("\n")
        said[name] = rest if first.startswith(BOOT) else told
    return said, run


def test_each_console_reads_as_if_there_were_nobody_else() -> None:
    native = measured("01-native").console
    said = consoles(measured("14-containers"))
    boot, _, lines = native.removesuffix(ENDED["host"]).partition("\n")
    assert said["red"].startswith(f"{boot} tenant\n{lines}tenant: this computer is called red, ")
    assert said["host"] == ENDED["host"]
    assert set(said) == {"red", "blue", "host"}
    hello = "greeter: hello from user mode, I am process 1\n"
    assert hello in said["red"]
    assert hello in said["blue"]


def test_the_programs_are_the_same_bytes_as_without_containers() -> None:
    red, blue = (programs(system_of("14-containers"), name) for name in ("red ", "blue "))
    native = programs(system_of("01-native"))
    assert native < red
    assert (red - native).total() == 1  # tenant
    assert blue < red
    assert programs(system_of("14-containers/eleven.toml")) == programs(system_of("07-two-vms"))


def test_the_kernel_is_tinyos_but_for_four_files() -> None:
    def files(name: str) -> set[str]:
        (kernel,) = (each for each in system_of(name).components if each.name == "tinyos")
        found = {Path(file).relative_to(SAMPLES / "guests") for file in kernel.program.sources}
        return {file.as_posix() for file in found}

    tinyos, containers = files("01-native"), files("14-containers")
    assert tinyos - containers == {
        f"tinyos/{name}.s" for name in ("calls", "character", "listing", "protection")
    }
    assert all(file.startswith("containers/") for file in containers - tinyos)


def test_costs_what_the_lesson_says() -> None:
    native, vms, containers = map(measured, ("01-native", "07-two-vms", "14-containers/eleven.toml"))
    for run in (native, vms, containers, measured("14-containers")):
        assert f"| {run.instructions:,} |" in LESSON
    assert f"{vms.exits:,}" in LESSON
    assert containers.exits == containers.overhead == 0
    assert containers.activities["system call"]["count"] == vms.activities["system call"]["count"] == 62
    assert round(vms.instructions / containers.instructions, 1) == 16.5
    kernel = containers.components["tinyos"].instructions
    guests = sum(vms.components[f"{vm} tinyos"].instructions for vm in ("vm1", "vm2"))
    for count in (kernel, guests, vms.overhead):
        assert f"{count:,}" in LESSON
    assert f"that is {containers.crossings[3, 0]} traps in all" in " ".join(LESSON.split())
    for name, share in containers.components.items():
        vm = name.replace("red", "vm1").replace("blue", "vm2")
        if name.partition(" ")[2] not in ("", "spinner"):  # it spins until the clock takes it off
            assert share.instructions == vms.components[vm].instructions


def test_the_kernel_needs_as_much_for_printing_and_page_tables_as_the_lesson_says() -> None:
    system = system_of("14-containers/eleven.toml")
    symbols = system.components[0].program.symbols
    functions = [("print_character", "print"), ("fill_table", "protection_switch")]
    regions = [[(symbols[first].value, symbols[behind].value)] for first, behind in functions]
    machine = system.fresh_machine()
    meter = machine.meter_regions(regions)
    machine.run(max_retired=system.max_instructions)
    counts = [meter.count(number).instructions for number in range(len(regions))]
    assert counts == [22_029, 8_198]
    assert all(f"{count:,}" in LESSON for count in counts)


def test_one_bug_in_the_kernel_ends_both() -> None:
    run = measured("14-containers/one-bug.toml")
    said = consoles(run)
    assert run.ending.code == 1
    assert "PANIC in the kernel: store access fault, address 0x00000000" in said["blue"]
    assert said["red"].endswith("sleeper: good night for 2 ticks\n")  # in the midst of its work


def test_the_bug_lets_a_program_out_of_its_container() -> None:
    table = system_of("14-containers/one-bug.toml").components[0].program.symbols["containers"].value
    red = "_start:\nsystem SYS_YIELD\nli a0, 0x80011000\nmv s0, a0\nli a1, 8\nsystem SYS_HOSTNAME\n"
    blue = f"_start:\nli a0, {table + 32:#x}\nli a1, 8\nsystem SYS_HOSTNAME\n{EXIT}"
    _, run = run_containers(
        [f"{red}mv a0, s0\nli a1, 4\nsystem SYS_WRITE\n{EXIT}"],
        [blue],
        "SLOT_COUNT = 16, PLANT_BUG = 1",
    )
    assert run.console.endswith("blue| blue\n" + f"host| {ENDED['host']}")


def test_the_same_bug_in_one_of_two_machines_does_not_end_the_other(tmp_path: Path) -> None:
    calls = tmp_path / "calls.s"
    broken = (SAMPLES / "guests" / "tinyos" / "calls.s").read_text().replace("sys_wait", "bug")
    calls.write_text(broken + "\n        .section .text\nbug:\n        sw zero, 0(zero)\n")
    text = (SAMPLES / "07-two-vms" / "machine.toml").read_text(encoding="utf-8")
    name = 'name     = "vm2 tinyos"\n'
    assert name in text
    text = text.replace(name, f'{name}replace  = {{ "tinyos/calls.s" = "{calls}" }}\n')
    machine = tmp_path / "machine.toml"
    machine.write_text(text.replace('"../', f'"{SAMPLES}/'))
    system = load_system(machine, Overrides(include=(*FOLDERS, SAMPLES / "hypervisors", tmp_path)))
    run = measure("test", system, threading.Event())
    said = consoles(run)
    assert "PANIC in the kernel" in said["vm2"]
    assert said["vm1"].endswith(ENDED["host"])


# ---- programs of the tests' own


def test_the_end_of_a_process_wakes_nobody_in_the_other_container() -> None:
    """Both wait for "process 2"; blue's ends long before red's."""
    waits = f"_start:\nli a0, 2\nsystem SYS_WAIT\n{say('2 has ended')}{EXIT}"
    red, _ = run_containers(
        [waits, f"_start:\nli a0, 9\nsystem SYS_SLEEP\n{say('I end now')}{EXIT}"],
        [waits, f"_start:\n{EXIT}"],
    )
    assert red == {"red": "I end now\n2 has ended\n", "blue": "2 has ended\n", **ENDED}


def test_nobody_can_name_a_process_of_the_other_container() -> None:
    refused = "".join(
        f"li a0, {pid}\nsystem SYS_WAIT\nli t0, -1\nbne a0, t0, 1f\n"
        for pid in (0, 1, 2, 3, 9, 0x101, 0x102, 0x201, 0x202, -1, -0x8000_0000)
    )
    said, _ = run_containers(
        [f"_start:\n{refused}{say('all refused')}1:\n{EXIT}"],
        [f"_start:\n{EXIT}", f"_start:\n{EXIT}"],
    )
    assert said["red"] == "all refused\n"


def test_a_program_cannot_speak_on_the_other_console() -> None:
    said, run = run_containers([f"_start:\n{say('x' + chr(92) + 'nblue| I am red')}{EXIT}"], [])
    assert said["red"] == "x\nblue| I am red\n"
    assert "red| blue| I am red\n" in run.console


def test_a_line_that_the_other_container_interrupts_can_be_put_together() -> None:
    piece = (
        '.section .rodata\n9: .asciz "{}"\n.section .text\nla a0, 9b\ncall print\nsystem SYS_YIELD\n'
    )
    body = "_start:\n" + piece.format("one, ") + piece.format("two, ") + say("three") + EXIT
    said, run = run_containers([body], [body])
    assert "red+ two, \nblue+ two, \nred+ three\n" in run.console
    assert said == {"red": "one, two, three\n", "blue": "one, two, three\n", **ENDED}


@pytest.mark.parametrize(
    ("address", "length"),
    [
        ("0", "8"),
        ("0x80000000", "8"),
        ("0x8000fffc", "8"),
        ("0x80011ffc", "8"),
        ("0x80020000", "8"),
        ("0x10000000", "8"),
        ("0x80011000", "7"),
        ("-4", "8"),
    ],
)
def test_hostname_refuses_memory_outside_the_slot(address: str, length: str) -> None:
    said, _ = run_containers(
        [
            f"_start:\nli a0, {address}\nli a1, {length}\nsystem SYS_HOSTNAME\n"
            f"li t0, -1\nbne a0, t0, 1f\n{say('refused')}1:\n{EXIT}"
        ],
        [],
    )
    assert said["red"] == "refused\n"


def test_hostname_reaches_the_last_bytes_of_the_slot() -> None:
    said, _ = run_containers(
        [],
        [
            "_start:\nli a0, 0x80021ff8\nli a1, 8\nmv s0, a0\nsystem SYS_HOSTNAME\n"
            f"call print_number\nmv a0, s0\nli a1, 4\nsystem SYS_WRITE\n{EXIT}"
        ],
    )
    assert said["blue"].startswith("0blue")


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        ("li t0, 0x80031000\nlw t1, 0(t0)", "load access fault, address 0x80031000"),
        ("li t0, 0x80020000\nlw t1, 0(t0)", "load access fault, address 0x80020000"),
        ("li t0, 0x80038000\nlw t1, 0(t0)", "load access fault, address 0x80038000"),
        ("li t0, 0x10000000\nsb t1, 0(t0)", "store access fault, address 0x10000000"),
        ("li t0, 0x80034000\nlw t1, 0(t0)", "unknown trap, address 0x80034000"),
        ("li t0, 0x800350c0\nsw t1, 0(t0)", "unknown trap, address 0x800350c0"),
        ("li t0, SHARED\njr t0", "instruction access fault, address 0x80030000"),
        ("csrw satp, zero", "illegal instruction 0x18001073"),
    ],
)
def test_who_reaches_out_of_the_container_is_killed_and_the_others_go_on(
    instructions: str, message: str
) -> None:
    said, _ = run_containers(
        [
            f"_start:\n{instructions}\n{say('still alive')}{EXIT}",
            f"_start:\nwait_for 1\n{say('on')}{EXIT}",
        ],
        [f"_start:\n{say('on')}{EXIT}"],
    )
    killed, on = said["red"].splitlines()
    assert killed.startswith(f"tinyos: a (1) killed: {message}")
    assert on == "on"
    assert said["blue"] == "on\n"


def test_each_container_has_a_shared_page_of_its_own() -> None:
    stores = f"_start:\nli t0, SHARED\nli t1, {{}}\nsw t1, 8(t0)\n{EXIT}"
    loads = f"_start:\nwait_for 1\nli t0, SHARED\nlw a0, 8(t0)\ncall print_number\n{say('')}{EXIT}"
    said, _ = run_containers([stores.format(11), loads], [stores.format(22), loads])
    assert said == {"red": "11\n", "blue": "22\n", **ENDED}
    said, _ = run_containers([stores.format(11)], [f"_start:\n{EXIT}", loads])
    assert said["blue"] == "0\n"


GROW = """
        li      s0, 0
1:
        system  SYS_GROW
        li      t0, -1
        beq     a0, t0, 2f
        lw      t0, 1020(a0)
        bnez    t0, 3f
        sw      a0, 0(a0)
        sw      a0, 1020(a0)
        addi    s0, s0, 1
        j       1b
3:
        li      s0, 99
2:
        mv      a0, s0
        call    print_number
        la      a0, 9f
        call    print
        .section .rodata
9:      .asciz  "\\n"
        .section .text
"""
STAY = "li a0, 3\nsystem SYS_SLEEP\n"


def test_the_processes_of_a_container_share_its_quota() -> None:
    said, _ = run_containers(
        [f"_start:\n{GROW}{STAY}{EXIT}"] * 2 + [f"_start:\nwait_for 1\nwait_for 2\n{GROW}{EXIT}"],
        [f"_start:\n{GROW}{EXIT}"],
    )
    assert said == {"red": "4\n0\n4\n", "blue": "2\n", **ENDED}


def test_a_process_that_ends_gives_its_memory_back_and_it_is_clean_for_the_next_one() -> None:
    waits = f"_start:\nwait_for 1\n{GROW}{EXIT}"
    said, _ = run_containers([waits] * 5, [waits] * 3)
    assert said == {"red": "4\n" * 5, "blue": "2\n" * 3, **ENDED}


def test_a_process_that_is_killed_gives_its_memory_back() -> None:
    said, _ = run_containers([f"_start:\n{GROW}ebreak\n", f"_start:\nwait_for 1\n{GROW}{EXIT}"], [])
    assert said["red"].startswith("4\ntinyos: a (1) killed: breakpoint")
    assert said["red"].endswith("\n4\n")


def test_quotas_may_promise_more_than_there_is() -> None:
    greedy = f"_start:\n{GROW}{STAY}{EXIT}"
    said, _ = run_containers([greedy] * 3, [greedy], "SLOT_COUNT = 16, RED_QUOTA = 7, BLUE_QUOTA = 4")
    assert said == {"red": "4\n3\n0\n", "blue": "1\n", **ENDED}


def test_nobody_gets_at_the_memory_of_another_process_even_of_the_same_container() -> None:
    said, _ = run_containers(
        [f"_start:\n{GROW}{STAY}{EXIT}", "_start:\nli t0, 0x80038000\nlw t0, 0(t0)\n"], []
    )
    assert "tinyos: b (2) killed: load access fault, address 0x80038000" in said["red"]


def test_who_waits_for_himself_in_a_ring_does_not_keep_the_other_container_from_its_work() -> None:
    ring = [f"_start:\nli a0, {other}\nsystem SYS_WAIT\n{EXIT}" for other in (2, 1)]
    said, run = run_containers(ring, [f"_start:\n{STAY}{say('done')}{EXIT}"])
    assert said == {"red": "", "blue": "done\n", **DEADLOCK}
    assert run.ending.code == 2
