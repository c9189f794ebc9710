from . import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NewEvent(_message.Message):
    __slots__ = ("event_id", "event_type", "event_version", "aggregate_nonce", "payload", "content_type", "content_schema", "correlation_id", "causation_id", "actor_id", "timestamp_unix_ms", "payload_sha256", "headers", "tags")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SHA256_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    event_type: str
    event_version: int
    aggregate_nonce: int
    payload: bytes
    content_type: str
    content_schema: str
    correlation_id: str
    causation_id: str
    actor_id: str
    timestamp_unix_ms: int
    payload_sha256: bytes
    headers: _containers.ScalarMap[str, str]
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, event_id: _Optional[str] = ..., event_type: _Optional[str] = ..., event_version: _Optional[int] = ..., aggregate_nonce: _Optional[int] = ..., payload: _Optional[bytes] = ..., content_type: _Optional[str] = ..., content_schema: _Optional[str] = ..., correlation_id: _Optional[str] = ..., causation_id: _Optional[str] = ..., actor_id: _Optional[str] = ..., timestamp_unix_ms: _Optional[int] = ..., payload_sha256: _Optional[bytes] = ..., headers: _Optional[_Mapping[str, str]] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("event_id", "event_type", "event_version", "aggregate_nonce", "payload", "content_type", "content_schema", "correlation_id", "causation_id", "actor_id", "timestamp_unix_ms", "payload_sha256", "headers", "tags", "aggregate_id", "aggregate_type", "global_nonce", "recorded_time_unix_ms")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SHA256_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_ID_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    RECORDED_TIME_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    event_type: str
    event_version: int
    aggregate_nonce: int
    payload: bytes
    content_type: str
    content_schema: str
    correlation_id: str
    causation_id: str
    actor_id: str
    timestamp_unix_ms: int
    payload_sha256: bytes
    headers: _containers.ScalarMap[str, str]
    tags: _containers.RepeatedScalarFieldContainer[str]
    aggregate_id: str
    aggregate_type: str
    global_nonce: int
    recorded_time_unix_ms: int
    def __init__(self, event_id: _Optional[str] = ..., event_type: _Optional[str] = ..., event_version: _Optional[int] = ..., aggregate_nonce: _Optional[int] = ..., payload: _Optional[bytes] = ..., content_type: _Optional[str] = ..., content_schema: _Optional[str] = ..., correlation_id: _Optional[str] = ..., causation_id: _Optional[str] = ..., actor_id: _Optional[str] = ..., timestamp_unix_ms: _Optional[int] = ..., payload_sha256: _Optional[bytes] = ..., headers: _Optional[_Mapping[str, str]] = ..., tags: _Optional[_Iterable[str]] = ..., aggregate_id: _Optional[str] = ..., aggregate_type: _Optional[str] = ..., global_nonce: _Optional[int] = ..., recorded_time_unix_ms: _Optional[int] = ...) -> None: ...

class ExpectedNonce(_message.Message):
    __slots__ = ("exact", "none", "exists", "any")
    EXACT_FIELD_NUMBER: _ClassVar[int]
    NONE_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    ANY_FIELD_NUMBER: _ClassVar[int]
    exact: int
    none: bool
    exists: bool
    any: bool
    def __init__(self, exact: _Optional[int] = ..., none: bool = ..., exists: bool = ..., any: bool = ...) -> None: ...

class EventQueryItem(_message.Message):
    __slots__ = ("event_types", "tags")
    EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    event_types: _containers.RepeatedScalarFieldContainer[str]
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, event_types: _Optional[_Iterable[str]] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class AppendCondition(_message.Message):
    __slots__ = ("fail_if_any", "after_global_nonce")
    FAIL_IF_ANY_FIELD_NUMBER: _ClassVar[int]
    AFTER_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    fail_if_any: _containers.RepeatedCompositeFieldContainer[EventQueryItem]
    after_global_nonce: int
    def __init__(self, fail_if_any: _Optional[_Iterable[_Union[EventQueryItem, _Mapping]]] = ..., after_global_nonce: _Optional[int] = ...) -> None: ...

class AppendEvents(_message.Message):
    __slots__ = ("aggregate_id", "aggregate_type", "expected", "events", "condition")
    AGGREGATE_ID_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    aggregate_id: str
    aggregate_type: str
    expected: ExpectedNonce
    events: _containers.RepeatedCompositeFieldContainer[NewEvent]
    condition: AppendCondition
    def __init__(self, aggregate_id: _Optional[str] = ..., aggregate_type: _Optional[str] = ..., expected: _Optional[_Union[ExpectedNonce, _Mapping]] = ..., events: _Optional[_Iterable[_Union[NewEvent, _Mapping]]] = ..., condition: _Optional[_Union[AppendCondition, _Mapping]] = ...) -> None: ...

class StoreCheckpoint(_message.Message):
    __slots__ = ("consumer", "global_nonce", "expected_global_nonce")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    global_nonce: int
    expected_global_nonce: int
    def __init__(self, consumer: _Optional[str] = ..., global_nonce: _Optional[int] = ..., expected_global_nonce: _Optional[int] = ...) -> None: ...

class SetAggregateGrants(_message.Message):
    __slots__ = ("aggregate_type", "grants", "reset")
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    aggregate_type: str
    grants: _containers.RepeatedCompositeFieldContainer[_model_pb2.Grant]
    reset: bool
    def __init__(self, aggregate_type: _Optional[str] = ..., grants: _Optional[_Iterable[_Union[_model_pb2.Grant, _Mapping]]] = ..., reset: bool = ...) -> None: ...

class AppendResult(_message.Message):
    __slots__ = ("aggregate_id", "first_aggregate_nonce", "last_aggregate_nonce", "first_global_nonce", "last_global_nonce")
    AGGREGATE_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    LAST_AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    FIRST_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    LAST_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    aggregate_id: str
    first_aggregate_nonce: int
    last_aggregate_nonce: int
    first_global_nonce: int
    last_global_nonce: int
    def __init__(self, aggregate_id: _Optional[str] = ..., first_aggregate_nonce: _Optional[int] = ..., last_aggregate_nonce: _Optional[int] = ..., first_global_nonce: _Optional[int] = ..., last_global_nonce: _Optional[int] = ...) -> None: ...

class Aggregate(_message.Message):
    __slots__ = ("aggregate_id", "aggregate_type", "last_aggregate_nonce", "last_global_nonce", "created_at", "updated_at")
    AGGREGATE_ID_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    LAST_AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    LAST_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    aggregate_id: str
    aggregate_type: str
    last_aggregate_nonce: int
    last_global_nonce: int
    created_at: int
    updated_at: int
    def __init__(self, aggregate_id: _Optional[str] = ..., aggregate_type: _Optional[str] = ..., last_aggregate_nonce: _Optional[int] = ..., last_global_nonce: _Optional[int] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ...) -> None: ...

class EventFilter(_message.Message):
    __slots__ = ("event_types", "aggregate_types", "aggregate_id_prefix", "tags")
    EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPES_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_ID_PREFIX_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    event_types: _containers.RepeatedScalarFieldContainer[str]
    aggregate_types: _containers.RepeatedScalarFieldContainer[str]
    aggregate_id_prefix: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, event_types: _Optional[_Iterable[str]] = ..., aggregate_types: _Optional[_Iterable[str]] = ..., aggregate_id_prefix: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...
