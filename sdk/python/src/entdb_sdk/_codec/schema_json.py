"""Schemas in their JSON form: what files hold and `entdb schema push` takes.

What is false, 0 or empty is left out. A default is written as in REST: ints beyond 53 bits as
text, bytes as base64, enum values by name.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..errors import ValidationError, invalid
from ..schema import DefaultGrant, EdgeTypeDef, FieldDef, NodeTypeDef, UniqueKeyDef
from .values import RawJson

if TYPE_CHECKING:
    from ..registry import SchemaRegistry

_Json = dict[str, Any]
_Made = TypeVar("_Made")
_EXACT: Final = 2**53 - 1
_FIELD: Final = (
    "field_id", "name", "kind", "required", "enum_values", "unique", "indexed", "searchable",
    "deprecated", "description", "ref_type_id",
)  # fmt: skip
_NODE: Final = ("type_id", "name", "description", "deprecated", "reserved_field_ids")
_EDGE: Final = ("name", "description", "deprecated", "unique_per_from", "reserved_field_ids")
_RESERVED: Final = ("reserved_type_ids", "reserved_edge_type_ids")


def types_from_json(
    schema: str | Mapping[str, Any],
) -> tuple[list[NodeTypeDef], list[EdgeTypeDef], dict[str, Any]]:
    """Node types, edge types, and the reserved numbers. Raises ValidationError (SCHEMA_INVALID)."""
    try:
        root = json.loads(schema) if isinstance(schema, str) else schema
    except ValueError as error:
        raise _bad("the schema", f"not JSON: {error}") from error
    # Former names are the server's to write.
    members = _members(root, "the schema", ("node_types", "edge_types", "former_names", *_RESERVED))
    return (
        [_node_type(one) for one in _list(members, "node_types")],
        [_edge_type(one) for one in _list(members, "edge_types")],
        {name: _list(members, name) for name in _RESERVED},
    )


def schema_to_json(registry: SchemaRegistry) -> _Json:
    return _sparse(
        node_types=[_node_type_to_json(one) for one in registry.node_types],
        edge_types=[_edge_type_to_json(one) for one in registry.edge_types],
        reserved_type_ids=list(registry.reserved_type_ids),
        reserved_edge_type_ids=list(registry.reserved_edge_type_ids),
    )


def _node_type(json_type: object) -> NodeTypeDef:
    place = "a node type"
    members = _members(json_type, place, (*_NODE, "fields", "unique_keys", "default_grants"))
    keys = [
        _members(one, place, ("key_id", "name", "field_ids"))
        for one in _list(members, "unique_keys")
    ]
    grants = [
        _members(one, place, ("principal", "permission"))
        for one in _list(members, "default_grants")
    ]
    fields = tuple(_field(one) for one in _list(members, "fields"))
    said = {name: members[name] for name in _NODE if name in members}
    return _made(
        place,
        lambda: NodeTypeDef(
            **said,
            fields=fields,
            unique_keys=tuple(UniqueKeyDef(**one) for one in keys),
            default_grants=tuple(DefaultGrant(**one) for one in grants),
        ),
    )


def _edge_type(json_type: object) -> EdgeTypeDef:
    place = "an edge type"
    ends = {"edge_type_id": "edge_id", "from_type_id": "from_type", "to_type_id": "to_type"}
    members = _members(json_type, place, (*_EDGE, *ends, "edge_id", "fields"))
    fields = tuple(_field(one) for one in _list(members, "fields"))
    said = {ends.get(name, name): value for name, value in members.items() if name != "fields"}
    return _made(place, lambda: EdgeTypeDef(**said, fields=fields))


def _field(json_field: object) -> FieldDef:
    members = _members(json_field, "a field", (*_FIELD, "default"))
    said = {name: members[name] for name in _FIELD if name in members}
    default = members.get("default")
    if default is not None:
        said["default"] = _default_from_json(str(said.get("kind")), default)
    return _made("a field", lambda: FieldDef(**said))


def _default_from_json(kind: str, value: object) -> object:
    try:
        if kind in ("int", "timestamp") and isinstance(value, str):
            return int(value)
        if kind == "list_int" and isinstance(value, list):
            return [int(item) if isinstance(item, str) else item for item in value]
        if kind == "bytes" and isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _bad("a field", f"the default {value!r} is no {kind}") from error
    return value


def _node_type_to_json(type_def: NodeTypeDef) -> _Json:
    return _sparse(
        type_id=type_def.type_id,
        name=type_def.name,
        description=type_def.description,
        deprecated=type_def.deprecated,
        fields=[_field_to_json(one) for one in type_def.fields],
        unique_keys=[
            {"key_id": one.key_id, "name": one.name, "field_ids": list(one.field_ids)}
            for one in type_def.unique_keys
        ],
        default_grants=[
            {"principal": one.principal, "permission": one.permission}
            for one in type_def.default_grants
        ],
        reserved_field_ids=list(type_def.reserved_field_ids),
    )


def _edge_type_to_json(type_def: EdgeTypeDef) -> _Json:
    return _sparse(
        edge_type_id=type_def.edge_id,
        name=type_def.name,
        from_type_id=type_def.from_type_id,
        to_type_id=type_def.to_type_id,
        description=type_def.description,
        deprecated=type_def.deprecated,
        unique_per_from=type_def.unique_per_from,
        fields=[_field_to_json(one) for one in type_def.fields],
        reserved_field_ids=list(type_def.reserved_field_ids),
    )


def _field_to_json(field: FieldDef) -> _Json:
    form = _sparse(**{name: getattr(field, name) for name in _FIELD})
    if "enum_values" in form:
        form["enum_values"] = list(field.enum_values)
    if field.default is not None:
        form["default"] = _default_to_json(field)
    return form


def _default_to_json(field: FieldDef) -> object:
    value = field.default
    if isinstance(value, RawJson):
        return json.loads(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple) and field.kind == "list_int":
        return [_integer_to_json(item) for item in value]
    return _integer_to_json(value) if field.kind in ("int", "timestamp") else value


def _integer_to_json(value: object) -> object:
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value


def _members(value: object, place: str, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _bad(place, f"{value!r} is no object")
    for name in value:
        if name not in allowed:
            raise _bad(place, f"has no member {name!r}")
    return value


def _list(members: Mapping[str, Any], name: str) -> list[Any]:
    value = members.get(name, [])
    if isinstance(value, list):
        return value
    raise _bad(name, f"{value!r} is no list")


def _sparse(**members: object) -> _Json:
    return {name: value for name, value in members.items() if value}


def _made(place: str, make: Callable[[], _Made]) -> _Made:
    """What is missing, or of another JSON type, is refused by what is made of it."""
    try:
        return make()
    except (TypeError, AttributeError) as error:
        raise _bad(place, str(error)) from error


def _bad(place: str, problem: str) -> ValidationError:
    return invalid("SCHEMA_INVALID", f"{place}: {problem}.")
