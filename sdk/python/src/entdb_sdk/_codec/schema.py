"""Schemas as messages, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from .._generated.entdb.v1 import model_pb2 as pb
from ..registry import SchemaRegistry
from ..schema import (
    DefaultGrant,
    EdgeTypeDef,
    FieldDef,
    Kind,
    NodeTypeDef,
    Permission,
    UniqueKeyDef,
)
from .values import decode_value, encode_value

KIND_NUMBER: Final[Mapping[Kind, pb.FieldKind]] = {
    "str": pb.FIELD_KIND_STR,
    "int": pb.FIELD_KIND_INT,
    "float": pb.FIELD_KIND_FLOAT,
    "bool": pb.FIELD_KIND_BOOL,
    "timestamp": pb.FIELD_KIND_TIMESTAMP,
    "enum": pb.FIELD_KIND_ENUM,
    "list_str": pb.FIELD_KIND_LIST_STR,
    "list_int": pb.FIELD_KIND_LIST_INT,
    "ref": pb.FIELD_KIND_REF,
    "json": pb.FIELD_KIND_JSON,
    "bytes": pb.FIELD_KIND_BYTES,
}
KIND_OF_NUMBER: Final[Mapping[int, Kind]] = {number: kind for kind, number in KIND_NUMBER.items()}
PERMISSION_NUMBER: Final[Mapping[Permission, pb.Permission]] = {
    "read": pb.PERMISSION_READ,
    "write": pb.PERMISSION_WRITE,
    "delete": pb.PERMISSION_DELETE,
    "admin": pb.PERMISSION_ADMIN,
}
PERMISSION_OF_NUMBER: Final[Mapping[int, Permission]] = {
    number: name for name, number in PERMISSION_NUMBER.items()
}


def encode_schema(registry: SchemaRegistry) -> pb.Schema:
    return pb.Schema(
        node_types=[_encode_node_type(one) for one in registry.node_types],
        edge_types=[_encode_edge_type(one) for one in registry.edge_types],
        reserved_type_ids=registry.reserved_type_ids,
        reserved_edge_type_ids=registry.reserved_edge_type_ids,
    )


def decode_schema(wire: pb.Schema) -> SchemaRegistry:
    return SchemaRegistry(
        *(_decode_node_type(one) for one in wire.node_types),
        *(_decode_edge_type(one) for one in wire.edge_types),
        reserved_type_ids=wire.reserved_type_ids,
        reserved_edge_type_ids=wire.reserved_edge_type_ids,
    )


def _decode_node_type(wire: pb.NodeType) -> NodeTypeDef:
    return NodeTypeDef(
        type_id=wire.type_id,
        name=wire.name,
        fields=tuple(_decode_field(one) for one in wire.fields),
        description=wire.description,
        deprecated=wire.deprecated,
        unique_keys=tuple(
            UniqueKeyDef(key.key_id, key.name, tuple(key.field_ids)) for key in wire.unique_keys
        ),
        default_grants=tuple(
            DefaultGrant(grant.principal, PERMISSION_OF_NUMBER[grant.permission])
            for grant in wire.default_grants
        ),
        reserved_field_ids=tuple(wire.reserved_field_ids),
    )


def _decode_edge_type(wire: pb.EdgeType) -> EdgeTypeDef:
    return EdgeTypeDef(
        edge_id=wire.edge_type_id,
        name=wire.name,
        from_type=wire.from_type_id,
        to_type=wire.to_type_id,
        fields=tuple(_decode_field(one) for one in wire.fields),
        description=wire.description,
        deprecated=wire.deprecated,
        unique_per_from=wire.unique_per_from,
        reserved_field_ids=tuple(wire.reserved_field_ids),
    )


def _encode_node_type(type_def: NodeTypeDef) -> pb.NodeType:
    return pb.NodeType(
        type_id=type_def.type_id,
        name=type_def.name,
        fields=_encode_fields(type_def.fields),
        description=type_def.description,
        deprecated=type_def.deprecated,
        unique_keys=[
            pb.UniqueKey(key_id=key.key_id, name=key.name, field_ids=key.field_ids)
            for key in type_def.unique_keys
        ],
        default_grants=[
            pb.Grant(principal=grant.principal, permission=PERMISSION_NUMBER[grant.permission])
            for grant in type_def.default_grants
        ],
        reserved_field_ids=type_def.reserved_field_ids,
    )


def _encode_edge_type(type_def: EdgeTypeDef) -> pb.EdgeType:
    return pb.EdgeType(
        edge_type_id=type_def.edge_id,
        name=type_def.name,
        from_type_id=type_def.from_type_id,
        to_type_id=type_def.to_type_id,
        deprecated=type_def.deprecated,
        fields=_encode_fields(type_def.fields),
        unique_per_from=type_def.unique_per_from,
        description=type_def.description,
        reserved_field_ids=type_def.reserved_field_ids,
    )


def _encode_fields(fields: Iterable[FieldDef]) -> list[pb.Field]:
    return [_encode_field(one) for one in fields]


def _encode_field(field: FieldDef) -> pb.Field:
    wire = pb.Field(
        field_id=field.field_id,
        name=field.name,
        kind=KIND_NUMBER[field.kind],
        required=field.required,
        enum_values=field.enum_values,
        deprecated=field.deprecated,
        unique=field.unique,
        indexed=field.indexed,
        searchable=field.searchable,
        description=field.description,
        ref_type_id=field.ref_type_id,
    )
    if field.default is not None:
        encode_value(field, field.default, wire.default_value)
    return wire


def _decode_field(wire: pb.Field) -> FieldDef:
    shape = FieldDef(
        field_id=wire.field_id,
        name=wire.name,
        kind=KIND_OF_NUMBER[wire.kind],
        required=wire.required,
        enum_values=tuple(wire.enum_values),
        unique=wire.unique,
        indexed=wire.indexed,
        searchable=wire.searchable,
        deprecated=wire.deprecated,
        description=wire.description,
        ref_type_id=wire.ref_type_id,
    )
    if not wire.HasField("default_value"):
        return shape
    return replace(shape, default=decode_value(shape, wire.default_value))
