"""Nodes and edges as answered."""

from __future__ import annotations

from .._generated.entdb.v1 import entdb_service_pb2 as service
from .._generated.entdb.v1 import model_pb2 as pb
from ..models import AtomicResult, Edge, Node, OperationResult, SchemaDifference
from ..schema import EdgeTypeDef, NodeTypeDef
from .aggregates import decode_appended
from .fields import decode_payload


def decode_node(wire: pb.Node, tenant_id: str, type_def: NodeTypeDef | None) -> Node:
    payload, extra = decode_payload(type_def, wire.fields)
    return Node(
        id=wire.id,
        type_id=wire.type_id,
        tenant_id=tenant_id,
        payload=payload,
        owner_actor=wire.owner_actor,
        version=wire.version,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
        deleted=wire.deleted,
        extra=extra,
    )


def decode_edge(wire: pb.Edge, type_def: EdgeTypeDef | None, node: Node | None) -> Edge:
    payload, extra = decode_payload(type_def, wire.fields)
    return Edge(
        id=wire.id,
        edge_type_id=wire.edge_type_id,
        from_id=wire.from_id,
        to_id=wire.to_id,
        payload=payload,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
        node=node,
        extra=extra,
    )


def decode_result(wire: service.OperationResult) -> OperationResult:
    return OperationResult(
        alias=wire.alias,
        node_id=wire.node_id,
        edge_id=wire.edge_id,
        version=wire.version,
        created=wire.created,
        appended=decode_appended(wire.append) if wire.HasField("append") else None,
    )


def decode_difference(wire: service.SchemaDifference) -> SchemaDifference:
    return SchemaDifference(wire.path, wire.kept, wire.sent)


def decode_atomic(wire: service.ExecuteAtomicResponse, plan: object) -> AtomicResult:
    """`plan` is what its plan is known by."""
    return AtomicResult(
        results=tuple(decode_result(one) for one in wire.results),
        position=wire.position_token,
        wal_position=wire.wal_position,
        applied=wire.applied,
        idempotency_key=wire.idempotency_key,
        schema_differences=tuple(decode_difference(one) for one in wire.schema_differences),
        plan=plan,
    )
