from . import event_model_pb2 as _event_model_pb2
from . import filter_pb2 as _filter_pb2
from . import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnConflict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_CONFLICT_UNSPECIFIED: _ClassVar[OnConflict]
    ON_CONFLICT_FAIL: _ClassVar[OnConflict]
    ON_CONFLICT_RETURN_EXISTING: _ClassVar[OnConflict]

class SchemaMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCHEMA_MODE_UNSPECIFIED: _ClassVar[SchemaMode]
    SCHEMA_MODE_MERGE: _ClassVar[SchemaMode]
    SCHEMA_MODE_REPLACE: _ClassVar[SchemaMode]

class WaitMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_MODE_UNSPECIFIED: _ClassVar[WaitMode]
    WAIT_MODE_APPLIED: _ClassVar[WaitMode]
    WAIT_MODE_DURABLE: _ClassVar[WaitMode]

class ReceiptState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECEIPT_STATE_UNSPECIFIED: _ClassVar[ReceiptState]
    RECEIPT_STATE_UNKNOWN: _ClassVar[ReceiptState]
    RECEIPT_STATE_PENDING: _ClassVar[ReceiptState]
    RECEIPT_STATE_APPLIED: _ClassVar[ReceiptState]
    RECEIPT_STATE_REJECTED: _ClassVar[ReceiptState]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_OUT: _ClassVar[Direction]
    DIRECTION_IN: _ClassVar[Direction]

class Compatibility(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPATIBILITY_UNSPECIFIED: _ClassVar[Compatibility]
    COMPATIBILITY_SAFE: _ClassVar[Compatibility]
    COMPATIBILITY_DATA_DEPENDENT: _ClassVar[Compatibility]
    COMPATIBILITY_BREAKING: _ClassVar[Compatibility]

class ChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_KIND_UNSPECIFIED: _ClassVar[ChangeKind]
    CHANGE_KIND_NODE_CREATED: _ClassVar[ChangeKind]
    CHANGE_KIND_NODE_UPDATED: _ClassVar[ChangeKind]
    CHANGE_KIND_NODE_DELETED: _ClassVar[ChangeKind]
    CHANGE_KIND_NODE_RESTORED: _ClassVar[ChangeKind]
    CHANGE_KIND_NODE_PURGED: _ClassVar[ChangeKind]
    CHANGE_KIND_NODE_ACCESS_CHANGED: _ClassVar[ChangeKind]
    CHANGE_KIND_EDGE_CREATED: _ClassVar[ChangeKind]
    CHANGE_KIND_EDGE_UPDATED: _ClassVar[ChangeKind]
    CHANGE_KIND_EDGE_DELETED: _ClassVar[ChangeKind]
    CHANGE_KIND_SCHEMA_CHANGED: _ClassVar[ChangeKind]
ON_CONFLICT_UNSPECIFIED: OnConflict
ON_CONFLICT_FAIL: OnConflict
ON_CONFLICT_RETURN_EXISTING: OnConflict
SCHEMA_MODE_UNSPECIFIED: SchemaMode
SCHEMA_MODE_MERGE: SchemaMode
SCHEMA_MODE_REPLACE: SchemaMode
WAIT_MODE_UNSPECIFIED: WaitMode
WAIT_MODE_APPLIED: WaitMode
WAIT_MODE_DURABLE: WaitMode
RECEIPT_STATE_UNSPECIFIED: ReceiptState
RECEIPT_STATE_UNKNOWN: ReceiptState
RECEIPT_STATE_PENDING: ReceiptState
RECEIPT_STATE_APPLIED: ReceiptState
RECEIPT_STATE_REJECTED: ReceiptState
DIRECTION_UNSPECIFIED: Direction
DIRECTION_OUT: Direction
DIRECTION_IN: Direction
COMPATIBILITY_UNSPECIFIED: Compatibility
COMPATIBILITY_SAFE: Compatibility
COMPATIBILITY_DATA_DEPENDENT: Compatibility
COMPATIBILITY_BREAKING: Compatibility
CHANGE_KIND_UNSPECIFIED: ChangeKind
CHANGE_KIND_NODE_CREATED: ChangeKind
CHANGE_KIND_NODE_UPDATED: ChangeKind
CHANGE_KIND_NODE_DELETED: ChangeKind
CHANGE_KIND_NODE_RESTORED: ChangeKind
CHANGE_KIND_NODE_PURGED: ChangeKind
CHANGE_KIND_NODE_ACCESS_CHANGED: ChangeKind
CHANGE_KIND_EDGE_CREATED: ChangeKind
CHANGE_KIND_EDGE_UPDATED: ChangeKind
CHANGE_KIND_EDGE_DELETED: ChangeKind
CHANGE_KIND_SCHEMA_CHANGED: ChangeKind

class CreateNode(_message.Message):
    __slots__ = ("type_id", "fields", "alias", "id", "on_conflict", "principals", "grants", "recipients", "mail")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: _model_pb2.Value
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[_model_pb2.Value, _Mapping]] = ...) -> None: ...
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ON_CONFLICT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPALS_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    MAIL_FIELD_NUMBER: _ClassVar[int]
    type_id: int
    fields: _containers.MessageMap[int, _model_pb2.Value]
    alias: str
    id: str
    on_conflict: OnConflict
    principals: _containers.RepeatedScalarFieldContainer[str]
    grants: _containers.RepeatedCompositeFieldContainer[_model_pb2.Grant]
    recipients: _containers.RepeatedScalarFieldContainer[str]
    mail: Mail
    def __init__(self, type_id: _Optional[int] = ..., fields: _Optional[_Mapping[int, _model_pb2.Value]] = ..., alias: _Optional[str] = ..., id: _Optional[str] = ..., on_conflict: _Optional[_Union[OnConflict, str]] = ..., principals: _Optional[_Iterable[str]] = ..., grants: _Optional[_Iterable[_Union[_model_pb2.Grant, _Mapping]]] = ..., recipients: _Optional[_Iterable[str]] = ..., mail: _Optional[_Union[Mail, _Mapping]] = ...) -> None: ...

class Mail(_message.Message):
    __slots__ = ("thread", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    THREAD_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    thread: str
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, thread: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class SetVisibility(_message.Message):
    __slots__ = ("node_id", "principals")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    PRINCIPALS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    principals: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, node_id: _Optional[str] = ..., principals: _Optional[_Iterable[str]] = ...) -> None: ...

class AddGrant(_message.Message):
    __slots__ = ("node_id", "grant")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    grant: _model_pb2.Grant
    def __init__(self, node_id: _Optional[str] = ..., grant: _Optional[_Union[_model_pb2.Grant, _Mapping]] = ...) -> None: ...

class RevokeGrant(_message.Message):
    __slots__ = ("node_id", "principal", "permission")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    PERMISSION_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    principal: str
    permission: _model_pb2.Permission
    def __init__(self, node_id: _Optional[str] = ..., principal: _Optional[str] = ..., permission: _Optional[_Union[_model_pb2.Permission, str]] = ...) -> None: ...

class MailboxSelection(_message.Message):
    __slots__ = ("item_ids", "up_to")
    ITEM_IDS_FIELD_NUMBER: _ClassVar[int]
    UP_TO_FIELD_NUMBER: _ClassVar[int]
    item_ids: _containers.RepeatedScalarFieldContainer[str]
    up_to: bytes
    def __init__(self, item_ids: _Optional[_Iterable[str]] = ..., up_to: _Optional[bytes] = ...) -> None: ...

class MarkReadOperation(_message.Message):
    __slots__ = ("user_id", "items", "unread")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    items: MailboxSelection
    unread: bool
    def __init__(self, user_id: _Optional[str] = ..., items: _Optional[_Union[MailboxSelection, _Mapping]] = ..., unread: bool = ...) -> None: ...

class DeleteMailboxItemsOperation(_message.Message):
    __slots__ = ("user_id", "items")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    items: MailboxSelection
    def __init__(self, user_id: _Optional[str] = ..., items: _Optional[_Union[MailboxSelection, _Mapping]] = ...) -> None: ...

class FieldPrecondition(_message.Message):
    __slots__ = ("field_id", "value")
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    field_id: int
    value: _model_pb2.Value
    def __init__(self, field_id: _Optional[int] = ..., value: _Optional[_Union[_model_pb2.Value, _Mapping]] = ...) -> None: ...

class UpdateNode(_message.Message):
    __slots__ = ("id", "fields", "expected_version", "preconditions")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: _model_pb2.Value
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[_model_pb2.Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    PRECONDITIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    fields: _containers.MessageMap[int, _model_pb2.Value]
    expected_version: int
    preconditions: _containers.RepeatedCompositeFieldContainer[FieldPrecondition]
    def __init__(self, id: _Optional[str] = ..., fields: _Optional[_Mapping[int, _model_pb2.Value]] = ..., expected_version: _Optional[int] = ..., preconditions: _Optional[_Iterable[_Union[FieldPrecondition, _Mapping]]] = ...) -> None: ...

class DeleteNode(_message.Message):
    __slots__ = ("id", "expected_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    expected_version: int
    def __init__(self, id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class RestoreNode(_message.Message):
    __slots__ = ("id", "expected_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    expected_version: int
    def __init__(self, id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class PurgeNode(_message.Message):
    __slots__ = ("id", "expected_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    expected_version: int
    def __init__(self, id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class CreateEdge(_message.Message):
    __slots__ = ("edge_type_id", "from_id", "to_id", "fields", "alias", "id", "on_conflict")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: _model_pb2.Value
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[_model_pb2.Value, _Mapping]] = ...) -> None: ...
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ON_CONFLICT_FIELD_NUMBER: _ClassVar[int]
    edge_type_id: int
    from_id: str
    to_id: str
    fields: _containers.MessageMap[int, _model_pb2.Value]
    alias: str
    id: str
    on_conflict: OnConflict
    def __init__(self, edge_type_id: _Optional[int] = ..., from_id: _Optional[str] = ..., to_id: _Optional[str] = ..., fields: _Optional[_Mapping[int, _model_pb2.Value]] = ..., alias: _Optional[str] = ..., id: _Optional[str] = ..., on_conflict: _Optional[_Union[OnConflict, str]] = ...) -> None: ...

class EdgeKey(_message.Message):
    __slots__ = ("edge_type_id", "from_id", "to_id")
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    edge_type_id: int
    from_id: str
    to_id: str
    def __init__(self, edge_type_id: _Optional[int] = ..., from_id: _Optional[str] = ..., to_id: _Optional[str] = ...) -> None: ...

class UpdateEdge(_message.Message):
    __slots__ = ("id", "key", "fields")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: _model_pb2.Value
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[_model_pb2.Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    key: EdgeKey
    fields: _containers.MessageMap[int, _model_pb2.Value]
    def __init__(self, id: _Optional[str] = ..., key: _Optional[_Union[EdgeKey, _Mapping]] = ..., fields: _Optional[_Mapping[int, _model_pb2.Value]] = ...) -> None: ...

class DeleteEdge(_message.Message):
    __slots__ = ("id", "key")
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    id: str
    key: EdgeKey
    def __init__(self, id: _Optional[str] = ..., key: _Optional[_Union[EdgeKey, _Mapping]] = ...) -> None: ...

class RegisterSchemaOperation(_message.Message):
    __slots__ = ("schema", "mode")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    schema: _model_pb2.Schema
    mode: SchemaMode
    def __init__(self, schema: _Optional[_Union[_model_pb2.Schema, _Mapping]] = ..., mode: _Optional[_Union[SchemaMode, str]] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("create_node", "update_node", "delete_node", "restore_node", "purge_node", "create_edge", "update_edge", "delete_edge", "register_schema", "set_visibility", "grant", "revoke", "mark_read", "delete_mailbox_items", "append_events", "store_checkpoint", "set_aggregate_grants")
    CREATE_NODE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_NODE_FIELD_NUMBER: _ClassVar[int]
    DELETE_NODE_FIELD_NUMBER: _ClassVar[int]
    RESTORE_NODE_FIELD_NUMBER: _ClassVar[int]
    PURGE_NODE_FIELD_NUMBER: _ClassVar[int]
    CREATE_EDGE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_EDGE_FIELD_NUMBER: _ClassVar[int]
    DELETE_EDGE_FIELD_NUMBER: _ClassVar[int]
    REGISTER_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SET_VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    REVOKE_FIELD_NUMBER: _ClassVar[int]
    MARK_READ_FIELD_NUMBER: _ClassVar[int]
    DELETE_MAILBOX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    APPEND_EVENTS_FIELD_NUMBER: _ClassVar[int]
    STORE_CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    SET_AGGREGATE_GRANTS_FIELD_NUMBER: _ClassVar[int]
    create_node: CreateNode
    update_node: UpdateNode
    delete_node: DeleteNode
    restore_node: RestoreNode
    purge_node: PurgeNode
    create_edge: CreateEdge
    update_edge: UpdateEdge
    delete_edge: DeleteEdge
    register_schema: RegisterSchemaOperation
    set_visibility: SetVisibility
    grant: AddGrant
    revoke: RevokeGrant
    mark_read: MarkReadOperation
    delete_mailbox_items: DeleteMailboxItemsOperation
    append_events: _event_model_pb2.AppendEvents
    store_checkpoint: _event_model_pb2.StoreCheckpoint
    set_aggregate_grants: _event_model_pb2.SetAggregateGrants
    def __init__(self, create_node: _Optional[_Union[CreateNode, _Mapping]] = ..., update_node: _Optional[_Union[UpdateNode, _Mapping]] = ..., delete_node: _Optional[_Union[DeleteNode, _Mapping]] = ..., restore_node: _Optional[_Union[RestoreNode, _Mapping]] = ..., purge_node: _Optional[_Union[PurgeNode, _Mapping]] = ..., create_edge: _Optional[_Union[CreateEdge, _Mapping]] = ..., update_edge: _Optional[_Union[UpdateEdge, _Mapping]] = ..., delete_edge: _Optional[_Union[DeleteEdge, _Mapping]] = ..., register_schema: _Optional[_Union[RegisterSchemaOperation, _Mapping]] = ..., set_visibility: _Optional[_Union[SetVisibility, _Mapping]] = ..., grant: _Optional[_Union[AddGrant, _Mapping]] = ..., revoke: _Optional[_Union[RevokeGrant, _Mapping]] = ..., mark_read: _Optional[_Union[MarkReadOperation, _Mapping]] = ..., delete_mailbox_items: _Optional[_Union[DeleteMailboxItemsOperation, _Mapping]] = ..., append_events: _Optional[_Union[_event_model_pb2.AppendEvents, _Mapping]] = ..., store_checkpoint: _Optional[_Union[_event_model_pb2.StoreCheckpoint, _Mapping]] = ..., set_aggregate_grants: _Optional[_Union[_event_model_pb2.SetAggregateGrants, _Mapping]] = ...) -> None: ...

class ExecuteAtomicRequest(_message.Message):
    __slots__ = ("context", "idempotency_key", "operations", "wait", "schema_fingerprint", "schema")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    idempotency_key: str
    operations: _containers.RepeatedCompositeFieldContainer[Operation]
    wait: WaitMode
    schema_fingerprint: str
    schema: _model_pb2.Schema
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., operations: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ..., wait: _Optional[_Union[WaitMode, str]] = ..., schema_fingerprint: _Optional[str] = ..., schema: _Optional[_Union[_model_pb2.Schema, _Mapping]] = ...) -> None: ...

class OperationResult(_message.Message):
    __slots__ = ("alias", "node_id", "edge_id", "version", "created", "append")
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    EDGE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    alias: str
    node_id: str
    edge_id: str
    version: int
    created: bool
    append: _event_model_pb2.AppendResult
    def __init__(self, alias: _Optional[str] = ..., node_id: _Optional[str] = ..., edge_id: _Optional[str] = ..., version: _Optional[int] = ..., created: bool = ..., append: _Optional[_Union[_event_model_pb2.AppendResult, _Mapping]] = ...) -> None: ...

class SchemaDifference(_message.Message):
    __slots__ = ("path", "kept", "sent")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    path: str
    kept: str
    sent: str
    def __init__(self, path: _Optional[str] = ..., kept: _Optional[str] = ..., sent: _Optional[str] = ...) -> None: ...

class ExecuteAtomicResponse(_message.Message):
    __slots__ = ("results", "position_token", "wal_position", "applied", "idempotency_key", "schema_differences")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[OperationResult]
    position_token: bytes
    wal_position: str
    applied: bool
    idempotency_key: str
    schema_differences: _containers.RepeatedCompositeFieldContainer[SchemaDifference]
    def __init__(self, results: _Optional[_Iterable[_Union[OperationResult, _Mapping]]] = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ..., applied: bool = ..., idempotency_key: _Optional[str] = ..., schema_differences: _Optional[_Iterable[_Union[SchemaDifference, _Mapping]]] = ...) -> None: ...

class GetReceiptRequest(_message.Message):
    __slots__ = ("context", "idempotency_key", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    idempotency_key: str
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("reason", "message", "hint", "details")
    class DetailsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    hint: str
    details: _containers.ScalarMap[str, str]
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., details: _Optional[_Mapping[str, str]] = ...) -> None: ...

class GetReceiptResponse(_message.Message):
    __slots__ = ("state", "results", "rejection", "position_token", "wal_position", "applied_at")
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    REJECTION_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    APPLIED_AT_FIELD_NUMBER: _ClassVar[int]
    state: ReceiptState
    results: _containers.RepeatedCompositeFieldContainer[OperationResult]
    rejection: Rejection
    position_token: bytes
    wal_position: str
    applied_at: int
    def __init__(self, state: _Optional[_Union[ReceiptState, str]] = ..., results: _Optional[_Iterable[_Union[OperationResult, _Mapping]]] = ..., rejection: _Optional[_Union[Rejection, _Mapping]] = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ..., applied_at: _Optional[int] = ...) -> None: ...

class GetNodeRequest(_message.Message):
    __slots__ = ("context", "id", "include_deleted", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DELETED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    id: str
    include_deleted: bool
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., id: _Optional[str] = ..., include_deleted: bool = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class GetNodeResponse(_message.Message):
    __slots__ = ("node", "position_token")
    NODE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    node: _model_pb2.Node
    position_token: bytes
    def __init__(self, node: _Optional[_Union[_model_pb2.Node, _Mapping]] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class GetNodesRequest(_message.Message):
    __slots__ = ("context", "ids", "include_deleted", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DELETED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    ids: _containers.RepeatedScalarFieldContainer[str]
    include_deleted: bool
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., ids: _Optional[_Iterable[str]] = ..., include_deleted: bool = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class GetNodesResponse(_message.Message):
    __slots__ = ("nodes", "missing_ids", "position_token")
    NODES_FIELD_NUMBER: _ClassVar[int]
    MISSING_IDS_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[_model_pb2.Node]
    missing_ids: _containers.RepeatedScalarFieldContainer[str]
    position_token: bytes
    def __init__(self, nodes: _Optional[_Iterable[_Union[_model_pb2.Node, _Mapping]]] = ..., missing_ids: _Optional[_Iterable[str]] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class GetNodeByKeyRequest(_message.Message):
    __slots__ = ("context", "type_id", "field_id", "key_id", "values", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    type_id: int
    field_id: int
    key_id: int
    values: _containers.RepeatedCompositeFieldContainer[_model_pb2.Value]
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., type_id: _Optional[int] = ..., field_id: _Optional[int] = ..., key_id: _Optional[int] = ..., values: _Optional[_Iterable[_Union[_model_pb2.Value, _Mapping]]] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class GetNodeByKeyResponse(_message.Message):
    __slots__ = ("node", "position_token")
    NODE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    node: _model_pb2.Node
    position_token: bytes
    def __init__(self, node: _Optional[_Union[_model_pb2.Node, _Mapping]] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class QueryNodesRequest(_message.Message):
    __slots__ = ("context", "type_id", "filter", "order", "page_size", "cursor", "include_deleted", "with_total_count", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DELETED_FIELD_NUMBER: _ClassVar[int]
    WITH_TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    type_id: int
    filter: _filter_pb2.Filter
    order: _containers.RepeatedCompositeFieldContainer[_filter_pb2.OrderTerm]
    page_size: int
    cursor: bytes
    include_deleted: bool
    with_total_count: bool
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., type_id: _Optional[int] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., order: _Optional[_Iterable[_Union[_filter_pb2.OrderTerm, _Mapping]]] = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., include_deleted: bool = ..., with_total_count: bool = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class QueryNodesResponse(_message.Message):
    __slots__ = ("nodes", "next_cursor", "has_more", "total_count", "total_count_absent_reason", "position_token")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COUNT_ABSENT_REASON_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[_model_pb2.Node]
    next_cursor: bytes
    has_more: bool
    total_count: int
    total_count_absent_reason: str
    position_token: bytes
    def __init__(self, nodes: _Optional[_Iterable[_Union[_model_pb2.Node, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., total_count: _Optional[int] = ..., total_count_absent_reason: _Optional[str] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class CountNodesRequest(_message.Message):
    __slots__ = ("context", "type_id", "filter", "include_deleted", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DELETED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    type_id: int
    filter: _filter_pb2.Filter
    include_deleted: bool
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., type_id: _Optional[int] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., include_deleted: bool = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class CountNodesResponse(_message.Message):
    __slots__ = ("count", "position_token")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    count: int
    position_token: bytes
    def __init__(self, count: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class ListEdgesRequest(_message.Message):
    __slots__ = ("context", "node_id", "direction", "edge_type_id", "page_size", "cursor", "with_nodes", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    WITH_NODES_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    node_id: str
    direction: Direction
    edge_type_id: int
    page_size: int
    cursor: bytes
    with_nodes: bool
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., node_id: _Optional[str] = ..., direction: _Optional[_Union[Direction, str]] = ..., edge_type_id: _Optional[int] = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., with_nodes: bool = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ListEdgesResponse(_message.Message):
    __slots__ = ("edges", "nodes", "next_cursor", "has_more", "position_token")
    EDGES_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    edges: _containers.RepeatedCompositeFieldContainer[_model_pb2.Edge]
    nodes: _containers.RepeatedCompositeFieldContainer[_model_pb2.Node]
    next_cursor: bytes
    has_more: bool
    position_token: bytes
    def __init__(self, edges: _Optional[_Iterable[_Union[_model_pb2.Edge, _Mapping]]] = ..., nodes: _Optional[_Iterable[_Union[_model_pb2.Node, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., position_token: _Optional[bytes] = ...) -> None: ...

class ListConnectedRequest(_message.Message):
    __slots__ = ("context", "node_id", "edge_type_id", "direction", "depth", "page_size", "cursor", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    node_id: str
    edge_type_id: int
    direction: Direction
    depth: int
    page_size: int
    cursor: bytes
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., node_id: _Optional[str] = ..., edge_type_id: _Optional[int] = ..., direction: _Optional[_Union[Direction, str]] = ..., depth: _Optional[int] = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ConnectedNode(_message.Message):
    __slots__ = ("node", "distance")
    NODE_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    node: _model_pb2.Node
    distance: int
    def __init__(self, node: _Optional[_Union[_model_pb2.Node, _Mapping]] = ..., distance: _Optional[int] = ...) -> None: ...

class ListConnectedResponse(_message.Message):
    __slots__ = ("nodes", "next_cursor", "has_more", "position_token")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[ConnectedNode]
    next_cursor: bytes
    has_more: bool
    position_token: bytes
    def __init__(self, nodes: _Optional[_Iterable[_Union[ConnectedNode, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., position_token: _Optional[bytes] = ...) -> None: ...

class GetSchemaRequest(_message.Message):
    __slots__ = ("context", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class SchemaBuild(_message.Message):
    __slots__ = ("wal_position", "step", "rows_done", "rows_total")
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    ROWS_DONE_FIELD_NUMBER: _ClassVar[int]
    ROWS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    wal_position: str
    step: str
    rows_done: int
    rows_total: int
    def __init__(self, wal_position: _Optional[str] = ..., step: _Optional[str] = ..., rows_done: _Optional[int] = ..., rows_total: _Optional[int] = ...) -> None: ...

class GetSchemaResponse(_message.Message):
    __slots__ = ("schema", "fingerprint", "position_token", "locked", "build")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    schema: _model_pb2.Schema
    fingerprint: str
    position_token: bytes
    locked: bool
    build: SchemaBuild
    def __init__(self, schema: _Optional[_Union[_model_pb2.Schema, _Mapping]] = ..., fingerprint: _Optional[str] = ..., position_token: _Optional[bytes] = ..., locked: bool = ..., build: _Optional[_Union[SchemaBuild, _Mapping]] = ...) -> None: ...

class RegisterSchemaRequest(_message.Message):
    __slots__ = ("context", "idempotency_key", "schema", "mode")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    idempotency_key: str
    schema: _model_pb2.Schema
    mode: SchemaMode
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., idempotency_key: _Optional[str] = ..., schema: _Optional[_Union[_model_pb2.Schema, _Mapping]] = ..., mode: _Optional[_Union[SchemaMode, str]] = ...) -> None: ...

class RegisterSchemaResponse(_message.Message):
    __slots__ = ("fingerprint", "differences", "changed", "position_token", "wal_position")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    differences: _containers.RepeatedCompositeFieldContainer[SchemaDifference]
    changed: bool
    position_token: bytes
    wal_position: str
    def __init__(self, fingerprint: _Optional[str] = ..., differences: _Optional[_Iterable[_Union[SchemaDifference, _Mapping]]] = ..., changed: bool = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ...) -> None: ...

class SchemaChange(_message.Message):
    __slots__ = ("change", "path", "compatibility", "message", "hint")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    COMPATIBILITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    change: str
    path: str
    compatibility: Compatibility
    message: str
    hint: str
    def __init__(self, change: _Optional[str] = ..., path: _Optional[str] = ..., compatibility: _Optional[_Union[Compatibility, str]] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class CheckSchemaRequest(_message.Message):
    __slots__ = ("context", "schema", "mode", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    schema: _model_pb2.Schema
    mode: SchemaMode
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., schema: _Optional[_Union[_model_pb2.Schema, _Mapping]] = ..., mode: _Optional[_Union[SchemaMode, str]] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class CheckSchemaResponse(_message.Message):
    __slots__ = ("changes", "fingerprint_now", "fingerprint_then", "position_token", "differences")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_NOW_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_THEN_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[SchemaChange]
    fingerprint_now: str
    fingerprint_then: str
    position_token: bytes
    differences: _containers.RepeatedCompositeFieldContainer[SchemaDifference]
    def __init__(self, changes: _Optional[_Iterable[_Union[SchemaChange, _Mapping]]] = ..., fingerprint_now: _Optional[str] = ..., fingerprint_then: _Optional[str] = ..., position_token: _Optional[bytes] = ..., differences: _Optional[_Iterable[_Union[SchemaDifference, _Mapping]]] = ...) -> None: ...

class SearchNodesRequest(_message.Message):
    __slots__ = ("context", "query", "type_ids", "field_ids", "prefix", "page_size", "cursor", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    FIELD_IDS_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    query: str
    type_ids: _containers.RepeatedScalarFieldContainer[int]
    field_ids: _containers.RepeatedScalarFieldContainer[int]
    prefix: bool
    page_size: int
    cursor: bytes
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., query: _Optional[str] = ..., type_ids: _Optional[_Iterable[int]] = ..., field_ids: _Optional[_Iterable[int]] = ..., prefix: bool = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class Highlight(_message.Message):
    __slots__ = ("field_id", "text")
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    field_id: int
    text: str
    def __init__(self, field_id: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class SearchHit(_message.Message):
    __slots__ = ("node", "score", "highlights")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    HIGHLIGHTS_FIELD_NUMBER: _ClassVar[int]
    node: _model_pb2.Node
    score: float
    highlights: _containers.RepeatedCompositeFieldContainer[Highlight]
    def __init__(self, node: _Optional[_Union[_model_pb2.Node, _Mapping]] = ..., score: _Optional[float] = ..., highlights: _Optional[_Iterable[_Union[Highlight, _Mapping]]] = ...) -> None: ...

class SearchNodesResponse(_message.Message):
    __slots__ = ("hits", "next_cursor", "has_more", "position_token")
    HITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    next_cursor: bytes
    has_more: bool
    position_token: bytes
    def __init__(self, hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., position_token: _Optional[bytes] = ...) -> None: ...

class ListGrantsRequest(_message.Message):
    __slots__ = ("context", "node_id", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    node_id: str
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., node_id: _Optional[str] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ListGrantsResponse(_message.Message):
    __slots__ = ("owner_actor", "grants", "position_token")
    OWNER_ACTOR_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    owner_actor: str
    grants: _containers.RepeatedCompositeFieldContainer[_model_pb2.Grant]
    position_token: bytes
    def __init__(self, owner_actor: _Optional[str] = ..., grants: _Optional[_Iterable[_Union[_model_pb2.Grant, _Mapping]]] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class WatchChangesRequest(_message.Message):
    __slots__ = ("context", "after", "from_beginning", "type_ids", "edge_type_ids", "with_nodes", "heartbeat_ms")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    FROM_BEGINNING_FIELD_NUMBER: _ClassVar[int]
    TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    EDGE_TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    WITH_NODES_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_MS_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    after: bytes
    from_beginning: bool
    type_ids: _containers.RepeatedScalarFieldContainer[int]
    edge_type_ids: _containers.RepeatedScalarFieldContainer[int]
    with_nodes: bool
    heartbeat_ms: int
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., after: _Optional[bytes] = ..., from_beginning: bool = ..., type_ids: _Optional[_Iterable[int]] = ..., edge_type_ids: _Optional[_Iterable[int]] = ..., with_nodes: bool = ..., heartbeat_ms: _Optional[int] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("kind", "actor", "changed_at", "node_id", "type_id", "version", "edge_id", "edge_type_id", "from_id", "to_id", "node")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EDGE_ID_FIELD_NUMBER: _ClassVar[int]
    EDGE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    kind: ChangeKind
    actor: str
    changed_at: int
    node_id: str
    type_id: int
    version: int
    edge_id: str
    edge_type_id: int
    from_id: str
    to_id: str
    node: _model_pb2.Node
    def __init__(self, kind: _Optional[_Union[ChangeKind, str]] = ..., actor: _Optional[str] = ..., changed_at: _Optional[int] = ..., node_id: _Optional[str] = ..., type_id: _Optional[int] = ..., version: _Optional[int] = ..., edge_id: _Optional[str] = ..., edge_type_id: _Optional[int] = ..., from_id: _Optional[str] = ..., to_id: _Optional[str] = ..., node: _Optional[_Union[_model_pb2.Node, _Mapping]] = ...) -> None: ...

class WatchChangesResponse(_message.Message):
    __slots__ = ("changes", "position_token", "wal_position")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    position_token: bytes
    wal_position: str
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ...) -> None: ...

class MailboxItem(_message.Message):
    __slots__ = ("id", "node_id", "type_id", "delivered_at", "read", "snippet", "thread", "metadata", "sender")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_AT_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    SNIPPET_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    id: str
    node_id: str
    type_id: int
    delivered_at: int
    read: bool
    snippet: str
    thread: str
    metadata: _containers.ScalarMap[str, str]
    sender: str
    def __init__(self, id: _Optional[str] = ..., node_id: _Optional[str] = ..., type_id: _Optional[int] = ..., delivered_at: _Optional[int] = ..., read: bool = ..., snippet: _Optional[str] = ..., thread: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., sender: _Optional[str] = ...) -> None: ...

class ListMailboxRequest(_message.Message):
    __slots__ = ("context", "user_id", "unread_only", "type_id", "thread", "page_size", "cursor", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    UNREAD_ONLY_FIELD_NUMBER: _ClassVar[int]
    TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    user_id: str
    unread_only: bool
    type_id: int
    thread: str
    page_size: int
    cursor: bytes
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., user_id: _Optional[str] = ..., unread_only: bool = ..., type_id: _Optional[int] = ..., thread: _Optional[str] = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class ListMailboxResponse(_message.Message):
    __slots__ = ("items", "next_cursor", "has_more", "unread_count", "position_token")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    UNREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[MailboxItem]
    next_cursor: bytes
    has_more: bool
    unread_count: int
    position_token: bytes
    def __init__(self, items: _Optional[_Iterable[_Union[MailboxItem, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., unread_count: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class SearchMailboxRequest(_message.Message):
    __slots__ = ("context", "user_id", "query", "prefix", "page_size", "cursor", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    user_id: str
    query: str
    prefix: bool
    page_size: int
    cursor: bytes
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., user_id: _Optional[str] = ..., query: _Optional[str] = ..., prefix: bool = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class MailboxHit(_message.Message):
    __slots__ = ("item", "score", "highlight")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    HIGHLIGHT_FIELD_NUMBER: _ClassVar[int]
    item: MailboxItem
    score: float
    highlight: str
    def __init__(self, item: _Optional[_Union[MailboxItem, _Mapping]] = ..., score: _Optional[float] = ..., highlight: _Optional[str] = ...) -> None: ...

class SearchMailboxResponse(_message.Message):
    __slots__ = ("results", "next_cursor", "has_more", "position_token")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[MailboxHit]
    next_cursor: bytes
    has_more: bool
    position_token: bytes
    def __init__(self, results: _Optional[_Iterable[_Union[MailboxHit, _Mapping]]] = ..., next_cursor: _Optional[bytes] = ..., has_more: bool = ..., position_token: _Optional[bytes] = ...) -> None: ...

class GetUnreadCountRequest(_message.Message):
    __slots__ = ("context", "user_id", "read")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    user_id: str
    read: _model_pb2.ReadOptions
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., user_id: _Optional[str] = ..., read: _Optional[_Union[_model_pb2.ReadOptions, _Mapping]] = ...) -> None: ...

class GetUnreadCountResponse(_message.Message):
    __slots__ = ("unread_count", "position_token")
    UNREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    unread_count: int
    position_token: bytes
    def __init__(self, unread_count: _Optional[int] = ..., position_token: _Optional[bytes] = ...) -> None: ...

class MarkReadRequest(_message.Message):
    __slots__ = ("context", "user_id", "items", "unread", "idempotency_key")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    user_id: str
    items: MailboxSelection
    unread: bool
    idempotency_key: str
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., user_id: _Optional[str] = ..., items: _Optional[_Union[MailboxSelection, _Mapping]] = ..., unread: bool = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class MarkReadResponse(_message.Message):
    __slots__ = ("count", "position_token", "wal_position")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    count: int
    position_token: bytes
    wal_position: str
    def __init__(self, count: _Optional[int] = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ...) -> None: ...

class DeleteMailboxItemsRequest(_message.Message):
    __slots__ = ("context", "user_id", "items", "idempotency_key")
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    context: _model_pb2.RequestContext
    user_id: str
    items: MailboxSelection
    idempotency_key: str
    def __init__(self, context: _Optional[_Union[_model_pb2.RequestContext, _Mapping]] = ..., user_id: _Optional[str] = ..., items: _Optional[_Union[MailboxSelection, _Mapping]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class DeleteMailboxItemsResponse(_message.Message):
    __slots__ = ("count", "position_token", "wal_position")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    count: int
    position_token: bytes
    wal_position: str
    def __init__(self, count: _Optional[int] = ..., position_token: _Optional[bytes] = ..., wal_position: _Optional[str] = ...) -> None: ...

class HealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HealthResponse(_message.Message):
    __slots__ = ("status", "components", "applier_lag_ms", "version", "last_snapshot_at")
    class ComponentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STATUS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    APPLIER_LAG_MS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LAST_SNAPSHOT_AT_FIELD_NUMBER: _ClassVar[int]
    status: str
    components: _containers.ScalarMap[str, str]
    applier_lag_ms: int
    version: str
    last_snapshot_at: int
    def __init__(self, status: _Optional[str] = ..., components: _Optional[_Mapping[str, str]] = ..., applier_lag_ms: _Optional[int] = ..., version: _Optional[str] = ..., last_snapshot_at: _Optional[int] = ...) -> None: ...
