"""The cases of `sdk/conformance`, which every SDK runs, against the real server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from entdb_sdk import InMemoryEventStore
from entdb_sdk._generated.entdb.v1 import entdb_service_pb2, errors_pb2, events_pb2

from ..proxy import Proxy
from ..server import Server
from .cases import SDK, Case, Step, golden_schemas, load_cases, load_reasons
from .conftest import Tally
from .run import run_case
from .world import World

CASES = load_cases()
HAS = {"native"}
"""What this SDK's event stores have of what not every one has."""
MINE = [case for case in CASES if SDK in case.sdks and case.needs <= HAS]
OF_EVENT_STORES = [case for case in MINE if case.family == "event-store"]


@pytest.fixture(scope="module")
async def servers(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[dict[str, Server]]:
    """One that trusts what clients say, and one that asks for credentials."""
    trusted = await Server(tmp_path_factory.mktemp("trusted")).start()
    asking = ("--auth", "required", "--admin-key-file", "admin.key")
    guarded = await Server(tmp_path_factory.mktemp("guarded"), args=asking).start()
    yield {"trusted": trusted, "credentials": guarded}
    await trusted.kill()
    await guarded.kill()


@pytest.mark.parametrize("number", range(len(MINE)), ids=[f"{c.family}: {c.name}" for c in MINE])
async def test_case(number: int, servers: dict[str, Server], tally: Tally) -> None:
    case = MINE[number]
    key = (servers["credentials"].directory / "admin.key").read_text().strip()
    async with contextlib.AsyncExitStack() as opened:
        proxy = None
        if case.proxy:
            target = servers[case.server].grpc_port
            proxy = await opened.enter_async_context(Proxy(target))
        world = World(case, servers, f"case-{number}", {"admin-key": key}, proxy)
        opened.push_async_callback(world.close)
        tally.steps += await run_case(case, world)
    tally.cases += 1


@pytest.mark.parametrize("case", OF_EVENT_STORES, ids=[case.name for case in OF_EVENT_STORES])
async def test_case_of_event_stores_in_memory(
    case: Case, servers: dict[str, Server], tally: Tally
) -> None:
    world = World(case, servers, "memory", {}, None, store=InMemoryEventStore())
    try:
        tally.steps += await run_case(case, world)
    finally:
        await world.close()
    tally.cases += 1


def test_every_rpc_is_covered() -> None:
    """A new RPC needs a case. What this SDK does not call at all, its descriptors do not have."""
    services = (
        entdb_service_pb2.DESCRIPTOR.services_by_name["EntDBService"],
        events_pb2.DESCRIPTOR.services_by_name["EventStoreService"],
    )
    names = [method.name for service in services for method in service.methods]
    covered = {rpc for case in MINE for rpc in case.covers}
    assert [name for name in names if name not in covered] == []


def test_every_reason_is_provoked_or_excused() -> None:
    rows = load_reasons()
    names = [name.removeprefix("ERROR_REASON_") for name in errors_pb2.ErrorReason.keys()][1:]  # noqa: SIM118
    assert sorted(rows) == sorted(names)
    provoked = {reason for case in CASES for step in case.steps for reason in _reasons(step)}
    wrong = [name for name in names if (name in provoked) == ("unprovoked" in rows[name])]
    assert wrong == [], "reasons neither provoked nor excused, or both"


def test_every_golden_fingerprint_has_a_case() -> None:
    used = {step.get("schema") for case in CASES for step in case.steps}
    assert [name for name in golden_schemas() if name not in used] == []


def _reasons(step: Step) -> list[str]:
    """The reasons that a step, and those within it, expect."""
    own = [step["error"]["reason"]] if "error" in step else []
    return own + [reason for inner in step.get("during", ()) for reason in _reasons(inner)]
