"""Changes as they happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from .._codec.ids import check_position
from .._generated import rpcs
from .._generated.entdb.v1 import entdb_service_pb2 as pb
from ..errors import invalid
from ..models import Change, ChangeKind, Node
from ..watching import Watch, WatchStream
from .base import Calls
from .reads import EdgeTypeLike, NodeTypeLike

_KINDS: Final[Mapping[int, ChangeKind]] = {
    pb.CHANGE_KIND_NODE_CREATED: "node_created",
    pb.CHANGE_KIND_NODE_UPDATED: "node_updated",
    pb.CHANGE_KIND_NODE_DELETED: "node_deleted",
    pb.CHANGE_KIND_NODE_RESTORED: "node_restored",
    pb.CHANGE_KIND_NODE_PURGED: "node_purged",
    pb.CHANGE_KIND_NODE_ACCESS_CHANGED: "node_access_changed",
    pb.CHANGE_KIND_EDGE_CREATED: "edge_created",
    pb.CHANGE_KIND_EDGE_UPDATED: "edge_updated",
    pb.CHANGE_KIND_EDGE_DELETED: "edge_deleted",
    pb.CHANGE_KIND_SCHEMA_CHANGED: "schema_changed",
}


class WatchCalls(Calls):
    """Changes as they happen."""

    def watch(
        self,
        node_types: Sequence[NodeTypeLike] = (),
        edge_types: Sequence[EdgeTypeLike] = (),
        *,
        after: bytes = b"",
        from_beginning: bool = False,
        with_nodes: bool = False,
        heartbeat: float = 15.0,
        give_up_after: float | None = 60.0,
    ) -> Watch:
        """What is changed from now on, or behind a position, as far as it may be seen.

        Without types everything is watched. `after` is the position of a change, a read or a
        write; `from_beginning` starts at the first change that is still kept. The watch goes
        on by itself, at its place, after the connection broke; an outage of more than
        `give_up_after` seconds ends it with the error (None: never). A server that says
        nothing for over two heartbeats (seconds, 1 to 60) is taken for gone.

        Positions are kept for days, not for ever: going on from one that is too old fails with
        ValidationError, reason CHANGES_TRIMMED.
        """
        check_position(after, "after")
        if not 1 <= heartbeat <= 60:
            raise invalid("INVALID_REQUEST", f"heartbeat: {heartbeat} is not 1 to 60 seconds.")
        registry = self._session.registry
        request = pb.WatchChangesRequest(
            context=self._session.context(),
            type_ids=[registry.node_type(one).type_id for one in node_types],
            edge_type_ids=[registry.edge_type(one).edge_id for one in edge_types],
            with_nodes=with_nodes,
            heartbeat_ms=round(heartbeat * 1000),
        )
        caller = self._session.caller

        def open_stream(position: bytes, begin: bool) -> WatchStream:
            request.after = position
            request.from_beginning = begin
            return caller.open(rpcs.WATCH_CHANGES, request)

        return Watch(
            caller,
            open_stream,
            self._changes,
            after=after,
            from_beginning=from_beginning,
            heartbeat=heartbeat,
            give_up_after=give_up_after,
        )

    async def _changes(self, message: pb.WatchChangesResponse, before: bytes) -> list[Change]:
        held = [one.node for one in message.changes if one.HasField("node")]
        nodes = iter(await self._session.nodes(held))
        changes = []
        for wire in message.changes:
            node = next(nodes) if wire.HasField("node") else None
            # Newer kinds than this client knows are passed over; the position covers them.
            if wire.kind in _KINDS:
                changes.append(_change(wire, node, message, before))
        if changes:
            changes[-1] = replace(changes[-1], position=message.position_token)
        return changes


def _change(
    wire: pb.Change, node: Node | None, message: pb.WatchChangesResponse, position: bytes
) -> Change:
    return Change(
        kind=_KINDS[wire.kind],
        actor=wire.actor,
        changed_at=wire.changed_at,
        node_id=wire.node_id,
        type_id=wire.type_id,
        version=wire.version,
        edge_id=wire.edge_id,
        edge_type_id=wire.edge_type_id,
        from_id=wire.from_id,
        to_id=wire.to_id,
        node=node,
        position=position,
        wal_position=message.wal_position,
    )
