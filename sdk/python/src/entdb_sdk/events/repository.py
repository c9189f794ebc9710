"""Where aggregates of one type are loaded from and saved to."""

from __future__ import annotations

import contextlib
import inspect
import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Generic, TypeVar, cast, overload

from ..errors import ConcurrencyConflictError, NotFoundError, invalid
from ..models import Appended
from .aggregate import recording_of
from .event import NewEvent
from .snapshot import A, Snapshot, Snapshots
from .store import Append, EventStore
from .upcaster import Upcaster, Upcasters

_R = TypeVar("_R")


class Repository(Generic[A]):
    """Loads and saves aggregates of one type."""

    def __init__(
        self,
        store: EventStore,
        aggregate_type: str,
        create: Callable[[str], A],
        *,
        upcasters: Iterable[Upcaster] = (),
        snapshots: Snapshots[A] | None = None,
    ) -> None:
        """`create` makes a new aggregate without any event, of its id: its class will do."""
        self._store = store
        self._aggregate_type = aggregate_type
        self._create = create
        self._upcasters = Upcasters(upcasters)
        self._snapshots = snapshots

    async def exists(self, id: str) -> bool:
        """Whether it has any event."""
        return await self._store.head(id) is not None

    async def load(self, id: str) -> A:
        """The aggregate as its events have left it. Raises NotFoundError (AGGREGATE_NOT_FOUND)
        when it has none."""
        aggregate = await self.find(id)
        if aggregate.exists:
            return aggregate
        raise NotFoundError(
            f"There is no {self._aggregate_type} {id}.",
            reason="AGGREGATE_NOT_FOUND",
            code="not_found",
            hint="Look at its id; `find` gives a new one instead.",
        )

    async def find(self, id: str) -> A:
        """The same, or a new one without any event."""
        aggregate = self._create(id)
        recording = recording_of(aggregate)
        await self._restore(aggregate)
        events = self._store.read_aggregate(id, from_nonce=recording.nonce + 1)
        async for event in events:
            recording.replay(self._upcasters.apply(event))
        return aggregate

    async def save(
        self, aggregate: A, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> Appended | None:
        """Records what the aggregate has emitted; None when that is nothing. Raises
        ConcurrencyConflictError when somebody else did so first: load it again, and decide
        again. What is raised never comes from a snapshot, which is made behind the recording:
        see `Snapshots.on_snapshot_error`."""
        recording = recording_of(aggregate)
        events = recording.pending()
        if not events:
            return None
        before = recording.nonce
        append = Append(aggregate.id, self._aggregate_type, before, tuple(events))
        (appended,) = await self._store.append(
            append, idempotency_key=idempotency_key, timeout=timeout
        )
        recording.recorded(appended.last_aggregate_nonce)
        await self._keep_state(aggregate, before)
        return appended

    @overload
    async def execute(
        self,
        id: str,
        run: Callable[[A], Awaitable[_R]],
        *,
        command_id: str = "",
        attempts: int = 5,
        timeout: float | None = None,
    ) -> _R: ...

    @overload
    async def execute(
        self,
        id: str,
        run: Callable[[A], _R],
        *,
        command_id: str = "",
        attempts: int = 5,
        timeout: float | None = None,
    ) -> _R: ...

    async def execute(
        self,
        id: str,
        run: Callable[[A], Awaitable[_R]] | Callable[[A], _R],
        *,
        command_id: str = "",
        attempts: int = 5,
        timeout: float | None = None,
    ) -> _R:
        """Finds the aggregate, has the function give commands, and saves; again from the start
        when somebody else was first, `attempts` times in all. Answers what the function does.

        With a `command_id` of the command's own the ids of its events are made of that, so that
        it is recorded once however often it is sent: sent again, with another state before it, it
        fails with ConflictError (EVENT_ALREADY_EXISTS).
        """
        if attempts < 1:
            hint = "Give a whole number, from 1 on."
            raise invalid("INVALID_REQUEST", f"attempts: {attempts!r} is too few.", hint)
        for left in itertools.count(attempts - 1, -1):
            aggregate = await self.find(id)
            answer = run(aggregate)
            result = cast(_R, await answer if inspect.isawaitable(answer) else answer)
            if command_id:
                _name(recording_of(aggregate).emitted, command_id)
            try:
                await self.save(aggregate, timeout=timeout)
            except ConcurrencyConflictError:
                if left == 0:
                    raise
            else:
                return result
        raise AssertionError("unreachable")

    async def _restore(self, aggregate: A) -> None:
        if self._snapshots is None:
            return
        kept = await self._snapshots.store.load(self._aggregate_type, aggregate.id)
        if kept is not None and kept.version == self._snapshots.version:
            self._snapshots.restore(aggregate, kept.state)
            recording_of(aggregate).nonce = kept.aggregate_nonce

    async def _keep_state(self, aggregate: A, before: int) -> None:
        """Never raises: whoever is told that a save failed saves again, and here it is done."""
        snapshots = self._snapshots
        if snapshots is None or before // snapshots.every == aggregate.nonce // snapshots.every:
            return
        try:
            await self._keep(aggregate, snapshots)
        except Exception as error:
            _tell(snapshots, error, aggregate.id)

    async def _keep(self, aggregate: A, snapshots: Snapshots[A]) -> None:
        state = snapshots.take(aggregate)
        await snapshots.store.save(
            Snapshot(
                aggregate_id=aggregate.id,
                aggregate_type=self._aggregate_type,
                aggregate_nonce=aggregate.nonce,
                version=snapshots.version,
                state=state,
            )
        )


def _tell(snapshots: Snapshots[A], error: Exception, id: str) -> None:
    """A log that fails is no reason to fail what is recorded."""
    if snapshots.on_snapshot_error is not None:
        with contextlib.suppress(Exception):
            snapshots.on_snapshot_error(error, id)


def _name(events: list[NewEvent], command_id: str) -> None:
    """Gives the events of a command ids by their places in it."""
    events[:] = [replace(one, id=f"{command_id}/{place}") for place, one in enumerate(events, 1)]
