"""Runs cases: each step's call, and whether its outcome is what the case expects."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from entdb_sdk import DbClient, EventStore
from entdb_sdk.errors import EntDbError

from . import events, mailboxes, reads, schemas, writes
from .administration import administer, is_administration
from .cases import SDK, Case, Step, load_reasons
from .match import difference, only_member
from .watches import watch
from .world import World

Call = Callable[[DbClient, Step, World], Awaitable[object]]


async def _store(client: DbClient, step: Step, world: World) -> object:
    create = {"op": "create", "as": "stored", "type": step["type"], "fields": step["fields"]}
    await writes.atomic(client, {"operations": [create]}, world)
    return await reads.get(client, {**step, "id": "@stored"}, world)


async def _health(client: DbClient, _step: Step, _world: World) -> object:
    return dataclasses.asdict(await client.health())


async def _observe(client: DbClient, step: Step, world: World) -> object:
    client.remember(world.native(step["position"]))
    return None


_CALLS: Final[Mapping[str, Call]] = {
    "atomic": writes.atomic,
    "receipt": writes.receipt,
    "get": reads.get,
    "get_many": reads.get_many,
    "get_by_key": reads.get_by_key,
    "query": reads.query,
    "count": reads.count,
    "edges": reads.edges,
    "connected": reads.connected,
    "search": reads.search,
    "grants": reads.grants,
    "store": _store,
    "mailbox": mailboxes.mailbox,
    "search_mailbox": mailboxes.search_mailbox,
    "unread_count": mailboxes.unread_count,
    "mark_read": mailboxes.mark_read,
    "delete_mailbox_items": mailboxes.delete_items,
    "fingerprint": schemas.fingerprint,
    "get_schema": schemas.get_schema,
    "check_schema": schemas.check_schema,
    "register_schema": schemas.register_schema,
    "events.grants": events.grants,
    "events.set_grants": events.set_grants,
    "health": _health,
    "observe": _observe,
}


_STORE_CALLS: Final[Mapping[str, Callable[[EventStore, Step, World], Awaitable[object]]]] = {
    "events.append": events.append,
    "events.read_aggregate": events.read_aggregate,
    "events.read": events.read,
    "events.head": events.head,
    "events.aggregates": events.aggregates,
    "events.checkpoint": events.checkpoint,
    "events.store_checkpoint": events.store_checkpoint,
}
"""What every event store has, also one without a client."""


async def run_case(case: Case, world: World) -> int:
    """Runs a case; answers how many of its steps were run."""
    ran = 0

    async def run(step: Step, place: str) -> None:
        nonlocal ran
        if SDK not in step.get("sdks", (SDK,)):
            return
        ran += 1
        await _run_step(step, place, world, lambda inner: run(inner, f"{place}.{inner['call']}"))

    for number, step in enumerate(case.steps, 1):
        await run(step, f"step {number} ({step['call']})")
    # What is kept in memory sends nothing.
    unseen = [] if world.is_in_memory else sorted(case.covers - world.sent)
    assert not unseen, f"RPCs that the case says it covers and did not send: {unseen}"
    return ran


async def _run_step(
    step: Step, place: str, world: World, run: Callable[[Step], Awaitable[None]]
) -> None:
    client = world.client(step)

    async def call() -> object:
        if step["call"] == "watch":
            return await watch(client, step, world, run)
        if step["call"] == "events.subscribe":
            return await events.subscribe(world.events(client), step, run)
        if step["call"] in _STORE_CALLS:
            return await _STORE_CALLS[step["call"]](world.events(client), step, world)
        if is_administration(step):
            return await administer(client, step, world)
        return await _CALLS[step["call"]](client, step, world)

    to_drop = step.get("drop_answers", 0)
    if to_drop:
        world.drop_answers(to_drop)
    outcomes = await asyncio.gather(
        *(call() for _ in range(step.get("times", 1))), return_exceptions=True
    )
    if to_drop:
        await world.all_dropped()
    failed = [one for one in outcomes if isinstance(one, BaseException)]
    if "error" in step:
        for outcome in failed or outcomes:
            _check_error(step["error"], outcome, place)
        if "succeed" not in step:
            return
        assert len(outcomes) - len(failed) == step["succeed"], f"{place}: how many succeed"
    elif failed:
        raise AssertionError(f"{place}: {failed[0]!r}: {failed[0]}") from failed[0]
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            continue
        if "expect" in step:
            seen = only_member(outcome, step.get("only"))
            found = difference(world.filled_in(step["expect"]), seen)
            assert found is None, f"{place}: {found}"
        _save(step, outcome, world)


def _check_error(expected: Mapping[str, Any], error: object, place: str) -> None:
    """An error must have the class that the SDK has for its reason, and say what to do."""
    reason = expected["reason"]
    if isinstance(error, BaseException) and not isinstance(error, EntDbError):
        raise AssertionError(f"{place}: {error!r}") from error
    assert isinstance(error, EntDbError), f"{place}: expected {reason}, got {error!r}"
    assert error.reason == reason, f"{place}: expected {reason}, got {error!r} ({error})"
    row = load_reasons()[reason]
    assert type(error).__name__ == row[SDK], f"{place}: the class of {reason}: {error!r}"
    assert error.code in row["codes"], f"{place}: the code {error.code}"
    assert error.message, f"{place}: a message"
    assert error.hint or not row.get("hint", True), f"{place}: a hint"
    by = expected.get("by")
    if isinstance(by, Mapping):
        by = by.get(SDK)
    if by == "client":
        assert error.request_id is None, f"{place}: sent nothing"
    if by == "server":
        assert error.request_id, f"{place}: a request id"
    if "details" in expected:
        found = difference(expected["details"], error.details, "details")
        assert found is None, f"{place}: {found}"


def _save(step: Step, result: Any, world: World) -> None:  # noqa: ANN401
    """Keeps what a step names: members of its result, by their paths."""
    for name, path in step.get("save", {}).items():
        value = result
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        assert value is not None, f"{step['call']}: there is no {path} to save"
        world.save(name, value)
