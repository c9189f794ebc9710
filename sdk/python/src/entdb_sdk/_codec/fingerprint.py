"""The fingerprint of a schema: equal for schemas that mean the same, whatever they call things.

SHA-256 over canonical JSON: one line, members sorted, types and fields in ascending number,
names and descriptions left out, enum values as their count, what is false, 0 or empty left
out, defaults as text. The form is frozen; golden vectors hold every implementation to it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from typing import TYPE_CHECKING

from .._generated.entdb.v1 import model_pb2 as pb
from .values import encode_value

if TYPE_CHECKING:
    from ..registry import SchemaRegistry
    from ..schema import EdgeTypeDef, FieldDef, NodeTypeDef

_Form = dict[str, object]


def fingerprint_of(registry: SchemaRegistry) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    digest = hashlib.sha256(canonical_schema(registry).encode()).hexdigest()
    return f"sha256:{digest}"


def canonical_schema(registry: SchemaRegistry) -> str:
    """The canonical JSON that the fingerprint is taken of."""
    form = _sparse(
        node_types=[_node_type(one) for one in registry.node_types],
        edge_types=[_edge_type(one) for one in registry.edge_types],
        reserved_type_ids=list(registry.reserved_type_ids),
        reserved_edge_type_ids=list(registry.reserved_edge_type_ids),
    )
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _node_type(type_def: NodeTypeDef) -> _Form:
    return _sparse(
        type_id=type_def.type_id,
        deprecated=type_def.deprecated,
        fields=_fields(type_def.fields),
        unique_keys=[
            {"key_id": key.key_id, "field_ids": list(key.field_ids)} for key in type_def.unique_keys
        ],
        default_grants=[
            {"principal": grant.principal, "permission": grant.permission}
            for grant in type_def.default_grants
        ],
        reserved_field_ids=list(type_def.reserved_field_ids),
    )


def _edge_type(type_def: EdgeTypeDef) -> _Form:
    return _sparse(
        edge_type_id=type_def.edge_id,
        from_type_id=type_def.from_type_id,
        to_type_id=type_def.to_type_id,
        deprecated=type_def.deprecated,
        unique_per_from=type_def.unique_per_from,
        fields=_fields(type_def.fields),
        reserved_field_ids=list(type_def.reserved_field_ids),
    )


def _fields(fields: tuple[FieldDef, ...]) -> list[_Form]:
    return [_field(one) for one in fields]


def _field(field: FieldDef) -> _Form:
    form = _sparse(
        field_id=field.field_id,
        kind=field.kind,
        required=field.required,
        enum_count=len(field.enum_values),
        deprecated=field.deprecated,
        unique=field.unique,
        indexed=field.indexed,
        searchable=field.searchable,
        ref_type_id=field.ref_type_id,
    )
    if field.default is not None:
        value = pb.Value()
        encode_value(field, field.default, value)
        form["default"] = _default(value)
    return form


def _default(value: pb.Value) -> object:
    kind = value.WhichOneof("kind")
    match kind:
        case "str_value" | "ref_value" | "json_value":
            return getattr(value, kind)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "float_value":
            # -0 is stored as 0 everywhere.
            return struct.pack(">d", value.float_value or 0.0).hex()
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "list_str_value":
            return list(value.list_str_value.values)
        case "list_int_value":
            return [str(item) for item in value.list_int_value.values]
        case _:
            return str(getattr(value, kind or ""))


def _sparse(**members: object) -> _Form:
    """The members that say something: false, 0 and empty are the same as none."""
    return {name: value for name, value in members.items() if value}
