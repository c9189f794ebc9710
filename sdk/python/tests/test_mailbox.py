"""Mailboxes, and search over nodes."""

from __future__ import annotations

import pytest

from entdb_sdk import DbClient
from entdb_sdk.errors import EntDbError, ValidationError

from .graph_types import Task, User


@pytest.fixture
async def bob(client: DbClient) -> DbClient:
    """Three tasks are sent to Bob, whose client this is."""
    for number, title in enumerate(("Order coffee", "Order tea", "Pay the coffee")):
        await client.atomic(
            lambda plan, title=title, number=number: plan.create(  # type: ignore[misc]
                Task,
                {"title": title},
                recipients=["user:bob"],
                thread="orders" if number < 2 else "",
                metadata={"number": str(number)},
            )
        )
    return client.scoped(actor="user:bob")


async def test_list(bob: DbClient) -> None:
    items = await bob.mailbox()
    assert [item.snippet for item in items] == ["Pay the coffee", "Order tea", "Order coffee"]
    assert [item.thread for item in items] == ["", "orders", "orders"]
    assert [item.metadata for item in items] == [{"number": str(n)} for n in (2, 1, 0)]
    assert {(item.sender, item.read, item.type_id) for item in items} == {("user:alice", False, 2)}
    assert (await bob.get(items[0].node_id))["title"] == "Pay the coffee"
    assert len(await bob.mailbox(thread="orders")) == 2
    assert len(await bob.mailbox(node_type=Task)) == 3
    pages = [page async for page in bob.mailbox(page_size=2).pages()]
    assert [len(page.items) for page in pages] == [2, 1]
    assert pages[0].unread_count == 3


async def test_marking(bob: DbClient) -> None:
    newest, middle, oldest = await bob.mailbox()
    assert await bob.unread_count() == 3
    assert await bob.mark_read([newest, oldest.id]) == 2
    assert await bob.mark_read([newest]) == 0
    assert await bob.unread_count() == 1
    assert [item.id for item in await bob.mailbox(unread_only=True)] == [middle.id]
    assert await bob.mark_read([newest], unread=True) == 1
    assert await bob.mark_read(up_to=bob.position) == 2
    assert await bob.unread_count() == 0
    with pytest.raises(ValidationError, match="no items"):
        await bob.mark_read([])


async def test_marking_in_a_plan(bob: DbClient) -> None:
    first, second, _ = await bob.mailbox()
    await bob.atomic(lambda plan: (plan.mark_read([first]), plan.delete_mailbox_items([second])))
    assert [item.read for item in await bob.mailbox()] == [True, False]


async def test_repeated_with_its_key(bob: DbClient) -> None:
    items = await bob.mailbox()
    assert await bob.mark_read(items, idempotency_key="once") == 3
    assert await bob.mark_read(items, idempotency_key="once") == 3
    assert await bob.delete_mailbox_items(items[:1], idempotency_key="gone") == 1
    assert await bob.delete_mailbox_items(items[:1], idempotency_key="gone") == 1
    assert len(await bob.mailbox()) == 2


async def test_search_in_it(bob: DbClient) -> None:
    hits = await bob.search_mailbox("coffee")
    assert sorted(hit.item.snippet for hit in hits) == ["Order coffee", "Pay the coffee"]
    assert all("\u0002coffee\u0003" in hit.highlight for hit in hits)
    assert all(hit.score > 0 for hit in hits)
    assert await bob.search_mailbox("cof") == []
    assert len(await bob.search_mailbox("cof", prefix=True, limit=1)) == 1
    assert len(await bob.search_mailbox("coffee", limit=500)) == 2


async def test_somebody_elses(bob: DbClient) -> None:
    carol = bob.scoped(actor="user:carol")
    assert await carol.mailbox() == []
    with pytest.raises(EntDbError) as denied:
        await carol.mailbox(user_id="user:bob")
    assert denied.value.reason == "PERMISSION_DENIED"


async def test_search(client: DbClient) -> None:
    await client.atomic(
        lambda plan: (
            plan.create(Task, {"title": "Review the parser"}),
            plan.create(Task, {"title": "Write a parser for parser errors"}),
            plan.create(Task, {"title": "Sleep"}),
            plan.create(User, {"email": "parser@example.com"}),
        )
    )
    hits = await client.search("parser")
    assert {hit.node["title"] for hit in hits} == {
        "Review the parser",
        "Write a parser for parser errors",
    }
    assert hits == await client.search("PARSER", Task, fields=["title"])
    assert [hit.node["title"] for hit in await client.search("pars rev", [Task], prefix=True)] == []
    assert len(await client.search("parser rev", Task, prefix=True)) == 1
    highlight = hits[0].highlights[0]
    assert highlight.field == "title"
    assert "\u0002parser\u0003" in highlight.text
    assert len(await client.search("parser", limit=1)) == 1
    # More than fit into one page of hits, which is smaller than other pages.
    assert len(await client.search("parser", limit=500)) == 2


async def test_searches_for_nothing(client: DbClient) -> None:
    await client.atomic(lambda plan: plan.create(Task, {"title": "x"}))
    for query in ("", "***", "x" * 257):
        with pytest.raises(ValidationError) as refused:
            await client.search(query)
        assert refused.value.reason == "SEARCH_INVALID"
    with pytest.raises(ValidationError):
        client.search("x", fields=["title"])
    with pytest.raises(ValidationError, match=r"Did you mean title\?"):
        client.search("x", Task, fields=["tilte"])
