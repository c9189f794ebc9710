"""One contract of every event store: the server's, and the one in memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest

from entdb_sdk import (
    Append,
    AppendCondition,
    Appended,
    EventFilter,
    EventQuery,
    EventStore,
    NewEvent,
    RecordedEvent,
    correlated,
    errors,
)
from entdb_sdk.events.store import EventStream, ExpectedNonce


def opened(
    aggregate_id: str,
    count: int = 1,
    *,
    aggregate_type: str = "Account",
    expected: ExpectedNonce = "none",
) -> Append:
    events = [NewEvent("account.opened", {"number": number}) for number in range(count)]
    return Append(aggregate_id, aggregate_type, expected, events)


def one(
    aggregate_id: str,
    event: NewEvent,
    *,
    expected: ExpectedNonce = "none",
    condition: AppendCondition | None = None,
) -> Append:
    return Append(aggregate_id, "Account", expected, [event], condition)


def nonces(events: Sequence[RecordedEvent]) -> list[int]:
    return [event.aggregate_nonce for event in events]


def globals_of(events: Sequence[RecordedEvent]) -> list[int]:
    return [event.global_nonce for event in events]


async def take(stream: EventStream, count: int) -> list[RecordedEvent]:
    taken: list[RecordedEvent] = []
    async with contextlib.aclosing(stream):
        async for event in stream:
            taken.append(event)
            if len(taken) == count:
                break
    return taken


async def test_numbers_what_is_appended_and_gives_it_back(store: EventStore) -> None:
    said = datetime(2026, 11, 21, 14, 30, 0, 250_000, tzinfo=timezone.utc)
    first = NewEvent(
        "account.opened",
        {"owner": "Ä", "cents": 2**70},
        version=3,
        id="event-1",
        content_schema="urn:x",
        correlation_id="c",
        causation_id="d",
        actor_id="user:bob",
        timestamp=said,
        headers={"trace": "1"},
        tags=["bank", "owner:Ä"],
    )
    second = NewEvent("note.added", payload=b"\x00\xff", content_type="image/png")
    (appended,) = await store.append(Append("Account-1", "Account", "none", [first, second]))
    assert appended == Appended("Account-1", 1, 2, 1, 2)
    one, two = await store.read_aggregate("Account-1")
    assert one.recorded_at > 0
    assert json.loads(one.payload) == one.data
    assert one == RecordedEvent(
        id="event-1",
        type="account.opened",
        version=3,
        aggregate_id="Account-1",
        aggregate_type="Account",
        aggregate_nonce=1,
        global_nonce=1,
        recorded_at=one.recorded_at,
        timestamp=round(said.timestamp() * 1000),
        data={"owner": "Ä", "cents": 2**70},
        payload=one.payload,
        content_type="application/json",
        content_schema="urn:x",
        correlation_id="c",
        causation_id="d",
        actor_id="user:bob",
        headers={"trace": "1"},
        tags=one.tags,
    )
    assert sorted(one.tags) == ["bank", "owner:Ä"]
    assert (two.data, two.payload, two.timestamp) == (None, b"\x00\xff", 0)
    assert two.id


async def test_appends_to_several_aggregates_or_to_none(store: EventStore) -> None:
    await store.append([opened("a", 2), opened("b"), opened("a", expected=2)])
    with pytest.raises(errors.ConcurrencyConflictError):
        await store.append([opened("c"), opened("a", expected=1)])
    events = await store.read_events()
    assert [f"{one.aggregate_id}{one.aggregate_nonce}" for one in events] == [
        *("a1", "a2", "b1", "a3")
    ]
    assert globals_of(events) == [1, 2, 3, 4]
    assert await store.head("c") is None


async def test_does_a_request_once_for_its_key(store: EventStore) -> None:
    request = one("a", NewEvent("t"))
    once = await store.append(request, idempotency_key="k")
    assert await store.append(request, idempotency_key="k") == once
    with pytest.raises(errors.IdempotencyKeyReusedError):
        await store.append(one("b", NewEvent("t", id="e2")), idempotency_key="k")
    assert len(await store.read_events()) == 1


async def test_refuses_who_expects_another_head_with_the_heads_that_there_are(
    store: EventStore,
) -> None:
    await store.append(opened("Account-1", 3))
    await store.append(opened("Account-2"))
    wrong: list[ExpectedNonce] = [0, 2, 4, 2**63, "none"]
    for expected in wrong:
        with pytest.raises(errors.ConcurrencyConflictError) as caught:
            await store.append(opened("Account-1", expected=expected))
        assert caught.value.reason == "CONCURRENCY_CONFLICT"
        assert caught.value.actual_last_aggregate_nonce == 3
        assert caught.value.actual_last_global_nonce == 4
    right: list[ExpectedNonce] = [3, "exists", "any"]
    for expected in right:
        await store.append(opened("Account-1", expected=expected))
    with pytest.raises(errors.ConcurrencyConflictError) as caught:
        await store.append(opened("Account-9", expected="exists"))
    assert caught.value.actual_last_aggregate_nonce == 0
    assert nonces(await store.read_aggregate("Account-1")) == [1, 2, 3, 4, 5, 6]


async def test_of_many_who_propose_one_nonce_one_wins(store: EventStore) -> None:
    outcomes = await asyncio.gather(
        *(store.append(opened("a", expected=0)) for _ in range(16)), return_exceptions=True
    )
    lost = [one for one in outcomes if isinstance(one, errors.ConcurrencyConflictError)]
    assert len(lost) == 15
    assert nonces(await store.read_aggregate("a")) == [1]


async def test_keeps_ids_and_types(store: EventStore) -> None:
    await store.append(one("a", NewEvent("t", id="e")))
    with pytest.raises(errors.ConflictError) as taken:
        await store.append(one("b", NewEvent("t", id="e")))
    assert taken.value.reason == "EVENT_ALREADY_EXISTS"
    with pytest.raises(errors.ValidationError) as other:
        await store.append(opened("a", aggregate_type="Order", expected=1))
    assert other.value.reason == "AGGREGATE_TYPE_MISMATCH"


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


async def test_refuses_an_append_when_an_event_matches_its_condition(store: EventStore) -> None:
    def taken(aggregate_id: str, *tags: str, condition: AppendCondition | None = None) -> Append:
        return one(aggregate_id, NewEvent("seat.taken", tags=tags), condition=condition)

    def no_seat(number: int, after: int = 0) -> AppendCondition:
        return AppendCondition([EventQuery(["seat.taken"], [f"seat:{number}"])], after)

    await store.append(taken("a", "seat:1", "room:1"))
    with pytest.raises(errors.ConflictError) as caught:
        await store.append(taken("b", "seat:1", condition=no_seat(1)))
    assert caught.value.reason == "APPEND_CONDITION_FAILED"
    await store.append(taken("c", "seat:1", condition=no_seat(2)))
    await store.append(taken("d", "seat:1", condition=no_seat(1, after=2)))
    with pytest.raises(errors.ConflictError):
        await store.append(taken("e", "seat:1", condition=no_seat(1, after=2)))


async def test_reads_aggregates_both_ways_from_anywhere_in_pages_of_any_size(
    store: EventStore,
) -> None:
    await store.append(opened("a", 7))
    for page_size in (1, 3, 100):

        async def read(size: int = page_size, **options: Any) -> list[int]:  # noqa: ANN401
            return nonces(await store.read_aggregate("a", page_size=size, **options))

        assert await read() == [1, 2, 3, 4, 5, 6, 7]
        assert await read(from_nonce=6) == [6, 7]
        assert await read(from_nonce=8) == []
        assert await read(backwards=True) == [7, 6, 5, 4, 3, 2, 1]
        assert await read(backwards=True, from_nonce=2) == [2, 1]
        assert await read(backwards=True, from_nonce=99, limit=1) == [7]
        assert await read(limit=4) == [1, 2, 3, 4]
    assert await store.read_aggregate("nobody") == []
    last = await store.read_aggregate("a", backwards=True).first()
    assert last is not None
    assert last.data == {"number": 6}


async def test_reads_by_type_aggregate_type_prefix_and_tags(store: EventStore) -> None:
    for number, aggregate_id in enumerate(("x_1", "x%1", "xa1")):
        events = [NewEvent(of, tags=[f"n:{number}", "all"]) for of in ("t.one", "t.two")]
        kind = "Other" if number == 2 else "Some"
        await store.append(Append(aggregate_id, kind, "none", events))

    async def read(wanted: EventFilter, **options: Any) -> list[int]:  # noqa: ANN401
        return globals_of(await store.read_events(wanted, **options))

    assert await read(EventFilter(types=["t.two"])) == [2, 4, 6]
    assert await read(EventFilter(types=["t.two"]), page_size=1) == [2, 4, 6]
    assert await read(EventFilter(aggregate_types=["Other"])) == [5, 6]
    assert await read(EventFilter(aggregate_id_prefix="x_")) == [1, 2]
    assert await read(EventFilter(aggregate_id_prefix="x%")) == [3, 4]
    assert await read(EventFilter(tags=["all", "n:1"])) == [3, 4]
    assert await read(EventFilter(types=["t.one"]), from_nonce=3, backwards=True) == [3, 1]
    with pytest.raises(errors.ValidationError):
        await read(EventFilter(types="t.one"))


async def test_knows_heads_and_lists_them_by_id(store: EventStore) -> None:
    await store.append([opened("b", 2), opened("a"), opened("c", aggregate_type="Order")])
    await store.append(opened("b", expected=2))
    head = await store.head("b")
    assert head is not None
    assert (head.aggregate_type, head.last_aggregate_nonce, head.last_global_nonce) == (
        *("Account", 3, 5),
    )
    assert 0 < head.created_at <= head.updated_at

    async def ids(**options: Any) -> list[str]:  # noqa: ANN401
        return [one.aggregate_id for one in await store.aggregates(**options)]

    assert await ids() == ["a", "b", "c"]
    assert await ids(page_size=1) == ["a", "b", "c"]
    assert await ids(limit=2) == ["a", "b"]
    assert await ids(aggregate_type="Account") == ["a", "b"]
    assert await ids(aggregate_id_prefix="c") == ["c"]


async def test_subscribes_to_what_was_and_what_comes_each_once_and_in_order(
    store: EventStore,
) -> None:
    await store.append(opened("a", 3))
    seen = asyncio.create_task(take(store.subscribe(from_nonce=2), 40))
    for number in range(20):
        await store.append(opened(f"b{number}", 2))
    assert globals_of(await seen) == list(range(2, 42))
    prefixed = await take(store.subscribe(EventFilter(aggregate_id_prefix="b1")), 4)
    assert [one.aggregate_id for one in prefixed] == ["b1", "b1", "b10", "b10"]


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


async def test_keeps_checkpoints_which_move_from_where_they_are_expected(
    store: EventStore,
) -> None:
    await store.append(opened("a", 3))
    assert await store.checkpoint("p") == 0
    await store.store_checkpoint("p", 2, expected=0)
    with pytest.raises(errors.ConflictError) as caught:
        await store.store_checkpoint("p", 3, expected=1)
    assert caught.value.reason == "CHECKPOINT_CONFLICT"
    await store.store_checkpoint("p", 3)
    assert await store.checkpoint("p") == 3
    with pytest.raises(errors.ValidationError):
        await store.store_checkpoint("p", -1)


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
