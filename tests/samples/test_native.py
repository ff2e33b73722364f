"""The first lesson's machine, on our own computer, on every generation of its CPU."""

import tomllib

import pytest

from tests.support.computers import SAMPLES, report_of, run_machine_file

NATIVE = SAMPLES / "01-native" / "machine.toml"


def test_prints_what_the_machine_file_expects() -> None:
    expect = tomllib.loads(NATIVE.read_text(encoding="utf-8"))["expect"]
    outcome = run_machine_file(NATIVE)
    assert outcome.console == expect["console"]
    assert outcome.exit_code == expect["exit"]


def test_hello_prints_a_line() -> None:
    outcome = run_machine_file(SAMPLES / "guests" / "hello.s")
    assert outcome.console == "Hello from the bare machine!\n"
    assert outcome.exit_code == 0


def test_shows_every_way_into_the_kernel_and_lets_every_program_run() -> None:
    report = report_of(NATIVE)
    traps = report["traps"]
    assert traps["store-access"] == 1  # rogue
    assert traps["illegal"] == 1  # spy
    assert traps["int-m-timer"] >= 2  # primes and spinner
    assert traps["ecall-u"] > 20
    components = report["components"]
    assert list(components) == [
        "tinyos", "greeter", "primes", "sleeper", "waker", "spinner", "rogue", "spy",
    ]  # fmt: skip
    assert all(component["instructions"] > 0 for component in components.values())


@pytest.mark.parametrize(
    ("cpu", "last_words"),
    [
        ("legacy", "spy: nothing happened, the CPU ignored it\n"),
        ("pentium", "spy: I can see the kernel's status\n"),
        ("vt", "spy: nothing happened, the CPU ignored it\n"),
        ("svm", "spy: nothing happened, the CPU ignored it\n"),
    ],
)
def test_on_other_cpus_only_spy_notices(cpu: str, last_words: str) -> None:
    """As long as the kernel is in ring 0, all generations serve it alike."""
    expected = run_machine_file(NATIVE).console
    common, killed, _ = expected.partition("tinyos: spy (7) killed")
    assert killed
    assert run_machine_file(NATIVE, "--cpu", cpu).console == (
        common
        + last_words
        + "tinyos: spy ended with code 0x00000001\n"
        + "tinyos: all programs have ended, good night\n"
    )
