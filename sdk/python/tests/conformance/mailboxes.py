"""Mailboxes of cases."""

from __future__ import annotations

from entdb_sdk import DbClient, MailboxHit, MailboxItem

from .cases import Step
from .reads import listed, marked, paging, reading
from .world import World, node_type
from .writes import selection


async def mailbox(client: DbClient, step: Step, world: World) -> object:
    paged = client.mailbox(
        user_id=step.get("user", ""),
        unread_only=step.get("unread_only", False),
        node_type=node_type(client, step["type"]) if "type" in step else None,
        thread=step.get("thread", ""),
        **paging(step, world),
        **reading(step, world),
    )
    return await listed(paged, step, lambda item: _item(item, world))


async def search_mailbox(client: DbClient, step: Step, world: World) -> object:
    paged = client.search_mailbox(
        step["query"],
        user_id=step.get("user", ""),
        prefix=step.get("prefix", False),
        **paging(step, world),
        **reading(step, world),
    )

    def case_item(hit: MailboxHit) -> object:
        return {**_item(hit.item, world), "found": marked(hit.highlight)}

    return await listed(paged, step, case_item)


async def unread_count(client: DbClient, step: Step, world: World) -> object:
    return await client.unread_count(user_id=step.get("user", ""), **reading(step, world))


async def mark_read(client: DbClient, step: Step, world: World) -> object:
    return await client.mark_read(
        **selection(step, world),
        unread=step.get("unread", False),
        idempotency_key=step.get("key"),
    )


async def delete_items(client: DbClient, step: Step, world: World) -> object:
    key = step.get("key")
    return await client.delete_mailbox_items(**selection(step, world), idempotency_key=key)


def _item(item: MailboxItem, world: World) -> dict[str, object]:
    return {
        "is": world.name_of(item.node_id),
        "id": item.id,
        "type_id": item.type_id,
        "read": item.read,
        "snippet": item.snippet,
        "thread": item.thread,
        "metadata": item.metadata,
        "sender": item.sender,
    }
