"""The event store of the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Literal

from .._calls.base import Calls, key_of_write
from .._codec.aggregates import decode_appended, decode_head
from .._codec.choice import choose
from .._codec.events import (
    decode_event,
    encode_append,
    encode_checkpoint,
    encode_filter,
    nonce,
    text,
)
from .._codec.grants import decode_grant, encode_grant
from .._generated import rpcs
from .._generated.entdb.v1 import event_model_pb2 as model
from .._generated.entdb.v1 import events_pb2 as pb
from .._generated.entdb.v1.model_pb2 import ReadOptions
from .._session import Consistency, Fresh, Session
from ..errors import NotFoundError, invalid
from ..grants import AggregateGrants, Grant
from ..models import AggregateHead, Appended
from ..paging import Page, Paged
from .event import RecordedEvent
from .store import Append, EventFilter, EventStore
from .subscription import Subscription, SubscriptionCall

_DEFAULT: Final = {"default": True}
_PageOfEvents = pb.ReadAggregateResponse | pb.ReadEventsResponse


class ClientEventStore(Calls, EventStore):
    """The tenant's event store: `client.events`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(
        self,
        appends: Append | Sequence[Append],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tuple[Appended, ...]:
        several = (appends,) if isinstance(appends, Append) else appends
        request = pb.AppendEventsRequest(
            context=self._session.context(),
            idempotency_key=key_of_write(idempotency_key),
            appends=[encode_append(one) for one in several],
        )
        deadline = self._session.caller.deadline(timeout)
        answer = await self._session.write(rpcs.APPEND_EVENTS, request, deadline)
        return tuple(decode_appended(one) for one in answer.results)

    def read_aggregate(
        self,
        aggregate_id: str,
        *,
        from_nonce: int = 0,
        backwards: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[RecordedEvent]:
        text(aggregate_id, "aggregate_id")

        async def read(size: int, start: int, options: ReadOptions) -> tuple[_PageOfEvents, int]:
            request = pb.ReadAggregateRequest(
                context=self._session.context(),
                aggregate_id=aggregate_id,
                from_aggregate_nonce=start,
                max_count=size,
                backward=backwards,
                read=options,
            )
            answer = await self._session.read(rpcs.READ_AGGREGATE, request, timeout)
            return answer, answer.next_from_aggregate_nonce

        fresh = Fresh(at_least, consistency)
        return self._events(read, from_nonce, fresh, limit, page_size)

    def read_events(
        self,
        filter: EventFilter | None = None,
        *,
        from_nonce: int = 0,
        backwards: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[RecordedEvent]:
        wanted = encode_filter(filter)

        async def read(size: int, start: int, options: ReadOptions) -> tuple[_PageOfEvents, int]:
            request = pb.ReadEventsRequest(
                context=self._session.context(),
                from_global_nonce=start,
                max_count=size,
                backward=backwards,
                filter=wanted,
                read=options,
            )
            answer = await self._session.read(rpcs.READ_EVENTS, request, timeout)
            return answer, answer.next_from_global_nonce

        fresh = Fresh(at_least, consistency)
        return self._events(read, from_nonce, fresh, limit, page_size)

    async def head(
        self,
        aggregate_id: str,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> AggregateHead | None:
        request = pb.GetAggregateRequest(
            context=self._session.context(),
            aggregate_id=text(aggregate_id, "aggregate_id"),
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        try:
            answer = await self._session.read(rpcs.GET_AGGREGATE, request, timeout)
        except NotFoundError as error:
            if error.reason != "AGGREGATE_NOT_FOUND":
                raise
            return None
        return decode_head(answer.aggregate)

    def aggregates(
        self,
        *,
        aggregate_type: str = "",
        aggregate_id_prefix: str = "",
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[AggregateHead]:
        text(aggregate_type, "aggregate_type")
        text(aggregate_id_prefix, "aggregate_id_prefix")

        async def fetch(size: int, behind: bytes) -> Page[AggregateHead]:
            request = pb.ListAggregatesRequest(
                context=self._session.context(),
                aggregate_type=aggregate_type,
                aggregate_id_prefix=aggregate_id_prefix,
                page_size=size,
                cursor=behind,
                read=self._session.read_options(Fresh(at_least, consistency)),
            )
            answer = await self._session.read(rpcs.LIST_AGGREGATES, request, timeout)
            return Page([decode_head(one) for one in answer.aggregates], answer.next_cursor)

        return Paged(fetch, limit=limit, page_size=page_size, cursor=cursor)

    def subscribe(
        self,
        filter: EventFilter | None = None,
        *,
        from_nonce: int = 0,
        heartbeat: float = 1.0,
        give_up_after: float | None = 60.0,
    ) -> Subscription:
        """What is there from a global nonce on, and then what is appended, each event once and in
        order.

        It goes on by itself, at its place, after the connection broke; an outage of more than
        `give_up_after` seconds ends it with the error (None: never). A server that says nothing
        for over two heartbeats (seconds, 0.1 to 60) is taken for gone.
        """
        if not 0.1 <= heartbeat <= 60:
            raise invalid("INVALID_REQUEST", f"heartbeat: {heartbeat} is not 0.1 to 60 seconds.")
        caller = self._session.caller
        wanted = encode_filter(filter)

        def open_stream(start: int) -> SubscriptionCall:
            request = pb.SubscribeEventsRequest(
                context=self._session.context(),
                from_global_nonce=start,
                filter=wanted,
                keep_alive_ms=round(heartbeat * 1000),
            )
            return caller.open(rpcs.SUBSCRIBE_EVENTS, request)

        return Subscription(
            caller,
            open_stream,
            from_nonce=nonce(from_nonce, "from_nonce"),
            heartbeat=heartbeat,
            give_up_after=give_up_after,
        )

    async def checkpoint(
        self,
        consumer: str,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> int:
        request = pb.GetCheckpointRequest(
            context=self._session.context(),
            consumer=text(consumer, "consumer"),
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        return (await self._session.read(rpcs.GET_CHECKPOINT, request, timeout)).global_nonce

    async def store_checkpoint(
        self,
        consumer: str,
        global_nonce: int,
        *,
        expected: int | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        request = pb.StoreCheckpointRequest(
            context=self._session.context(),
            idempotency_key=key_of_write(idempotency_key),
            checkpoint=encode_checkpoint(consumer, global_nonce, expected),
        )
        deadline = self._session.caller.deadline(timeout)
        await self._session.write(rpcs.STORE_CHECKPOINT, request, deadline)

    async def grants(
        self,
        aggregate_type: str,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> AggregateGrants:
        """Who may read and append to aggregates of a type. For whoever may change that."""
        request = pb.ListAggregateGrantsRequest(
            context=self._session.context(),
            aggregate_type=text(aggregate_type, "aggregate_type"),
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.LIST_AGGREGATE_GRANTS, request, timeout)
        return AggregateGrants(tuple(decode_grant(one) for one in answer.grants), answer.is_default)

    async def set_grants(
        self,
        aggregate_type: str,
        grants: Iterable[Grant] | Literal["default"],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Says who may read (`read`) and append (`write`) to aggregates of a type, and change
        that (`admin`), in place of what was said before. Nobody named: only who holds the right
        `data`. "default": again everybody of the tenant may read and append."""
        wanted = model.SetAggregateGrants(aggregate_type=text(aggregate_type, "aggregate_type"))
        if isinstance(grants, str):
            choose(_DEFAULT, grants, "grants")
            wanted.reset = True
        else:
            wanted.grants.extend(encode_grant(one) for one in grants)
        request = pb.SetAggregateGrantsRequest(
            context=self._session.context(),
            idempotency_key=key_of_write(idempotency_key),
            grants=wanted,
        )
        deadline = self._session.caller.deadline(timeout)
        await self._session.write(rpcs.SET_AGGREGATE_GRANTS, request, deadline)

    def _events(
        self,
        read: Callable[[int, int, ReadOptions], Awaitable[tuple[_PageOfEvents, int]]],
        from_nonce: int,
        fresh: Fresh,
        limit: int | None,
        page_size: int,
    ) -> Paged[RecordedEvent]:
        """Events page by page. A cursor is the nonce to ask for next."""
        first = nonce(from_nonce, "from_nonce")

        async def fetch(size: int, behind: bytes) -> Page[RecordedEvent]:
            start = int(behind) if behind else first
            while True:
                answer, start = await read(size, start, self._session.read_options(fresh))
                # A read that goes by a filter may have looked at many events in vain.
                if answer.events or answer.is_end:
                    cursor = b"" if answer.is_end else b"%d" % start
                    return Page([decode_event(one) for one in answer.events], cursor)

        return Paged(fetch, limit=limit, page_size=page_size)
