"""Orders and stock: two kinds of aggregates that must agree.

An order is placed in one append with what it takes off the shelves, so that nothing is ever sold
twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from entdb_sdk import Aggregate, EventStore, NewEvent, Repository, command, errors, handles

from account import Refused, append_of

ATTEMPTS = 10


@dataclass(frozen=True)
class Line:
    """So many of one thing."""

    sku: str
    count: int = 1


class Order(Aggregate):
    """What somebody wants, once."""

    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.lines: list[dict[str, Any]] = []

    @command
    def place(self, customer: str, lines: Sequence[Line]) -> None:
        if self.exists:
            raise Refused("The order is placed already.")
        if not lines:
            raise Refused("An order has at least one line.")
        said = {"customer": customer, "lines": [asdict(line) for line in lines]}
        tags = sorted({f"sku:{line.sku}" for line in lines})
        self.emit(NewEvent("order.placed", said, tags=tags))

    @handles("order.placed")
    def _placed(self, said: dict[str, Any]) -> None:
        self.lines = said["lines"]


class Stock(Aggregate):
    """What is on a shelf."""

    def __init__(self, shelf: str) -> None:
        super().__init__(shelf)
        self.available = 0

    @command
    def receive(self, count: int) -> None:
        self.emit("stock.received", {"count": count})

    @command
    def reserve(self, order_id: str, count: int) -> None:
        if count > self.available:
            raise Refused(f"There are {self.available} of {self.id} only.")
        self.emit("stock.reserved", {"order_id": order_id, "count": count})

    @handles("stock.received")
    def _received(self, said: dict[str, Any]) -> None:
        self.available += said["count"]

    @handles("stock.reserved")
    def _reserved(self, said: dict[str, Any]) -> None:
        self.available -= said["count"]


def stocks(store: EventStore) -> Repository[Stock]:
    """Where the shelves are."""
    return Repository(store, "Stock", Stock)


async def place_order(
    store: EventStore, order_id: str, customer: str, lines: Sequence[Line]
) -> None:
    """Places an order and reserves all of it, or refuses.

    Tries again when a shelf changed meanwhile.
    """
    for attempt in itertools.count(1):
        order = Order(order_id)
        order.place(customer, lines)
        shelves: dict[str, Stock] = {}
        for line in lines:
            if line.sku not in shelves:
                shelves[line.sku] = await stocks(store).find(f"Stock-{line.sku}")
            shelves[line.sku].reserve(order_id, line.count)
        appends = [append_of(stock, "Stock") for stock in shelves.values()]
        try:
            await store.append([append_of(order, "Order"), *appends])
        except errors.ConcurrencyConflictError:
            if attempt >= ATTEMPTS or await store.head(order_id) is not None:
                raise
        else:
            return
