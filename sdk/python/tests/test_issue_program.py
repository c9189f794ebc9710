"""The program that everybody begins with, against a fresh `entdb dev`: no schema, no tenant."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

from entdb_sdk import DbClient, EdgeTypeDef, NodeTypeDef, Plan, field

from .server import Server

PROGRAM = Path(__file__).with_name("issue_program.py")
SOURCE = Path(__file__).parents[1] / "src"

User = NodeTypeDef(
    type_id=1,
    name="User",
    fields=(field(1, "email", "str", required=True), field(2, "name", "str")),
)
Task = NodeTypeDef(
    type_id=2,
    name="Task",
    fields=(
        field(1, "title", "str", required=True),
        field(2, "status", "enum", enum_values=("todo", "doing", "done")),
    ),
)
AssignedTo = EdgeTypeDef(edge_id=100, name="AssignedTo", from_type=2, to_type=1)


def graph(plan: Plan) -> object:
    return (
        plan.create(User, {"email": "alice@example.com", "name": "Alice"}, alias="alice"),
        plan.create(Task, {"title": "Review PR", "status": "todo"}, alias="task"),
        plan.link(AssignedTo, "$task.id", "$alice.id"),
    )


def test_runs_as_a_script(fresh_server: Server) -> None:
    """Word for word, but for the port and a line that shows what came of it."""
    text = PROGRAM.read_text().replace("localhost:50051", fresh_server.endpoint)
    done = run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
    )
    assert done.stderr == ""
    alice, task = done.stdout.split()
    assert alice.startswith("nd_")
    assert task.startswith("nd_")
    assert alice != task


async def test_runs_without_connecting(client: DbClient) -> None:
    result = await client.atomic(graph)
    assert result.applied
    assert [one.version for one in result.results] == [1, 1, 0]
    assert result["alice"] == result.results[0].node_id
    assert result["task"] == result.ids["task"]
    assert result.results[2].edge_id.startswith("ed_")
    assert "alice" in result
    assert "bob" not in result


async def test_same_key_same_ids(client: DbClient) -> None:
    first = await client.atomic(graph, idempotency_key="the-same")
    again = await client.atomic(graph, idempotency_key="the-same")
    assert again == first
    assert await client.count(User) == 1


async def test_without_waiting(client: DbClient) -> None:
    result = await client.atomic(graph, wait_for_applied=False)
    assert not result.applied
    assert [one.version for one in result.results] == [0, 0, 0]
    # What was answered before it was applied is read all the same: the read waits for it.
    assert (await client.get(User, result["alice"]))["name"] == "Alice"
    receipt = await client.receipt(result.idempotency_key)
    assert receipt.state == "applied"
    assert receipt.results[0].version == 1
