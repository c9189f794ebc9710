"""Projections: what is made of events, event by event, in their order.

The checkpoint says how far; where it is stored with what the projection writes, each event is
projected exactly once.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

from ..client import DbClient
from ..plan import Plan
from .event import RecordedEvent
from .store import EventFilter, EventStore
from .upcaster import Upcaster, Upcasters

Changes = Callable[[Plan], object]
"""What an event changes in the graph."""


async def project(
    store: EventStore,
    consumer: str,
    handle: Callable[[RecordedEvent], object],
    *,
    filter: EventFilter | None = None,
    upcasters: Iterable[Upcaster] = (),
    live: bool = True,
) -> int:
    """Runs a projection into anything: `handle` is called for each event, and awaited where it
    is async.

    The checkpoint of the `consumer` moves behind what it did, so an event may come twice after a
    crash, and never not at all. One process at a time goes by a consumer's name. It goes on with
    what is appended later until it is cancelled; with `live=False` it ends with the last event
    there is, and answers the global nonce of the last that was projected.
    """
    stands = await store.checkpoint(consumer, consistency="strong")
    events = _events(store, stands, filter, upcasters, live)
    async with contextlib.aclosing(events):
        async for event in events:
            await _done(handle(event))
            await store.store_checkpoint(consumer, event.global_nonce, expected=stands)
            stands = event.global_nonce
    return stands


async def project_into_graph(
    client: DbClient,
    consumer: str,
    handle: Callable[[RecordedEvent], Changes | Awaitable[Changes]],
    *,
    filter: EventFilter | None = None,
    upcasters: Iterable[Upcaster] = (),
    live: bool = True,
) -> int:
    """Runs a projection into the graph. As `project`, but what is planned for an event and the
    checkpoint are one transaction, so that each event is projected exactly once, whatever breaks.

    `handle` may read first, and answers with what is to be planned: a function of a plan.
    """
    stands = await client.events.checkpoint(consumer, consistency="strong")
    events = _events(client.events, stands, filter, upcasters, live)
    async with contextlib.aclosing(events):
        async for event in events:
            change = await _done(handle(event))
            # What counts an event once is where the checkpoint must stand. A key of the event's own
            # would keep a refusal for it, also from a program that has been mended meanwhile.
            await client.atomic(_with_checkpoint(change, consumer, event.global_nonce, stands))
            stands = event.global_nonce
    return stands


def _with_checkpoint(change: Changes, consumer: str, global_nonce: int, stands: int) -> Changes:
    def build(plan: Plan) -> None:
        change(plan)
        plan.store_checkpoint(consumer, global_nonce, expected=stands)

    return build


async def _events(
    store: EventStore,
    stands: int,
    wanted: EventFilter | None,
    upcasters: Iterable[Upcaster],
    live: bool,
) -> AsyncGenerator[RecordedEvent, None]:
    """Those behind the checkpoint, as programs of today read them."""
    chain = Upcasters(upcasters)
    if not live:
        async for event in store.read_events(wanted, from_nonce=stands + 1):
            yield chain.apply(event)
        return
    async with contextlib.aclosing(store.subscribe(wanted, from_nonce=stands + 1)) as stream:
        async for event in stream:
            yield chain.apply(event)


async def _done(result: Any) -> Any:  # noqa: ANN401
    return await result if inspect.isawaitable(result) else result
