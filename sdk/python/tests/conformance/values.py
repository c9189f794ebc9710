"""Values of cases as values of this SDK, by the kinds of their fields, and back."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Protocol

from entdb_sdk import FieldDef

_INT = re.compile(r"-?\d+")


class Names(Protocol):
    """Ids by the names that cases give them, and names by ids."""

    def native(self, text: object) -> Any:  # noqa: ANN401
        """What stands for a text that may be a name: `@alice`."""

    def name_of(self, id: str) -> str | None:
        """The name of an id; the id itself where it has none."""


def native_value(kind: str, value: Any, names: Names) -> Any:  # noqa: ANN401
    """A value for the SDK. What is no value of the kind is handed on, to be refused."""
    if isinstance(value, Mapping) and kind != "json":
        return _special(value)
    match kind:
        case "int":
            return _int(value)
        case "list_int":
            return [_int(one) for one in value] if isinstance(value, list) else value
        case "bytes":
            return base64.b64decode(value) if isinstance(value, str) else value
        case "ref":
            return names.native(value)
        case _:
            return value


def _special(value: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """A value that JSON has no word for, or one that no field of the kind takes."""
    if "$raw" in value:
        return value["$raw"]
    if "$number" in value:
        return float(value["$number"])
    return value["$ordinal"]


def _int(value: object) -> object:
    return int(value) if isinstance(value, str) and _INT.fullmatch(value) else value


def case_value(kind: str, value: Any, names: Names) -> Any:  # noqa: ANN401
    """A value as cases write it."""
    match kind:
        case "int":
            return str(value)
        case "list_int":
            return [str(one) for one in value]
        case "bytes":
            return base64.b64encode(value).decode()
        case "ref":
            return names.name_of(value)
        case "enum":
            return {"$ordinal": value} if isinstance(value, int) else value
        case _:
            return value


def case_fields(
    definitions: Mapping[str, FieldDef], payload: Mapping[str, Any], names: Names
) -> dict[str, Any]:
    """All fields of a type, as cases write them."""
    return {
        name: case_value(definitions[name].kind, value, names) for name, value in payload.items()
    }
