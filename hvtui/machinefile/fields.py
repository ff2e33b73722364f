"""What the tables of a machine file are made of: the models' base, and common types of values."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class FieldError(ValueError):
    """A value that the schema's types take but the machine file may not have."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


class Table(BaseModel):
    """A table: unknown keys are refused, values are taken as they are written."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def describe_value(value: object) -> str:
    """Say what a TOML value is, shortly."""
    match value:
        case bool():
            return f"the truth value {str(value).lower()}"
        case str():
            return f'the text "{value[:40]}"'
        case int():
            return f"the number {value}" if abs(value) < 1 << 64 else "a number of many digits"
        case float():
            return f"the number {value}"
        case list():
            return "an array"
        case dict():
            return "a table"
    return f"a {type(value).__name__}"


def check_text(value: str) -> str:
    """Return a text that can be a file's name or a title. Raises FieldError."""
    if "\0" in value:
        raise FieldError("a text must not hold the character U+0000")
    return value


def _check_name(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise FieldError("expected a name to show: printable characters, not only blanks")
    return value


Name = Annotated[str, AfterValidator(_check_name)]
FileName = Annotated[str, Field(min_length=1), AfterValidator(check_text)]
