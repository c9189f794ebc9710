"""States of aggregates, so that loading one need not begin at its first event.

A snapshot is a shortcut and never the truth: of another version than the program's it is left
aside.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

from ..errors import invalid
from .aggregate import Aggregate

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True)
class Snapshot:
    """The state of an aggregate behind one of its events."""

    aggregate_id: str
    aggregate_type: str
    aggregate_nonce: int
    """Of the last event that it holds."""
    version: int
    """Of the state's form, as the program counts it."""
    state: Any
    """JSON."""


class SnapshotStore(Protocol):
    """Keeps the newest snapshot of each aggregate."""

    async def load(self, aggregate_type: str, aggregate_id: str) -> Snapshot | None:
        """The newest that is kept, or None."""

    async def save(self, snapshot: Snapshot) -> None:
        """Keeps it in place of an earlier one of the aggregate. What it raises goes to
        `on_snapshot_error`; the repository's `save` succeeds, since its events are recorded by
        then."""


class InMemorySnapshotStore:
    """Snapshots in memory, for tests and for caches that go with their process."""

    def __init__(self) -> None:
        self._by_aggregate: dict[tuple[str, str], str] = {}

    async def load(self, aggregate_type: str, aggregate_id: str) -> Snapshot | None:
        """The newest that is kept, or None."""
        text = self._by_aggregate.get((aggregate_type, aggregate_id))
        return None if text is None else Snapshot(**json.loads(text))

    async def save(self, snapshot: Snapshot) -> None:
        """Keeps it in place of an earlier one of the aggregate. Raises TypeError or ValueError for
        a state that is no JSON."""
        key = (snapshot.aggregate_type, snapshot.aggregate_id)
        self._by_aggregate[key] = json.dumps(asdict(snapshot), allow_nan=False)


@dataclass(frozen=True)
class Snapshots(Generic[A]):
    """How a repository keeps states between loads."""

    store: SnapshotStore
    version: int
    """Of the state's form: count it up when the form changes, and older snapshots are left
    aside."""
    every: int
    """A snapshot is made when a save passes a multiple of so many events."""
    take: Callable[[A], Any]
    """The aggregate's state as JSON."""
    restore: Callable[[A, Any], None]
    """Puts such a state into a new aggregate."""
    on_snapshot_error: Callable[[Exception, str], None] | None = None
    """Told what `take` or the store's `save` raised, and of which aggregate. The events are
    recorded by then, so that the repository's `save` succeeds, and the next load reads more of
    them. What it raises itself is left aside. None: nobody is told."""

    def __post_init__(self) -> None:
        if self.every < 1:
            hint = "Give a number of events, from 1 on."
            raise invalid("INVALID_REQUEST", f"every: {self.every!r} is too few.", hint)
