"""Made by scripts/generate.py from the protos; do not edit."""

from typing import Final

from entdb_sdk._transport.rpc import ServerStream, Unary

from .entdb.v1 import entdb_service_pb2 as pb

EXECUTE_ATOMIC: Final = Unary(
    "/entdb.v1.EntDBService/ExecuteAtomic", pb.ExecuteAtomicRequest, pb.ExecuteAtomicResponse, reads_only=False
)
GET_RECEIPT: Final = Unary(
    "/entdb.v1.EntDBService/GetReceipt", pb.GetReceiptRequest, pb.GetReceiptResponse, reads_only=True
)
GET_NODE: Final = Unary(
    "/entdb.v1.EntDBService/GetNode", pb.GetNodeRequest, pb.GetNodeResponse, reads_only=True
)
GET_NODES: Final = Unary(
    "/entdb.v1.EntDBService/GetNodes", pb.GetNodesRequest, pb.GetNodesResponse, reads_only=True
)
GET_NODE_BY_KEY: Final = Unary(
    "/entdb.v1.EntDBService/GetNodeByKey", pb.GetNodeByKeyRequest, pb.GetNodeByKeyResponse, reads_only=True
)
QUERY_NODES: Final = Unary(
    "/entdb.v1.EntDBService/QueryNodes", pb.QueryNodesRequest, pb.QueryNodesResponse, reads_only=True
)
COUNT_NODES: Final = Unary(
    "/entdb.v1.EntDBService/CountNodes", pb.CountNodesRequest, pb.CountNodesResponse, reads_only=True
)
LIST_EDGES: Final = Unary(
    "/entdb.v1.EntDBService/ListEdges", pb.ListEdgesRequest, pb.ListEdgesResponse, reads_only=True
)
LIST_CONNECTED: Final = Unary(
    "/entdb.v1.EntDBService/ListConnected", pb.ListConnectedRequest, pb.ListConnectedResponse, reads_only=True
)
SEARCH_NODES: Final = Unary(
    "/entdb.v1.EntDBService/SearchNodes", pb.SearchNodesRequest, pb.SearchNodesResponse, reads_only=True
)
WATCH_CHANGES: Final = ServerStream(
    "/entdb.v1.EntDBService/WatchChanges", pb.WatchChangesRequest, pb.WatchChangesResponse, reads_only=True
)
LIST_GRANTS: Final = Unary(
    "/entdb.v1.EntDBService/ListGrants", pb.ListGrantsRequest, pb.ListGrantsResponse, reads_only=True
)
LIST_MAILBOX: Final = Unary(
    "/entdb.v1.EntDBService/ListMailbox", pb.ListMailboxRequest, pb.ListMailboxResponse, reads_only=True
)
SEARCH_MAILBOX: Final = Unary(
    "/entdb.v1.EntDBService/SearchMailbox", pb.SearchMailboxRequest, pb.SearchMailboxResponse, reads_only=True
)
GET_UNREAD_COUNT: Final = Unary(
    "/entdb.v1.EntDBService/GetUnreadCount", pb.GetUnreadCountRequest, pb.GetUnreadCountResponse, reads_only=True
)
MARK_READ: Final = Unary(
    "/entdb.v1.EntDBService/MarkRead", pb.MarkReadRequest, pb.MarkReadResponse, reads_only=False
)
DELETE_MAILBOX_ITEMS: Final = Unary(
    "/entdb.v1.EntDBService/DeleteMailboxItems", pb.DeleteMailboxItemsRequest, pb.DeleteMailboxItemsResponse, reads_only=False
)
GET_SCHEMA: Final = Unary(
    "/entdb.v1.EntDBService/GetSchema", pb.GetSchemaRequest, pb.GetSchemaResponse, reads_only=True
)
REGISTER_SCHEMA: Final = Unary(
    "/entdb.v1.EntDBService/RegisterSchema", pb.RegisterSchemaRequest, pb.RegisterSchemaResponse, reads_only=False
)
CHECK_SCHEMA: Final = Unary(
    "/entdb.v1.EntDBService/CheckSchema", pb.CheckSchemaRequest, pb.CheckSchemaResponse, reads_only=True
)
HEALTH: Final = Unary(
    "/entdb.v1.EntDBService/Health", pb.HealthRequest, pb.HealthResponse, reads_only=True
)
