"""Changes as they happen, without gap or duplicate, whatever becomes of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from entdb_sdk import Change, DbClient, Plan, RetryPolicy, Watch
from entdb_sdk.errors import ConnectionRefusedError, EntDbError, NotFoundError, ValidationError

from .graph_types import AssignedTo, Task, User
from .proxy import Proxy
from .server import Server

SECONDS = 20


async def take(watch: Watch, count: int) -> list[Change]:
    """The next changes; a watch that stands still fails the test."""

    async def step() -> list[Change]:
        return [await watch.__anext__() for _ in range(count)]

    return await asyncio.wait_for(step(), SECONDS)


def make_task(title: str) -> object:
    return lambda plan: plan.create(Task, {"title": title}, alias="task")


async def write(client: DbClient, *titles: str) -> list[str]:
    ids = []
    for title in titles:
        made = await client.atomic(make_task(title))  # type: ignore[arg-type]
        ids.append(made["task"])
    return ids


@pytest.fixture
async def settled(client: DbClient) -> DbClient:
    """Alice's client, whose tenant is there and knows the types."""
    client.registry.register(User, Task, AssignedTo)
    await client.register_schema()
    return client


async def test_what_happens_inside(settled: DbClient) -> None:
    async with settled.watch(with_nodes=True) as changes:
        made = await settled.atomic(
            lambda plan: (
                plan.create(Task, {"title": "a"}, alias="task"),
                plan.create(User, {"email": "a"}, alias="user"),
                plan.link(AssignedTo, "$task.id", "$user.id", alias="edge"),
            )
        )
        task, user, edge = await take(changes, 3)
        assert (task.kind, task.node_id, task.version) == ("node_created", made["task"], 1)
        assert task.node is not None
        assert task.node["title"] == "a"
        assert task.actor == "user:alice"
        assert task.wal_position == made.wal_position
        assert (user.kind, user.node_id) == ("node_created", made["user"])
        assert (edge.kind, edge.edge_id, edge.node) == ("edge_created", made["edge"], None)
        assert (edge.from_id, edge.to_id) == (made["task"], made["user"])
        assert edge.position == changes.position

        def more(plan: Plan) -> None:
            plan.update(Task, made["task"], {"title": "b"})
            plan.grant(made["task"], "user:bob")
            plan.unlink(made["edge"])
            plan.delete(made["user"])

        await settled.atomic(more)
        assert [one.kind for one in await take(changes, 4)] == [
            "node_updated",
            "node_access_changed",
            "edge_deleted",
            "node_deleted",
        ]


async def test_resumed_by_its_position(settled: DbClient) -> None:
    async with settled.watch() as changes:
        ids = await write(settled, "a", "b", "c")
        first = await take(changes, 1)
        assert [one.node_id for one in first] == ids[:1]
    later = settled.watch(after=changes.position)
    assert [one.node_id for one in await take(later, 2)] == ids[1:]
    await later.aclose()


async def test_in_the_middle_of_a_transaction(settled: DbClient) -> None:
    """Given up halfway through a transaction, it comes again as a whole: nothing is missed."""
    start = settled.position
    made = await settled.atomic(
        lambda plan: [plan.create(Task, {"title": str(n)}) for n in range(3)]
    )
    ids = [one.node_id for one in made.results]
    watch = settled.watch(after=start)
    (first,) = await take(watch, 1)
    assert first.node_id == ids[0]
    await watch.aclose()
    for position in (watch.position, first.position):
        again = settled.watch(after=position)
        assert [one.node_id for one in await take(again, 3)] == ids
        await again.aclose()


async def test_from_the_beginning_and_by_type(settled: DbClient) -> None:
    await settled.atomic(lambda plan: plan.create(User, {"email": "a"}))
    (task,) = await write(settled, "a")
    beginning = settled.watch(from_beginning=True)
    kinds = [one.kind for one in await take(beginning, 3)]
    assert kinds == ["schema_changed", "node_created", "node_created"]
    await beginning.aclose()
    # Schemas are everybody's.
    tasks = settled.watch([Task], from_beginning=True)
    assert [one.node_id for one in await take(tasks, 2)] == ["", task]
    await tasks.aclose()


async def test_as_far_as_it_may_be_seen(settled: DbClient) -> None:
    bob = settled.scoped(actor="user:bob")
    async with bob.watch() as changes:
        await write(settled, "secret")
        made = await settled.atomic(
            lambda plan: plan.create(Task, {"title": "x"}, alias="it", principals=["user:bob"])
        )
        (seen,) = await take(changes, 1)
        assert seen.node_id == made["it"]


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    async with Proxy(server.grpc_port) as made:
        yield made


async def test_over_broken_connections(settled: DbClient, proxy: Proxy) -> None:
    """A hundred changes while the connection breaks again and again: each comes once, in order."""
    watcher = DbClient(proxy.endpoint, settled.tenant_id, "user:alice")
    async with watcher.watch([Task]) as changes:
        writing = asyncio.create_task(write(settled, *(str(n) for n in range(100))))
        seen = []
        for _ in range(10):
            seen += await take(changes, 10)
            proxy.reset_all()
        assert [one.node_id for one in seen] == await writing
    assert proxy.connections > 3
    await watcher.close()


async def test_over_a_restart_of_the_server(own_server: Server, tenant_id: str) -> None:
    patient = RetryPolicy(max_attempts=100, max_backoff=0.5)
    client = DbClient(own_server.endpoint, tenant_id, "user:alice", retry=patient)
    await write(client, "first")
    async with client.watch() as changes:
        before = await write(client, "before")
        assert [one.node_id for one in await take(changes, 1)] == before
        await own_server.kill()
        await own_server.start()
        after = await write(client, "after")
        assert [one.node_id for one in await take(changes, 1)] == after
    await client.close()


async def test_a_server_that_falls_silent(settled: DbClient, proxy: Proxy) -> None:
    """Heartbeats that stay away are noticed, and another connection is made."""
    watcher = DbClient(proxy.endpoint, settled.tenant_id, "user:alice")
    changes = watcher.watch(heartbeat=1)
    await changes.start()
    changes._silence = 1.5
    proxy.swallow()
    (task,) = await write(settled, "a")
    assert [one.node_id for one in await take(changes, 1)] == [task]
    assert proxy.connections == 2
    await changes.aclose()
    await watcher.close()


async def test_heartbeats_keep_it_alive(settled: DbClient) -> None:
    changes = settled.watch(heartbeat=1)
    await changes.start()
    changes._silence = 3
    taking = asyncio.create_task(take(changes, 1))
    await asyncio.wait([taking], timeout=3.5)
    (task,) = await write(settled, "a")
    assert [one.node_id for one in await taking] == [task]
    await changes.aclose()


async def test_it_gives_up(settled: DbClient, proxy: Proxy) -> None:
    quick = RetryPolicy(initial_backoff=0.01, max_backoff=0.05)
    watcher = DbClient(proxy.endpoint, settled.tenant_id, "user:alice", retry=quick)
    changes = watcher.watch(give_up_after=0.3)
    await changes.start()
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await take(changes, 1)
    await watcher.close()


async def test_closing_ends_whoever_waits(settled: DbClient) -> None:
    changes = settled.watch()
    await changes.start()

    async def wait() -> list[Change]:
        return [change async for change in changes]

    waiting = asyncio.create_task(wait())
    await asyncio.wait([waiting], timeout=0.1)
    await changes.aclose()
    assert await asyncio.wait_for(waiting, SECONDS) == []
    await changes.aclose()


async def test_cancelling_whoever_waits(settled: DbClient) -> None:
    async with settled.watch() as changes:
        waiting = asyncio.create_task(take(changes, 1))
        await asyncio.wait([waiting], timeout=0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        # The watch itself goes on, at its place.
        (task,) = await write(settled, "a")
        assert [one.node_id for one in await take(changes, 1)] == [task]


async def test_the_client_is_closed(server: Server, settled: DbClient) -> None:
    watcher = DbClient(server.endpoint, settled.tenant_id, "user:alice")
    changes = watcher.watch()
    await changes.start()
    waiting = asyncio.create_task(take(changes, 1))
    await asyncio.wait([waiting], timeout=0.1)
    await watcher.close()
    with pytest.raises(EntDbError) as closed:
        await waiting
    assert closed.value.reason == "CLIENT_CLOSED"


async def test_what_is_refused(settled: DbClient, client: DbClient) -> None:
    with pytest.raises(ValidationError) as refused:
        await take(settled.watch(after=b"nonsense"), 1)
    assert refused.value.reason == "INVALID_POSITION"
    for heartbeat in (0.5, 61):
        with pytest.raises(ValidationError):
            settled.watch(heartbeat=heartbeat)
    nowhere = client.scoped(tenant_id="nobody-made-this")
    with pytest.raises(NotFoundError) as absent:
        await nowhere.watch().start()
    assert absent.value.reason == "TENANT_NOT_FOUND"
    assert isinstance(absent.value, EntDbError)
