"""A subscription: a tenant's events in order, over every break of the connection."""

from __future__ import annotations

from collections.abc import Callable

import grpc.aio

from .._codec.events import decode_event
from .._generated.entdb.v1 import events_pb2 as pb
from .._transport.caller import Caller
from ..resuming import Resuming
from .event import RecordedEvent

SubscriptionCall = grpc.aio.UnaryStreamCall[pb.SubscribeEventsRequest, pb.SubscribeEventsResponse]


class Subscription(Resuming[RecordedEvent, pb.SubscribeEventsRequest, pb.SubscribeEventsResponse]):
    """What `client.events.subscribe` hands out. Go through it with `async for`; it ends only when
    it is closed or fails. Every event comes once, and in order.

    `async with client.events.subscribe() as events:` closes it at the end. It begins with the first
    step of the `async for`, at the nonce that it was asked for, so that nothing is missed before.
    """

    def __init__(
        self,
        caller: Caller,
        open_stream: Callable[[int], SubscriptionCall],
        *,
        from_nonce: int,
        heartbeat: float,
        give_up_after: float | None,
    ) -> None:
        super().__init__(
            caller, pb.SubscribeEventsResponse, heartbeat=heartbeat, give_up_after=give_up_after
        )
        self._open_stream = open_stream
        self._next = from_nonce

    def _open(self) -> SubscriptionCall:
        return self._open_stream(self._next)

    async def _take(self, message: pb.SubscribeEventsResponse) -> None:
        if message.HasField("event"):
            self._ready.append(decode_event(message.event))
        self._next = max(self._next, message.up_to_global_nonce + 1)
