"""Python values as values of the wire, by the definition of their field, and back.

Nothing is converted that could lose something: an int for a float must be exact, a bool is
no int, a naive datetime is refused. What comes back is equal to what was sent, except that
datetimes come back as Unix milliseconds and tuples as lists.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from .._generated.entdb.v1 import model_pb2 as pb
from .._suggest import did_you_mean, suggest
from .ids import id_of

if TYPE_CHECKING:
    from ..schema import FieldDef, Kind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_MAX_TIMESTAMP: Final = 8_640_000_000_000_000
_MAX_JSON_BYTES: Final = 64 * 1024
_MAX_ORDINAL: Final = 1_000
_NODE_REFERENCE: Final = re.compile(r"nd_[0-7][0-9a-hjkmnp-tv-z]{25}|\$[A-Za-z0-9_]+\.id")


class RawJson(str):
    """JSON text that is sent as it stands, for fields of kind `json`: spaces, the order of
    members and the digits of numbers stay. A plain str is a JSON string."""

    __slots__ = ()


class RefusedValueError(Exception):
    """A value that its field does not take. Becomes a `Violation` with the field's name."""

    def __init__(
        self, reason: str, problem: str, hint: str, suggestions: tuple[str, ...] = ()
    ) -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem
        self.hint = hint
        self.suggestions = suggestions


def encode_value(field: FieldDef, value: object, into: pb.Value) -> None:
    """Writes a value that is not None. Raises RefusedValueError."""
    _ENCODERS[field.kind](field, value, into)


def decode_value(field: FieldDef | None, value: pb.Value) -> Any:  # noqa: ANN401
    """The Python value; without a field (one that this program does not know) an enum is its
    number. An enum value that is newer than the field's definition is its number too."""
    kind = value.WhichOneof("kind")
    return None if kind is None else _DECODERS[kind](field, value)


def _encode_str(_field: FieldDef, value: object, into: pb.Value) -> None:
    into.str_value = _text(value, "str")


def _encode_int(_field: FieldDef, value: object, into: pb.Value) -> None:
    into.int_value = _integer(value, "int")


def _encode_float(_field: FieldDef, value: object, into: pb.Value) -> None:
    if isinstance(value, float):
        number = float(value)
        if not math.isfinite(number):
            raise RefusedValueError(
                "INVALID_VALUE",
                "a float must be finite",
                "Leave the field out instead of NaN or infinity.",
            )
        into.float_value = number
        return
    exact = _integer_or_none(value)
    if exact is None:
        raise _mismatch("float", value, "Give a float.")
    try:
        number = float(exact)
    except OverflowError:
        number = math.inf
    if number != exact:
        raise RefusedValueError(
            "INVALID_VALUE", f"{exact} is no float without rounding", "Give the float itself."
        )
    into.float_value = number


def _encode_bool(_field: FieldDef, value: object, into: pb.Value) -> None:
    if not isinstance(value, bool):
        raise _mismatch("bool", value, "Give True or False.")
    into.bool_value = value


def _encode_timestamp(_field: FieldDef, value: object, into: pb.Value) -> None:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise RefusedValueError(
                "INVALID_VALUE",
                "a datetime without a time zone",
                "Say which: datetime.now(timezone.utc).",
            )
        into.timestamp_value = (value - _EPOCH) // _MILLISECOND
        return
    milliseconds = _integer_or_none(value)
    if milliseconds is None:
        hint = "Give Unix milliseconds as an int, or a datetime with a time zone."
        raise _mismatch("timestamp", value, hint)
    if abs(milliseconds) > _MAX_TIMESTAMP:
        raise RefusedValueError(
            "INVALID_VALUE",
            f"the timestamp {milliseconds} is out of range",
            f"Give Unix milliseconds within ±{_MAX_TIMESTAMP}.",
        )
    into.timestamp_value = milliseconds


def _encode_enum(field: FieldDef, value: object, into: pb.Value) -> None:
    ordinal = field.ordinals.get(value) if isinstance(value, str) else _integer_or_none(value)
    # What a newer definition has is read as its number, and is written back as it was read.
    if ordinal is not None and 1 <= ordinal <= _MAX_ORDINAL:
        into.enum_value = ordinal
        return
    if not isinstance(value, str) and ordinal is None:
        raise _mismatch("enum", value, "Give the name of one of its values.")
    near = suggest(value, field.enum_values) if isinstance(value, str) else ()
    shown = ", ".join(field.enum_values[:20])
    raise RefusedValueError(
        "ENUM_VALUE_UNKNOWN",
        f"{value!r} is none of the enum's {len(field.enum_values)} values",
        did_you_mean(near, f"Use one of {shown}."),
        near,
    )


def _encode_list_str(_field: FieldDef, value: object, into: pb.Value) -> None:
    texts = [_text(item, "str") for item in _list(value, "list_str")]
    into.list_str_value.SetInParent()
    into.list_str_value.values.extend(texts)


def _encode_list_int(_field: FieldDef, value: object, into: pb.Value) -> None:
    numbers = [_integer(item, "int") for item in _list(value, "list_int")]
    into.list_int_value.SetInParent()
    into.list_int_value.values.extend(numbers)


def _encode_ref(_field: FieldDef, value: object, into: pb.Value) -> None:
    text = id_of(value)
    if text is None:
        raise _mismatch("ref", value, "Give the id of a node.")
    if not _NODE_REFERENCE.fullmatch(text):
        raise RefusedValueError(
            "INVALID_VALUE",
            f"{text[:64]!r} is not a node's id",
            'An id is "nd_" and 26 characters; "$alias.id" names a node of the same plan.',
        )
    into.ref_value = text


def _encode_json(_field: FieldDef, value: object, into: pb.Value) -> None:
    if isinstance(value, RawJson):
        text = str(value)
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except TypeError as error:
            raise _mismatch("json", value, "Give what JSON can say.") from error
        except (ValueError, RecursionError) as error:
            raise RefusedValueError(
                "INVALID_VALUE", str(error), "Give what JSON can say."
            ) from error
    checked = _text(text, "json")
    if len(checked) * 3 > _MAX_JSON_BYTES and len(checked.encode()) > _MAX_JSON_BYTES:
        raise RefusedValueError(
            "LIMIT_EXCEEDED",
            f"JSON text of {len(checked.encode())} bytes; the limit is {_MAX_JSON_BYTES}",
            "Give a smaller value.",
        )
    into.json_value = checked


def _encode_bytes(_field: FieldDef, value: object, into: pb.Value) -> None:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _mismatch("bytes", value, "Give bytes.")
    into.bytes_value = bytes(value)


_ENCODERS: Final[Mapping[Kind, Callable[[FieldDef, object, pb.Value], None]]] = {
    "str": _encode_str,
    "int": _encode_int,
    "float": _encode_float,
    "bool": _encode_bool,
    "timestamp": _encode_timestamp,
    "enum": _encode_enum,
    "list_str": _encode_list_str,
    "list_int": _encode_list_int,
    "ref": _encode_ref,
    "json": _encode_json,
    "bytes": _encode_bytes,
}


def _decode_enum(field: FieldDef | None, value: pb.Value) -> str | int:
    ordinal = value.enum_value
    if field is not None and 1 <= ordinal <= len(field.enum_values):
        return field.enum_values[ordinal - 1]
    return ordinal


_DECODERS: Final[Mapping[str, Callable[[FieldDef | None, pb.Value], object]]] = {
    "null_value": lambda _field, _value: None,
    "str_value": lambda _field, value: value.str_value,
    "int_value": lambda _field, value: value.int_value,
    "float_value": lambda _field, value: value.float_value,
    "bool_value": lambda _field, value: value.bool_value,
    "timestamp_value": lambda _field, value: value.timestamp_value,
    "enum_value": _decode_enum,
    "list_str_value": lambda _field, value: list(value.list_str_value.values),
    "list_int_value": lambda _field, value: list(value.list_int_value.values),
    "ref_value": lambda _field, value: value.ref_value,
    "json_value": lambda _field, value: json.loads(value.json_value),
    "bytes_value": lambda _field, value: value.bytes_value,
}


def _text(value: object, kind: str) -> str:
    if not isinstance(value, str):
        raise _mismatch(kind, value, "Give a str.")
    if "\0" in value:
        raise RefusedValueError(
            "INVALID_VALUE", "the text holds a NUL character", "Use kind bytes for binary data."
        )
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RefusedValueError(
                "INVALID_VALUE",
                "the text holds half a surrogate pair",
                "Give well-formed Unicode.",
            ) from error
    return value


def _integer(value: object, kind: str) -> int:
    number = _integer_or_none(value)
    if number is None:
        raise _mismatch(kind, value, "Give an int.")
    if not _MIN_INT <= number <= _MAX_INT:
        raise RefusedValueError(
            "INVALID_VALUE",
            f"{str(number)[:80]} does not fit in 64 bits",
            f"Give an int from {_MIN_INT} to {_MAX_INT}.",
        )
    return number


def _integer_or_none(value: object) -> int | None:
    """Whatever says of itself that it is an integer, such as NumPy's, but for bool."""
    if type(value) is int:
        return value
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        return None


def _list(value: object, kind: str) -> list[object] | tuple[object, ...]:
    if isinstance(value, list | tuple):
        return value
    raise _mismatch(kind, value, "Give a list.")


def _mismatch(kind: str, value: object, hint: str) -> RefusedValueError:
    problem = f"takes {kind}, not {type(value).__name__}"
    return RefusedValueError("FIELD_KIND_MISMATCH", problem, hint)
