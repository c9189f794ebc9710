"""Mailboxes."""

from __future__ import annotations

from collections.abc import Iterable

from .._codec.ids import IdLike, check_name
from .._codec.mailbox import decode_item, decode_mailbox_hit
from .._codec.selection import encode_selection
from .._generated import rpcs
from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .._session import Consistency, Fresh
from ..models import MailboxHit, MailboxItem
from ..paging import Page, Paged
from .base import Calls, key_of_write
from .reads import NodeTypeLike
from .search import LARGEST_PAGE_OF_HITS


class MailboxCalls(Calls):
    """Mailboxes: the actor's own, or with the right `mailboxes` that of `user_id`."""

    def mailbox(
        self,
        *,
        user_id: str = "",
        unread_only: bool = False,
        node_type: NodeTypeLike | None = None,
        thread: str = "",
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[MailboxItem]:
        """The items, newest first: all, unread ones, of one type, of one thread. Each page
        tells how many of the whole mailbox are unread."""
        check_name(user_id, "user_id")
        check_name(thread, "thread")
        registry = self._session.registry
        type_id = 0 if node_type is None else registry.node_type(node_type).type_id

        async def fetch(size: int, behind: bytes) -> Page[MailboxItem]:
            request = pb.ListMailboxRequest(
                context=self._session.context(),
                user_id=user_id,
                unread_only=unread_only,
                type_id=type_id,
                thread=thread,
                page_size=size,
                cursor=behind,
                read=self._session.read_options(Fresh(at_least, consistency)),
            )
            answer = await self._session.read(rpcs.LIST_MAILBOX, request, timeout)
            items = [decode_item(one) for one in answer.items]
            return Page(items, answer.next_cursor, unread_count=answer.unread_count)

        return Paged(fetch, limit=limit, page_size=page_size, cursor=cursor)

    def search_mailbox(
        self,
        query: str,
        *,
        user_id: str = "",
        prefix: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[MailboxHit]:
        """Items whose nodes have all the words, best first. With `prefix` the last word may be
        the beginning of one."""
        check_name(query, "query")
        check_name(user_id, "user_id")

        async def fetch(size: int, behind: bytes) -> Page[MailboxHit]:
            request = pb.SearchMailboxRequest(
                context=self._session.context(),
                user_id=user_id,
                query=query,
                prefix=prefix,
                page_size=size,
                cursor=behind,
                read=self._session.read_options(Fresh(at_least, consistency)),
            )
            answer = await self._session.read(rpcs.SEARCH_MAILBOX, request, timeout)
            hits = [decode_mailbox_hit(one) for one in answer.results]
            return Page(hits, answer.next_cursor)

        return Paged(
            fetch,
            limit=limit,
            page_size=page_size,
            cursor=cursor,
            largest_page=LARGEST_PAGE_OF_HITS,
        )

    async def unread_count(
        self,
        *,
        user_id: str = "",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> int:
        """How many items are unread."""
        check_name(user_id, "user_id")
        request = pb.GetUnreadCountRequest(
            context=self._session.context(),
            user_id=user_id,
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.GET_UNREAD_COUNT, request, timeout)
        return answer.unread_count

    async def mark_read(
        self,
        items: Iterable[IdLike] = (),
        *,
        up_to: bytes = b"",
        user_id: str = "",
        unread: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> int:
        """Marks items as read, or with `unread` as unread: by id, and every one that was
        delivered at the position `up_to` or before. Answers how many are marked otherwise now;
        what is missing or is so already is passed over."""
        check_name(user_id, "user_id")
        request = pb.MarkReadRequest(
            context=self._session.context(),
            user_id=user_id,
            items=encode_selection(items, up_to),
            unread=unread,
            idempotency_key=key_of_write(idempotency_key),
        )
        deadline = self._session.caller.deadline(timeout)
        return (await self._session.write(rpcs.MARK_READ, request, deadline)).count

    async def delete_mailbox_items(
        self,
        items: Iterable[IdLike] = (),
        *,
        up_to: bytes = b"",
        user_id: str = "",
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> int:
        """Removes items; their nodes stay. Answers how many there were."""
        check_name(user_id, "user_id")
        request = pb.DeleteMailboxItemsRequest(
            context=self._session.context(),
            user_id=user_id,
            items=encode_selection(items, up_to),
            idempotency_key=key_of_write(idempotency_key),
        )
        deadline = self._session.caller.deadline(timeout)
        return (await self._session.write(rpcs.DELETE_MAILBOX_ITEMS, request, deadline)).count
