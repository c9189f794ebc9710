"""The examples, over an event store in memory and over a server; `ENTDB` names the executable."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from entdb_sdk import (
    Append,
    DbClient,
    EventStore,
    InMemoryEventStore,
    InMemorySnapshotStore,
    NewEvent,
    SchemaRegistry,
    errors,
)

from account import Account, Refused, accounts, transfer
from balances import Balance, project_balances
from shop import Line, place_order, stocks

START = Path(__file__).resolve().parents[1] / "start.py"
ENTDB = os.environ.get("ENTDB") or START.parents[2] / "dist" / "entdb"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server of these tests is."""
    ports = ("--grpc-port", "0", "--http-port", "0")
    data = tmp_path_factory.mktemp("bank") / "data"
    with subprocess.Popen(
        [ENTDB, "serve", *ports, "--data-dir", data], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if ready := re.search(r'"entdb ready".*?"grpc":"http://([^"]+)"', line):
                yield ready[1]
                break
        else:
            pytest.fail("the server ended")
        server.terminate()
        server.communicate()


@pytest.fixture
async def client(endpoint: str) -> AsyncIterator[DbClient]:
    """A teller, in a tenant that nobody else has."""
    schema = SchemaRegistry(Balance)
    tenant = f"bank-{uuid.uuid4().hex[:12]}"
    async with DbClient(endpoint, tenant, "user:teller", registry=schema) as made:
        yield made


@pytest.fixture(params=["memory", "server"])
def store(request: pytest.FixtureRequest, client: DbClient) -> EventStore:
    """Each event store there is."""
    return InMemoryEventStore() if request.param == "memory" else client.events


async def with_alice(store: EventStore) -> EventStore:
    def open_account(account: Account) -> None:
        account.open("Alice")
        account.deposit(100)

    await accounts(store).execute("a", open_account)
    return store


async def test_an_account_remembers_by_its_events(store: EventStore) -> None:
    await with_alice(store)
    account = await accounts(store).load("a")
    assert (account.owner, account.cents, account.nonce) == ("Alice", 100, 2)


async def test_what_is_refused_records_nothing(store: EventStore) -> None:
    await with_alice(store)
    with pytest.raises(Refused):
        await accounts(store).execute("a", lambda account: account.withdraw(101))
    with pytest.raises(Refused):
        await accounts(store).execute("b", lambda account: account.deposit(1))
    assert len(await store.read_events()) == 2


async def test_no_deposit_is_lost_among_many(store: EventStore) -> None:
    bank = accounts(await with_alice(store))
    await asyncio.gather(
        *(bank.execute("a", lambda account: account.deposit(1), attempts=50) for _ in range(20))
    )
    assert (await bank.load("a")).cents == 120


async def test_a_transfer_happens_on_both_sides_or_on_none(store: EventStore) -> None:
    bank = accounts(await with_alice(store))
    await bank.execute("b", lambda account: account.open("Bob"))
    await transfer(store, "a", "b", 30)
    with pytest.raises(Refused):
        await transfer(store, "a", "b", 71)
    assert [(await bank.load(one)).cents for one in ("a", "b")] == [70, 30]


async def test_events_of_an_older_version_are_read_as_todays(store: EventStore) -> None:
    opened = NewEvent("account.opened", {"owner": "Alice"})
    euros = NewEvent("money.deposited", {"euros": 3}, version=1)
    await store.append(Append("a", "Account", "none", [opened, euros]))
    await accounts(store).execute("a", lambda account: account.deposit(5))
    assert (await accounts(store).load("a")).cents == 305


async def test_a_snapshot_shortens_the_way_and_changes_nothing(store: EventStore) -> None:
    snapshots = InMemorySnapshotStore()
    bank = accounts(await with_alice(store), snapshots)

    def often(account: Account) -> None:
        for _ in range(120):
            account.deposit(1)

    await bank.execute("a", often)
    kept = await snapshots.load("Account", "a")
    assert kept is not None
    assert (kept.aggregate_nonce, kept.state) == (122, {"owner": "Alice", "cents": 220})
    assert (await bank.load("a")).cents == (await accounts(store).load("a")).cents == 220


async def test_nothing_is_sold_twice(store: EventStore) -> None:
    await stocks(store).execute("Stock-pen", lambda stock: stock.receive(3))
    outcomes = await asyncio.gather(
        *(place_order(store, f"Order-{n}", "Eve", [Line("pen")]) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 3
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert (await stocks(store).load("Stock-pen")).available == 0
    placed = [one for one in await store.read_events() if one.type == "order.placed"]
    assert len(placed) == 3


async def test_an_order_takes_all_of_its_lines_or_none(store: EventStore) -> None:
    await stocks(store).execute("Stock-pen", lambda stock: stock.receive(3))
    lines = [Line("pen", 2), Line("ink", 1)]
    with pytest.raises(Refused):
        await place_order(store, "Order-1", "Eve", lines)
    await stocks(store).execute("Stock-ink", lambda stock: stock.receive(1))
    await place_order(store, "Order-1", "Eve", lines)
    assert (await stocks(store).load("Stock-pen")).available == 1
    with pytest.raises(errors.ConcurrencyConflictError):
        await place_order(store, "Order-1", "Eve", [Line("pen")])


async def test_balances_follow_the_events_each_once(client: DbClient) -> None:
    await with_alice(client.events)
    assert await project_balances(client, live=False) == 2
    await accounts(client.events).execute("a", lambda account: account.withdraw(40))
    euros = NewEvent("money.deposited", {"euros": 1}, version=1)
    await client.events.append(Append("a", "Account", 3, [euros]))
    assert await project_balances(client, live=False) == 4
    assert await project_balances(client, live=False) == 4
    balance = await client.get_by_key(Balance, {"account": "a"})
    assert (balance["owner"], balance["cents"]) == ("Alice", 160)


def test_one_command_starts_it(endpoint: str, tmp_path: Path) -> None:
    """With an EntDB beside it, and with one that runs already."""
    ports = {"ENTDB_GRPC_PORT": "0", "ENTDB_HTTP_PORT": "0", "ENTDB": str(ENTDB)}
    for more in (ports, {"ENTDB_ENDPOINT": endpoint}):
        run = subprocess.run(
            [sys.executable, START],
            cwd=tmp_path,
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert run.stdout.splitlines() == [
            "Refused: There are 7000 cents only.",
            "Sold: 3 of 3 pens to 5 buyers",
            "Alice: 70.00",
            "Bob: 130.00",
        ]
