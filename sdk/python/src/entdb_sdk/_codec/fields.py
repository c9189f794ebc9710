"""Payloads by name as fields by number, and back."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from .._generated.entdb.v1 import model_pb2 as pb
from ..validation import validate_or_raise
from .values import RefusedValueError, decode_value, encode_value

if TYPE_CHECKING:
    from ..schema import FieldDef, TypeDef

# What protobuf makes of map<uint32, Value>: reading a missing number adds it.
Fields = MutableMapping[int, pb.Value]


def encode_payload(
    type_def: TypeDef, payload: Mapping[str, object], into: Fields, *, partial: bool = False
) -> None:
    """Writes the payload, or raises ValidationError with everything that is wrong with it.

    The common case looks at each value once: only when one is refused, or a required one is
    missing, is the whole payload judged for the report.
    """
    if not isinstance(payload, Mapping):
        raise TypeError(f"a payload is a mapping of field names to values, not {payload!r}")
    by_name = type_def.fields_by_name
    try:
        for name, value in payload.items():
            field = by_name[name]
            if value is None:
                _encode_null(field, into, partial)
            else:
                encode_value(field, value, into[field.field_id])
    except (KeyError, RefusedValueError) as refused:
        validate_or_raise(type_def, payload, partial=partial)
        raise AssertionError("what could not be encoded was found valid") from refused
    if not partial and any(payload.get(one.name) is None for one in type_def.must_be_given):
        validate_or_raise(type_def, payload)


def _encode_null(field: FieldDef, into: Fields, partial: bool) -> None:
    """In a patch null clears the field; in what is created it is the same as leaving it out."""
    if not partial:
        return
    if field.required:
        raise RefusedValueError("FIELD_REQUIRED", "is required", "Give it a value.")
    into[field.field_id].null_value = 0  # type: ignore[assignment]  # NULL_VALUE, the only one


def decode_payload(
    type_def: TypeDef | None, fields: Mapping[int, pb.Value]
) -> tuple[dict[str, Any], dict[int, Any]]:
    """Values by name, in the order of their numbers, and those of fields that the type lacks."""
    payload: dict[str, Any] = {}
    extra: dict[int, Any] = {}
    by_id: Mapping[int, FieldDef] = {} if type_def is None else type_def.fields_by_id
    for field_id in sorted(fields):
        field = by_id.get(field_id)
        value = decode_value(field, fields[field_id])
        if field is None:
            extra[field_id] = value
        else:
            payload[field.name] = value
    return payload, extra
