"""Items of mailboxes, and what a search marks, as answered."""

from __future__ import annotations

from .._generated.entdb.v1 import entdb_service_pb2 as pb
from ..models import MailboxHit, MailboxItem


def decode_item(wire: pb.MailboxItem) -> MailboxItem:
    return MailboxItem(
        id=wire.id,
        node_id=wire.node_id,
        type_id=wire.type_id,
        delivered_at=wire.delivered_at,
        read=wire.read,
        snippet=wire.snippet,
        thread=wire.thread,
        metadata=dict(wire.metadata),
        sender=wire.sender,
    )


def decode_mailbox_hit(wire: pb.MailboxHit) -> MailboxHit:
    return MailboxHit(decode_item(wire.item), wire.score, wire.highlight)
