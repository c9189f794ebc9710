from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Permission(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERMISSION_UNSPECIFIED: _ClassVar[Permission]
    PERMISSION_READ: _ClassVar[Permission]
    PERMISSION_WRITE: _ClassVar[Permission]
    PERMISSION_DELETE: _ClassVar[Permission]
    PERMISSION_ADMIN: _ClassVar[Permission]

class FieldKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIELD_KIND_UNSPECIFIED: _ClassVar[FieldKind]
    FIELD_KIND_STR: _ClassVar[FieldKind]
    FIELD_KIND_INT: _ClassVar[FieldKind]
    FIELD_KIND_FLOAT: _ClassVar[FieldKind]
    FIELD_KIND_BOOL: _ClassVar[FieldKind]
    FIELD_KIND_TIMESTAMP: _ClassVar[FieldKind]
    FIELD_KIND_ENUM: _ClassVar[FieldKind]
    FIELD_KIND_LIST_STR: _ClassVar[FieldKind]
    FIELD_KIND_LIST_INT: _ClassVar[FieldKind]
    FIELD_KIND_REF: _ClassVar[FieldKind]
    FIELD_KIND_JSON: _ClassVar[FieldKind]
    FIELD_KIND_BYTES: _ClassVar[FieldKind]

class Consistency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSISTENCY_UNSPECIFIED: _ClassVar[Consistency]
    CONSISTENCY_STRONG: _ClassVar[Consistency]
PERMISSION_UNSPECIFIED: Permission
PERMISSION_READ: Permission
PERMISSION_WRITE: Permission
PERMISSION_DELETE: Permission
PERMISSION_ADMIN: Permission
FIELD_KIND_UNSPECIFIED: FieldKind
FIELD_KIND_STR: FieldKind
FIELD_KIND_INT: FieldKind
FIELD_KIND_FLOAT: FieldKind
FIELD_KIND_BOOL: FieldKind
FIELD_KIND_TIMESTAMP: FieldKind
FIELD_KIND_ENUM: FieldKind
FIELD_KIND_LIST_STR: FieldKind
FIELD_KIND_LIST_INT: FieldKind
FIELD_KIND_REF: FieldKind
FIELD_KIND_JSON: FieldKind
FIELD_KIND_BYTES: FieldKind
CONSISTENCY_UNSPECIFIED: Consistency
CONSISTENCY_STRONG: Consistency

class Value(_message.Message):
    __slots__ = ("null_value", "str_value", "int_value", "float_value", "bool_value", "timestamp_value", "enum_value", "list_str_value", "list_int_value", "ref_value", "json_value", "bytes_value")
    NULL_VALUE_FIELD_NUMBER: _ClassVar[int]
    STR_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    FLOAT_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_VALUE_FIELD_NUMBER: _ClassVar[int]
    ENUM_VALUE_FIELD_NUMBER: _ClassVar[int]
    LIST_STR_VALUE_FIELD_NUMBER: _ClassVar[int]
    LIST_INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    REF_VALUE_FIELD_NUMBER: _ClassVar[int]
    JSON_VALUE_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUE_FIELD_NUMBER: _ClassVar[int]
    null_value: _struct_pb2.NullValue
    str_value: str
    int_value: int
    float_value: float
    bool_value: bool
    timestamp_value: int
    enum_value: int
    list_str_value: StrList
    list_int_value: IntList
    ref_value: str
    json_value: str
    bytes_value: bytes
    def __init__(self, null_value: _Optional[_Union[_struct_pb2.NullValue, str]] = ..., str_value: _Optional[str] = ..., int_value: _Optional[int] = ..., float_value: _Optional[float] = ..., bool_value: bool = ..., timestamp_value: _Optional[int] = ..., enum_value: _Optional[int] = ..., list_str_value: _Optional[_Union[StrList, _Mapping]] = ..., list_int_value: _Optional[_Union[IntList, _Mapping]] = ..., ref_value: _Optional[str] = ..., json_value: _Optional[str] = ..., bytes_value: _Optional[bytes] = ...) -> None: ...

class StrList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class IntList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("id", "type_id", "fields", "owner_actor", "version", "created_at", "updated_at", "deleted")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: Value
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    OWNER_ACTOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    id: str
    type_id: int
    fields: _containers.MessageMap[int, Value]
    owner_actor: str
    version: int
    created_at: int
    updated_at: int
    deleted: bool
    def __init__(self, id: _Optional[str] = ..., type_id: _Optional[int] = ..., fields: _Optional[_Mapping[int, Value]] = ..., owner_actor: _Optional[str] = ..., version: _Optional[int] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ..., deleted: bool = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("principal", "permission", "expires_at")
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    PERMISSION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    principal: str
    permission: Permission
    expires_at: int
    def __init__(self, principal: _Optional[str] = ..., permission: _Optional[_Union[Permission, str]] = ..., expires_at: _Optional[int] = ...) -> None: ...

class Edge(_message.Message):
    __slots__ = ("id", "edge_type_id", "from_id", "to_id", "fields", "created_at", "updated_at")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: Value
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    edge_type_id: int
    from_id: str
    to_id: str
    fields: _containers.MessageMap[int, Value]
    created_at: int
    updated_at: int
    def __init__(self, id: _Optional[str] = ..., edge_type_id: _Optional[int] = ..., from_id: _Optional[str] = ..., to_id: _Optional[str] = ..., fields: _Optional[_Mapping[int, Value]] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ...) -> None: ...

class Field(_message.Message):
    __slots__ = ("field_id", "name", "kind", "required", "default_value", "enum_values", "deprecated", "unique", "indexed", "searchable", "description", "ref_type_id")
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    ENUM_VALUES_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    INDEXED_FIELD_NUMBER: _ClassVar[int]
    SEARCHABLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    REF_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    field_id: int
    name: str
    kind: FieldKind
    required: bool
    default_value: Value
    enum_values: _containers.RepeatedScalarFieldContainer[str]
    deprecated: bool
    unique: bool
    indexed: bool
    searchable: bool
    description: str
    ref_type_id: int
    def __init__(self, field_id: _Optional[int] = ..., name: _Optional[str] = ..., kind: _Optional[_Union[FieldKind, str]] = ..., required: bool = ..., default_value: _Optional[_Union[Value, _Mapping]] = ..., enum_values: _Optional[_Iterable[str]] = ..., deprecated: bool = ..., unique: bool = ..., indexed: bool = ..., searchable: bool = ..., description: _Optional[str] = ..., ref_type_id: _Optional[int] = ...) -> None: ...

class UniqueKey(_message.Message):
    __slots__ = ("key_id", "name", "field_ids")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIELD_IDS_FIELD_NUMBER: _ClassVar[int]
    key_id: int
    name: str
    field_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, key_id: _Optional[int] = ..., name: _Optional[str] = ..., field_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class NodeType(_message.Message):
    __slots__ = ("type_id", "name", "fields", "description", "deprecated", "unique_keys", "default_grants", "reserved_field_ids")
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_KEYS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_GRANTS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_IDS_FIELD_NUMBER: _ClassVar[int]
    type_id: int
    name: str
    fields: _containers.RepeatedCompositeFieldContainer[Field]
    description: str
    deprecated: bool
    unique_keys: _containers.RepeatedCompositeFieldContainer[UniqueKey]
    default_grants: _containers.RepeatedCompositeFieldContainer[Grant]
    reserved_field_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, type_id: _Optional[int] = ..., name: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[Field, _Mapping]]] = ..., description: _Optional[str] = ..., deprecated: bool = ..., unique_keys: _Optional[_Iterable[_Union[UniqueKey, _Mapping]]] = ..., default_grants: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ..., reserved_field_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class EdgeType(_message.Message):
    __slots__ = ("edge_type_id", "name", "from_type_id", "to_type_id", "deprecated", "fields", "unique_per_from", "description", "reserved_field_ids")
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    TO_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_PER_FROM_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_IDS_FIELD_NUMBER: _ClassVar[int]
    edge_type_id: int
    name: str
    from_type_id: int
    to_type_id: int
    deprecated: bool
    fields: _containers.RepeatedCompositeFieldContainer[Field]
    unique_per_from: bool
    description: str
    reserved_field_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, edge_type_id: _Optional[int] = ..., name: _Optional[str] = ..., from_type_id: _Optional[int] = ..., to_type_id: _Optional[int] = ..., deprecated: bool = ..., fields: _Optional[_Iterable[_Union[Field, _Mapping]]] = ..., unique_per_from: bool = ..., description: _Optional[str] = ..., reserved_field_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class Schema(_message.Message):
    __slots__ = ("node_types", "edge_types", "reserved_type_ids", "reserved_edge_type_ids")
    NODE_TYPES_FIELD_NUMBER: _ClassVar[int]
    EDGE_TYPES_FIELD_NUMBER: _ClassVar[int]
    RESERVED_TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_EDGE_TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    node_types: _containers.RepeatedCompositeFieldContainer[NodeType]
    edge_types: _containers.RepeatedCompositeFieldContainer[EdgeType]
    reserved_type_ids: _containers.RepeatedScalarFieldContainer[int]
    reserved_edge_type_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, node_types: _Optional[_Iterable[_Union[NodeType, _Mapping]]] = ..., edge_types: _Optional[_Iterable[_Union[EdgeType, _Mapping]]] = ..., reserved_type_ids: _Optional[_Iterable[int]] = ..., reserved_edge_type_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class RequestContext(_message.Message):
    __slots__ = ("tenant_id", "actor")
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    tenant_id: str
    actor: str
    def __init__(self, tenant_id: _Optional[str] = ..., actor: _Optional[str] = ...) -> None: ...

class ReadOptions(_message.Message):
    __slots__ = ("at_least", "consistency")
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    at_least: bytes
    consistency: Consistency
    def __init__(self, at_least: _Optional[bytes] = ..., consistency: _Optional[_Union[Consistency, str]] = ...) -> None: ...
