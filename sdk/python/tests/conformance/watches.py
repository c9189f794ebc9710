"""Watches of cases: from where on, while what is done, until so many changes have come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from entdb_sdk import Change, DbClient, Watch

from .cases import Step
from .reads import case_node
from .world import World, edge_type, node_type

_PATIENCE_SECONDS: Final = 20
"""What has not come by then does not come."""


async def watch(
    client: DbClient, step: Step, world: World, run: Callable[[Step], Awaitable[None]]
) -> object:
    watching = client.watch(
        [node_type(client, one) for one in step.get("types", ())],
        [edge_type(client, one) for one in step.get("edge_types", ())],
        after=world.native(step.get("after", b"")),
        from_beginning=step.get("from_beginning", False),
        with_nodes=step.get("with_nodes", False),
        heartbeat=step.get("heartbeat_ms", 15_000) / 1000,
    )
    try:
        if "during" in step:
            await watching.start()
        for one in step.get("during", ()):
            await run(one)
        changes: list[Change] = []
        # What has come is compared all the same, which tells more.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_take(watching, step["take"], changes), _PATIENCE_SECONDS)
        return {
            "changes": [_change(client, one, world) for one in changes],
            "position": watching.position,
        }
    finally:
        await watching.aclose()


async def _take(watching: Watch, count: int, into: list[Change]) -> None:
    async for change in watching:
        into.append(change)
        if len(into) >= count:
            return


def _change(client: DbClient, change: Change, world: World) -> object:
    base = {"kind": change.kind, "actor": change.actor}
    if change.kind == "schema_changed":
        return {**base, "is": None}
    if change.edge_id:
        ends = {"from": world.name_of(change.from_id), "to": world.name_of(change.to_id)}
        return {**base, "is": world.name_of(change.edge_id), **ends}
    return {
        **base,
        "is": world.name_of(change.node_id),
        "type_id": change.type_id,
        "version": change.version or None,
        "node": None if change.node is None else case_node(client, change.node, world),
    }
