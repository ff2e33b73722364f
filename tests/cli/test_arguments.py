"""What the command line says of a machine reaches another process as it was said."""

import argparse
from pathlib import Path

import pytest

from hvtui.cli.arguments import add_machine_arguments, overrides_of, words_of

HERE = Path(__file__).parent


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_machine_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--cpu", "vt", "--ram", "32M"],
        ["--engine", "reference"],
        ["--engine", "fast", "--at", "0x80001000"],
        ["-I", str(HERE), "-D", "VMS=2", "-D", "NESTED", "--dtb", str(HERE / "board.dtb")],
    ],
)
def test_the_words_for_another_process_say_the_same(words: list[str]) -> None:
    path = Path(__file__)
    said = parsed([str(path), *words])
    command, *again = words_of(said)
    assert command == "debug"
    assert overrides_of(parsed(again)) == overrides_of(said)
    assert parsed(again).path == path
