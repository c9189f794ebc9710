"""Types as values: what a program says of its nodes and edges, once, in Python.

Numbers are identity for ever (types, fields and edge types are known by them), names are for
people and for Python: a rename changes no data. What is said here is checked here, so a
definition that exists is one that a server takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Final, Literal, get_args

from ._codec.values import RefusedValueError, encode_value
from ._generated.entdb.v1.model_pb2 import Value
from ._suggest import did_you_mean, suggest
from .errors import ValidationError, invalid

Kind = Literal[
    "str", "int", "float", "bool", "timestamp", "enum", "list_str", "list_int", "ref", "json",
    "bytes",
]  # fmt: skip
"""What a field holds. `int` has 64 bits; `timestamp` is Unix milliseconds; `enum` one of the
field's values; `ref` the id of a node; `json` any JSON value."""

Permission = Literal["read", "write", "delete", "admin"]
"""What a grant allows; each one allows those before it too."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)

RESERVED_NAMES: Final = frozenset(
    (
        "id", "type_id", "tenant_id", "owner_actor", "version", "created_at", "updated_at",
        "deleted",
    )
)  # fmt: skip
"""What every node has of itself: no field may bear these names."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_MAX_ID = 2**32 - 1


@dataclass(frozen=True)
class FieldDef:
    """A field of a node or edge type. Made by `field`, whose words explain the attributes."""

    field_id: int
    name: str
    kind: Kind
    required: bool = False
    default: object = None
    enum_values: tuple[str, ...] = ()
    unique: bool = False
    indexed: bool = False
    searchable: bool = False
    deprecated: bool = False
    description: str = ""
    ref_type_id: int = 0

    def __post_init__(self) -> None:
        _check_id(self.field_id, "field_id", self.name)
        _check_name(self.name, f"field {self.field_id}")
        if self.name in RESERVED_NAMES:
            raise _bad(f"field {self.field_id}", f"the name {self.name} is reserved")
        if self.kind not in KINDS:
            near = suggest(str(self.kind), KINDS)
            hint = did_you_mean(near, f"Use one of {', '.join(KINDS)}.")
            raise _bad(f"field {self.name}", f"{self.kind!r} is not a kind", hint)
        if isinstance(self.enum_values, str):
            raise _bad(f"field {self.name}", "enum_values is a text", "Give a tuple of texts.")
        object.__setattr__(self, "enum_values", tuple(self.enum_values))
        if (self.kind == "enum") != bool(self.enum_values):
            raise _bad(f"field {self.name}", "enum_values belong to kind enum, which needs them")
        if len(set(self.enum_values)) != len(self.enum_values):
            raise _bad(f"field {self.name}", "an enum value stands there twice")
        self._check_default()

    def _check_default(self) -> None:
        if self.default is None:
            return
        value = Value()
        try:
            encode_value(self, self.default, value)
        except RefusedValueError as refused:
            problem = f"the default does not fit: {refused.problem}"
            raise _bad(f"field {self.name}", problem, refused.hint) from refused
        if self.kind == "enum" and value.enum_value > len(self.enum_values):
            raise _bad(f"field {self.name}", f"the default {self.default} is none of its values")
        if self.kind == "timestamp":
            object.__setattr__(self, "default", value.timestamp_value)

    @cached_property
    def ordinals(self) -> Mapping[str, int]:
        """The number of each enum value on the wire, counted from 1."""
        return {name: ordinal for ordinal, name in enumerate(self.enum_values, 1)}


def field(
    field_id: int,
    name: str,
    kind: Kind,
    *,
    required: bool = False,
    default: object = None,
    enum_values: Sequence[str] = (),
    unique: bool = False,
    indexed: bool = False,
    searchable: bool = False,
    deprecated: bool = False,
    description: str = "",
    ref_type: int | NodeTypeDef = 0,
) -> FieldDef:
    """A field: its number for ever, its name, and what it holds.

    `required` fields must be given when a node is created, unless there is a `default`, which
    is written then. `enum_values` are the values of kind `enum`, whose order must never
    change. No two live nodes of a type have the same value of a `unique` field. Queries use an
    `indexed` field without looking at every node; full-text search looks into `searchable`
    ones (`str`, `list_str`). `ref_type` is the type that a `ref` must point to; 0 is any.

    Raises ValidationError (SCHEMA_INVALID) for what no server would take.
    """
    return FieldDef(
        field_id=field_id,
        name=name,
        kind=kind,
        required=required,
        default=default,
        enum_values=enum_values,  # type: ignore[arg-type]  # made a tuple by its check
        unique=unique,
        indexed=indexed,
        searchable=searchable,
        deprecated=deprecated,
        description=description,
        ref_type_id=ref_type.type_id if isinstance(ref_type, NodeTypeDef) else ref_type,
    )


@dataclass(frozen=True)
class UniqueKeyDef:
    """Several fields that together are unique among the live nodes of a type."""

    key_id: int
    name: str
    field_ids: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_id(self.key_id, "key_id", self.name)
        _check_name(self.name, f"unique key {self.key_id}")
        object.__setattr__(self, "field_ids", tuple(self.field_ids))


@dataclass(frozen=True)
class DefaultGrant:
    """What a node of a type grants that is created without grants of its own."""

    principal: str
    permission: Permission = "read"

    def __post_init__(self) -> None:
        if self.permission not in PERMISSIONS:
            raise _bad(f"grant to {self.principal}", f"{self.permission!r} is not a permission")


@dataclass(frozen=True)
class _TypeDef:
    """What node types and edge types share: fields, looked up by name and by number."""

    @cached_property
    def fields_by_name(self) -> Mapping[str, FieldDef]:
        """The fields, in the order of their numbers."""
        return {one.name: one for one in self._fields}

    @cached_property
    def fields_by_id(self) -> Mapping[int, FieldDef]:
        """The fields, in the order of their numbers."""
        return {one.field_id: one for one in self._fields}

    @cached_property
    def must_be_given(self) -> tuple[FieldDef, ...]:
        """Fields without which nothing of the type can be created."""
        return tuple(one for one in self._fields if one.required and one.default is None)

    @property
    def _fields(self) -> tuple[FieldDef, ...]:
        raise NotImplementedError


@dataclass(frozen=True)
class NodeTypeDef(_TypeDef):
    """A type of nodes. `type_id` is its number for ever; `name` is for people.

    `default_grants` are what a node grants that is created without grants of its own; without
    any it is its owner's alone. `reserved_field_ids` are numbers of fields that were removed.
    """

    type_id: int
    name: str
    fields: tuple[FieldDef, ...] = ()
    description: str = ""
    deprecated: bool = False
    unique_keys: tuple[UniqueKeyDef, ...] = ()
    default_grants: tuple[DefaultGrant, ...] = ()
    reserved_field_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        place = f"node type {self.type_id}"
        _check_id(self.type_id, "type_id", self.name)
        _check_name(self.name, place)
        _check_fields(self.fields, f"{place} ({self.name})")
        _put(self, "fields", sorted(self.fields, key=attrgetter("field_id")))
        _put(self, "unique_keys", sorted(self.unique_keys, key=attrgetter("key_id")))
        _put(self, "default_grants", sorted(self.default_grants, key=_utf16))
        _put(self, "reserved_field_ids", sorted(set(self.reserved_field_ids)))
        for key in self.unique_keys:
            for field_id in key.field_ids:
                if field_id not in self.fields_by_id:
                    raise _bad(f"unique key {key.name}", f"there is no field {field_id}")

    @property
    def _fields(self) -> tuple[FieldDef, ...]:
        return self.fields


@dataclass(frozen=True)
class EdgeTypeDef(_TypeDef):
    """A type of edges. `edge_id` is its number for ever (elsewhere called `edge_type_id`).

    `from_type` and `to_type` are the types of the ends, by number or as `NodeTypeDef`; 0 is
    any. With `unique_per_from` at most one edge of the type leaves a node.
    """

    edge_id: int
    name: str
    from_type: int | NodeTypeDef = 0
    to_type: int | NodeTypeDef = 0
    fields: tuple[FieldDef, ...] = ()
    description: str = ""
    deprecated: bool = False
    unique_per_from: bool = False
    reserved_field_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        place = f"edge type {self.edge_id}"
        _check_id(self.edge_id, "edge_id", self.name)
        _check_name(self.name, place)
        for name in ("from_type", "to_type"):
            end = getattr(self, name)
            object.__setattr__(self, name, end.type_id if isinstance(end, NodeTypeDef) else end)
        _check_fields(self.fields, f"{place} ({self.name})")
        _put(self, "fields", sorted(self.fields, key=attrgetter("field_id")))
        _put(self, "reserved_field_ids", sorted(set(self.reserved_field_ids)))

    @property
    def _fields(self) -> tuple[FieldDef, ...]:
        return self.fields

    @property
    def from_type_id(self) -> int:
        """The number of the type that an edge leaves; 0 is any."""
        return self.from_type if isinstance(self.from_type, int) else self.from_type.type_id

    @property
    def to_type_id(self) -> int:
        """The number of the type that an edge enters; 0 is any."""
        return self.to_type if isinstance(self.to_type, int) else self.to_type.type_id


TypeDef = NodeTypeDef | EdgeTypeDef


def _put(type_def: object, name: str, values: Iterable[object]) -> None:
    """In the normal form of schemas, so that equal ones are equal however they were written."""
    object.__setattr__(type_def, name, tuple(values))


def _utf16(grant: object) -> bytes:
    """By units of UTF-16, as the server orders principals."""
    return str(getattr(grant, "principal", "")).encode("utf-16-be", "surrogatepass")


def _check_fields(fields: Sequence[FieldDef], place: str) -> None:
    for what, of in (("number", "field_id"), ("name", "name")):
        seen: set[object] = set()
        for one in fields:
            if not isinstance(one, FieldDef):
                raise _bad(place, f"{one!r} is not a field", "Make fields with field(...).")
            value = getattr(one, of)
            if value in seen:
                raise _bad(place, f"two fields have the {what} {value}")
            seen.add(value)


def _check_id(value: object, what: str, name: str) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_ID:
        return
    raise _bad(str(name), f"{what} is {value!r}", "Numbers count from 1 and have 32 bits.")


def _check_name(name: object, place: str) -> None:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return
    hint = "A name begins with a letter and has at most 63 letters, digits and underscores."
    raise _bad(place, f"{name!r} is not a name", hint)


def _bad(place: str, problem: str, hint: str | None = None) -> ValidationError:
    return invalid("SCHEMA_INVALID", f"{place}: {problem}.", hint)
