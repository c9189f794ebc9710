"""Full-text search over nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._codec.ids import check_name
from .._generated import rpcs
from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .._session import Consistency, Fresh
from ..errors import invalid
from ..models import Highlight, SearchHit
from ..paging import Page, Paged
from ..schema import NodeTypeDef
from ..validation import unknown_field
from .base import Calls
from .reads import NodeTypeLike

# Hits are ranked, and fewer than rows of a list.
LARGEST_PAGE_OF_HITS: Final = 100


class SearchCalls(Calls):
    """Full-text search over nodes."""

    def search(
        self,
        query: str,
        node_types: NodeTypeLike | Sequence[NodeTypeLike] = (),
        *,
        fields: Sequence[str] = (),
        prefix: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[SearchHit]:
        """Nodes that have all the words in their searchable fields, best first.

        No character of the query has a special meaning. Without `node_types` every type is
        searched; `fields` of one type narrow it further. With `prefix` the last word may be the
        beginning of one. A page has 20 hits, at most 100.
        """
        if isinstance(node_types, NodeTypeDef | int | str):
            node_types = (node_types,)
        check_name(query, "query")
        types = [self._session.registry.node_type(one) for one in node_types]
        field_ids = _fields_of(types, fields)

        async def fetch(size: int, behind: bytes) -> Page[SearchHit]:
            request = pb.SearchNodesRequest(
                context=self._session.context(),
                query=query,
                type_ids=[one.type_id for one in types],
                field_ids=field_ids,
                prefix=prefix,
                page_size=size,
                cursor=behind,
                read=self._session.read_options(Fresh(at_least, consistency)),
            )
            answer = await self._session.read(rpcs.SEARCH_NODES, request, timeout)
            nodes = await self._session.nodes(one.node for one in answer.hits)
            hits = [
                SearchHit(node, wire.score, self._highlights(wire))
                for node, wire in zip(nodes, answer.hits, strict=True)
            ]
            return Page(hits, answer.next_cursor)

        return Paged(
            fetch,
            limit=limit,
            page_size=page_size,
            cursor=cursor,
            largest_page=LARGEST_PAGE_OF_HITS,
        )

    def _highlights(self, wire: pb.SearchHit) -> tuple[Highlight, ...]:
        type_def = self._session.node_type(wire.node.type_id)
        by_id = {} if type_def is None else type_def.fields_by_id
        return tuple(
            Highlight(
                by_id[one.field_id].name if one.field_id in by_id else str(one.field_id), one.text
            )
            for one in wire.highlights
        )


def _fields_of(types: Sequence[NodeTypeDef], fields: Sequence[str]) -> list[int]:
    names = (fields,) if isinstance(fields, str) else fields
    if names and len(types) != 1:
        hint = "Name the one type whose fields they are, or leave the fields out."
        raise invalid("SEARCH_INVALID", "Fields are searched with exactly one type.", hint)
    found = []
    for name in names:
        field = types[0].fields_by_name.get(name)
        if field is None:
            raise unknown_field(types[0], name)
        found.append(field.field_id)
    return found
