"""Directives that say something to a person or a tool: ``.error``, ``.option``, debugging hints."""

from __future__ import annotations

from collections.abc import Mapping

from asm.assembler.directives.arguments import Handler, check_count, text_of
from asm.assembler.source import Statement
from asm.assembler.syntax import Parsed
from asm.assembler.unit import SourceError, Unit

# What other tools want to know: accepted, and not looked at.
IGNORED = frozenset(
    {
        ".attribute", ".file", ".ident", ".loc", ".addrsig", ".addrsig_sym", ".hidden", ".internal",
        ".protected", ".version", ".title", ".sbttl", ".list", ".nolist", ".print", ".warning",
        ".line", ".psize", ".eject", ".variant_cc",
        *(
            f".cfi_{name}"
            for name in (
                "startproc", "endproc", "sections", "personality", "lsda", "def_cfa",
                "def_cfa_register", "def_cfa_offset", "adjust_cfa_offset", "offset", "rel_offset",
                "register", "restore", "undefined", "same_value", "remember_state",
                "restore_state", "return_column", "signal_frame", "window_save", "escape",
                "val_encoded_addr", "inline_lsda",
            )
        ),
    }
)  # fmt: skip

_OPTIONS = frozenset(
    {"push", "pop", "norvc", "relax", "norelax", "pic", "nopic", "arch", "csr-check", "no-csr-check"}
)


def _error(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 0, 1, '.error "text"')
    text = ".error in the source"
    if parsed.operands:
        text = text_of(parsed.operands[0], '.error "text"')
    raise SourceError(text, parsed.start, parsed.end)


def _fail(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    raise SourceError(".fail in the source", parsed.start, parsed.end)


def _option(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = ".option push, pop, norvc, relax, norelax, nopic or arch"
    if not parsed.operands:
        raise SourceError(".option needs a name", parsed.start, parsed.end, form)
    operand = parsed.operands[0]
    text = statement.text[operand.start : operand.end].strip()
    if text == "rvc":
        raise SourceError(
            "this machine has no compressed instructions", operand.start, operand.end,
            ".option norvc",
        )  # fmt: skip
    if text == "pic":
        raise SourceError(
            "position-independent code by way of a global offset table is not supported",
            operand.start, operand.end, ".option nopic: la and call are relative to the pc",
        )  # fmt: skip
    if text not in _OPTIONS:
        raise SourceError(
            f'there is no option "{text}"', operand.start, operand.end, form,
            unit.diagnostics.suggest(text, "option", _OPTIONS),
        )  # fmt: skip


# Directives that other machines' sources have; what follows them is not even parsed.
UNSUPPORTED: Mapping[str, tuple[str, str]] = {
    ".altmacro": ("the alternate macro syntax is not supported", r"\name, \@ and \() in a macro"),
    ".noaltmacro": ("the alternate macro syntax is not supported", r"\name, \@ and \()"),
    **dict.fromkeys(
        (".float", ".single", ".double", ".float16", ".dc.s", ".dc.d"),
        ("this machine has no floating point", ".word with the bits of the number"),
    ),
    **dict.fromkeys((".octa", ".bigint"), ("numbers of this size are not supported", ".quad, twice")),
}

DIRECTIVES: Mapping[str, Handler] = {
    ".error": _error,
    ".err": _error,
    ".fail": _fail,
    ".option": _option,
}
