"""Aggregates as answered."""

from __future__ import annotations

from .._generated.entdb.v1 import event_model_pb2 as pb
from ..models import AggregateHead, Appended


def decode_appended(wire: pb.AppendResult) -> Appended:
    return Appended(
        aggregate_id=wire.aggregate_id,
        first_aggregate_nonce=wire.first_aggregate_nonce,
        last_aggregate_nonce=wire.last_aggregate_nonce,
        first_global_nonce=wire.first_global_nonce,
        last_global_nonce=wire.last_global_nonce,
    )


def decode_head(wire: pb.Aggregate) -> AggregateHead:
    return AggregateHead(
        aggregate_id=wire.aggregate_id,
        aggregate_type=wire.aggregate_type,
        last_aggregate_nonce=wire.last_aggregate_nonce,
        last_global_nonce=wire.last_global_nonce,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )
