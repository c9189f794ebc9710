"""Answers that are lost, servers that restart, deadlines: repeated where safe, never done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from entdb_sdk import DbClient, Plan, RetryPolicy
from entdb_sdk._generated import rpcs
from entdb_sdk._transport.retry import RetryBudget, Retrying
from entdb_sdk.errors import (
    ConnectionLostError,
    ConnectionRefusedError,
    EntDbError,
    IdempotencyKeyReusedError,
    TimeoutError,
    UnavailableError,
    UniqueConflictError,
    ValidationError,
)

from .graph_types import Task, User
from .proxy import Proxy
from .recorder import recorded
from .server import Server


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    async with Proxy(server.grpc_port) as made:
        yield made


@pytest.fixture
async def behind(proxy: Proxy, tenant_id: str) -> AsyncIterator[DbClient]:
    """A client behind the proxy, whose tenant is there and knows its types."""
    client = DbClient(proxy.endpoint, tenant_id, "user:alice")
    await client.atomic(lambda plan: plan.create(User, {"email": "first@example.com"}))
    yield client
    await client.close()


def create_bob(plan: Plan) -> object:
    return plan.create(User, {"email": "bob@example.com"}, alias="bob")


async def test_a_lost_answer(behind: DbClient, proxy: Proxy) -> None:
    """The server did it, the answer is lost, the client asks again: done once."""
    recorder = recorded(behind)
    await behind.connect()
    proxy.drop_answers()
    result = await behind.atomic(create_bob)
    await proxy.dropped()
    assert result.results[0].version == 1
    assert await behind.count(User) == 2
    first, second = recorder.requests(rpcs.EXECUTE_ATOMIC)
    assert first == second
    assert first.idempotency_key == result.idempotency_key


async def test_several_lost_answers(behind: DbClient, proxy: Proxy) -> None:
    proxy.drop_answers(3)
    result = await behind.atomic(create_bob)
    assert (await behind.get(result["bob"]))["email"] == "bob@example.com"
    assert await behind.count(User) == 2


async def test_a_lost_refusal(behind: DbClient, proxy: Proxy) -> None:
    """What was refused is refused again: the outcome belongs to the key."""
    proxy.drop_answers()
    with pytest.raises(UniqueConflictError) as refused:
        await behind.atomic(lambda plan: plan.create(User, {"email": "first@example.com"}))
    receipt = await behind.receipt(refused.value.idempotency_key or "")
    assert receipt.state == "rejected"
    assert isinstance(receipt.error, UniqueConflictError)
    assert receipt.error.key == "email"


async def test_reads_and_marks_are_repeated(behind: DbClient, proxy: Proxy) -> None:
    proxy.drop_answers()
    assert await behind.count(User) == 1
    await behind.atomic(lambda plan: plan.create(Task, {"title": "x"}, recipients=["user:alice"]))
    items = await behind.mailbox()
    proxy.drop_answers()
    assert await behind.mark_read(items) == 1
    proxy.drop_answers()
    assert await behind.delete_mailbox_items(items) == 1


def test_policies_that_are_none() -> None:
    nan: Any = float("nan")
    for settings in (
        {"max_attempts": 0},
        {"max_attempts": nan},
        {"budget": -1},
        {"budget": nan},
        {"initial_backoff": nan},
        {"max_backoff": 0},
    ):
        with pytest.raises(ValidationError):
            RetryPolicy(**settings)


async def test_not_repeated_when_told_so(proxy: Proxy, tenant_id: str) -> None:
    client = DbClient(proxy.endpoint, tenant_id, "user:alice", retry=RetryPolicy(max_attempts=1))
    await client.register_schema()
    proxy.drop_answers()
    with pytest.raises(ConnectionLostError) as lost:
        await client.atomic(create_bob, idempotency_key="mine")
    assert lost.value.idempotency_key == "mine"
    # Whoever repeats it by hand, with the key, has it done once too.
    again = await client.atomic(create_bob, idempotency_key="mine")
    assert await client.count(User) == 1
    assert (await client.receipt("mine")).results[0].node_id == again["bob"]
    await client.close()


async def test_a_key_for_something_else(behind: DbClient) -> None:
    await behind.atomic(create_bob, idempotency_key="mine")
    with pytest.raises(IdempotencyKeyReusedError):
        await behind.atomic(
            lambda plan: plan.create(User, {"email": "eve@example.com"}), idempotency_key="mine"
        )
    assert (await behind.receipt("nobody's")).state == "unknown"


async def test_connections_that_break_under_many_calls(behind: DbClient, proxy: Proxy) -> None:
    async def write(number: int) -> str:
        made = await behind.atomic(
            lambda plan: plan.create(User, {"email": f"{number}@example.com"}, alias="user")
        )
        return made["user"]

    writes = [asyncio.create_task(write(number)) for number in range(60)]
    for _ in range(3):
        await asyncio.wait(writes, timeout=0.05)
        proxy.reset_all()
    ids = await asyncio.gather(*writes)
    assert len(set(ids)) == 60
    assert await behind.count(User) == 61


async def test_a_server_that_restarts(own_server: Server, tenant_id: str) -> None:
    """Killed and started again, under load: every call that was made comes to its answer."""
    patient = RetryPolicy(max_attempts=100, max_backoff=0.5)
    async with DbClient(own_server.endpoint, tenant_id, "user:alice", retry=patient) as client:
        await client.atomic(lambda plan: plan.create(User, {"email": "first@example.com"}))

        async def write(number: int) -> None:
            await client.atomic(lambda plan: plan.create(User, {"email": f"{number}@example.com"}))
            assert await client.count(User, {"email": f"{number}@example.com"}) == 1

        writes = [asyncio.create_task(write(number)) for number in range(40)]
        await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
        await own_server.kill()
        await own_server.start()
        await asyncio.gather(*writes)
        assert await client.count(User) == 41
        await own_server.stop()
        with pytest.raises((ConnectionRefusedError, UnavailableError)):
            await client.count(User, timeout=1)


async def test_a_deadline(behind: DbClient, proxy: Proxy) -> None:
    proxy.answer_delay = 1.5
    with pytest.raises(TimeoutError) as passed:
        await behind.atomic(create_bob, timeout=0.3)
    assert passed.value.reason == "DEADLINE_EXCEEDED"
    key = passed.value.idempotency_key
    assert key
    proxy.answer_delay = 0
    # It was done all the same; the key says what it came to.
    result = await behind.atomic(create_bob, idempotency_key=key)
    assert await behind.count(User) == 2
    assert (await behind.receipt(key)).results[0].node_id == result["bob"]


async def test_a_deadline_while_nobody_answers(proxy: Proxy, tenant_id: str) -> None:
    await proxy.refuse()
    # Without the deadline it would never end.
    patient = RetryPolicy(max_attempts=10**9, initial_backoff=0.01, max_backoff=0.05)
    client = DbClient(proxy.endpoint, tenant_id, "user:alice", retry=patient)
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        await client.count(User, timeout=0.5)
    await proxy.listen()
    assert (await client.health()).status == "healthy"
    await client.close()


async def test_cancelling(behind: DbClient, proxy: Proxy) -> None:
    proxy.answer_delay = 30
    call = asyncio.create_task(behind.count(User))
    await asyncio.wait([call], timeout=0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    proxy.answer_delay = 0
    proxy.reset_all()
    assert await behind.count(User) == 1


class TestRetrying:
    """When a call is made again, without a server."""

    policy = RetryPolicy(max_attempts=3, initial_backoff=0.1, max_backoff=0.15, budget=2)
    lost = ConnectionLostError("lost", reason="CONNECTION_LOST")
    busy = UnavailableError("busy", reason="OVERLOADED", retry_after=1.0)

    def test_waits_are_drawn_from_a_bound_that_doubles(self) -> None:
        policy = RetryPolicy(initial_backoff=1, max_backoff=3)
        for attempt, bound in ((1, 1), (2, 2), (3, 3), (10, 3)):
            waits = [policy.backoff(attempt) for _ in range(500)]
            assert 0 <= min(waits) < bound * 0.1
            assert bound * 0.9 < max(waits) <= bound

    def test_no_more_attempts_than_allowed(self) -> None:
        retrying = Retrying(self.policy, RetryBudget(10))
        waits = [retrying.wait_after(self.lost, 10) for _ in range(3)]
        assert [wait is None for wait in waits] == [False, False, True]

    def test_no_sooner_than_the_server_asks_for(self) -> None:
        wait = Retrying(self.policy, RetryBudget(10)).wait_after(self.busy, 10)
        assert wait is not None
        assert 1 <= wait <= 1.1

    def test_not_beyond_the_deadline(self) -> None:
        assert Retrying(self.policy, RetryBudget(10)).wait_after(self.busy, 0.5) is None

    def test_not_what_is_final(self) -> None:
        retrying = Retrying(self.policy, RetryBudget(10))
        for error in (
            EntDbError("x", reason="X"),
            UnavailableError("x", reason="TENANT_HALTED"),
            UniqueConflictError("x", reason="UNIQUE_CONFLICT"),
        ):
            assert retrying.wait_after(error, 10) is None

    def test_the_budget_of_all_calls(self) -> None:
        budget = RetryBudget(2)
        waits = [Retrying(self.policy, budget).wait_after(self.busy, 10) for _ in range(3)]
        assert [wait is None for wait in waits] == [False, False, True]
        # A broken connection costs no server anything.
        assert Retrying(self.policy, budget).wait_after(self.lost, 10) is not None
        for _ in range(10):
            budget.succeeded()
        assert Retrying(self.policy, budget).wait_after(self.busy, 10) is not None
        assert Retrying(self.policy, budget).wait_after(self.busy, 10) is None
