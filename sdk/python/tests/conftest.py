"""What tests stand on: one server for those that leave it alone, tenants of their own."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entdb_sdk import DbClient, EventStore, InMemoryEventStore

from .server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server in trusted mode that no test stops."""
    running = await Server(tmp_path_factory.mktemp("server"), command="dev").start()
    yield running
    await running.stop()


@pytest.fixture
async def fresh_server(tmp_path: Path) -> AsyncIterator[Server]:
    """What `entdb dev` starts in an empty directory."""
    running = await Server(tmp_path / "fresh", command="dev").start()
    yield running
    await running.stop()


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server of the test's own, to be stopped and started."""
    running = await Server(tmp_path / "own").start()
    yield running
    await running.kill()


@pytest.fixture
def tenant_id() -> str:
    """A tenant that nobody has heard of."""
    return f"tenant-{next(_numbers)}"


@pytest.fixture
async def client(server: Server, tenant_id: str) -> AsyncIterator[DbClient]:
    """Alice's client, of a fresh tenant, not connected yet."""
    made = DbClient(server.endpoint, tenant_id, "user:alice")
    yield made
    await made.close()


@pytest.fixture(params=["memory", "server"])
def store(request: pytest.FixtureRequest, client: DbClient) -> EventStore:
    """Each event store there is, of a fresh tenant."""
    return InMemoryEventStore() if request.param == "memory" else client.events
