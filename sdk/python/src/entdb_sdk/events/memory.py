"""An event store in memory, for programs' own tests.

It gives the same answers and refusals as the server's, without one. Nothing is durable, and it is
one tenant's.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from .._calls.base import key_of_write
from .._codec.events import (
    decode_event,
    encode_append,
    encode_checkpoint,
    encode_filter,
    nonce,
    text,
)
from .._generated.entdb.v1 import event_model_pb2 as pb
from .._session import Consistency
from ..errors import (
    ConcurrencyConflictError,
    ConflictError,
    EntDbError,
    IdempotencyKeyReusedError,
    invalid,
)
from ..models import AggregateHead, Appended
from ..paging import Page, Paged
from .append_shape import (
    check_aggregate_id,
    check_consumer,
    check_filter,
    check_request,
    id_taken,
)
from .event import RecordedEvent
from .store import Append, EventFilter, EventStore

_Item = TypeVar("_Item")
_Outcome: TypeAlias = tuple[Appended, ...] | EntDbError


class InMemoryEventStore(EventStore):
    """An event store of one tenant, in memory."""

    def __init__(self, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        """`now` is the log time of what is appended, in Unix milliseconds."""
        self._now = now
        self._kept = _Kept()
        # What came of a request under its key: one that lost stays refused.
        self._remembered: dict[str, tuple[list[pb.AppendEvents], _Outcome]] = {}
        self._checkpoints: dict[str, int] = {}
        self._grown = asyncio.Condition()

    async def append(
        self,
        appends: Append | Sequence[Append],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # as the server's
    ) -> tuple[Appended, ...]:
        several = (appends,) if isinstance(appends, Append) else appends
        request = [encode_append(one) for one in several]
        check_request(request)
        key = key_of_write(idempotency_key)
        if key in self._remembered:
            known, outcome = self._remembered[key]
            if known != request:
                raise _key_reused()
            return _answer_of(outcome)
        outcome = self._decide(request)
        self._remembered[key] = (request, outcome)
        async with self._grown:
            self._grown.notify_all()
        return _answer_of(outcome)

    def read_aggregate(
        self,
        aggregate_id: str,
        *,
        from_nonce: int = 0,
        backwards: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        at_least: bytes | None = None,  # noqa: ARG002  # here every read is of the newest
        consistency: Consistency = "applied",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> Paged[RecordedEvent]:
        check_aggregate_id(text(aggregate_id, "aggregate_id"))
        first = nonce(from_nonce, "from_nonce")

        async def fetch(size: int, behind: bytes) -> Page[RecordedEvent]:
            start = int(behind) if behind else first
            mine = [one for one in self._kept.events if one.aggregate_id == aggregate_id]
            return _page(mine, size, start, backwards, lambda event: event.aggregate_nonce)

        return Paged(fetch, limit=limit, page_size=page_size)

    def read_events(
        self,
        filter: EventFilter | None = None,
        *,
        from_nonce: int = 0,
        backwards: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        at_least: bytes | None = None,  # noqa: ARG002
        consistency: Consistency = "applied",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> Paged[RecordedEvent]:
        wanted = _filter(filter)
        first = nonce(from_nonce, "from_nonce")

        async def fetch(size: int, behind: bytes) -> Page[RecordedEvent]:
            start = int(behind) if behind else first
            matching = [one for one in self._kept.events if _matches(one, wanted)]
            return _page(matching, size, start, backwards, lambda event: event.global_nonce)

        return Paged(fetch, limit=limit, page_size=page_size)

    async def head(
        self,
        aggregate_id: str,
        *,
        at_least: bytes | None = None,  # noqa: ARG002
        consistency: Consistency = "applied",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> AggregateHead | None:
        check_aggregate_id(text(aggregate_id, "aggregate_id"))
        return self._kept.heads.get(aggregate_id)

    def aggregates(
        self,
        *,
        aggregate_type: str = "",
        aggregate_id_prefix: str = "",
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,  # noqa: ARG002
        consistency: Consistency = "applied",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> Paged[AggregateHead]:

        async def fetch(size: int, behind: bytes) -> Page[AggregateHead]:
            found = [
                head
                for aggregate_id, head in sorted(self._kept.heads.items())
                if aggregate_type in ("", head.aggregate_type)
                and aggregate_id.startswith(aggregate_id_prefix)
                and aggregate_id >= behind.decode()
            ]
            return _cut(found, size, lambda head: head.aggregate_id.encode())

        return Paged(fetch, limit=limit, page_size=page_size, cursor=cursor)

    async def subscribe(
        self, filter: EventFilter | None = None, *, from_nonce: int = 0
    ) -> AsyncGenerator[RecordedEvent, None]:
        wanted = _filter(filter)
        place = max(nonce(from_nonce, "from_nonce"), 1) - 1
        events = self._kept.events
        while True:
            while place < len(events):
                place += 1
                if _matches(events[place - 1], wanted):
                    yield events[place - 1]
            async with self._grown:
                while place >= len(events):
                    await self._grown.wait()

    async def checkpoint(
        self,
        consumer: str,
        *,
        at_least: bytes | None = None,  # noqa: ARG002
        consistency: Consistency = "applied",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> int:
        check_consumer(text(consumer, "consumer"))
        return self._checkpoints.get(consumer, 0)

    async def store_checkpoint(
        self,
        consumer: str,
        global_nonce: int,
        *,
        expected: int | None = None,
        idempotency_key: str | None = None,  # noqa: ARG002  # there is no answer to lose
        timeout: float | None = None,  # noqa: ARG002
    ) -> None:
        stored = encode_checkpoint(consumer, global_nonce, expected)
        check_consumer(consumer)
        stands = self._checkpoints.get(consumer, 0)
        if expected not in (None, stands):
            raise ConflictError(
                f"The checkpoint stands at {stands}, not at {expected}.",
                reason="CHECKPOINT_CONFLICT",
                code="aborted",
                hint="Read it again; another consumer of the same name is at work.",
                details={"actual_global_nonce": str(stands)},
            )
        if stored.global_nonce > len(self._kept.events):
            raise _beyond_head(stored.global_nonce)
        self._checkpoints[consumer] = stored.global_nonce

    def _decide(self, request: list[pb.AppendEvents]) -> _Outcome:
        batch = _Batch(self._kept, self._now())
        try:
            answer = tuple(batch.append(one) for one in request)
        except EntDbError as refusal:
            return refusal
        batch.keep()
        return answer


@dataclass
class _Kept:
    """What is there."""

    events: list[RecordedEvent] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    heads: dict[str, AggregateHead] = field(default_factory=dict)


class _Batch:
    """Appends that are kept together, or not at all."""

    def __init__(self, kept: _Kept, now: int) -> None:
        self._kept = kept
        self._now = now
        self._new = _Kept()

    def append(self, append: pb.AppendEvents) -> Appended:
        aggregate_id = append.aggregate_id
        head = self._new.heads.get(aggregate_id) or self._kept.heads.get(aggregate_id)
        last = 0 if head is None else head.last_aggregate_nonce
        last_global = len(self._kept.events) + len(self._new.events)
        if not _is_as_expected(append.expected, last):
            raise _conflict(aggregate_id, last, last_global)
        if head is not None and head.aggregate_type != append.aggregate_type:
            raise _other_type(head)
        self._check_condition(append.condition)
        for place, new in enumerate(append.events, 1):
            self._add(append, new, last + place, last_global + place)
        head = AggregateHead(
            aggregate_id=aggregate_id,
            aggregate_type=append.aggregate_type,
            last_aggregate_nonce=last + len(append.events),
            last_global_nonce=last_global + len(append.events),
            created_at=self._now if head is None else head.created_at,
            updated_at=self._now,
        )
        self._new.heads[aggregate_id] = head
        return Appended(
            aggregate_id=aggregate_id,
            first_aggregate_nonce=last + 1,
            last_aggregate_nonce=head.last_aggregate_nonce,
            first_global_nonce=last_global + 1,
            last_global_nonce=head.last_global_nonce,
        )

    def keep(self) -> None:
        self._kept.events += self._new.events
        self._kept.ids |= self._new.ids
        self._kept.heads.update(self._new.heads)

    def _add(
        self, append: pb.AppendEvents, new: pb.NewEvent, aggregate_nonce: int, global_nonce: int
    ) -> None:
        event_id = new.event_id or str(uuid.uuid4())
        if event_id in self._new.ids or event_id in self._kept.ids:
            raise id_taken(event_id)
        self._new.ids.add(event_id)
        # What an event says of itself has the same numbers before and after it was recorded.
        event = pb.Event.FromString(new.SerializeToString())
        event.event_id = event_id
        event.tags[:] = dict.fromkeys(new.tags)
        event.aggregate_id = append.aggregate_id
        event.aggregate_type = append.aggregate_type
        event.aggregate_nonce = aggregate_nonce
        event.global_nonce = global_nonce
        event.recorded_time_unix_ms = self._now
        self._new.events.append(decode_event(event))

    def _check_condition(self, condition: pb.AppendCondition) -> None:
        behind = [*self._kept.events[condition.after_global_nonce :], *self._new.events]
        for item in condition.fail_if_any:
            wanted = pb.EventFilter(event_types=item.event_types, tags=item.tags)
            if any(_matches(event, wanted) for event in behind):
                raise ConflictError(
                    "An event matches the condition.",
                    reason="APPEND_CONDITION_FAILED",
                    code="aborted",
                    hint="Read the events that the condition is about again, decide again, "
                    "append again.",
                )


def _filter(filter: EventFilter | None) -> pb.EventFilter:
    wanted = encode_filter(filter)
    check_filter(wanted)
    return wanted


def _is_as_expected(expected: pb.ExpectedNonce, last: int) -> bool:
    kind = expected.WhichOneof("kind")
    if kind == "exists":
        return last > 0
    return kind == "any" or last == expected.exact


def _matches(event: RecordedEvent, wanted: pb.EventFilter) -> bool:
    return (
        (not wanted.event_types or event.type in wanted.event_types)
        and (not wanted.aggregate_types or event.aggregate_type in wanted.aggregate_types)
        and event.aggregate_id.startswith(wanted.aggregate_id_prefix)
        and all(tag in event.tags for tag in wanted.tags)
    )


def _page(
    events: list[RecordedEvent],
    size: int,
    start: int,
    backwards: bool,
    place: Callable[[RecordedEvent], int],
) -> Page[RecordedEvent]:
    """A page from a nonce on, this way or that. Its cursor is the nonce of the next one."""
    if backwards:
        found = [one for one in reversed(events) if start == 0 or place(one) <= start]
    else:
        found = [one for one in events if place(one) >= start]
    return _cut(found, size, lambda event: b"%d" % place(event))


def _cut(items: list[_Item], size: int, place: Callable[[_Item], bytes]) -> Page[_Item]:
    count = size or len(items)
    return Page(items[:count], place(items[count]) if count < len(items) else b"")


def _conflict(aggregate_id: str, last: int, last_global: int) -> ConcurrencyConflictError:
    return ConcurrencyConflictError(
        f"The aggregate {aggregate_id} stands at {last}, not where it is expected.",
        reason="CONCURRENCY_CONFLICT",
        code="aborted",
        hint="Read it again, decide again, append again.",
        details={
            "actual_last_aggregate_nonce": str(last),
            "actual_last_global_nonce": str(last_global),
        },
    )


def _answer_of(outcome: _Outcome) -> tuple[Appended, ...]:
    """Raises what was refused."""
    if isinstance(outcome, EntDbError):
        raise outcome
    return outcome


def _beyond_head(global_nonce: int) -> Exception:
    return invalid(
        "INVALID_REQUEST",
        f"A checkpoint at {global_nonce} lies beyond the tenant's last event.",
        "Name the last event that the consumer is done with.",
    )


def _other_type(head: AggregateHead) -> Exception:
    return invalid(
        "AGGREGATE_TYPE_MISMATCH",
        f"The aggregate {head.aggregate_id} is of type {head.aggregate_type}.",
        "An aggregate keeps its type; append under that, or to another aggregate.",
    )


def _key_reused() -> IdempotencyKeyReusedError:
    return IdempotencyKeyReusedError(
        "The idempotency key was used for another request.",
        reason="IDEMPOTENCY_KEY_REUSED",
        code="already_exists",
        hint="Use a new key for a new request.",
    )
