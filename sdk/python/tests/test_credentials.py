"""Keys, against a server that asks for them: taken, wrong, expired, revoked, renewed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from entdb_sdk import DbClient, RetryPolicy
from entdb_sdk.errors import AuthenticationError, PermissionError, ValidationError

from .graph_types import Task
from .server import Server


@pytest.fixture(scope="module")
async def secured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server that asks for credentials, with the tenant acme."""
    directory = tmp_path_factory.mktemp("secured")
    args = ("--auth", "required", "--admin-key-file", str(directory / "admin.key"))
    running = await Server(directory, args=args).start()
    await admin(running, "tenants", "create", "acme", "--admin", "user:ada")
    yield running
    await running.stop()


async def admin(server: Server, *command: str) -> str:
    return await server.run(*command, "--api-key-file", str(server.directory / "admin.key"))


async def make_key(server: Server, actor: str, *more: str) -> tuple[str, str]:
    """The id of a key of acme, and the key."""
    out = await admin(
        server, "keys", "create", "--tenant-id", "acme", "--for", actor, "-o", "json", *more
    )
    made = json.loads(out)
    return made["key"]["key_id"], made["secret"]


async def until(unix_ms: int) -> None:
    """The server's clock is the real one."""
    await asyncio.sleep(max(0, unix_ms / 1000 - time.time()))


async def test_a_key_says_who_asks(secured: Server) -> None:
    _, key = await make_key(secured, "user:app")
    async with DbClient(secured.endpoint, api_key=key) as client:
        made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="task"))
        task = await client.get(made["task"])
        assert task.owner_actor == "user:app"
        for tenant_id, actor in (("other", ""), ("", "user:eve")):
            other = client.scoped(tenant_id=tenant_id, actor=actor)
            with pytest.raises(PermissionError):
                await other.get(task)


class Once(RetryPolicy):
    """Fails a call that was repeated and refused again."""

    def backoff(self, attempt: int) -> float:
        assert attempt == 1, "it was repeated"
        return 0


async def test_without_one(secured: Server) -> None:
    for key in (None, "", "edb_nonsense_nonsense"):
        with pytest.raises(AuthenticationError) as refused:
            await DbClient(
                secured.endpoint, "acme", "user:ada", api_key=key, retry=Once()
            ).connect()
        assert refused.value.reason == "UNAUTHENTICATED"


async def test_a_key_that_is_revoked(secured: Server) -> None:
    key_id, key = await make_key(secured, "user:app")
    async with DbClient(secured.endpoint, api_key=key) as client:
        await admin(secured, "keys", "revoke", key_id, "--yes")
        with pytest.raises(AuthenticationError):
            await client.health()


async def test_a_key_that_expires(secured: Server) -> None:
    ends = int(time.time() * 1000) + 3_000
    _, key = await make_key(secured, "user:app", "--expires", str(ends))
    async with DbClient(secured.endpoint, api_key=key) as client:
        await until(ends)
        with pytest.raises(AuthenticationError) as refused:
            await client.health()
        assert refused.value.reason == "UNAUTHENTICATED"


async def test_a_credential_that_is_renewed(secured: Server) -> None:
    """A function is asked for each call, so the next one brings the new key."""
    first_id, first = await make_key(secured, "user:app")
    _, second = await make_key(secured, "user:app")
    keys = [first]
    async with DbClient(secured.endpoint, api_key=lambda: keys[-1]) as client:
        await client.health()
        await admin(secured, "keys", "revoke", first_id, "--yes")
        keys.append(second)
        await client.health()


async def test_a_watch_outlives_its_credential(secured: Server) -> None:
    ends = int(time.time() * 1000) + 4_000
    _, first = await make_key(secured, "user:app", "--expires", str(ends))
    _, second = await make_key(secured, "user:app")
    current = [first]
    async with DbClient(secured.endpoint, api_key=lambda: current[0]) as client:
        await client.atomic(lambda plan: plan.create(Task, {"title": "a"}))
        async with client.watch(heartbeat=1) as changes:
            current[0] = second
            await until(ends + 500)
            made = await client.atomic(lambda plan: plan.create(Task, {"title": "b"}, alias="b"))
            change = await asyncio.wait_for(changes.__anext__(), 20)
            assert change.node_id == made["b"]


def test_what_is_no_key() -> None:
    for key in ("Bearer edb_x", "line\nbreak", "é"):
        with pytest.raises(ValidationError):
            DbClient("localhost", api_key=key)
