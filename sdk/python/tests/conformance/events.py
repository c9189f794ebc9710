"""The event store, as cases use it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from entdb_sdk import (
    AggregateHead,
    DbClient,
    EventFilter,
    EventStore,
    Grant,
    RecordedEvent,
)

from .appends import append_of, appended
from .cases import Step
from .reads import reading
from .world import World

_PATIENCE_SECONDS: Final = 20
"""What has not come by then does not come."""


async def append(store: EventStore, step: Step, world: World) -> object:
    appends = [append_of(one) for one in step["appends"]]
    key = world.native(step.get("key"))
    return [appended(one) for one in await store.append(appends, idempotency_key=key)]


async def read_aggregate(store: EventStore, step: Step, world: World) -> object:
    paged = store.read_aggregate(step["aggregate"], **_reading(step, world))
    return [_event(one) async for one in paged]


async def read(store: EventStore, step: Step, world: World) -> object:
    paged = store.read_events(_filter(step), **_reading(step, world))
    return [_event(one) async for one in paged]


async def head(store: EventStore, step: Step, world: World) -> object:
    found = await store.head(step["aggregate"], **reading(step, world))
    return None if found is None else _head(found)


async def aggregates(store: EventStore, step: Step, world: World) -> object:
    paged = store.aggregates(
        aggregate_type=step.get("aggregate_type", ""),
        aggregate_id_prefix=step.get("aggregate_prefix", ""),
        page_size=step.get("page_size", 0),
        **reading(step, world),
    )
    return [_head(one) async for one in paged]


async def subscribe(
    store: EventStore, step: Step, run: Callable[[Step], Awaitable[None]]
) -> object:
    taken: list[RecordedEvent] = []
    go_on = asyncio.Event()
    if not step.get("slow"):
        go_on.set()

    async def follow() -> None:
        async with contextlib.aclosing(
            store.subscribe(_filter(step), from_nonce=step.get("from_nonce", 0))
        ) as events:
            async for event in events:
                taken.append(event)
                if len(taken) >= step["take"]:
                    return
                await go_on.wait()

    following = asyncio.create_task(follow())
    try:
        for one in step.get("during", ()):
            await run(one)
        go_on.set()
        # What has come is compared all the same, which tells more.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(following, _PATIENCE_SECONDS)
    finally:
        following.cancel()
    return [_event(one) for one in taken]


async def checkpoint(store: EventStore, step: Step, world: World) -> object:
    return await store.checkpoint(step["consumer"], **reading(step, world))


async def store_checkpoint(store: EventStore, step: Step, _world: World) -> object:
    await store.store_checkpoint(
        step["consumer"],
        step["global_nonce"],
        expected=step.get("expected"),
        idempotency_key=step.get("key"),
    )
    return None


async def grants(client: DbClient, step: Step, world: World) -> object:
    found = await client.events.grants(step["aggregate_type"], **reading(step, world))
    return {
        "default": found.is_default,
        "grants": [
            {
                "principal": one.principal,
                "permission": one.permission,
                "expires_at": one.expires_at or None,
            }
            for one in found.grants
        ],
    }


async def set_grants(client: DbClient, step: Step, _world: World) -> object:
    given = step["grants"]
    wanted = given if isinstance(given, str) else [Grant(**one) for one in given]
    await client.events.set_grants(step["aggregate_type"], wanted)  # type: ignore[arg-type]
    return None


def _reading(step: Step, world: World) -> dict[str, Any]:
    return {
        "from_nonce": step.get("from_nonce", 0),
        "backwards": step.get("backwards", False),
        "page_size": step.get("page_size", 0),
        **reading(step, world),
    }


def _filter(step: Step) -> EventFilter:
    said = dict(step.get("events", {}))
    return EventFilter(aggregate_id_prefix=said.pop("prefix", ""), **said)


def _event(event: RecordedEvent) -> object:
    return {
        "id": event.id,
        "type": event.type,
        "version": event.version,
        "aggregate": event.aggregate_id,
        "aggregate_type": event.aggregate_type,
        "nonce": event.aggregate_nonce,
        "global": event.global_nonce,
        "recorded": event.recorded_at or None,
        "timestamp": event.timestamp or None,
        "data": event.data,
        "payload": base64.b64encode(event.payload).decode(),
        "content_type": event.content_type,
        "content_schema": event.content_schema,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "actor_id": event.actor_id,
        "headers": event.headers,
        "tags": list(event.tags),
    }


def _head(one: AggregateHead) -> object:
    return {
        "aggregate": one.aggregate_id,
        "aggregate_type": one.aggregate_type,
        "last": one.last_aggregate_nonce,
        "last_global": one.last_global_nonce,
    }
