"""Reading what was written, by this client and by others."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from entdb_sdk import DbClient
from entdb_sdk._generated import rpcs
from entdb_sdk._transport.positions import Positions
from entdb_sdk.errors import TimeoutError, ValidationError

from .graph_types import Task
from .recorder import recorded
from .server import Server


async def test_reads_are_asked_no_older_than_writes(client: DbClient) -> None:
    recorder = recorded(client)
    made = await client.atomic(
        lambda plan: plan.create(Task, {"title": "a"}, alias="task"), wait_for_applied=False
    )
    assert client.position == made.position
    await client.get(made["task"])
    (asked,) = recorder.requests(rpcs.GET_NODE)
    assert asked.read.at_least == made.position


async def test_handed_over(client: DbClient, server: Server, tenant_id: str) -> None:
    made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="task"))
    other = DbClient(server.endpoint, tenant_id, "user:alice")
    assert other.position == b""
    other.remember(client.position)
    recorder = recorded(other)
    assert (await other.get(made["task"], at_least=made.position))["title"] == "a"
    assert (await other.get(made["task"]))["title"] == "a"
    assert {one.read.at_least for one in recorder.requests(rpcs.GET_NODE)} == {made.position}
    other.remember(b"")
    assert other.position == b""
    await other.close()


async def test_turned_off(server: Server, tenant_id: str) -> None:
    client = DbClient(server.endpoint, tenant_id, "user:alice", read_your_writes=False)
    recorder = recorded(client)
    made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="task"))
    await client.get(made["task"])
    (asked,) = recorder.requests(rpcs.GET_NODE)
    assert asked.read.at_least == b""
    assert client.position == b""
    with pytest.raises(ValidationError):
        client.remember(made.position)
    await client.close()


async def test_each_tenant_has_its_own(client: DbClient, tenant_id: str) -> None:
    await client.atomic(lambda plan: plan.create(Task, {"title": "a"}))
    other = client.scoped(tenant_id=f"{tenant_id}-b", actor="user:bob")
    assert (other.tenant_id, other.actor) == (f"{tenant_id}-b", "user:bob")
    assert other.position == b""
    await other.atomic(lambda plan: plan.create(Task, {"title": "b"}))
    assert other.position != client.position
    assert client.scoped(actor="user:carol").position == client.position


async def test_strong_reads(client: DbClient) -> None:
    recorder = recorded(client)
    await client.atomic(lambda plan: plan.create(Task, {"title": "a"}), wait_for_applied=False)
    client.remember(b"")
    assert await client.count(Task, consistency="strong") == 1
    (asked,) = recorder.requests(rpcs.COUNT_NODES)
    assert asked.read.consistency == 1
    with pytest.raises(ValidationError):
        await client.count(Task, consistency="eventual")  # type: ignore[arg-type]


async def test_positions_that_do_not_fit(client: DbClient) -> None:
    await client.atomic(lambda plan: plan.create(Task, {"title": "a"}))
    position = client.position
    with pytest.raises(ValidationError) as refused:
        await client.count(Task, at_least=b"nonsense")
    assert refused.value.reason == "INVALID_POSITION"
    assert client.position == position
    ahead = position[:-1] + bytes([position[-1] + 1])
    with pytest.raises((TimeoutError, ValidationError)) as refused_too:
        await client.count(Task, at_least=ahead, timeout=0.5)
    assert refused_too.value.reason in ("POSITION_NOT_REACHED", "POSITION_BEYOND_LOG")


async def _outcome(call: Callable[[], object]) -> None:
    if inspect.isawaitable(outcome := call()):
        await outcome


async def test_positions_that_are_none(client: DbClient) -> None:
    """A position that went through JSON, say: nothing is sent, and nothing is remembered."""
    text: Any = "AQID"

    async def refusal(call: Callable[[], object]) -> str:
        with pytest.raises(ValidationError) as refused:
            await _outcome(call)
        return refused.value.reason

    assert await refusal(lambda: client.count(Task, at_least=text)) == "INVALID_POSITION"
    assert await refusal(lambda: client.mark_read(up_to=text)) == "INVALID_POSITION"
    assert await refusal(lambda: client.watch(after=text)) == "INVALID_POSITION"
    assert await refusal(lambda: client.remember(text)) == "INVALID_POSITION"
    assert client.position == b""


async def test_of_another_log(client: DbClient, own_server: Server, tenant_id: str) -> None:
    """A server that was set up anew: said once, by whoever reads first, and then forgotten."""
    await client.atomic(lambda plan: plan.create(Task, {"title": "a"}))
    async with DbClient(own_server.endpoint, tenant_id, "user:alice") as other:
        await other.atomic(lambda plan: plan.create(Task, {"title": "b"}))
        other.remember(client.position)
        with pytest.raises(ValidationError) as refused:
            await other.count(Task)
        assert refused.value.reason == "POSITION_FROM_ANOTHER_LOG"
        assert await other.count(Task) == 1


async def test_many_writers_and_readers_at_once(client: DbClient) -> None:
    async def write_and_count(number: int) -> None:
        title = f"{number}"
        await client.atomic(
            lambda plan: plan.create(Task, {"title": title}), wait_for_applied=False
        )
        assert await client.count(Task, {"title": title}) == 1

    await asyncio.gather(*(write_and_count(number) for number in range(100)))


def test_only_newer_writes_count() -> None:
    positions = Positions()
    positions.wrote("t", b"five", "0:5")
    positions.wrote("t", b"three", "0:3")  # the answer to a repeated write
    assert positions.of("t") == b"five"
    positions.wrote("t", b"seven", "0:7")
    assert positions.of("t") == b"seven"


def test_a_read_replaces_only_what_it_was_asked_with() -> None:
    positions = Positions()
    positions.wrote("t", b"five", "0:5")
    positions.read("t", b"", b"four")  # asked before that write was known
    assert positions.of("t") == b"five"
    positions.read("t", b"five", b"nine")
    assert positions.of("t") == b"nine"
    positions.wrote("t", b"seven", "0:7")  # may be older than nine, but every own write is in it
    assert positions.of("t") == b"seven"
    positions.read("t", b"seven", b"")
    assert positions.of("t") == b"seven"
