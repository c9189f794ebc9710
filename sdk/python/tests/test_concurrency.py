"""A thousand calls at once on one client: each is answered, and nothing of them stays."""

from __future__ import annotations

import asyncio

from bench.overhead import GROWTH_GOAL_KIB, IN_FLIGHT, growth

from entdb_sdk import DbClient

from .graph_types import Task


async def test_a_thousand_calls_at_once(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: [plan.create(Task, {"title": str(n)}) for n in range(IN_FLIGHT)]
    )
    nodes = await asyncio.gather(*(client.get(one.node_id) for one in made.results))
    assert [node["title"] for node in nodes] == [str(n) for n in range(IN_FLIGHT)]


async def test_memory(client: DbClient) -> None:
    made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="task"))
    grown = await growth(lambda: client.get(Task, made["task"]), rounds=5)
    assert grown["growth_kib"] < GROWTH_GOAL_KIB
