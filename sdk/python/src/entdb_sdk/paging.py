"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .errors import invalid

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """A piece of a list."""

    items: list[Item]
    cursor: bytes
    """Leads to what comes behind, in the same list asked for in the same way; empty at its end."""
    total_count: int | None = None
    """Of the whole list, where it was asked for and could be counted."""
    unread_count: int | None = None
    """Of the whole mailbox, in lists of one."""

    @property
    def has_more(self) -> bool:
        return bool(self.cursor)


Fetch = Callable[[int, bytes], Awaitable[Page[Item]]]
"""A page of at most so many items, behind a cursor."""


class Paged(Generic[Item]):
    """A list that is fetched page by page as it is gone through; nothing is sent before.

    `async for item in paged` goes through all of it, `await paged` has it as a list, `pages`
    hands out the pages, `page` one of them. It can be gone through again, which asks again.
    """

    def __init__(
        self,
        fetch: Fetch[Item],
        *,
        limit: int | None,
        page_size: int,
        cursor: bytes = b"",
        largest_page: int = 1_000,
    ) -> None:
        if limit is not None:
            check_count(limit, "limit")
        check_count(page_size, "page_size")
        if not isinstance(cursor, bytes):
            hint = "Give the bytes that a page had; text made of them must be made bytes again."
            raise invalid("INVALID_CURSOR", f"cursor: {cursor!r} is no cursor.", hint)
        self._fetch = fetch
        self._largest_page = largest_page
        self._limit = limit
        self._page_size = page_size
        self._cursor = cursor

    async def pages(self) -> AsyncIterator[Page[Item]]:
        """The pages, one after the other, up to the limit. There is always a first one."""
        left = self._limit
        cursor = self._cursor
        while True:
            page = await self._fetch(self._size(left), cursor)
            if left is not None:
                left -= len(page.items)
            yield page
            cursor = page.cursor
            if not cursor or left == 0:
                return

    async def page(self) -> Page[Item]:
        """The first page, behind the cursor that the list was asked with."""
        return await self._fetch(self._size(self._limit), self._cursor)

    async def first(self) -> Item | None:
        """The first item, or None when there is none."""
        page = await self._fetch(1, self._cursor)
        return page.items[0] if page.items else None

    async def __aiter__(self) -> AsyncIterator[Item]:
        if self._limit == 0:
            return
        async for page in self.pages():
            for item in page.items:
                yield item

    def __await__(self) -> Generator[Any, None, list[Item]]:
        return self._all().__await__()

    async def _all(self) -> list[Item]:
        return [item async for item in self]

    def _size(self, left: int | None) -> int:
        """No more than are wanted. 0 leaves it to the server."""
        if left is None or left == 0:
            return self._page_size
        return min(left, self._page_size or self._largest_page)


def check_count(value: object, what: str) -> None:
    """Raises ValidationError (INVALID_REQUEST) for what is no number of 0 to 32 bits."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32:
        return
    hint = "Give a whole number from 0 to 4294967295."
    raise invalid("INVALID_REQUEST", f"{what}: {value!r} is no number of items.", hint)
