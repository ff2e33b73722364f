"""What a machine file may say: its tables and keys, and the words for what it says wrongly.

The models hold what a file says after its form has been checked. Whether the files it names exist
and its addresses fit the machine is `loading`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from asm.diagnostics import nearest
from asm.isa.width import MASK
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.memory import DEFAULT_RAM_SIZE
from hvtui.machinefile.document import Document
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.expect_table import ExpectTable
from hvtui.machinefile.expectation import Expectation
from hvtui.machinefile.fields import FieldError, FileName, Name, Table, check_text, describe_value
from hvtui.machinefile.sizes import SizeError, parse_ram_size
from hvtui.machinefile.toml_lines import KeyPath

IMAGE_KEYS = ("source", "elf", "binary")

T = TypeVar("T", bound=BaseModel)

_SYMBOL = re.compile(r"[A-Za-z_.$][A-Za-z0-9_.$]*", re.ASCII)
_MAX_COMPONENTS = 256


def check_cpu(name: str) -> str:
    """Return the name of a CPU generation. Raises FieldError, with all names, if it is none."""
    if name not in GENERATIONS:
        meant = nearest(name, GENERATIONS)
        raise FieldError(
            f"there is no CPU {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
            f"give one of {', '.join(GENERATIONS)}",
        )
    return name


def _check_ram(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise FieldError(f"expected a size, not {describe_value(value)}", 'write it as ram = "16M"')
    try:
        return parse_ram_size(value)
    except SizeError as error:
        raise FieldError(error.message, error.remedy) from error


def _check_believes(ring: int) -> int:
    if ring not in (0, 1, 3):
        raise FieldError(
            f"there is no ring {ring}", "give 0 (kernel mode), 1 (supervisor) or 3 (user programs)"
        )
    return ring


def _check_aligned(address: int) -> int:
    if address % 4:
        raise FieldError(f"{address:#x} is not on a word", "give a multiple of 4")
    return address


def _check_defines(values: dict[str, int]) -> dict[str, int]:
    for name, value in values.items():
        if not _SYMBOL.fullmatch(name):
            raise FieldError(f"{name!r} cannot be a symbol's name")
        if not -(MASK + 1) // 2 <= value <= MASK:
            raise FieldError(f"the value of {name!r} does not fit 32 bits")
    return values


Address = Annotated[int, Field(ge=0, le=MASK), AfterValidator(_check_aligned)]


class MachineTable(Table):
    """``[machine]``: the computer."""

    title: Annotated[str, AfterValidator(check_text)] = ""
    cpu: Annotated[str, AfterValidator(check_cpu)] = "classic"
    ram: Annotated[int, BeforeValidator(_check_ram)] = DEFAULT_RAM_SIZE
    timebase: Annotated[int, Field(ge=1, le=MASK)] = 1
    dtb: FileName | None = None
    lesson: FileName | None = None
    max_instructions: Annotated[int, Field(ge=1)] | None = None


Ring = Annotated[int, AfterValidator(_check_believes)]


class TranslatesTable(Table):
    """Code that a component makes of a guest's: symbols of its own, see `system.Translates`."""

    vm: Name
    cache: Name
    end: Name
    map: Name


class ComponentTable(Table):
    """``[[component]]``: a program in memory. The first is where the machine starts."""

    name: Name
    role: Literal["hypervisor", "kernel", "user", "host", "firmware"] = "kernel"
    vm: Name | None = None
    believes: Ring | None = None
    believes_in: dict[str, Ring] = Field(default_factory=dict, max_length=64)
    translates: TranslatesTable | None = None
    source: FileName | None = None
    elf: FileName | None = None
    binary: FileName | None = None
    at: Address | None = None
    linked: Address | None = None
    defines: Annotated[dict[str, int], AfterValidator(_check_defines)] = Field(default_factory=dict)
    include: list[FileName] = Field(default_factory=list, max_length=64)
    replace: dict[str, FileName] = Field(default_factory=dict, max_length=64)

    @property
    def image(self) -> tuple[str, str]:
        """The key that names the file, and the file."""
        return next((key, name) for key in IMAGE_KEYS if (name := getattr(self, key)) is not None)

    @model_validator(mode="after")
    def _check_image(self) -> ComponentTable:
        given = [key for key in IMAGE_KEYS if getattr(self, key) is not None]
        if len(given) != 1:
            found = "has " + " and ".join(given) if given else "names no file"
            raise FieldError(f"the component {found}", f"give exactly one of {', '.join(IMAGE_KEYS)}")
        if given != ["source"]:
            for key in ("defines", "include", "replace"):
                if getattr(self, key):
                    raise FieldError(f"{key!r} is for a component with 'source', not {given[0]!r}")
        return self


class MachineFile(Table):
    """A whole machine file."""

    machine: MachineTable = Field(default_factory=MachineTable)
    component: list[ComponentTable] = Field(min_length=1, max_length=_MAX_COMPONENTS)
    expect: ExpectTable = Field(default_factory=ExpectTable)


class ExpectFile(Table):
    """A file that only says what a run must show."""

    expect: ExpectTable = Field(default_factory=ExpectTable)


def check_document(document: Document) -> MachineFile:
    """Return what a document says. Raises BadInputError with every problem of form it has."""
    file = _validated(MachineFile, document)
    names: dict[str, int] = {}
    for index, component in enumerate(file.component):
        if component.name in names:
            first_use = document.problem(("component", names[component.name], "name"), "", "").line
            raise BadInputError(
                document.problem(
                    ("component", index, "name"),
                    component_key(document.data, index, "name"),
                    f"there is another component of this name, in line {first_use}",
                    "give each component its own name",
                )
            )
        names[component.name] = index
    return file


def check_expectation(document: Document) -> Expectation:
    """Return what `[expect]` of a document says, a machine file or one with that table alone.

    Raises BadInputError with every problem of form, and if there is no such table.
    """
    if {"machine", "component"} & document.data.keys():
        table = check_document(document).expect
    else:
        table = _validated(ExpectFile, document).expect
    if "expect" not in document.data:
        problem = document.problem(
            (), "", "this file has no [expect]", "say there what a run must show"
        )
        raise BadInputError(problem)
    return table.expectation(document)


def _validated(model: type[T], document: Document) -> T:
    try:
        return model.model_validate(dict(document.data))
    except ValidationError as error:
        # A union reports each of its members, so one place may turn up more than once.
        found = {str(problem): problem for problem in _problems(document, error)}
        first, *others = sorted(found.values(), key=lambda problem: problem.line)
        raise BadInputError(first, *others) from error


def component_key(data: Mapping[str, Any], index: int, key: str = "") -> str:
    """Return how a message calls a key of a component: ``component "guest", key 'at'``."""
    components = data.get("component")
    table = components[index] if isinstance(components, list) else components
    name = table.get("name") if isinstance(table, dict) else None
    called = f'component "{name}"' if isinstance(name, str) and name else f"component {index + 1}"
    return called + (f", key '{key}'" if key else "")


def _problems(document: Document, error: ValidationError) -> Iterable[Problem]:
    faults = error.errors(include_url=False)
    misspelled = {
        (*fault["loc"][:-1], _meant(fault["loc"]))
        for fault in faults
        if fault["type"] == "extra_forbidden"
    }
    for fault in faults:
        place: KeyPath = fault["loc"]
        is_missing = fault["type"] == "missing"
        if is_missing and place in misspelled:
            continue  # one mistake, told where it stands
        message, remedy = _words(fault, place)
        yield document.problem(
            place[:-1] if is_missing else place, _key(document, place), message, remedy
        )


def _key(document: Document, place: KeyPath) -> str:
    match place:
        case ("component", int(index)):
            return component_key(document.data, index)
        case ("component", int(index), *rest):
            return component_key(document.data, index, ".".join(map(str, rest)))
        case (str(table), *rest) if rest:
            # Of a table whose names are free, a wrong name is told as a place of its own.
            shown = rest[:-1] if rest[-1] == "[key]" else rest
            return f"[{table}], key '{'.'.join(map(str, shown))}'"
    return f"[{place[0]}]" if place else ""


_MODELS: Mapping[str, type[BaseModel]] = {
    "machine": MachineTable,
    "component": ComponentTable,
    "expect": ExpectTable,
}

# The kinds of pydantic's errors that are a wrong type, and what the file should have there.
_WANTED = {
    "string_type": ("a text", 'write texts in double quotes: "…"'),
    "int_type": ("a whole number", "write numbers without quotes: 16 or 0x80000000"),
    "dict_type": ("an inline table", "write it as { NAME = 1 }"),
    "list_type": ("an array", 'write it as ["…", "…"]'),
    "model_type": ("a table", ""),
}


def _words(fault: Mapping[str, Any], place: KeyPath) -> tuple[str, str]:
    """Return the message and the remedy for one of pydantic's errors."""
    context: Mapping[str, Any] = fault.get("ctx", {})
    kind: str = fault["type"]
    if kind == "value_error" and isinstance(context.get("error"), FieldError):
        return context["error"].message, context["error"].remedy
    if kind == "missing":
        if place == ("component",):
            return "there is no component", "name at least one program: [[component]]"
        return "this key is missing", "add it"
    if kind == "extra_forbidden":
        return _unknown(place)
    if place == ("component",) and kind == "list_type":
        return "components are an array of tables", "write [[component]], with two brackets"
    if place == ("component",):
        return "expected 1 to 256 components", ""
    if kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        return f"expected {wanted}, not {describe_value(fault['input'])}", remedy
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        meant = nearest(str(fault["input"]), choices)
        return (
            f"{fault['input']!r} is none of the words known here"
            + (f"; did you mean {meant!r}?" if meant else ""),
            f"give one of {', '.join(choices)}",
        )
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        side = "small" if kind == "greater_than_equal" else "large"
        shown = f"{bound:#x}" if bound > 9 else str(bound)
        limit = "smallest" if side == "small" else "largest"
        return f"{describe_value(fault['input'])} is too {side}", f"the {limit} value is {shown}"
    if kind == "string_too_short":
        return "expected a file's name, not an empty text", ""
    return str(fault["msg"]), ""


def _known(place: KeyPath) -> Sequence[str]:
    """Return what may stand where `place` does: the keys of its table, or the tables."""
    return list(_MODELS[str(place[0])].model_fields) if len(place) > 1 else list(_MODELS)


def _meant(place: KeyPath) -> str:
    return nearest(str(place[-1]), _known(place))


def _unknown(place: KeyPath) -> tuple[str, str]:
    what = "key" if len(place) > 1 else "table"
    meant = _meant(place)
    return (
        f"there is no {what} {str(place[-1])!r} here" + (f"; did you mean {meant!r}?" if meant else ""),
        f"known are {', '.join(_known(place))}",
    )
