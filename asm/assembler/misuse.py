"""What to tell a person whose instruction is wrong: the operand to blame and what belongs there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from asm.assembler.expression import Expression
from asm.assembler.forms import FORMS, Form, Kind, Slot
from asm.assembler.matching import choose, fits
from asm.assembler.source import Statement
from asm.assembler.syntax import Memory, Operand, Parsed, Skipped
from asm.assembler.unit import ConsequenceError, SourceError, Unit
from asm.isa.registers import REGISTER_NUMBERS

_RV64 = frozenset(
    {
        "ld", "sd", "lwu", "addiw", "addw", "subw", "slliw", "srliw", "sraiw", "sllw", "srlw",
        "sraw", "mulw", "divw", "divuw", "remw", "remuw", "negw", "sext.w",
    }
)  # fmt: skip
# Mnemonics of other machines, and what does the same here.
_ELSEWHERE: Mapping[str, str] = {
    "mov": "mv for a register, li for a number",
    "movi": "li",
    "lea": "la",
    "adr": "la",
    "ldr": "lw",
    "ldrb": "lbu",
    "str": "sw",
    "strb": "sb",
    "subi": "addi, with the number negated",
    "addu": "add",
    "addiu": "addi",
    "subu": "sub",
    "inc": "addi rd, rd, 1",
    "dec": "addi rd, rd, -1",
    "shl": "sll",
    "shr": "srl",
    "sar": "sra",
    "cmp": "a branch that compares: beq, bne, blt, bge",
    "jmp": "j",
    "b": "j",
    "br": "j",
    "je": "beq",
    "jne": "bne",
    "bl": "call",
    "bx": "jr",
    "push": "addi sp, sp, -4 and sw rs, 0(sp)",
    "pop": "lw rd, 0(sp) and addi sp, sp, 4",
    "syscall": "ecall",
    "svc": "ecall",
    "swi": "ecall",
    "int": "ecall",
    "int3": "ebreak",
    "bkpt": "ebreak",
    "hlt": "wfi",
    "halt": "wfi",
    "iret": "mret",
    "eret": "mret",
    "leave": "ret",
    "cli": "csrci mstatus, 8",
    "sti": "csrsi mstatus, 8",
}

_FLOATING = re.compile(
    r"f(add|sub|mul|div|sqrt|l[wd]|s[wd]|mv|cvt|eq|lt|le|sgnj|min|max|class|n?madd|n?msub)\b"
)
_MAX_FORMS_SHOWN = 4


def expected_forms(forms: Iterable[Form]) -> str:
    """Return operand forms in words, with an example."""
    shown = list({form.text: form for form in forms}.values())[:_MAX_FORMS_SHOWN]
    texts = "  or  ".join(form.text for form in shown)
    return f"{texts}   e.g. {shown[0].example}" if shown[0].slots else f"{texts}, without operands"


def forms_of(word: str) -> str:
    """Return what the mnemonic `word` takes, in words; empty if there is no such mnemonic."""
    forms = FORMS.get(word.lower())
    return expected_forms(forms) if forms else ""


def unknown_mnemonic(unit: Unit, word: str, start: int, end: int, has_operands: bool) -> SourceError:
    """Return the mistake of a word that is no instruction, directive or macro."""
    message = f'there is no instruction "{word}"'
    expected = suggestion = ""
    if word in _ELSEWHERE:
        suggestion = _ELSEWHERE[word]
    elif word in _RV64:
        message = f'"{word}" is an instruction of RV64; this machine is RV32'
    elif word.startswith("c.") and word[2:] in FORMS:
        message = f'"{word}" is a compressed instruction; this machine has none'
        suggestion = word[2:]
    elif _FLOATING.match(word):
        message = f'"{word}" is a floating-point instruction; this machine has none'
    else:
        suggestion = unit.diagnostics.suggest(word, "mnemonic", [*FORMS, *unit.macro_names])
        if unit.is_incomplete and not suggestion:
            return ConsequenceError(message, start, end)
        if not suggestion and not has_operands:
            expected = f"an instruction; or, for a label, a colon after it: {word}:"
    return SourceError(message, start, end, expected, suggestion)


def explain_operands(
    unit: Unit, statement: Statement, parsed: Parsed, forms: Sequence[Form]
) -> SourceError:
    """Return the mistake of operands that fit none of the mnemonic's forms."""
    operands = parsed.operands
    same_count = [form for form in forms if len(form.slots) == len(operands)]
    if not same_count:
        return _wrong_count(parsed, forms)

    def fitting(form: Form) -> int:
        flags = [fits(slot, item) for slot, item in zip(form.slots, operands, strict=True)]
        return flags.index(False)

    best = max(same_count, key=fitting)
    index = fitting(best)
    at_fault = [form for form in same_count if fitting(form) == index]
    slot, operand = best.slots[index], operands[index]
    text = statement.text[operand.start : operand.end]
    return SourceError(
        _fault(text, at_fault, index, operand),
        operand.start,
        operand.end,
        expected_forms([*same_count, *forms]),
        _suggestion(unit, parsed, slot, operand),
    )


def _wrong_count(parsed: Parsed, forms: Sequence[Form]) -> SourceError:
    given = len(parsed.operands)
    counts = sorted({len(form.slots) for form in forms})
    if given < counts[0] or given < counts[-1]:
        wrong, start, end = "too few", parsed.start, parsed.end
    else:
        surplus = parsed.operands[counts[-1]]
        wrong, start, end = "too many", surplus.start, parsed.operands[-1].end
    needed = " or ".join(map(str, counts))
    return SourceError(
        f'{wrong} operands for "{parsed.word}": {given} given, {needed} needed',
        start,
        end,
        expected_forms(forms),
    )


def _fault(text: str, forms: Sequence[Form], index: int, operand: Operand) -> str:
    if isinstance(operand, Skipped):
        return "an operand is left out here"
    kinds = dict.fromkeys(form.slots[index].kind.words for form in forms)
    wanted = " or ".join(kinds)
    if isinstance(operand, Expression) and operand.name in REGISTER_NUMBERS:
        if operand.grouped:
            return f'"{text}" is an address in memory; {wanted} is needed here'
        return f'"{text}" is a register; {wanted} is needed here'
    if isinstance(operand, Memory) and operand.base.name not in REGISTER_NUMBERS:
        return f'"{text}" has no register in its parentheses'
    if list(kinds) == [Kind.REGISTER.words] and isinstance(operand, Expression) and operand.name:
        return f'"{text}" is not a register'
    return f'"{text}" cannot stand here; {wanted} is needed'


def _suggestion(unit: Unit, parsed: Parsed, slot: Slot, operand: Operand) -> str:
    if parsed.word == "sub" and slot.name == "rs2" and isinstance(operand, Expression):
        return _ELSEWHERE["subi"]
    wanted = operand
    if isinstance(operand, Memory) and operand.base.name not in REGISTER_NUMBERS:
        wanted = operand.base
    elif slot.kind is not Kind.REGISTER:
        return _same_operands(parsed)
    if isinstance(wanted, Expression) and wanted.name:
        near = unit.diagnostics.suggest(wanted.name, "register", REGISTER_NUMBERS)
        if near or not unit.symbols.has(wanted.name):
            return near
    return _same_operands(parsed)


_KIN: Mapping[str, tuple[str, ...]] = {
    "mv": ("li",),
    "move": ("li",),
    "csrr": ("csrw",),
    "csrw": ("csrr",),
    "j": ("jr",),
    "jal": ("jalr",),
    "jr": ("j",),
    "call": ("jalr",),
}


def _same_operands(parsed: Parsed) -> str:
    """Return a mnemonic beside this one that takes these operands: add for addi, addi for add."""
    word = parsed.word
    for other in (word + "i", word.removesuffix("i"), *_KIN.get(word, ())):
        if other != word and other in FORMS and choose(FORMS[other], parsed.operands):
            return other
    return ""
