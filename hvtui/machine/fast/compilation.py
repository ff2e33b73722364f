"""From IR text to machine code in this process, by llvmlite."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

from hvtui.machine.fast import program
from hvtui.machine.fast.layout import Cpu


class UnavailableError(Exception):
    """Machine code cannot be made or run here; the message says why, in one line."""


@dataclass(frozen=True)
class Native:
    """The native functions. `keep` holds on to what they live in."""

    enter: Any
    flush: Any
    drop_code: Any
    forget_code: Any
    keep: object


_SIGNATURES = {"enter": 0, "flush": 0, "drop_code": 1, "forget_code": 0}
_PASSES = ("sroa", "early_cse", "instruction_combine", "simplify_cfg", "gvn", "dead_code")


@cache
def native() -> Native:
    """Return the native code, made once for each process. Raises UnavailableError."""
    try:
        import llvmlite.binding as llvm
    except ImportError as error:
        raise UnavailableError(f"llvmlite is not installed ({error})") from error
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    machine = target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )
    module = llvm.parse_assembly(program.ir_text())
    module.verify()
    _optimize(llvm, module, machine)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    functions = {}
    for name, arguments in _SIGNATURES.items():
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int64, ctypes.POINTER(Cpu), *[ctypes.c_int64] * arguments
        )
        functions[name] = kind(engine.get_function_address(name))
    return Native(**functions, keep=engine)


def _optimize(llvm: Any, module: Any, machine: Any) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    builder = llvm.create_pass_builder(machine, options)
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.add_new_gvn_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
