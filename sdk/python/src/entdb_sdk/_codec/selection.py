"""Which items of a mailbox."""

from __future__ import annotations

from collections.abc import Iterable

from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .ids import IdLike, check_position, require_id


def encode_selection(items: Iterable[IdLike], up_to: bytes) -> pb.MailboxSelection:
    """By id, by position, or both."""
    if isinstance(items, str):
        items = (items,)
    check_position(up_to, "up_to")
    return pb.MailboxSelection(item_ids=[require_id(item, "items") for item in items], up_to=up_to)
