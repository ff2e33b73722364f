"""Records: dataclasses that nobody changes, and that a machine may make a million of in a second.

To the type checker they are frozen. At run time they are not: a frozen dataclass sets each field
through a call of its own, and so takes five times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Record = TypeVar("_Record")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_Record]) -> type[_Record]:
    """Make a class a record: compared by its fields, hashable, and never to be changed."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
