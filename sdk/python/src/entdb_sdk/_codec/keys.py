"""Unique fields and unique keys by the names of their fields."""

from __future__ import annotations

from collections.abc import Mapping

from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .._generated.entdb.v1 import model_pb2 as model
from ..errors import invalid
from ..schema import NodeTypeDef
from ..validation import validate_or_raise
from .values import encode_value


def encode_key(type_def: NodeTypeDef, key: Mapping[str, object]) -> pb.GetNodeByKeyRequest:
    """The unique field, or the unique key, that has exactly these fields.

    Raises ValidationError (KEY_UNKNOWN) when there is none, and for values that do not fit.
    """
    validate_or_raise(type_def, key, partial=True)
    fields = {type_def.fields_by_name[name].field_id for name in key}
    request = pb.GetNodeByKeyRequest(type_id=type_def.type_id)
    request_fields = _choose(type_def, fields, request)
    for field_id in request_fields:
        field = type_def.fields_by_id[field_id]
        if key[field.name] is None:
            raise invalid("INVALID_VALUE", f"{field.name}: nothing is found by an absent value.")
        wire = model.Value()
        encode_value(field, key[field.name], wire)
        request.values.append(wire)
    return request


def _choose(
    type_def: NodeTypeDef, fields: set[int], request: pb.GetNodeByKeyRequest
) -> tuple[int, ...]:
    if len(fields) == 1:
        field = type_def.fields_by_id[next(iter(fields))]
        if field.unique:
            request.field_id = field.field_id
            return (field.field_id,)
    for one in type_def.unique_keys:
        if set(one.field_ids) == fields:
            request.key_id = one.key_id
            return one.field_ids
    keys = [one.name for one in type_def.fields if one.unique]
    keys += [_names(type_def, one.field_ids) for one in type_def.unique_keys]
    hint = f"Ask by {'; or by '.join(keys)}." if keys else "Query with a filter instead."
    names = _names(type_def, tuple(sorted(fields))) or "nothing"
    raise invalid("KEY_UNKNOWN", f"{type_def.name} has no unique key of {names}.", hint)


def _names(type_def: NodeTypeDef, field_ids: tuple[int, ...]) -> str:
    return " and ".join(type_def.fields_by_id[one].name for one in field_ids)
