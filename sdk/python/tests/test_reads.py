"""Nodes and edges read: by id, by key, by filter, over edges, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from entdb_sdk import DbClient, Node, NodeTypeDef, field, where
from entdb_sdk.errors import (
    NotFoundError,
    UnknownFieldError,
    ValidationError,
)
from entdb_sdk.filters import FilterLike

from .graph_types import AssignedTo, Follows, Place, Task, User
from .server import Server

TASKS: list[dict[str, Any]] = [
    {"title": "alpha", "status": "todo", "effort": 1, "labels": ["a", "b"]},
    {"title": "beta", "status": "doing", "effort": 2},
    {"title": "gamma", "status": "done", "effort": 3, "labels": ["b"]},
    {"title": "Alphabet", "effort": 2**62},
    {"title": "100%", "status": "todo"},
]


@pytest.fixture
async def tasks(client: DbClient) -> list[str]:
    made = await client.atomic(lambda plan: [plan.create(Task, one) for one in TASKS])
    return [one.node_id for one in made.results]


async def test_get(client: DbClient, tasks: list[str]) -> None:
    task = await client.get(Task, tasks[0])
    assert task.payload == TASKS[0]
    assert task["title"] == "alpha"
    assert (task.type_id, task.version, task.deleted) == (2, 1, False)
    assert task.owner_actor == "user:alice"
    assert task.tenant_id == client.tenant_id
    assert task.created_at == task.updated_at > 1_700_000_000_000
    assert await client.get(tasks[0]) == task
    assert await client.get(task) == task
    with pytest.raises(KeyError):
        task["nothing"]
    with pytest.raises(NotFoundError):
        await client.get("nd_01hzx5v9c3qk8e2m7t4b6w0anr")
    with pytest.raises(ValidationError) as refused:
        await client.get("nothing")
    assert refused.value.reason == "INVALID_ID"
    # What is asked for as a user is no task that is called one.
    for asked in (client.get(User, tasks[0]), client.get_many(User, tasks)):
        with pytest.raises(ValidationError, match="of type 2, not 1") as refused:
            await asked
        assert refused.value.reason == "TYPE_UNKNOWN"


async def test_get_many(client: DbClient, tasks: list[str]) -> None:
    missing = "nd_01hzx5v9c3qk8e2m7t4b6w0anr"
    found = await client.get_many([tasks[2], missing, tasks[0], tasks[2]])
    assert [node["title"] for node in found.nodes] == ["gamma", "alpha"]
    assert found.missing == [missing]
    assert await client.get_many(Task, iter(tasks[:1])) == await client.get_many(tasks[:1])
    with pytest.raises(TypeError):
        await client.get_many("nd_01hzx5v9c3qk8e2m7t4b6w0anr")


async def test_get_by_key(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: (
            plan.create(User, {"email": "a@example.com"}, alias="user"),
            plan.create(Place, {"country": "de", "town": "Ulm"}, alias="place"),
        )
    )
    assert (await client.get_by_key(User, {"email": "a@example.com"})).id == made["user"]
    assert (await client.get_by_key(Place, {"town": "Ulm", "country": "de"})).id == made["place"]
    with pytest.raises(NotFoundError):
        await client.get_by_key(User, {"email": "b@example.com"})
    for key in ({"name": "x"}, {"email": "x", "name": "y"}, {}):
        with pytest.raises(ValidationError) as refused:
            await client.get_by_key(User, key)
        assert refused.value.reason == "KEY_UNKNOWN"
        assert "email" in (refused.value.hint or "")
    with pytest.raises(ValidationError):
        await client.get_by_key(User, {"email": None})
    with pytest.raises(UnknownFieldError):
        await client.get_by_key(User, {"mail": "x"})


FILTERS: list[tuple[FilterLike, list[str]]] = [
    (None, ["alpha", "beta", "gamma", "Alphabet", "100%"]),
    ({}, ["alpha", "beta", "gamma", "Alphabet", "100%"]),
    ({"status": "todo"}, ["alpha", "100%"]),
    ({"status": "todo", "effort": 1}, ["alpha"]),
    ({"status": None}, ["Alphabet"]),
    ({"status": {"is_null": True}}, ["Alphabet"]),
    ({"effort": {"gte": 2, "lt": 2**62}}, ["beta", "gamma"]),
    ({"status": {"in": ["doing", "done"]}}, ["beta", "gamma"]),
    ({"title": {"like": "alpha%"}}, ["alpha"]),
    ({"labels": {"contains": "b"}}, ["alpha", "gamma"]),
    (where("status").eq("todo"), ["alpha", "100%"]),
    (where("status").neq("todo"), ["beta", "gamma"]),
    (where("status").gt("todo"), ["beta", "gamma"]),
    (where("effort").gt(1) & where("effort").lte(3), ["beta", "gamma"]),
    (where("effort").eq(2**62) | where("title").eq("beta"), ["beta", "Alphabet"]),
    (where("title").like("_lpha%"), ["alpha", "Alphabet"]),
    (where("title").like("100\\%"), ["100%"]),
    (where("title").contains("amm"), ["gamma"]),
    (where("status").in_(["done"]), ["gamma"]),
    (where("status").eq(None), ["Alphabet"]),
    (where("effort").is_null(), ["100%"]),
    (where("labels").eq(["b"]), ["gamma"]),
    (where("version").gte(2), []),
    (where("id").lt("nd_7"), ["alpha", "beta", "gamma", "Alphabet", "100%"]),
    (where("created_at").gt(0) & where("updated_at").lt(0), []),
    (
        (where("status").eq("todo") | where("status").eq("done")) & where("effort").lt(3),
        ["alpha"],
    ),
]


@pytest.mark.parametrize(("asked", "titles"), FILTERS)
async def test_filters(
    client: DbClient,
    tasks: list[str],  # noqa: ARG001
    asked: FilterLike,
    titles: list[str],
) -> None:
    found = await client.query(Task, asked, order="created_at")
    assert sorted(node["title"] for node in found) == sorted(titles)
    assert await client.count(Task, asked) == len(titles)


BAD_FILTERS: list[tuple[Any, str]] = [
    ({"stauts": "todo"}, "FIELD_UNKNOWN"),
    ({"status": "tod"}, "ENUM_VALUE_UNKNOWN"),
    ({"effort": "1"}, "FIELD_KIND_MISMATCH"),
    ({"effort": {"above": 1}}, "INVALID_REQUEST"),
    ({"effort": {"gte": None}}, "INVALID_FILTER"),
    ({"effort": {"in": 5}}, "INVALID_FILTER"),
    ({"effort": {"is_null": False}}, "INVALID_FILTER"),
    ("status = todo", "INVALID_FILTER"),
    ({"effort": {"in": []}}, "INVALID_FILTER"),
    ({"effort": {"in": list(range(101))}}, "LIMIT_EXCEEDED"),
    ({"effort": {"like": 1}}, "INVALID_FILTER"),
    ({"title": {"like": "x\\"}}, "INVALID_FILTER"),
    (where("status").neq(None), "INVALID_FILTER"),
]


@pytest.mark.parametrize(("asked", "reason"), BAD_FILTERS)
async def test_filters_that_say_nothing(
    client: DbClient,
    tasks: list[str],  # noqa: ARG001
    asked: Any,  # noqa: ANN401
    reason: str,
) -> None:
    with pytest.raises(ValidationError) as refused:
        await client.query(Task, asked)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("title", ["100%", "Alphabet", "alpha", "beta", "gamma"]),
        ("-title", ["gamma", "beta", "alpha", "Alphabet", "100%"]),
        ("-effort", ["Alphabet", "gamma", "beta", "alpha", "100%"]),
        (("status", "-title"), ["alpha", "100%", "beta", "gamma", "Alphabet"]),
        (["effort"], ["alpha", "beta", "gamma", "Alphabet", "100%"]),
    ],
)
@pytest.mark.usefixtures("tasks")
async def test_order(client: DbClient, order: Any, titles: list[str]) -> None:  # noqa: ANN401
    assert [node["title"] async for node in client.query(Task, order=order)] == titles


@pytest.mark.usefixtures("tasks")
async def test_order_by_what_is_not_there(client: DbClient) -> None:
    with pytest.raises(UnknownFieldError) as refused:
        client.query(Task, order="-create_at")
    assert refused.value.suggestions == ("created_at",)


@pytest.fixture
async def many(client: DbClient) -> list[str]:
    """250 tasks: three pages of the default size."""
    made = await client.atomic(
        lambda plan: [plan.create(Task, {"title": f"{n:03}", "effort": n}) for n in range(250)]
    )
    return [one.node_id for one in made.results]


async def test_a_list_goes_over_pages(client: DbClient, many: list[str]) -> None:
    ids = [node.id async for node in client.query(Task, order="effort")]
    assert ids == many
    assert [node.id for node in await client.query(Task, order="effort")] == many


async def test_pages(client: DbClient, many: list[str]) -> None:
    listed = client.query(Task, order="effort", page_size=120, with_total_count=True)
    pages = [page async for page in listed.pages()]
    assert [len(page.items) for page in pages] == [120, 120, 10]
    assert [page.has_more for page in pages] == [True, True, False]
    assert {page.total_count for page in pages} == {250}
    # A page is taken up elsewhere by its cursor.
    behind = client.query(
        Task, order="effort", page_size=120, with_total_count=True, cursor=pages[0].cursor
    )
    assert (await behind.page()).items == pages[1].items
    with pytest.raises(ValidationError) as refused:
        await client.query(Task, order="-effort", cursor=pages[0].cursor)
    assert refused.value.reason == "INVALID_CURSOR"
    first = await client.query(Task, order="effort").first()
    assert isinstance(first, Node)
    assert first.id == many[0]


@pytest.mark.parametrize(("limit", "page_size"), [(0, 0), (1, 0), (100, 100), (101, 100), (999, 7)])
async def test_limits(client: DbClient, many: list[str], limit: int, page_size: int) -> None:
    listed = client.query(Task, order="effort", limit=limit, page_size=page_size)
    assert [node.id for node in await listed] == many[:limit]


@pytest.mark.usefixtures("tasks")
async def test_sizes_that_are_none(client: DbClient) -> None:
    for sizes in ({"limit": -1}, {"page_size": -1}, {"page_size": 2**32}, {"limit": "1"}):
        with pytest.raises(ValidationError):
            client.query(Task, **sizes)
    with pytest.raises(ValidationError) as refused:
        await client.query(Task, page_size=1_001)
    assert refused.value.reason == "LIMIT_EXCEEDED"


async def test_a_cursor_that_is_none(client: DbClient) -> None:
    text: Any = "AQID"
    with pytest.raises(ValidationError) as refused:
        client.query(Task, cursor=text)
    assert refused.value.reason == "INVALID_CURSOR"


async def test_nothing_is_there(client: DbClient) -> None:
    await client.atomic(lambda plan: plan.create(User, {"email": "a@example.com"}))
    await client.register_schema()
    assert await client.query(User, {"name": "nobody"}) == []
    assert await client.query(User, {"name": "nobody"}).first() is None
    assert [page.items async for page in client.query(User, {"name": "nobody"}).pages()] == [[]]


async def test_edges_and_walks(client: DbClient) -> None:
    names = "abcde"
    made = await client.atomic(
        lambda plan: (
            [plan.create(User, {"email": name, "name": name}, alias=name) for name in names],
            [
                plan.link(Follows, f"${one}.id", f"${other}.id")
                for one, other in ("ab", "ac", "bd", "de", "ca")
            ],
            plan.create(Task, {"title": "t"}, alias="task"),
            plan.link(AssignedTo, "$task.id", "$a.id"),
        )
    )
    out = await client.edge_out(made["a"], Follows, with_nodes=True)
    assert sorted(edge.node["name"] for edge in out if edge.node) == ["b", "c"]
    assert all(edge.from_id == made["a"] for edge in out)
    into = await client.edge_in(made["a"], with_nodes=True)
    assert [edge.edge_type_id for edge in into] == [100, 101]
    assert [edge.node and edge.node.type_id for edge in into] == [2, 1]
    assert [edge.node for edge in await client.edge_in(made["a"])] == [None, None]
    pages = [page async for page in client.edge_out(made["a"], page_size=1).pages()]
    assert [len(page.items) for page in pages] == [1, 1]

    reached = await client.connected(made["a"], Follows, depth=3)
    assert [(one.node["name"], one.distance) for one in reached][2:] == [("d", 2), ("e", 3)]
    assert {one.node["name"] for one in reached[:2]} == {"b", "c"}
    followers = await client.connected(made["d"], "Follows", direction="in", depth=5)
    assert [one.node["name"] for one in followers] == ["b", "a", "c"]
    for depth in (6, -1, 2**32):
        with pytest.raises(ValidationError):
            await client.connected(made["a"], Follows, depth=depth)
    with pytest.raises(ValidationError) as refused:
        client.connected(made["a"], Follows, direction="up")  # type: ignore[arg-type]
    assert refused.value.reason == "INVALID_REQUEST"


async def test_types_that_the_program_lacks(
    client: DbClient, server: Server, tenant_id: str
) -> None:
    """An older program reads what a newer one wrote: nothing is lost, nothing is guessed."""
    made = await client.atomic(
        lambda plan: (
            plan.create(Task, TASKS[0], alias="task"),
            plan.create(User, {"email": "a@example.com"}, alias="user"),
            plan.link(AssignedTo, "$task.id", "$user.id", {"since": 7}),
        )
    )
    old_task = NodeTypeDef(2, "Task", (field(1, "title", "str", required=True),))
    async with DbClient(server.endpoint, tenant_id, "user:alice") as older:
        task = await older.get(old_task, made["task"])
        assert task.payload == {"title": "alpha"}
        assert task.extra == {2: 1, 3: 1, 4: ["a", "b"]}
        # Of a type that it does not know at all it asks the tenant.
        (edge,) = await older.edge_out(task, with_nodes=True)
        assert edge.payload == {"since": 7}
        assert edge.node is not None
        assert edge.node.payload == {"email": "a@example.com"}


async def test_types_by_name(client: DbClient, tasks: list[str]) -> None:
    assert await client.count("Task", {"status": "todo"}) == 2
    assert await client.count(2) == len(tasks)
    with pytest.raises(ValidationError, match=r"Did you mean Task\?"):
        await client.count("Tasks")
