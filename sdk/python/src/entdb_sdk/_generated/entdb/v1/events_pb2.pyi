from . import entdb_service_pb2 as _entdb_service_pb2
from . import event_model_pb2 as _event_model_pb2
from . import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AppendEventsRequest(_message.Message):
    __slots__ = ("context", "idempotency_key", "appends", "wait")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    APPENDS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    idempotency_key: str
    appends: _containers.RepeatedCompositeFieldContainer[_event_model_pb2.AppendEvents]
    wait: _entdb_service_pb2.WaitMode
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., appends: _Optional[_Iterable[_Union[_event_model_pb2.AppendEvents, _Mapping]]] = ..., wait: _Optional[_Union[_entdb_service_pb2.WaitMode, str]] = ...) -> None: ...

class AppendEventsResponse(_message.Message):
    __slots__ = ("results", "position_token", "wal_position", "applied", "idempotency_key")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[_event_model_pb2.AppendResult]
    position_token: bytes
    wal_position: str
    applied: bool
    idempotency_key: str
    def __init__(self, results: _Optional[_Iterable[_Union[_event_model_pb2.AppendResult, _Mapping]]] = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ..., applied: bool = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ReadAggregateRequest(_message.Message):
    __slots__ = ("context", "aggregate_id", "from_aggregate_nonce", "max_count", "backward", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    MAX_COUNT_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    aggregate_id: str
    from_aggregate_nonce: int
    max_count: int
    backward: bool
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., aggregate_id: _Optional[str] = ..., from_aggregate_nonce: _Optional[int] = ..., max_count: _Optional[int] = ..., backward: bool = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ReadAggregateResponse(_message.Message):
    __slots__ = ("events", "is_end", "next_from_aggregate_nonce", "position_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    IS_END_FIELD_NUMBER: _ClassVar[int]
    NEXT_FROM_AGGREGATE_NONCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_event_model_pb2.Event]
    is_end: bool
    next_from_aggregate_nonce: int
    position_token: bytes
    def __init__(self, events: _Optional[_Iterable[_Union[_event_model_pb2.Event, _Mapping]]] = ..., is_end: bool = ..., next_from_aggregate_nonce: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class ReadEventsRequest(_message.Message):
    __slots__ = ("context", "from_global_nonce", "max_count", "backward", "filter", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FROM_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    MAX_COUNT_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    from_global_nonce: int
    max_count: int
    backward: bool
    filter: _event_model_pb2.EventFilter
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., from_global_nonce: _Optional[int] = ..., max_count: _Optional[int] = ..., backward: bool = ..., filter: _Optional[_Union[_event_model_pb2.EventFilter, _Mapping]] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ReadEventsResponse(_message.Message):
    __slots__ = ("events", "is_end", "next_from_global_nonce", "position_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    IS_END_FIELD_NUMBER: _ClassVar[int]
    NEXT_FROM_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_event_model_pb2.Event]
    is_end: bool
    next_from_global_nonce: int
    position_token: bytes
    def __init__(self, events: _Optional[_Iterable[_Union[_event_model_pb2.Event, _Mapping]]] = ..., is_end: bool = ..., next_from_global_nonce: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class GetAggregateRequest(_message.Message):
    __slots__ = ("context", "aggregate_id", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_ID_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    aggregate_id: str
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., aggregate_id: _Optional[str] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class GetAggregateResponse(_message.Message):
    __slots__ = ("aggregate", "position_token")
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    aggregate: _event_model_pb2.Aggregate
    position_token: bytes
    def __init__(self, aggregate: _Optional[_Union[_event_model_pb2.Aggregate, _Mapping]] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class ListAggregatesRequest(_message.Message):
    __slots__ = ("context", "aggregate_type", "aggregate_id_prefix", "page_size", "cursor", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_ID_PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    aggregate_type: str
    aggregate_id_prefix: str
    page_size: int
    cursor: bytes
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., aggregate_type: _Optional[str] = ..., aggregate_id_prefix: _Optional[str] = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ListAggregatesResponse(_message.Message):
    __slots__ = ("aggregates", "next_cursor", "has_more", "last_global_nonce", "position_token")
    AGGREGATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    LAST_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    aggregates: _containers.RepeatedCompositeFieldContainer[_event_model_pb2.Aggregate]
    next_cursor: bytes
    has_more: bool
    last_global_nonce: int
    position_token: bytes
    def __init__(self, aggregates: _Optional[_Iterable[_Union[_event_model_pb2.Aggregate, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., last_global_nonce: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class SubscribeEventsRequest(_message.Message):
    __slots__ = ("context", "from_global_nonce", "consumer", "filter", "keep_alive_ms")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FROM_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    KEEP_ALIVE_MS_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    from_global_nonce: int
    consumer: str
    filter: _event_model_pb2.EventFilter
    keep_alive_ms: int
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., from_global_nonce: _Optional[int] = ..., consumer: _Optional[str] = ..., filter: _Optional[_Union[_event_model_pb2.EventFilter, _Mapping]] = ..., keep_alive_ms: _Optional[int] = ...) -> None: ...

class SubscribeEventsResponse(_message.Message):
    __slots__ = ("event", "up_to_global_nonce")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    UP_TO_GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    event: _event_model_pb2.Event
    up_to_global_nonce: int
    def __init__(self, event: _Optional[_Union[_event_model_pb2.Event, _Mapping]] = ..., up_to_global_nonce: _Optional[int] = ...) -> None: ...

class GetCheckpointRequest(_message.Message):
    __slots__ = ("context", "consumer", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    consumer: str
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., consumer: _Optional[str] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class GetCheckpointResponse(_message.Message):
    __slots__ = ("global_nonce", "updated_at", "position_token")
    GLOBAL_NONCE_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    global_nonce: int
    updated_at: int
    position_token: bytes
    def __init__(self, global_nonce: _Optional[int] = ..., updated_at: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class StoreCheckpointRequest(_message.Message):
    __slots__ = ("context", "idempotency_key", "checkpoint")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    idempotency_key: str
    checkpoint: _event_model_pb2.StoreCheckpoint
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., checkpoint: _Optional[_Union[_event_model_pb2.StoreCheckpoint, _Mapping]] = ...) -> None: ...

class StoreCheckpointResponse(_message.Message):
    __slots__ = ("position_token", "wal_position")
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    position_token: bytes
    wal_position: str
    def __init__(self, position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ...) -> None: ...

class ListAggregateGrantsRequest(_message.Message):
    __slots__ = ("context", "aggregate_type", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    aggregate_type: str
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., aggregate_type: _Optional[str] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ListAggregateGrantsResponse(_message.Message):
    __slots__ = ("grants", "is_default", "position_token")
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    grants: _containers.RepeatedCompositeFieldContainer[_model_pb2.Grant]
    is_default: bool
    position_token: bytes
    def __init__(self, grants: _Optional[_Iterable[_Union[_model_pb2.Grant, _Mapping]]] = ..., is_default: bool = ..., position_token: _Optional[bytes] = ...) -> None: ...

class SetAggregateGrantsRequest(_message.Message):
    __slots__ = ("context", "idempotency_key", "grants")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    idempotency_key: str
    grants: _event_model_pb2.SetAggregateGrants
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., grants: _Optional[_Union[_event_model_pb2.SetAggregateGrants, _Mapping]] = ...) -> None: ...

class SetAggregateGrantsResponse(_message.Message):
    __slots__ = ("position_token", "wal_position")
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    position_token: bytes
    wal_position: str
    def __init__(self, position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ...) -> None: ...
