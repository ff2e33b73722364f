"""What the disassembler shows for an instruction, checked by hand, by GNU objdump and by Capstone."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asm.disassembly.disassembler import disassemble, label_finder, value_of_pair
from asm.isa.csrs import CSRS, CSRS_BY_NAME
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from asm.isa.encoding import Field
from asm.isa.instruction import Instruction
from asm.isa.rows import INSTRUCTIONS
from asm.program import Program, Segment, Symbol

PC = 0x80000000


@pytest.mark.parametrize(
    ("word", "text", "without_aliases"),
    [
        (0x00008067, "ret", "jalr zero, 0(ra)"),
        (0x00050067, "jr a0", "jalr zero, 0(a0)"),
        (0x00450067, "jr 4(a0)", "jalr zero, 4(a0)"),
        (0x000500E7, "jalr a0", "jalr ra, 0(a0)"),
        (0xFFC500E7, "jalr -4(a0)", "jalr ra, -4(a0)"),
        (0x000502E7, "jalr t0, a0", "jalr t0, 0(a0)"),
        (0x00000013, "nop", "addi zero, zero, 0"),
        (0xFFF00513, "li a0, -1", "addi a0, zero, -1"),
        (0x00058513, "mv a0, a1", "addi a0, a1, 0"),
        (0xFF010113, "addi sp, sp, -16", "addi sp, sp, -16"),
        (0x0FF57513, "zext.b a0, a0", "andi a0, a0, 255"),
        (0xFFF54513, "not a0, a0", "xori a0, a0, -1"),
        (0x40B00533, "neg a0, a1", "sub a0, zero, a1"),
        (0x0015B513, "seqz a0, a1", "sltiu a0, a1, 1"),
        (0x00B03533, "snez a0, a1", "sltu a0, zero, a1"),
        (0x0005A533, "sltz a0, a1", "slt a0, a1, zero"),
        (0x00B02533, "sgtz a0, a1", "slt a0, zero, a1"),
        (0x12345537, "lui a0, 0x12345", "lui a0, 0x12345"),
        (0xFFFFF517, "auipc a0, 0xfffff", "auipc a0, 0xfffff"),
        (0x00812503, "lw a0, 8(sp)", "lw a0, 8(sp)"),
        (0xFEA12E23, "sw a0, -4(sp)", "sw a0, -4(sp)"),
        (0x0000006F, "j 0x80000000", "jal zero, 0x80000000"),
        (0x008000EF, "jal 0x80000008", "jal ra, 0x80000008"),
        (0xFE050EE3, "beqz a0, 0x7ffffffc", "beq a0, zero, 0x7ffffffc"),
        (0x00A05463, "blez a0, 0x80000008", "bge zero, a0, 0x80000008"),
        (0x00B50463, "beq a0, a1, 0x80000008", "beq a0, a1, 0x80000008"),
        (0x30002573, "csrr a0, mstatus", "csrrs a0, mstatus, zero"),
        (0x30051073, "csrw mstatus, a0", "csrrw zero, mstatus, a0"),
        (0x30046073, "csrsi mstatus, 8", "csrrsi zero, mstatus, 8"),
        (0x7C051073, "csrw mtrapmap, a0", "csrrw zero, mtrapmap, a0"),
        (0x80051573, "csrrw a0, 0x800, a0", "csrrw a0, 0x800, a0"),
        (0xC0102573, "rdtime a0", "csrrs a0, time, zero"),
        (0xC8202573, "rdinstreth a0", "csrrs a0, instreth, zero"),
        (0xC0001073, "unimp", "csrrw zero, cycle, zero"),
        (0x0FF0000F, "fence", "fence iorw, iorw"),
        (0x0310000F, "fence rw, w", "fence rw, w"),
        (0x0100000F, "pause", "fence w, 0"),
        (0x8330000F, "fence.tso", "fence.tso"),
        (0x0000100F, "fence.i", "fence.i"),
        (0x12000073, "sfence.vma", "sfence.vma zero, zero"),
        (0x12050073, "sfence.vma a0", "sfence.vma a0, zero"),
        (0x12B50073, "sfence.vma a0, a1", "sfence.vma a0, a1"),
        (0x1005252F, "lr.w a0, (a0)", "lr.w a0, (a0)"),
        (0x1EB5252F, "sc.w.aqrl a0, a1, (a0)", "sc.w.aqrl a0, a1, (a0)"),
        (0x04B5252F, "amoadd.w.aq a0, a1, (a0)", "amoadd.w.aq a0, a1, (a0)"),
        (0x0AB5252F, "amoswap.w.rl a0, a1, (a0)", "amoswap.w.rl a0, a1, (a0)"),
        (0x30200073, "mret", "mret"),
        (0x00000000, ".word 0x00000000", ".word 0x00000000"),
        (0xFFFFFFFF, ".word 0xffffffff", ".word 0xffffffff"),
    ],
)
def test_an_instruction_reads_as_objdump_writes_it(word: int, text: str, without_aliases: str) -> None:
    assert str(disassemble(word, PC)) == text
    assert str(disassemble(word, PC, aliases=False)) == without_aliases


def test_a_branch_shows_its_target_and_the_label_there() -> None:
    labels = {0x80000008: "loop"}
    shown = disassemble(0x00B50463, PC, labels.get)
    assert str(shown) == "beq a0, a1, 0x80000008 <loop>"
    assert shown.target == 0x80000008
    assert shown.name == "beq"


def test_a_branch_over_the_end_of_the_addresses_wraps() -> None:
    assert disassemble(0xFE050EE3, 0).target == 0xFFFFFFFC


def test_labels_come_from_the_program_with_the_distance() -> None:
    text = Segment(".text", PC, bytes(16), 16)
    program = Program("p", PC, (text,), {"start": Symbol("start", PC, ".text")})
    label = label_finder(program)
    assert label(PC) == "start"
    assert label(PC + 8) == "start+0x8"
    assert label(PC + 16) is None


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (0x00001117, 0x5F810113, 0x800015F8),  # auipc sp, 1; addi sp, sp, 1528
        (0x00000097, 0xFFC080E7, 0x7FFFFFFC),  # auipc ra, 0; jalr -4(ra)
        (0x12345537, 0x67850513, 0x12345678),  # lui a0, 0x12345; addi a0, a0, 0x678
        (0x12345537, 0xFEB52E23, 0x12344FFC),  # lui a0, 0x12345; sw a1, -4(a0)
        (0x12345537, 0x67858513, None),  # another register
        (0x12345537, 0x67857513, None),  # andi adds nothing
        (0x12345037, 0x00000013, None),  # lui zero, 0x12345 makes nothing
        (0x00000013, 0x5F810113, None),
        (0xFFFFFFFF, 0xFFFFFFFF, None),
    ],
)
def test_two_instructions_make_an_address(first: int, second: int, value: int | None) -> None:
    assert value_of_pair(first, second, PC + 4) == value


def test_bits_that_have_no_notation_are_known_to_have_none() -> None:
    assert not disassemble(0x8FF0000F, PC).exact  # fence with a reserved fm
    assert not disassemble(0x0010100F, PC).exact  # fence.i with its unused immediate
    assert not disassemble(0x0200000F, PC).exact  # fence r, 0: a kind without a letter
    assert disassemble(0x0100000F, PC).exact  # the same with w is pause
    assert not disassemble(0x0100000F, PC, aliases=False).exact
    assert disassemble(0x0FF0000F, PC).exact


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_every_word_at_every_address_has_a_text(word: int, pc: int) -> None:
    shown = disassemble(word, pc)
    assert shown.name
    assert (shown.row is None) == (shown.name == ".word")


# -- against others ---------------------------------------------------------------------------

KNOWN_CSRS = [row.number for row in CSRS]


def values_of(field: Field, choose: random.Random) -> int:
    if field.name == "csr":
        return choose.choice(KNOWN_CSRS)
    if field.name in ("pred", "succ"):
        return choose.randint(1, 15)
    edges = [0, field.alignment, field.minimum, field.maximum]
    steps = (field.maximum - field.minimum) // field.alignment
    return choose.choice([*edges, field.minimum + choose.randint(0, steps) * field.alignment])


def words_of(row: Instruction, count: int) -> list[int]:
    """Words of the instruction with edge values and random ones; reserved fields are zero."""
    choose = random.Random(row.name)
    named = {*re.findall(r"\w+", row.operands), "aq", "rl"}
    fields = row.encoding.fields.items()
    return [
        row.encoding.encode(
            {name: values_of(field, choose) if name in named else 0 for name, field in fields}
        )
        for _ in range(count)
    ]


def numbers(text: str, pc: int) -> list[int | str]:
    """Split an instruction's text: numbers in any base modulo 2^32, CSRs as numbers, words."""
    text = re.sub(r"\s*[#<].*", "", text.strip())
    parts = [part for part in re.split(r"[\s,()]+", text) if part]
    found: list[int | str] = []
    for part in parts:
        if part in CSRS_BY_NAME and len(found):
            found.append(CSRS_BY_NAME[part].number)
        elif re.fullmatch(r"-?(0x[0-9a-f]+|\d+)", part):
            found.append((int(part, 0) + pc) % (1 << 32))
        else:
            found.append(part)
    return found


def as_gnu_names(shown: list[int | str]) -> list[int | str]:
    """Leave out the final `i` of immediate forms: objdump writes `addi` as `add`."""
    name = str(shown[0])
    immediate = name in INSTRUCTIONS_BY_NAME or name.startswith("csr")
    return [name.removesuffix("i") if immediate else name, *shown[1:]]


def test_objdump_reads_every_instruction_the_same(tmp_path: Path) -> None:
    objdump = shutil.which("riscv64-unknown-elf-objdump")
    if objdump is None:
        pytest.skip("GNU binutils for RISC-V (objdump) are not installed")
    words = [word for row in INSTRUCTIONS for word in words_of(row, 40)]
    raw = tmp_path / "words.bin"
    raw.write_bytes(b"".join(word.to_bytes(4, "little") for word in words))
    options = ["-D", "-b", "binary", "-m", "riscv:rv32", f"--adjust-vma={PC:#x}"]
    done = subprocess.run(
        [objdump, *options, str(raw)], capture_output=True, text=True, check=True, timeout=60
    )
    rows = re.findall(r"^\s*([0-9a-f]+):\t([0-9a-f]{8})\s+(.*)$", done.stdout, re.MULTILINE)
    assert len(rows) == len(words)
    custom = {row.number for row in CSRS if row.only_on}
    for address, bits, text in rows:
        word, pc = int(bits, 16), int(address, 16)
        ours = disassemble(word, pc)
        if ours.row is not None and ours.row.encoding.decode(word).get("csr") in custom:
            continue  # objdump does not know the CSRs of Xtrapmap
        assert as_gnu_names(numbers(str(ours), 0)) == as_gnu_names(numbers(text, 0)), bits


# Capstone 5 calls pmpaddr13 and pmpaddr14 by each other's name.
SWAPPED_BY_CAPSTONE: dict[int | str, int] = {0x3BD: 0x3BE, 0x3BE: 0x3BD}


def as_capstone_writes(word: int) -> list[list[int | str]]:
    """The forms in which Capstone may show an instruction at address 0."""
    shown = disassemble(word, 0)
    forms = [numbers(str(disassemble(word, 0, aliases=aliases)), 0) for aliases in (True, False)]
    if shown.name == "li":
        forms.append(["mv", forms[0][1], "zero"])
    if shown.row is not None and shown.row.name == "jalr":
        _, rd, offset, base = forms[1]
        forms.append(["jalr", rd, base, offset])
    return [
        [
            SWAPPED_BY_CAPSTONE.get(part, part) if at == csr_at(form) else part
            for at, part in enumerate(form)
        ]
        for form in forms
    ]


def csr_at(form: list[int | str]) -> int:
    """The place of the CSR among the parts of an instruction; 0 if it has none."""
    name = str(form[0])
    return 0 if not name.startswith("csr") else 2 if name.startswith("csrr") else 1


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_capstone_reads_every_instruction_the_same(row: Instruction) -> None:
    capstone = pytest.importorskip("capstone", reason="Capstone is not installed")
    engine = capstone.Cs(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32)
    for word in words_of(row, 60):
        decoded = next(engine.disasm(word.to_bytes(4, "little"), 0), None)
        assert decoded is not None, f"{word:#010x}"
        theirs = numbers(f"{decoded.mnemonic} {decoded.op_str}", 0)
        assert theirs in as_capstone_writes(word), f"{word:#010x}"
