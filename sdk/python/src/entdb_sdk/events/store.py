"""What aggregates, repositories and projections need of an event store.

The server's (`DbClient.events`) and the one in memory have it, and one suite of tests holds both
to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .._session import Consistency
from ..models import AggregateHead, Appended
from ..paging import Paged
from .event import NewEvent, RecordedEvent

ExpectedNonce = int | Literal["none", "exists", "any"]
"""How an aggregate must stand before an append: its last nonce (0 is "none"), that it exists or
does not, or "any"."""


@dataclass(frozen=True)
class EventQuery:
    """An event matches when it is of one of these types (none: any) and has all of these tags."""

    types: Sequence[str] = ()
    tags: Sequence[str] = ()


@dataclass(frozen=True)
class AppendCondition:
    """Refuses an append when an event behind `after` matches one of the items."""

    fail_if_any: Sequence[EventQuery]
    after: int = 0
    """Global nonce of the last event that the program has seen."""


@dataclass(frozen=True)
class Append:
    """Events for one aggregate."""

    aggregate_id: str
    """By convention its type and the name that the business has for it: "Account-7"."""
    aggregate_type: str
    expected: ExpectedNonce
    """How the aggregate must stand: its last nonce (0 is "none"), "none", "exists" or "any"."""
    events: Sequence[NewEvent]
    condition: AppendCondition | None = None


@dataclass(frozen=True)
class EventFilter:
    """Which events. All that is named must hold."""

    types: Sequence[str] = ()
    """Any of them."""
    aggregate_types: Sequence[str] = ()
    """Any of them."""
    aggregate_id_prefix: str = ""
    """Literal."""
    tags: Sequence[str] = ()
    """All of them."""


class EventStream(Protocol):
    """Events as they come, without an end of its own. To be closed; `contextlib.aclosing` does."""

    def __aiter__(self) -> AsyncIterator[RecordedEvent]: ...

    async def __anext__(self) -> RecordedEvent: ...

    async def aclose(self) -> None:
        """Ends it. May be called twice."""


class EventStore(Protocol):
    """Keeps events, and gives them out in order."""

    async def append(
        self,
        appends: Append | Sequence[Append],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tuple[Appended, ...]:
        """Appends to one or several aggregates, all or nothing, once per idempotency key.

        Raises ConcurrencyConflictError when an aggregate stands otherwise than expected: read it
        again, decide again, append again, under a new key. ConflictError with the reason
        APPEND_CONDITION_FAILED when an event matches a condition, EVENT_ALREADY_EXISTS for an
        id that is taken.
        """

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
        """The events of an aggregate; nothing for one that does not exist. `from_nonce` is the
        first one's aggregate nonce; 0 is the first event, or backwards the last."""

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
        """The events of the tenant. `from_nonce` is where to begin as a global nonce; 0 is the
        first event, or backwards the last."""

    async def head(
        self,
        aggregate_id: str,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> AggregateHead | None:
        """Where an aggregate stands; None when it does not exist."""

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
        """Aggregates by id: all, of one type, of a literal prefix."""

    def subscribe(self, filter: EventFilter | None = None, *, from_nonce: int = 0) -> EventStream:
        """What is there from a global nonce on, and then what is appended, each event once and
        in order."""

    async def checkpoint(
        self,
        consumer: str,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> int:
        """Global nonce of the last event that a consumer is done with; 0 is none."""

    async def store_checkpoint(
        self,
        consumer: str,
        global_nonce: int,
        *,
        expected: int | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Moves a consumer's checkpoint. Raises ConflictError (CHECKPOINT_CONFLICT) when it does
        not stand where it is `expected`."""
