"""From IR text to machine code in this process: by llvmlite, or from the cache if it is there.

On Linux with an x86-64 processor the cache holds code that needs no linker (`flat`), and llvmlite is
not even loaded; elsewhere it holds an object file, which llvmlite links.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import importlib.util
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hvtui.machine.engines import UnavailableError
from hvtui.machine.fast import cache as disk
from hvtui.machine.fast import flat, program
from hvtui.machine.fast.block_lowering import BLOCK
from hvtui.machine.fast.layout import Cpu

# What native code offers to Python, with the number of arguments besides the structure.
_SIGNATURES = {"enter": 0, "flush": 0, "drop_code": 1, "forget_code": 0, "take_pmp": 0}

_PROCESSOR_FILE = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Native:
    """The native functions. `keep` holds on to what they live in."""

    enter: Any
    flush: Any
    drop_code: Any
    forget_code: Any
    take_pmp: Any
    keep: object
    # Where all handlers and functions lie, by name, and the other way round.
    addresses: Mapping[str, int]
    names: Mapping[int, str]


@dataclass(frozen=True)
class CompiledBlock:
    """Where the function of a block lies, for as long as `keep` is held."""

    address: int
    keep: object


@cache
def native() -> Native:
    """Return the native code, made once for each process. Raises UnavailableError."""
    try:
        return _flat() or _linked()
    except ImportError as error:
        raise UnavailableError(f"llvmlite cannot be loaded ({error})") from error
    except (RuntimeError, OSError, AssertionError) as error:
        raise UnavailableError(f"machine code cannot run here ({error})") from error


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr((program.fingerprint(), *parts)).encode()).hexdigest()


def _functions(addresses: Mapping[str, int], keep: object) -> Native:
    functions = {}
    for name, arguments in _SIGNATURES.items():
        more = [ctypes.c_int64] * arguments
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.POINTER(Cpu), *more)
        functions[name] = kind(addresses[name])
    names = {address: name for name, address in addresses.items()}
    return Native(**functions, keep=keep, addresses=addresses, names=names)


# Without a linker.


def _flat() -> Native | None:
    """Return the code as `flat` loads it, None where that is not possible."""
    processor = _processor()
    if processor is None:
        return None
    name = _digest("flat", _version(), processor)
    kept = disk.load(name)
    try:
        code = flat.Flat.unpack(kept) if kept is not None else None
    except ValueError:
        code = None
    if code is None or set(code.entries) != set(program.visible()):
        llvm = _llvm()
        try:
            code = flat.flatten(_compile(llvm, _target(llvm, jit=False)), program.visible())
        except flat.NotFlatError:
            return None
        disk.keep(name, code.packed())
    memory, addresses = flat.place(code)
    return _functions(addresses, memory)


def _version() -> bytes:
    """Return what llvmlite says of its version, without loading it."""
    spec = importlib.util.find_spec("llvmlite")
    if spec is None or spec.origin is None:
        raise UnavailableError("the package llvmlite is not installed")
    return Path(spec.origin).with_name("_version.py").read_bytes()


def _processor() -> str | None:
    """Return what tells this processor from one that may lack some of its instructions; or None."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return None
    try:
        lines = _PROCESSOR_FILE.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return None
    told = ("vendor_id", "cpu family", "model", "flags")
    return "\n".join(line for line in lines.split("\n") if line.split("\t")[0].strip() in told)


# With llvmlite.


def _llvm() -> Any:
    llvm = importlib.import_module("llvmlite.binding")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


def _target(llvm: Any, *, jit: bool) -> Any:
    models = {} if jit else {"reloc": "pic", "codemodel": "small"}
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=jit,
        **models,
    )


def _linked() -> Native:
    """Return the code as llvmlite links it."""
    llvm = _llvm()
    llvm.check_jit_execution()
    machine = _target(llvm, jit=True)
    host = (llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    name = _digest("object", _version(), host)
    code = disk.load(name)
    if code is None:
        code = _compile(llvm, machine)
        disk.keep(name, code)
    engine = _link(llvm, machine, code)
    return _functions({name: engine.get_function_address(name) for name in program.visible()}, engine)


@cache
def _target_of_blocks(llvm: Any) -> Any:
    return _target(llvm, jit=_processor() is None)


def _link(llvm: Any, machine: Any, code: bytes) -> Any:
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _compile(llvm: Any, machine: Any) -> bytes:
    code: bytes = machine.emit_object(_optimized(llvm, machine, program.ir_text()))
    return code


def compile_block(text: str, go_on: Callable[[], None]) -> CompiledBlock:
    """Return the code of a module with a block.

    Raises what llvmlite raises where that cannot be, and what `go_on` raises, which is called now and
    then.
    """
    llvm = _llvm()
    go_on()
    machine = _target_of_blocks(llvm)
    # What LLVM keeps of a module outlives that, but not its context.
    with llvm.create_context() as context, _optimized(llvm, machine, text, context) as module:
        go_on()
        code = machine.emit_object(module)
    if _processor() is not None:
        try:
            memory, addresses = flat.place(flat.flatten(code, (BLOCK,)))
        except flat.NotFlatError:
            pass
        else:
            return CompiledBlock(addresses[BLOCK], memory)
    engine = _link(llvm, _target(llvm, jit=True), code)
    return CompiledBlock(engine.get_function_address(BLOCK), engine)


def _optimized(llvm: Any, machine: Any, text: str, context: Any = None) -> Any:
    module = llvm.parse_assembly(text, context)
    module.verify()
    _passes(llvm).run(module, _pass_builder(llvm, machine))
    return module


# These are made once: every new one keeps some memory for ever.
@cache
def _pass_builder(llvm: Any, machine: Any) -> Any:
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    return llvm.create_pass_builder(machine, options)


@cache
def _passes(llvm: Any) -> Any:
    # What comes before code generation can be short: the text is nearly as it should be.
    passes = llvm.create_new_module_pass_manager()
    for add in (
        passes.add_always_inliner_pass,
        passes.add_sroa_pass,
        passes.add_instruction_combine_pass,
        passes.add_simplify_cfg_pass,
        passes.add_new_gvn_pass,
        passes.add_dead_store_elimination_pass,
        passes.add_instruction_combine_pass,
        passes.add_simplify_cfg_pass,
    ):
        add()
    return passes
