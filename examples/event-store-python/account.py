"""A bank account: an aggregate that decides by what its own events have left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from entdb_sdk import (
    Aggregate,
    Append,
    EventStore,
    NewEvent,
    RecordedEvent,
    Repository,
    Snapshots,
    SnapshotStore,
    Upcaster,
    command,
    handles,
)


class Refused(Exception):
    """Why a command was not carried out; nothing was recorded."""


class Account(Aggregate):
    """Commands look at the state and emit events, or refuse; handlers change the state alone."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.owner = ""
        self.cents = 0

    @command
    def open(self, owner: str) -> None:
        if self.exists:
            raise Refused("The account is open already.")
        self.emit(NewEvent("account.opened", {"owner": owner}, tags=[f"owner:{owner}"]))

    @command
    def deposit(self, cents: int) -> None:
        self._require_open()
        require_money(cents)
        self.emit(NewEvent("money.deposited", {"cents": cents}, version=2))

    @command
    def withdraw(self, cents: int) -> None:
        self._require_open()
        require_money(cents)
        if cents > self.cents:
            raise Refused(f"There are {self.cents} cents only.")
        self.emit("money.withdrawn", {"cents": cents})

    @handles("account.opened")
    def _opened(self, said: dict[str, Any]) -> None:
        self.owner = said["owner"]

    @handles("money.deposited")
    def _deposited(self, said: dict[str, Any]) -> None:
        self.cents += said["cents"]

    @handles("money.withdrawn")
    def _withdrawn(self, said: dict[str, Any]) -> None:
        self.cents -= said["cents"]

    def _require_open(self) -> None:
        if not self.exists:
            raise Refused("There is no such account.")


def require_money(cents: int) -> None:
    """Refuses what is no amount."""
    if cents <= 0:
        raise Refused("That is no amount of money.")


def _euros_to_cents(event: RecordedEvent) -> RecordedEvent:
    return replace(event, version=2, data={"cents": event.data["euros"] * 100})


EUROS_TO_CENTS = Upcaster("money.deposited", 1, _euros_to_cents)
"""Version 1 counted whole euros."""


def accounts(store: EventStore, snapshots: SnapshotStore | None = None) -> Repository[Account]:
    """Where accounts are. `snapshots` shorten the way to accounts with many events."""
    kept = snapshots and Snapshots(
        store=snapshots,
        version=1,
        every=100,
        take=lambda account: {"owner": account.owner, "cents": account.cents},
        restore=lambda account, state: vars(account).update(state),
    )
    return Repository(store, "Account", Account, upcasters=[EUROS_TO_CENTS], snapshots=kept)


async def transfer(store: EventStore, from_id: str, to_id: str, cents: int) -> None:
    """Money from one account to another: both sides are recorded, or neither."""
    everybody = accounts(store)
    giver, taker = await everybody.load(from_id), await everybody.load(to_id)
    giver.withdraw(cents)
    taker.deposit(cents)
    await store.append([append_of(giver, "Account"), append_of(taker, "Account")])


def append_of(aggregate: Aggregate, aggregate_type: str) -> Append:
    """What an aggregate has emitted, on the state that it was decided by."""
    return Append(aggregate.id, aggregate_type, aggregate.nonce, aggregate.emitted)
