"""Made by scripts/generate.py from the protos; do not edit."""

from typing import Final

from entdb_sdk._transport.rpc import ServerStream, Unary

from .entdb.v1 import entdb_service_pb2, events_pb2

EXECUTE_ATOMIC: Final = Unary(
    "/entdb.v1.EntDBService/ExecuteAtomic", entdb_service_pb2.ExecuteAtomicRequest, entdb_service_pb2.ExecuteAtomicResponse, reads_only=False
)
GET_RECEIPT: Final = Unary(
    "/entdb.v1.EntDBService/GetReceipt", entdb_service_pb2.GetReceiptRequest, entdb_service_pb2.GetReceiptResponse, reads_only=True
)
GET_NODE: Final = Unary(
    "/entdb.v1.EntDBService/GetNode", entdb_service_pb2.GetNodeRequest, entdb_service_pb2.GetNodeResponse, reads_only=True
)
GET_NODES: Final = Unary(
    "/entdb.v1.EntDBService/GetNodes", entdb_service_pb2.GetNodesRequest, entdb_service_pb2.GetNodesResponse, reads_only=True
)
GET_NODE_BY_KEY: Final = Unary(
    "/entdb.v1.EntDBService/GetNodeByKey", entdb_service_pb2.GetNodeByKeyRequest, entdb_service_pb2.GetNodeByKeyResponse, reads_only=True
)
QUERY_NODES: Final = Unary(
    "/entdb.v1.EntDBService/QueryNodes", entdb_service_pb2.QueryNodesRequest, entdb_service_pb2.QueryNodesResponse, reads_only=True
)
COUNT_NODES: Final = Unary(
    "/entdb.v1.EntDBService/CountNodes", entdb_service_pb2.CountNodesRequest, entdb_service_pb2.CountNodesResponse, reads_only=True
)
LIST_EDGES: Final = Unary(
    "/entdb.v1.EntDBService/ListEdges", entdb_service_pb2.ListEdgesRequest, entdb_service_pb2.ListEdgesResponse, reads_only=True
)
LIST_CONNECTED: Final = Unary(
    "/entdb.v1.EntDBService/ListConnected", entdb_service_pb2.ListConnectedRequest, entdb_service_pb2.ListConnectedResponse, reads_only=True
)
SEARCH_NODES: Final = Unary(
    "/entdb.v1.EntDBService/SearchNodes", entdb_service_pb2.SearchNodesRequest, entdb_service_pb2.SearchNodesResponse, reads_only=True
)
WATCH_CHANGES: Final = ServerStream(
    "/entdb.v1.EntDBService/WatchChanges", entdb_service_pb2.WatchChangesRequest, entdb_service_pb2.WatchChangesResponse, reads_only=True
)
LIST_GRANTS: Final = Unary(
    "/entdb.v1.EntDBService/ListGrants", entdb_service_pb2.ListGrantsRequest, entdb_service_pb2.ListGrantsResponse, reads_only=True
)
LIST_MAILBOX: Final = Unary(
    "/entdb.v1.EntDBService/ListMailbox", entdb_service_pb2.ListMailboxRequest, entdb_service_pb2.ListMailboxResponse, reads_only=True
)
SEARCH_MAILBOX: Final = Unary(
    "/entdb.v1.EntDBService/SearchMailbox", entdb_service_pb2.SearchMailboxRequest, entdb_service_pb2.SearchMailboxResponse, reads_only=True
)
GET_UNREAD_COUNT: Final = Unary(
    "/entdb.v1.EntDBService/GetUnreadCount", entdb_service_pb2.GetUnreadCountRequest, entdb_service_pb2.GetUnreadCountResponse, reads_only=True
)
MARK_READ: Final = Unary(
    "/entdb.v1.EntDBService/MarkRead", entdb_service_pb2.MarkReadRequest, entdb_service_pb2.MarkReadResponse, reads_only=False
)
DELETE_MAILBOX_ITEMS: Final = Unary(
    "/entdb.v1.EntDBService/DeleteMailboxItems", entdb_service_pb2.DeleteMailboxItemsRequest, entdb_service_pb2.DeleteMailboxItemsResponse, reads_only=False
)
GET_SCHEMA: Final = Unary(
    "/entdb.v1.EntDBService/GetSchema", entdb_service_pb2.GetSchemaRequest, entdb_service_pb2.GetSchemaResponse, reads_only=True
)
REGISTER_SCHEMA: Final = Unary(
    "/entdb.v1.EntDBService/RegisterSchema", entdb_service_pb2.RegisterSchemaRequest, entdb_service_pb2.RegisterSchemaResponse, reads_only=False
)
CHECK_SCHEMA: Final = Unary(
    "/entdb.v1.EntDBService/CheckSchema", entdb_service_pb2.CheckSchemaRequest, entdb_service_pb2.CheckSchemaResponse, reads_only=True
)
HEALTH: Final = Unary(
    "/entdb.v1.EntDBService/Health", entdb_service_pb2.HealthRequest, entdb_service_pb2.HealthResponse, reads_only=True
)
APPEND_EVENTS: Final = Unary(
    "/entdb.v1.EventStoreService/AppendEvents", events_pb2.AppendEventsRequest, events_pb2.AppendEventsResponse, reads_only=False
)
READ_AGGREGATE: Final = Unary(
    "/entdb.v1.EventStoreService/ReadAggregate", events_pb2.ReadAggregateRequest, events_pb2.ReadAggregateResponse, reads_only=True
)
READ_EVENTS: Final = Unary(
    "/entdb.v1.EventStoreService/ReadEvents", events_pb2.ReadEventsRequest, events_pb2.ReadEventsResponse, reads_only=True
)
GET_AGGREGATE: Final = Unary(
    "/entdb.v1.EventStoreService/GetAggregate", events_pb2.GetAggregateRequest, events_pb2.GetAggregateResponse, reads_only=True
)
LIST_AGGREGATES: Final = Unary(
    "/entdb.v1.EventStoreService/ListAggregates", events_pb2.ListAggregatesRequest, events_pb2.ListAggregatesResponse, reads_only=True
)
SUBSCRIBE_EVENTS: Final = ServerStream(
    "/entdb.v1.EventStoreService/SubscribeEvents", events_pb2.SubscribeEventsRequest, events_pb2.SubscribeEventsResponse, reads_only=True
)
GET_CHECKPOINT: Final = Unary(
    "/entdb.v1.EventStoreService/GetCheckpoint", events_pb2.GetCheckpointRequest, events_pb2.GetCheckpointResponse, reads_only=True
)
STORE_CHECKPOINT: Final = Unary(
    "/entdb.v1.EventStoreService/StoreCheckpoint", events_pb2.StoreCheckpointRequest, events_pb2.StoreCheckpointResponse, reads_only=False
)
LIST_AGGREGATE_GRANTS: Final = Unary(
    "/entdb.v1.EventStoreService/ListAggregateGrants", events_pb2.ListAggregateGrantsRequest, events_pb2.ListAggregateGrantsResponse, reads_only=True
)
SET_AGGREGATE_GRANTS: Final = Unary(
    "/entdb.v1.EventStoreService/SetAggregateGrants", events_pb2.SetAggregateGrantsRequest, events_pb2.SetAggregateGrantsResponse, reads_only=False
)
