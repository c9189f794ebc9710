"""Every operation of a plan, and what its server makes of it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from entdb_sdk import Created, DbClient, Grant, Plan, SchemaRegistry
from entdb_sdk.errors import (
    ConflictError,
    EntDbError,
    NotFoundError,
    PermissionError,
    UniqueConflictError,
    UnknownFieldError,
    ValidationError,
    VersionConflictError,
)

from .graph_types import AssignedTo, Follows, Place, Task, User


async def test_update(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: plan.create(Task, {"title": "a", "effort": 1, "labels": ["x"]}, alias="task")
    )
    result = await client.atomic(
        lambda plan: plan.update(Task, made["task"], {"title": "b", "effort": None})
    )
    assert result.results[0].version == 2
    task = await client.get(Task, made["task"])
    assert task.payload == {"title": "b", "labels": ["x"]}
    assert task.version == 2


async def test_an_update_of_a_version(client: DbClient) -> None:
    made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="task"))
    task = await client.get(made["task"])
    await client.atomic(lambda plan: plan.update(Task, task, {"effort": 1}, expected_version=1))
    with pytest.raises(VersionConflictError) as stale:
        await client.atomic(lambda plan: plan.update(Task, task, {"effort": 2}, expected_version=1))
    assert stale.value.reason == "VERSION_CONFLICT"
    assert stale.value.actual_version == 2
    assert isinstance(stale.value, ConflictError)


async def test_preconditions(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: plan.create(Task, {"title": "a", "status": "todo"}, alias="task")
    )
    task = made["task"]
    await client.atomic(
        lambda plan: plan.update(
            Task, task, {"status": "doing"}, preconditions={"status": "todo", "effort": None}
        )
    )
    with pytest.raises(VersionConflictError) as failed:
        await client.atomic(
            lambda plan: plan.update(Task, task, {}, preconditions={"status": "todo"})
        )
    assert failed.value.reason == "PRECONDITION_FAILED"
    assert failed.value.actual_version == 2
    with pytest.raises(UnknownFieldError):
        await client.atomic(
            lambda plan: plan.update(Task, task, {}, preconditions={"stats": "todo"})
        )


async def test_delete_restore_purge(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: plan.create(User, {"email": "a@example.com"}, alias="user")
    )
    user = made["user"]
    await client.atomic(lambda plan: plan.delete(user, expected_version=1))
    with pytest.raises(NotFoundError) as gone:
        await client.get(user)
    assert gone.value.reason == "NODE_NOT_FOUND"
    assert (await client.get(user, include_deleted=True)).deleted
    await client.atomic(lambda plan: plan.restore(User, user))
    assert (await client.get(user)).version == 3
    await client.atomic(lambda plan: plan.delete(User, user))
    await client.atomic(lambda plan: plan.create(User, {"email": "a@example.com"}))
    with pytest.raises(UniqueConflictError):
        await client.atomic(lambda plan: plan.restore(user))
    await client.atomic(lambda plan: plan.purge(user))
    with pytest.raises(NotFoundError):
        await client.get(user, include_deleted=True)


async def test_links(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: (
            plan.create(User, {"email": "a@example.com"}, alias="user"),
            plan.create(Task, {"title": "a"}, alias="task"),
            plan.link(AssignedTo, "$task.id", "$user.id", {"since": 5}, alias="edge"),
        )
    )
    task, user = made["task"], made["user"]
    (edge,) = await client.edge_out(task, AssignedTo)
    assert (edge.id, edge.from_id, edge.to_id) == (made["edge"], task, user)
    assert edge.payload == {"since": 5}
    await client.atomic(lambda plan: plan.update_edge(AssignedTo, task, user, {"since": None}))
    assert [one.payload for one in await client.edge_in(user)] == [{}]
    with pytest.raises(UniqueConflictError):
        await client.atomic(lambda plan: plan.link(AssignedTo, task, user))
    again = await client.atomic(
        lambda plan: plan.link(AssignedTo, task, user, alias="e", on_conflict="return_existing")
    )
    assert again["e"] == edge.id
    assert not again.results[0].created
    await client.atomic(lambda plan: plan.unlink(AssignedTo, task, user))
    assert await client.edge_out(task) == []
    third = await client.atomic(lambda plan: plan.link(AssignedTo, task, user, alias="e"))
    await client.atomic(lambda plan: plan.unlink(third["e"]))
    assert await client.edge_out(task) == []


async def test_handles_need_no_aliases(client: DbClient) -> None:
    def build(plan: Plan) -> None:
        user = plan.create(User, {"email": "a@example.com"})
        task = plan.create(Task, {"title": "a"}, alias="op_1")
        link = plan.link(AssignedTo, task, user)
        plan.update(Task, task, {"status": "doing"})
        plan.unlink(link)
        plan.link(AssignedTo, task, user, {"since": 1})
        handles.extend([user, task])

    handles: list[object] = []
    result = await client.atomic(build)
    user, task = handles
    assert result[str(user)] == result.results[0].node_id
    assert result["op_1"] == result[str(task)]
    assert (await client.get(result["op_1"]))["status"] == "doing"
    (edge,) = await client.edge_out(result["op_1"])
    assert edge.payload == {"since": 1}


async def test_handles_are_of_one_plan(client: DbClient) -> None:
    def first(plan: Plan) -> None:
        user = plan.create(User, {"email": "a@example.com"})
        plans.append(plan)
        handles.extend([user, plan.create(Task, {"title": "a"})])
        plan.link(AssignedTo, handles[1], user)

    def second(plan: Plan) -> None:
        other = plan.create(User, {"email": "b@example.com"})
        task = plan.create(Task, {"title": "b"})
        plan.link(AssignedTo, task, other)
        plan.link(AssignedTo, task, handles[0])

    plans: list[Plan] = []
    handles: list[Created] = []
    done = await client.atomic(first)
    user, task = handles
    # Also one that no operation referred to: its place is enough.
    assert [done[user], done[task]] == [one.node_id for one in done.results[:2]]
    # The alias that it went by is somebody else's by now.
    with pytest.raises(ValidationError) as refused:
        await client.atomic(second)
    assert refused.value.reason == "INVALID_ID"
    with pytest.raises(ValidationError, match="earlier plan"):
        await client.get(user)
    other = await client.atomic(lambda plan: plan.create(User, {"email": "b@example.com"}))
    with pytest.raises(KeyError):
        other[user]
    with pytest.raises(ValidationError, match="left out"):
        plans[0].create(User, {"email": "c@example.com"})
    assert await client.count(User) == 2


async def test_a_handle_that_nothing_refers_to(client: DbClient) -> None:
    handles: list[Created] = []
    result = await client.atomic(
        lambda plan: handles.append(plan.create(Task, {"title": "a"})), wait_for_applied=False
    )
    assert (await client.get(result[handles[0]]))["title"] == "a"


async def test_an_id_of_the_clients_own(client: DbClient) -> None:
    node_id = "nd_01hzx5v9c3qk8e2m7t4b6w0anr"
    made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, id=node_id))
    assert made.results[0].node_id == node_id
    with pytest.raises(ConflictError) as taken:
        await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, id=node_id))
    assert taken.value.reason == "NODE_ALREADY_EXISTS"


async def test_return_existing(client: DbClient) -> None:
    payload = {"email": "a@example.com"}
    made = await client.atomic(lambda plan: plan.create(User, payload, alias="user"))
    again = await client.atomic(
        lambda plan: plan.create(User, payload, alias="user", on_conflict="return_existing")
    )
    assert again["user"] == made["user"]
    assert [one.created for one in again.results] == [False]
    with pytest.raises(UniqueConflictError) as taken:
        await client.atomic(lambda plan: plan.create(User, payload))
    assert taken.value.key == "email"
    assert taken.value.existing_node_id == made["user"]
    assert taken.value.request_id
    assert taken.value.idempotency_key


async def test_sharing(client: DbClient) -> None:
    bob = client.scoped(actor="user:bob")
    carol = client.scoped(actor="user:carol")
    made = await client.atomic(
        lambda plan: (
            plan.create(Task, {"title": "read"}, alias="read", principals=["user:bob"]),
            plan.create(
                Task,
                {"title": "write"},
                alias="write",
                grants=[Grant("user:bob", "write"), Grant("user:carol")],
            ),
        )
    )
    assert (await bob.get(made["read"]))["title"] == "read"
    with pytest.raises(PermissionError) as denied:
        await bob.atomic(lambda plan: plan.update(Task, made["read"], {"title": "no"}))
    assert denied.value.reason == "PERMISSION_DENIED"
    await bob.atomic(lambda plan: plan.update(Task, made["write"], {"title": "yes"}))
    later = datetime(2099, 12, 31, tzinfo=timezone.utc)
    await client.atomic(
        lambda plan: (
            plan.set_visibility(made["read"], ["user:carol"]),
            plan.grant(made["write"], "group:eng", "admin", expires_at=later),
            plan.revoke(made["write"], "user:carol"),
        )
    )
    assert (await carol.get(made["read"]))["title"] == "read"
    for reader, node in ((bob, made["read"]), (carol, made["write"])):
        with pytest.raises(NotFoundError):
            await reader.get(node)
    assert await client.grants(made["write"]) == await client.grants(made["write"])
    grants = await client.grants(made["write"])
    assert grants.owner_actor == "user:alice"
    assert grants.grants == (
        Grant("group:eng", "admin", int(later.timestamp() * 1000)),
        Grant("user:bob", "write", 0),
    )


async def test_a_schema_in_a_plan(client: DbClient) -> None:
    types = SchemaRegistry(Place)
    await client.atomic(
        lambda plan: (plan.register_schema(types), plan.create(Place, {"country": "de"}))
    )
    assert (await client.get_schema()).types.node_types == (Place,)


async def test_it_is_all_or_nothing(client: DbClient) -> None:
    await client.atomic(lambda plan: plan.create(User, {"email": "a@example.com"}))
    with pytest.raises(UniqueConflictError):
        await client.atomic(
            lambda plan: (
                plan.create(User, {"email": "b@example.com"}),
                plan.create(User, {"email": "a@example.com"}),
            )
        )
    assert await client.count(User) == 1


async def test_what_is_refused_at_once(client: DbClient) -> None:
    """Nothing of these is sent, so no tenant comes of them."""
    nothing = "nd_01hzx5v9c3qk8e2m7t4b6w0anr"
    cases: list[tuple[object, str]] = [
        (lambda _plan: None, "INVALID_REQUEST"),
        (lambda plan: plan.create(Task, {}), "FIELD_REQUIRED"),
        (lambda plan: plan.create("Tsk", {"title": "x"}), "TYPE_UNKNOWN"),
        (lambda plan: plan.link("Assigned", "a", "b"), "EDGE_TYPE_UNKNOWN"),
        (lambda plan: plan.link(AssignedTo, "", nothing), "INVALID_ID"),
        (lambda plan: plan.link(AssignedTo, 5, nothing), "INVALID_ID"),
        (lambda plan: plan.unlink(AssignedTo, nothing), "INVALID_ID"),
        (lambda plan: plan.update(Task, nothing, {"title": None}), "FIELD_REQUIRED"),
        (lambda plan: plan.update(Task, nothing, {}, expected_version=-1), "INVALID_REQUEST"),
        (lambda plan: plan.update(Task, nothing, {}, expected_version="1"), "INVALID_REQUEST"),
        (lambda plan: plan.delete(None), "INVALID_ID"),
        (lambda plan: plan.grant(nothing, "user:bob", "reed"), "INVALID_REQUEST"),
        (
            lambda plan: plan.grant(nothing, "user:bob", expires_at=datetime(2024, 1, 1)),
            "INVALID_VALUE",
        ),
        (
            lambda plan: plan.create(Task, {"title": "x"}, principals="user:bob"),
            "INVALID_REQUEST",
        ),
        (
            lambda plan: plan.create(Task, {"title": "x"}, on_conflict="ignore"),
            "INVALID_REQUEST",
        ),
        (
            lambda plan: [plan.create(Task, {"title": "x"}, alias="a") for _ in range(2)],
            "ALIAS_DUPLICATE",
        ),
    ]
    for build, reason in cases:
        with pytest.raises(ValidationError) as refused:
            await client.atomic(build)  # type: ignore[arg-type]
        assert refused.value.reason == reason
        assert refused.value.request_id is None
    with pytest.raises(NotFoundError) as absent:
        await client.count(Task)
    assert absent.value.reason == "TENANT_NOT_FOUND"


async def test_what_the_server_refuses(client: DbClient) -> None:
    unknown = "nd_01hzx5v9c3qk8e2m7t4b6w0anr"
    cases: list[tuple[object, type[EntDbError], str]] = [
        (lambda plan: plan.link(AssignedTo, "$a.id", "$b.id"), ValidationError, "ALIAS_UNKNOWN"),
        (
            lambda plan: plan.create(Task, {"title": "x"}, alias="no good"),
            ValidationError,
            "ALIAS_INVALID",
        ),
        (lambda plan: plan.create(Task, {"title": "x"}, id="x"), ValidationError, "INVALID_ID"),
        (
            lambda plan: plan.create(Task, {"title": "x"}, recipients=["bob"]),
            ValidationError,
            "INVALID_PRINCIPAL",
        ),
        (lambda plan: plan.update(Task, unknown, {}), NotFoundError, "NODE_NOT_FOUND"),
        (lambda plan: plan.unlink(Follows, unknown, unknown), NotFoundError, "EDGE_NOT_FOUND"),
        (
            lambda plan: (
                plan.create(Task, {"title": "x"}, alias="t"),
                plan.link(Follows, "$t.id", "$t.id"),
            ),
            ValidationError,
            "EDGE_ENDS_MISMATCH",
        ),
        (
            lambda plan: [plan.create(Task, {"title": "x"}) for _ in range(1_001)],
            ValidationError,
            "LIMIT_EXCEEDED",
        ),
        (
            lambda plan: plan.create(Task, {"title": "x" * (4 * 1024 * 1024)}),
            ValidationError,
            "MESSAGE_TOO_LARGE",
        ),
    ]
    await client.atomic(lambda plan: plan.create(User, {"email": "a@example.com"}))
    for build, kind, reason in cases:
        with pytest.raises(kind) as refused:
            await client.atomic(build)  # type: ignore[arg-type]
        assert refused.value.reason == reason
        assert refused.value.request_id
        assert refused.value.hint


async def test_the_function_is_not_async(client: DbClient) -> None:
    async def build(plan: Plan) -> None:
        plan.create(Task, {"title": "x"})

    with pytest.raises(TypeError, match="not async"):
        await client.atomic(build)


async def test_an_error_of_the_function_is_the_callers(client: DbClient) -> None:
    def build(plan: Plan) -> None:
        plan.create(Task, {"title": "x"})
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await client.atomic(build)
