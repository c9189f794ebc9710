"""What `start.py` runs.

Opens accounts, moves money between them, sells what there is, and shows the balances that a
projection makes of the events.
"""

from __future__ import annotations

import asyncio
import sys
import uuid

from entdb_sdk import DbClient, SchemaRegistry

from account import Refused, accounts, transfer
from balances import Balance, project_balances
from shop import Line, place_order, stocks


async def main(endpoint: str) -> None:
    """Once. Every run has accounts and shelves of its own."""
    run = uuid.uuid4().hex[:8]
    schema = SchemaRegistry(Balance)
    async with DbClient(endpoint, "bank", "user:teller", registry=schema) as client:
        alice, bob = f"Account-alice-{run}", f"Account-bob-{run}"
        bank = accounts(client.events)
        for account_id, owner in ((alice, "Alice"), (bob, "Bob")):
            await bank.execute(account_id, lambda account, owner=owner: account.open(owner))
            await bank.execute(account_id, lambda account: account.deposit(100_00))
        await transfer(client.events, alice, bob, 30_00)
        try:
            await bank.execute(alice, lambda account: account.withdraw(1_000_00))
        except Refused as refused:
            print(f"Refused: {refused}")

        pens = f"pen-{run}"
        await stocks(client.events).execute(f"Stock-{pens}", lambda stock: stock.receive(3))
        buyers = [
            place_order(client.events, f"Order-{run}-{number}", f"Customer {number}", [Line(pens)])
            for number in range(5)
        ]
        outcomes = await asyncio.gather(*buyers, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Refused):
                raise outcome
        print(f"Sold: {sum(outcome is None for outcome in outcomes)} of 3 pens to 5 buyers")

        await project_balances(client, live=False)
        for account_id in (alice, bob):
            balance = await client.get_by_key(Balance, {"account": account_id})
            print(f"{balance['owner']}: {balance['cents'] / 100:.2f}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
