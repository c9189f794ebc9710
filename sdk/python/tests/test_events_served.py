"""What only the server's event store has: breaks of the connection, plans, projections, grants."""

from __future__ import annotations

import asyncio

import pytest

from entdb_sdk import (
    Append,
    DbClient,
    Grant,
    NewEvent,
    NodeTypeDef,
    Plan,
    RecordedEvent,
    errors,
    field,
    project,
    project_into_graph,
)
from entdb_sdk.events.projection import Changes

from .proxy import Proxy
from .server import Server
from .test_event_store import opened

Balance = NodeTypeDef(
    type_id=900,
    name="Balance",
    fields=(
        field(1, "account", "str", required=True, unique=True),
        field(2, "events", "int"),
    ),
)


async def test_a_subscription_misses_and_doubles_nothing_when_its_connection_breaks(
    server: Server, client: DbClient
) -> None:
    await client.events.append(opened("a", 5))
    seen: list[int] = []
    async with (
        Proxy(server.grpc_port) as proxy,
        DbClient(proxy.endpoint, client.tenant_id, client.actor) as through,
        through.events.subscribe() as events,
    ):
        async for event in events:
            seen.append(event.global_nonce)
            if event.global_nonce == 20:
                break
            if event.global_nonce % 5 == 0:
                proxy.reset_all()
                await client.events.append(opened(f"b{event.global_nonce}", 5))
    assert seen == list(range(1, 21))


async def test_a_subscription_outlives_its_server(own_server: Server) -> None:
    async with DbClient(own_server.endpoint, "acme", "user:alice") as client:
        await client.events.append(opened("a", 3))
        async with client.events.subscribe() as events:
            assert [(await anext(events)).global_nonce for _ in range(2)] == [1, 2]
            await own_server.kill()
            await own_server.start()
            await client.events.append(opened("b", 1))
            assert [(await anext(events)).global_nonce for _ in range(2)] == [3, 4]


async def test_a_subscription_waits_for_nothing_before_its_first_step(client: DbClient) -> None:
    async with client.events.subscribe(heartbeat=60) as events:
        await client.events.append(opened("a"))
        assert (await anext(events)).global_nonce == 1


async def test_a_subscription_is_closed_while_it_waits(client: DbClient) -> None:
    async with client.events.subscribe() as events:
        waiting = asyncio.ensure_future(anext(events, None))
        await asyncio.sleep(0)
        await events.aclose()
        assert await waiting is None


@pytest.mark.parametrize("heartbeat", [0.0, 61.0, float("nan")])
async def test_a_heartbeat_that_is_none(client: DbClient, heartbeat: float) -> None:
    with pytest.raises(errors.ValidationError):
        client.events.subscribe(heartbeat=heartbeat)


async def test_a_plan_appends_events_and_changes_nodes_or_neither(client: DbClient) -> None:
    def build(plan: Plan) -> None:
        plan.create(Balance, {"account": "a", "events": 2}, alias="balance")
        plan.append_events(opened("a", 2))
        plan.append_events(opened("a", expected=2))

    result = await client.atomic(build)
    assert result["balance"]
    assert [one.last_aggregate_nonce for one in result.appended] == [2, 3]
    assert result.results[0].appended is None
    receipt = await client.receipt(result.idempotency_key)
    assert receipt.results[2].appended == result.appended[1]
    with pytest.raises(errors.ConcurrencyConflictError):
        await client.atomic(
            lambda plan: (
                plan.create(Balance, {"account": "b"}),
                plan.append_events(opened("a", expected=2)),
            )
        )
    assert await client.count(Balance) == 1


async def test_a_projection_writes_nodes_and_checkpoint_together_once_for_each_event(
    client: DbClient,
) -> None:
    await client.events.append([opened("a"), opened("b")])

    async def handle(event: RecordedEvent) -> Changes:
        return lambda plan: plan.create(
            Balance, {"account": event.aggregate_id, "events": event.aggregate_nonce}
        )

    async def run() -> int:
        return await project_into_graph(client, "balances", handle, live=False)

    assert await run() == 2
    await client.events.append(opened("c"))
    assert await run() == 3
    assert await run() == 3
    assert await client.count(Balance) == 3
    assert await client.events.checkpoint("balances") == 3


async def test_a_projection_that_was_refused_goes_on_once_what_was_wrong_is_mended(
    client: DbClient,
) -> None:
    await client.events.append([opened("a"), opened("b")])
    taken = await client.atomic(
        lambda plan: plan.create(Balance, {"account": "a", "events": 1}, alias="taken")
    )

    async def run(name: str) -> int:
        return await project_into_graph(
            client,
            "names",
            lambda event: (
                lambda plan: plan.create(
                    Balance, {"account": event.aggregate_id if event.global_nonce == 1 else name}
                )
            ),
            live=False,
        )

    with pytest.raises(errors.ConflictError, match="account"):
        await run("b")
    await client.atomic(lambda plan: plan.delete(Balance, taken["taken"]))
    with pytest.raises(errors.ConflictError, match="account"):
        await run("a")
    assert await client.events.checkpoint("names") == 1
    assert await run("b") == 2
    assert await client.count(Balance) == 2


async def test_of_two_projections_of_one_name_each_event_is_projected_once(
    client: DbClient,
) -> None:
    """The second one finds the checkpoint elsewhere, and nothing of it is written."""
    await client.events.append(opened("a", 3))
    other = client.scoped()

    async def overtaken(event: RecordedEvent) -> Changes:
        if event.global_nonce == 2:
            await other.events.store_checkpoint("p", 2, expected=1)
        return lambda plan: plan.create(Balance, {"account": str(event.global_nonce)})

    with pytest.raises(errors.ConflictError) as caught:
        await project_into_graph(client, "p", overtaken, live=False)
    assert caught.value.reason == "CHECKPOINT_CONFLICT"
    assert [one["account"] for one in await client.query(Balance)] == ["1"]


async def test_a_projection_into_anything_follows_until_it_is_cancelled(client: DbClient) -> None:
    seen: list[int] = []
    third = asyncio.Event()

    def handle(event: RecordedEvent) -> None:
        seen.append(event.global_nonce)
        if len(seen) == 3:
            third.set()

    running = asyncio.create_task(project(client.events, "p", handle))
    await client.events.append(opened("a", 2))
    await client.events.append(opened("b", 1))
    await third.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert seen == [1, 2, 3]


async def test_a_projection_that_fails_begins_again_with_the_event_that_it_failed_at(
    client: DbClient,
) -> None:
    await client.events.append(opened("a", 3))

    def fail(event: RecordedEvent) -> None:
        if event.global_nonce == 2:
            raise LookupError("not now")

    with pytest.raises(LookupError):
        await project(client.events, "p", fail, live=False)
    seen: list[int] = []
    assert await project(client.events, "p", lambda one: seen.append(one.global_nonce), live=False)
    assert seen == [2, 3]


async def test_grants_say_who_may_append(client: DbClient) -> None:
    store = client.events
    await store.append(opened("a"))
    found = await store.grants("Account")
    assert (found.grants, found.is_default) == ((Grant("tenant:*", "write"),), True)
    await store.set_grants("Account", [Grant("user:carol", "write")])
    found = await store.grants("Account")
    assert (found.grants, found.is_default) == ((Grant("user:carol", "write"),), False)
    bob = client.scoped(actor="user:bob").events
    with pytest.raises(errors.PermissionError):
        await bob.append(opened("b"))
    with pytest.raises(errors.ValidationError):
        await store.set_grants("Account", "user:carol")  # type: ignore[arg-type]
    await store.set_grants("Account", "default")
    assert (await store.grants("Account")).is_default
    await bob.append(Append("b", "Account", "none", [NewEvent("t")]))
