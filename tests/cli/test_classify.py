"""``hvtui classify``, as a person calls it."""

from __future__ import annotations

import json

import pytest

from hvtui.cli import main


def test_it_says_what_the_theorems_say_and_proves_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--cpu", "legacy"]) == 0
    told = capsys.readouterr().out
    assert "✗ theorem 1, guest's kernel in ring 1" in told
    assert "✓ theorem 3: a hybrid hypervisor can" in told
    assert "it does something else in another mode" in told
    assert "ignored" in told


def test_bits_of_the_bitmap_close_holes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--cpu", "vt"]) == 0
    told = capsys.readouterr().out
    assert "0x000fffff, 20 bits, all but sfence" in told
    assert "shadow page tables" in told
    every = "rdstatus,wrstatus,rdtvec,wrtvec,rdtrap,wrtrap,rdint,wrint,rdvm,wrvm,rdcount,wrcount,rdid"
    every += ",rdtrapmap,wrtrapmap,rdsup,wrsup,mret,sret,wfi"
    assert main(["classify", "--cpu", "vt", "--trap", every]) == 0
    told = capsys.readouterr().out
    assert "✗" not in told
    assert told.count("✓ theorem 1") == 2


def test_each_class_with_holes_has_a_witness_if_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--cpu", "pentium"]) == 0
    short = capsys.readouterr().out
    assert main(["classify", "--cpu", "pentium", "--witnesses"]) == 0
    told = capsys.readouterr().out
    assert "--witnesses shows one of each" in short
    assert "--witnesses" not in told
    assert "    mret: it does something else in another mode" in told
    assert "    mret: " not in short
    # Ten classes for a kernel in ring 1, seven in ring 3, and four that programs meet themselves.
    assert sum(line.startswith("    ") and line[4] != " " for line in told.splitlines()) == 21


def test_json_tells_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--cpu", "pentium", "--json"]) == 0
    (verdict,) = json.loads(capsys.readouterr().out)
    assert verdict["cpu"] == "pentium"
    assert verdict["theorem1"] == {"1": False, "3": False}
    (mepc,) = (known for known in verdict["instructions"] if known["text"] == "csrr a0, mepc")
    assert mepc["classes"] == ["rdtrap"]
    assert mepc["rings"]["3"]["effects"] == ["leaks"]
    assert mepc["rings"]["3"]["witnesses"][0]["kind"] == "host"


def test_a_bit_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["classify", "--trap", "mrt"])
    assert "did you mean mret?" in capsys.readouterr().err


def test_bits_for_a_cpu_without_a_bitmap_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--cpu", "classic", "--trap", "mret"]) == 2
    told = capsys.readouterr().err
    assert told == "--trap: error: classic has no trap bitmap\n    name vt or svm\n"
