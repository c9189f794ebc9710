"""The tenant's schema, and how a client's types find their way into it."""

from __future__ import annotations

import asyncio

import pytest

from entdb_sdk import DbClient, NodeTypeDef, Plan, SchemaRegistry, field
from entdb_sdk._generated import rpcs
from entdb_sdk.errors import SchemaConflictError, ValidationError

from .graph_types import AssignedTo, Place, Task, User
from .recorder import Recorder, recorded
from .server import Server


def executed(recorder: Recorder) -> list[tuple[bool, bool]]:
    """Of each transaction that was sent: whether it named a schema and whether it brought types."""
    return [
        (bool(request.schema_fingerprint), request.HasField("schema"))
        for request in recorder.requests(rpcs.EXECUTE_ATOMIC)
    ]


async def test_types_are_sent_along_once(client: DbClient) -> None:
    recorder = recorded(client)
    await client.atomic(lambda plan: plan.create(Task, {"title": "a"}))
    assert executed(recorder) == [(True, False), (True, True)]
    await client.atomic(lambda plan: plan.create(Task, {"title": "b"}))
    assert executed(recorder)[2:] == [(True, False)]
    # A type more is another schema; it is brought along once, too.
    await client.atomic(lambda plan: plan.create(User, {"email": "a"}))
    await client.atomic(lambda plan: plan.create(Task, {"title": "c"}))
    assert executed(recorder)[3:] == [(True, False), (True, True), (True, False)]
    keys = [one.idempotency_key for one in recorder.requests(rpcs.EXECUTE_ATOMIC)]
    assert keys[0] == keys[1] != keys[2]


async def test_what_the_tenant_knows_is_not_sent(
    client: DbClient, server: Server, tenant_id: str
) -> None:
    await client.register_schema(SchemaRegistry(User, Task, AssignedTo))
    other = DbClient(
        server.endpoint, tenant_id, "user:bob", registry=SchemaRegistry(AssignedTo, Task, User)
    )
    recorder = recorded(other)
    await other.atomic(lambda plan: plan.create("Task", {"title": "a"}))
    assert executed(recorder) == [(True, False)]
    await other.close()


async def test_plans_without_types_name_no_schema(client: DbClient) -> None:
    made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="task"))
    client.registry.register(Place)
    recorder = recorded(client)
    await client.atomic(lambda plan: plan.delete(made["task"]))
    assert executed(recorder) == [(False, False)]


async def test_many_tasks_bring_types_together(client: DbClient) -> None:
    types = [NodeTypeDef(n, f"T{n}", (field(1, "a", "int"),)) for n in range(1, 21)]

    def writing(one: NodeTypeDef) -> object:
        return lambda plan: plan.create(one, {"a": one.type_id}, alias="it")

    results = await asyncio.gather(
        *(client.atomic(writing(one)) for one in types)  # type: ignore[arg-type]
    )
    nodes = await client.get_many([one["it"] for one in results])
    assert [node["a"] for node in nodes.nodes] == list(range(1, 21))
    assert len((await client.get_schema()).types.node_types) == 20


async def test_the_tenants_definition_stays(client: DbClient, server: Server) -> None:
    await client.register_schema(SchemaRegistry(User))
    renamed = NodeTypeDef(1, "Person", (field(1, "mail", "str", required=True, unique=True),))
    async with DbClient(server.endpoint, client.tenant_id, "user:bob") as other:
        made = await other.atomic(lambda plan: plan.create(renamed, {"mail": "b"}, alias="b"))
        kept = {one.path: (one.kept, one.sent) for one in made.schema_differences}
        assert kept["node type 1 (User): name"] == ("User", "Person")
        # Numbers are what counts: each reads by its own names.
        assert (await other.get(made["b"]))["mail"] == "b"
    async with DbClient(server.endpoint, client.tenant_id, "user:bob") as third:
        assert (await third.get(User, made["b"]))["email"] == "b"


async def test_types_that_contradict(client: DbClient, server: Server) -> None:
    await client.register_schema(SchemaRegistry(User))
    changed = NodeTypeDef(1, "User", (field(1, "email", "int"),))
    async with DbClient(server.endpoint, client.tenant_id, "user:bob") as other:
        with pytest.raises(SchemaConflictError) as refused:
            await other.atomic(lambda plan: plan.create(changed, {"email": 1}))
        assert refused.value.reason == "SCHEMA_INCOMPATIBLE"


async def test_two_definitions_in_one_program(client: DbClient) -> None:
    changed = NodeTypeDef(1, "User", (field(1, "email", "int"),))

    def build(plan: Plan) -> None:
        plan.create(User, {"email": "a"})
        plan.create(changed, {"email": 1})

    with pytest.raises(ValidationError) as refused:
        await client.atomic(build)
    assert refused.value.reason == "SCHEMA_INVALID"


async def test_register_and_check(client: DbClient) -> None:
    first = await client.register_schema(SchemaRegistry(User))
    assert first.changed
    assert first.differences == ()
    again = await client.register_schema(SchemaRegistry(User), idempotency_key="again")
    assert not again.changed
    assert again.fingerprint == first.fingerprint

    wider = SchemaRegistry(User, Task)
    check = await client.check_schema(wider)
    assert check.fingerprint_now == first.fingerprint
    assert check.fingerprint_then == wider.fingerprint
    assert not check.is_breaking
    assert {one.compatibility for one in check.changes} == {"safe"}

    narrower = SchemaRegistry(Task)
    check = await client.check_schema(narrower, mode="replace")
    assert check.is_breaking
    assert any(one.hint for one in check.changes)
    with pytest.raises(SchemaConflictError):
        await client.register_schema(narrower, mode="replace")
    removed = SchemaRegistry(Task, reserved_type_ids=[1])
    replaced = await client.register_schema(removed, mode="replace")
    assert replaced.fingerprint == removed.fingerprint
    schema = await client.get_schema()
    assert schema.types.node_types == (Task,)
    assert schema.types.reserved_type_ids == (1,)
    assert not schema.locked
    assert schema.build is None
    with pytest.raises(ValidationError):
        await client.register_schema(mode="overwrite")  # type: ignore[arg-type]
