"""Aggregates, their repository, upcasters and snapshots: they need no server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from entdb_sdk import (
    Aggregate,
    Append,
    EventStore,
    InMemorySnapshotStore,
    NewEvent,
    RecordedEvent,
    Repository,
    Snapshot,
    Snapshots,
    Upcaster,
    command,
    errors,
    handles,
)


class Account(Aggregate):
    """An account."""

    owner = ""
    cents = 0
    since = 0

    @command
    def open(self, owner: str) -> None:
        if self.exists:
            raise LookupError("open already")
        self.emit("account.opened", {"owner": owner})

    @command
    def deposit(self, cents: int) -> int:
        if cents <= 0:
            raise LookupError("nothing")
        self.emit(NewEvent("money.deposited", {"cents": cents}, tags=["money"]))
        return self.cents

    @command
    def deposit_all(self, *parts: int) -> None:
        for part in parts:
            self.deposit(part)

    @command
    def note(self, data: object) -> None:
        self.emit("noted", data)

    @command
    def hand_over(self) -> None:
        self.emit("handed.over", None)

    @handles("account.opened")
    def opened(self, data: dict[str, str], event: RecordedEvent | None) -> None:
        self.owner = data["owner"]
        self.since = 0 if event is None else event.recorded_at

    @handles("money.deposited")
    @handles("money.found")
    def deposited(self, data: dict[str, int]) -> None:
        self.cents += data["cents"]

    @handles("noted")
    def noted(self, data: object) -> None:
        self.last_note = data

    @handles("handed.over")
    def handed_over(self, _data: None) -> None:
        self.deposit(1)


@pytest.fixture
def accounts(store: EventStore) -> Repository[Account]:
    return Repository(store, "Account", Account)


async def test_what_is_loaded_is_what_was_decided(accounts: Repository[Account]) -> None:
    account = await accounts.find("Account-1")
    assert not account.exists
    account.open("alice")
    assert account.deposit(5) == 5
    assert [one.type for one in account.emitted] == ["account.opened", "money.deposited"]
    appended = await accounts.save(account)
    assert appended is not None
    assert (appended.last_aggregate_nonce, account.nonce, account.emitted) == (2, 2, ())
    assert await accounts.save(account) is None
    account.deposit(1)
    await accounts.save(account)
    again = await accounts.load("Account-1")
    assert (again.owner, again.cents, again.nonce) == ("alice", 6, 3)
    assert again.since > 0
    assert await accounts.exists("Account-1")
    assert not await accounts.exists("Account-2")
    with pytest.raises(errors.NotFoundError) as caught:
        await accounts.load("Account-2")
    assert caught.value.reason == "AGGREGATE_NOT_FOUND"


async def test_who_saves_second_is_told(accounts: Repository[Account]) -> None:
    first, second = await accounts.find("a"), await accounts.find("a")
    first.open("alice")
    second.open("bob")
    await accounts.save(first)
    with pytest.raises(errors.ConcurrencyConflictError) as caught:
        await accounts.save(second)
    assert caught.value.actual_last_aggregate_nonce == 1
    assert (await accounts.load("a")).owner == "alice"


async def test_execute_decides_again_when_somebody_was_first(
    accounts: Repository[Account],
) -> None:
    await accounts.execute("a", lambda account: account.open("alice"))
    rivals = 2

    async def deposit(account: Account) -> int:
        nonlocal rivals
        if rivals > 0:
            rivals -= 1
            await accounts.execute("a", lambda other: other.deposit(10))
        return account.deposit(1)

    assert await accounts.execute("a", deposit) == 21
    rivals = 2
    with pytest.raises(errors.ConcurrencyConflictError):
        await accounts.execute("a", deposit, attempts=2)
    assert (await accounts.load("a")).cents == 41
    with pytest.raises(errors.ValidationError):
        await accounts.execute("a", deposit, attempts=0)


async def test_a_command_with_an_id_is_recorded_once(accounts: Repository[Account]) -> None:
    rivals = 1

    async def deposit(account: Account) -> None:
        nonlocal rivals
        if rivals > 0:
            rivals -= 1
            await accounts.execute("a", lambda other: other.deposit(10))
        account.deposit_all(1, 2)

    await accounts.execute("a", deposit, command_id="c")
    with pytest.raises(errors.ConflictError) as caught:
        await accounts.execute("a", deposit, command_id="c")
    assert caught.value.reason == "EVENT_ALREADY_EXISTS"
    assert (await accounts.load("a")).cents == 13


async def test_a_save_that_is_repeated_sends_the_same_ids(accounts: Repository[Account]) -> None:
    account = await accounts.find("a")
    account.open("alice")
    ids = [one.id for one in account.emitted]
    await accounts.save(account, idempotency_key="k")
    event = await accounts._store.read_aggregate("a").first()
    assert event is not None
    assert [event.id] == ids


def test_commands_alone_emit_and_handlers_alone_change() -> None:
    account = Account("a")
    with pytest.raises(errors.ValidationError, match="outside of a command"):
        account.emit("account.opened", {"owner": "x"})
    with pytest.raises(errors.ValidationError, match="gives a command"):
        account.hand_over()


async def test_a_command_that_breaks_off_leaves_nothing_that_could_be_saved(
    accounts: Repository[Account],
) -> None:
    account = await accounts.find("a")
    with pytest.raises(LookupError):
        account.deposit(0)
    account.deposit(1)
    with pytest.raises(LookupError):
        account.deposit_all(1, 0)
    with pytest.raises(errors.ValidationError, match="then raised"):
        await accounts.save(account)
    assert not await accounts.exists("a")


def test_handlers_get_what_a_read_would_give() -> None:
    account = Account("a")
    account.note({"a": (1, 2), 3: None})
    assert account.last_note == {"a": [1, 2], "3": None}
    for bad in ({1}, float("inf"), "\ud800"):
        with pytest.raises(errors.ValidationError):
            account.note(bad)
    assert len(account.emitted) == 1


def test_what_an_aggregate_cannot_be() -> None:
    with pytest.raises(errors.ValidationError, match="Two methods"):

        class _Twice(Account):
            @handles("account.opened")
            def opened_too(self, _data: object) -> None: ...

    with pytest.raises(TypeError, match="a command"):

        class _AsyncCommand(Account):
            @command
            async def wait(self) -> None: ...

    with pytest.raises(TypeError, match="a handler"):

        class _AsyncHandler(Account):
            @handles("waited")  # type: ignore[type-var]
            async def waited(self, _data: object) -> None: ...

    class Silent(Aggregate):
        def __init__(self) -> None:
            pass

        @command
        def speak(self) -> None: ...

    class Unhandled(Aggregate):
        @command
        def speak(self) -> None:
            self.emit("spoken")

    with pytest.raises(errors.ValidationError, match="super"):
        Silent().speak()
    with pytest.raises(errors.ValidationError, match="handles no spoken"):
        Unhandled("a").speak()


def test_a_subclass_handles_in_its_own_way() -> None:
    class Doubling(Account):
        def deposited(self, data: dict[str, int]) -> None:
            self.cents += 2 * data["cents"]

    account = Doubling("a")
    account.deposit(2)
    assert account.cents == 4
    plain = Account("a")
    plain.deposit(2)
    assert plain.cents == 2


async def test_upcasters_chain_on_reading(store: EventStore) -> None:
    def to_two(event: RecordedEvent) -> RecordedEvent:
        return replace(event, version=2, data={"amount": event.data})

    def to_cents(event: RecordedEvent) -> RecordedEvent:
        data = {"cents": event.data["amount"] * 100}
        return replace(event, type="money.found", version=1, data=data, aggregate_nonce=99)

    events = [NewEvent("money.deposited", 3), NewEvent("money.deposited", {"amount": 4}, version=2)]
    await store.append(Append("a", "Account", "none", events))
    chain = [Upcaster("money.deposited", 1, to_two), Upcaster("money.deposited", 2, to_cents)]
    account = await Repository(store, "Account", Account, upcasters=chain).load("a")
    assert (account.cents, account.nonce) == (700, 2)
    assert [one.version for one in await store.read_aggregate("a")] == [1, 2]
    with pytest.raises(errors.ValidationError, match="Two upcasters"):
        Repository(store, "Account", Account, upcasters=[chain[0], chain[0]])
    circle = [Upcaster("money.deposited", 1, lambda event: event)]
    with pytest.raises(errors.ValidationError, match="circle"):
        await Repository(store, "Account", Account, upcasters=circle).load("a")


def _restore(account: Account, state: Any) -> None:  # noqa: ANN401
    account.owner, account.cents = state


def _snapshots(kept: InMemorySnapshotStore, version: int = 1) -> Snapshots[Account]:
    return Snapshots(kept, version, 3, lambda account: [account.owner, account.cents], _restore)


async def test_snapshots_shorten_a_load_and_are_left_aside_by_another_version(
    store: EventStore,
) -> None:
    kept = InMemorySnapshotStore()
    accounts = Repository(store, "Account", Account, snapshots=_snapshots(kept))
    account = await accounts.find("a")
    account.open("alice")
    account.deposit(1)
    await accounts.save(account)
    assert await kept.load("Account", "a") is None
    account.deposit_all(1, 1)
    await accounts.save(account)
    snapshot = await kept.load("Account", "a")
    assert snapshot is not None
    assert (snapshot.aggregate_nonce, snapshot.version, snapshot.state) == (4, 1, ["alice", 3])
    await kept.save(replace(snapshot, state=["alice", 1000]))
    loaded = await accounts.load("a")
    assert (loaded.cents, loaded.nonce) == (1000, 4)
    loaded.deposit(1)
    await accounts.save(loaded)
    newer = Repository(store, "Account", Account, snapshots=_snapshots(kept, version=2))
    assert (await newer.load("a")).cents == 4
    with pytest.raises(errors.ValidationError):
        Snapshots(kept, 1, 0, lambda _: None, _restore)


class _FullStore(InMemorySnapshotStore):
    """Keeps nothing."""

    async def save(self, snapshot: Snapshot) -> None:
        raise OSError(f"no room for {snapshot.aggregate_id}")


def _take(account: Account) -> object:
    return [account.owner, account.cents]


def _no_state(account: Account) -> object:
    raise ValueError(f"no state of {account.id}")


@pytest.mark.parametrize(
    ("kept", "take", "why"),
    [(_FullStore(), _take, "no room for a"), (InMemorySnapshotStore(), _no_state, "no state of a")],
)
@pytest.mark.parametrize("heard", [True, False])
async def test_a_snapshot_that_fails_is_told_and_what_is_recorded_stays_saved(
    store: EventStore,
    kept: InMemorySnapshotStore,
    take: Callable[[Account], object],
    why: str,
    *,
    heard: bool,
) -> None:
    told: list[tuple[str, str]] = []

    def hear(error: Exception, id: str) -> None:
        told.append((str(error), id))
        raise LookupError("nobody listens")

    hook = hear if heard else None
    snapshots = Snapshots(kept, 1, 1, take, _restore, on_snapshot_error=hook)
    accounts = Repository(store, "Account", Account, snapshots=snapshots)
    account = await accounts.find("a")
    account.open("alice")
    appended = await accounts.save(account)
    assert appended is not None
    assert appended.last_aggregate_nonce == 1
    assert told == ([(why, "a")] if heard else [])
    assert await accounts.save(account) is None
    await accounts.execute("a", lambda again: again.deposit(2))
    loaded = await accounts.load("a")
    assert (loaded.cents, loaded.nonce) == (2, 2)
