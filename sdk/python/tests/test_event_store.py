"""The event stores, besides what the cases of `sdk/conformance` say of every one: what Python alone
says, or can get wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import datetime, timezone

import pytest

from entdb_sdk import (
    Append,
    AppendCondition,
    Appended,
    EventFilter,
    EventStore,
    NewEvent,
    RecordedEvent,
    correlated,
    errors,
)
from entdb_sdk.events.store import ExpectedNonce


def opened(
    aggregate_id: str,
    count: int = 1,
    *,
    aggregate_type: str = "Account",
    expected: ExpectedNonce = "none",
) -> Append:
    events = [NewEvent("account.opened", {"number": number}) for number in range(count)]
    return Append(aggregate_id, aggregate_type, expected, events)


def one(aggregate_id: str, event: NewEvent) -> Append:
    return Append(aggregate_id, "Account", "none", [event])


async def test_an_event_is_what_was_said(store: EventStore) -> None:
    said = datetime(2026, 11, 21, 14, 30, 0, 250_000, tzinfo=timezone.utc)
    event = NewEvent("t", {"cents": 2**70}, id="e", timestamp=said, headers={"a": "1"}, tags=["b"])
    (appended,) = await store.append(one("a", event))
    assert appended == Appended("a", 1, 1, 1, 1)
    (found,) = await store.read_aggregate("a")
    assert json.loads(found.payload) == found.data
    assert found == RecordedEvent(
        id="e",
        type="t",
        version=1,
        aggregate_id="a",
        aggregate_type="Account",
        aggregate_nonce=1,
        global_nonce=1,
        recorded_at=found.recorded_at,
        timestamp=round(said.timestamp() * 1000),
        data={"cents": 2**70},
        payload=found.payload,
        content_type="application/json",
        content_schema="",
        correlation_id="",
        causation_id="",
        actor_id="",
        headers={"a": "1"},
        tags=("b",),
    )


async def test_a_conflict_has_the_heads_as_numbers(store: EventStore) -> None:
    await store.append([opened("a", 3), opened("b")])
    for expected in (2, 2**53 + 1, 2**63, 2**64 - 1):
        with pytest.raises(errors.ConcurrencyConflictError) as caught:
            await store.append(opened("a", expected=expected))
        assert caught.value.actual_last_aggregate_nonce == 3
        assert caught.value.actual_last_global_nonce == 4


async def test_no_more_is_read_than_is_wanted(store: EventStore) -> None:
    await store.append([opened("a", 7), opened("b"), opened("c")])
    assert [one.aggregate_nonce for one in await store.read_aggregate("a", limit=4)] == [1, 2, 3, 4]
    last = await store.read_aggregate("a", backwards=True).first()
    assert last is not None
    assert last.data == {"number": 6}
    assert [one.global_nonce for one in await store.read_events(limit=2, page_size=1)] == [1, 2]
    assert [one.aggregate_id for one in await store.aggregates(limit=2)] == ["a", "b"]


async def test_refuses_what_is_no_filter_and_no_checkpoint(store: EventStore) -> None:
    with pytest.raises(errors.ValidationError):
        await store.read_events(EventFilter(types="t.one"))
    with pytest.raises(errors.ValidationError):
        await store.store_checkpoint("p", -1)
    with pytest.raises(errors.ValidationError):
        await store.store_checkpoint("p", 1, expected=-1)


@pytest.mark.parametrize(
    "append",
    [
        Append("", "Account", "none", [NewEvent("t")]),
        Append("a", "", "none", [NewEvent("t")]),
        Append("a", "Account", "none", []),
        Append("a", "Account", -1, [NewEvent("t")]),
        Append("a", "Account", True, [NewEvent("t")]),
        Append("a", "Account", "nothing", [NewEvent("t")]),  # type: ignore[arg-type]
        Append("a\ud800", "Account", "none", [NewEvent("t")]),
        Append("a", "Account", "none", [NewEvent("t", {1, 2})]),
        Append("a", "Account", "none", [NewEvent("t", float("nan"))]),
        Append("a", "Account", "none", [NewEvent("t", "\ud800")]),
        Append("a", "Account", "none", [NewEvent("t", 1, payload=b"1")]),
        Append("a", "Account", "none", [NewEvent("t", payload="1")]),  # type: ignore[arg-type]
        Append("a", "Account", "none", [NewEvent("t", version=2**32)]),
        Append("a", "Account", "none", [NewEvent("t", tags="tag")]),
        Append("a", "Account", "none", [NewEvent("t", headers={"a": 1})]),  # type: ignore[dict-item]
        Append("a", "Account", "none", [NewEvent("t", timestamp=-1)]),
        Append("a", "Account", "none", [NewEvent("t", timestamp=datetime(2026, 1, 1))]),
        Append("a", "Account", "none", [NewEvent("t")], AppendCondition([], -1)),
    ],
)
async def test_refuses_what_is_no_append(store: EventStore, append: Append) -> None:
    with pytest.raises(errors.ValidationError):
        await store.append([opened("b"), append])
    assert await store.read_events() == []


async def test_a_subscription_ends_when_its_task_is_cancelled(store: EventStore) -> None:
    await store.append(opened("a"))
    first = asyncio.Event()

    async def follow() -> None:
        async with contextlib.aclosing(store.subscribe()) as events:
            async for _ in events:
                first.set()

    following = asyncio.create_task(follow())
    await first.wait()
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following


async def test_events_carry_the_correlation_that_their_appends_run_in(store: EventStore) -> None:
    with correlated(correlation_id="c1", actor_id="user:x"):
        with correlated(causation_id="d1"):
            await asyncio.create_task(_append(store, opened("a")))
        await store.append(one("b", NewEvent("t", correlation_id="own")))
    await store.append(opened("c"))
    a, b, c = await store.read_events()
    assert (a.correlation_id, a.causation_id, a.actor_id) == ("c1", "d1", "user:x")
    assert (b.correlation_id, b.causation_id, b.actor_id) == ("own", "", "user:x")
    assert (c.correlation_id, c.causation_id, c.actor_id) == ("", "", "")


async def _append(store: EventStore, append: Append) -> None:
    await store.append(append)
