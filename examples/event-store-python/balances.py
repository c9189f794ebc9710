"""The read side: balances as nodes, made of the accounts' events.

Node and checkpoint are one transaction, so each event counts exactly once, whatever breaks in
between.
"""

from __future__ import annotations

from collections.abc import Callable

from entdb_sdk import (
    DbClient,
    EventFilter,
    NodeTypeDef,
    Plan,
    RecordedEvent,
    field,
    project_into_graph,
)

from account import EUROS_TO_CENTS

Changes = Callable[[Plan], object]

Balance = NodeTypeDef(
    type_id=1,
    name="Balance",
    fields=(
        field(1, "account", "str", required=True, unique=True),
        field(2, "owner", "str", indexed=True),
        field(3, "cents", "int", indexed=True),
    ),
)


async def project_balances(client: DbClient, *, live: bool = True) -> int:
    """Follows the accounts until it is cancelled; with `live=False`, to the last event there is."""

    async def changes_of(event: RecordedEvent) -> Changes:
        account = event.aggregate_id
        if event.type == "account.opened":
            values = {"account": account, "owner": event.data["owner"], "cents": 0}
            return lambda plan: plan.create(Balance, values)
        cents = event.data["cents"]
        change = cents if event.type == "money.deposited" else -cents
        node = await client.get_by_key(Balance, {"account": account})
        after = {"cents": node["cents"] + change}
        return lambda plan: plan.update(Balance, node, after)

    return await project_into_graph(
        client,
        "balances",
        changes_of,
        filter=EventFilter(aggregate_types=["Account"]),
        upcasters=[EUROS_TO_CENTS],
        live=live,
    )
