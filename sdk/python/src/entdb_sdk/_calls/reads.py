"""Nodes and edges read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .._codec.choice import choose
from .._codec.filters import encode_filter, encode_order
from .._codec.grants import decode_grant
from .._codec.graph import decode_edge
from .._codec.ids import IdLike, require_id
from .._codec.keys import encode_key
from .._generated import rpcs
from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .._generated.entdb.v1 import model_pb2 as model
from .._session import Consistency, Fresh
from ..errors import invalid
from ..filters import FilterLike
from ..grants import NodeGrants
from ..models import ConnectedNode, Edge, Node
from ..paging import Page, Paged, check_count
from ..schema import EdgeTypeDef, NodeTypeDef
from .base import Calls

NodeTypeLike = NodeTypeDef | int | str
"""A node type: its definition, or the number or name of one that the client knows."""
EdgeTypeLike = EdgeTypeDef | int | str

Direction = Literal["out", "in"]
_DIRECTION: Final[Mapping[Direction, pb.Direction]] = {
    "out": pb.DIRECTION_OUT,
    "in": pb.DIRECTION_IN,
}


@dataclass(frozen=True)
class FoundNodes:
    """Nodes asked for by their ids."""

    nodes: list[Node]
    """In the order of the ids."""
    missing: list[str]
    """Ids of which there is no node, or none that may be read."""


class ReadCalls(Calls):
    """Nodes and edges read.

    Every read takes `at_least`, a position that the answer must not be older than (by default
    the newest one that the client knows), `consistency`, and `timeout` in seconds.
    """

    async def get(
        self,
        node: NodeTypeLike | IdLike,
        node_id: IdLike | None = None,
        *,
        include_deleted: bool = False,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Node:
        """A node by its id, or by its type and its id. Raises NotFoundError, and ValidationError
        (TYPE_UNKNOWN) when it is of another type."""
        type_def, asked = self._asked(node, node_id)
        request = pb.GetNodeRequest(
            context=self._session.context(),
            id=asked,
            include_deleted=include_deleted,
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.GET_NODE, request, timeout)
        _check_type(type_def, answer.node)
        return (await self._session.nodes([answer.node]))[0]

    async def get_many(
        self,
        nodes: NodeTypeLike | Iterable[IdLike],
        node_ids: Iterable[IdLike] | None = None,
        *,
        include_deleted: bool = False,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> FoundNodes:
        """At most 1,000 nodes by their ids, of one moment. Missing ones are listed. Raises
        ValidationError (TYPE_UNKNOWN) when a type is named and one is of another."""
        type_def, asked = self._all_asked(nodes, node_ids)
        request = pb.GetNodesRequest(
            context=self._session.context(),
            ids=[require_id(one, "get_many") for one in asked],
            include_deleted=include_deleted,
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.GET_NODES, request, timeout)
        for one in answer.nodes:
            _check_type(type_def, one)
        return FoundNodes(await self._session.nodes(answer.nodes), list(answer.missing_ids))

    async def get_by_key(
        self,
        node_type: NodeTypeLike,
        key: Mapping[str, object],
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Node:
        """A node by a unique field, `{"email": …}`, or by all fields of a unique key. Raises
        NotFoundError."""
        request = encode_key(self._session.registry.node_type(node_type), key)
        request.context.CopyFrom(self._session.context())
        request.read.CopyFrom(self._session.read_options(Fresh(at_least, consistency)))
        answer = await self._session.read(rpcs.GET_NODE_BY_KEY, request, timeout)
        return (await self._session.nodes([answer.node]))[0]

    def query(
        self,
        node_type: NodeTypeLike,
        filter: FilterLike = None,
        *,
        order: str | Sequence[str] = (),
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        include_deleted: bool = False,
        with_total_count: bool = False,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[Node]:
        """The nodes of a type that fit a filter.

        `order` names up to four fields or attributes, with a minus in front for descending;
        absent values come last either way. `limit` ends the list, `page_size` (at most 1,000)
        says how many come at once. `with_total_count` has pages tell how many there are.
        """
        type_def = self._session.registry.node_type(node_type)
        wire_filter = encode_filter(type_def, filter)
        terms = encode_order(type_def, order)

        async def fetch(size: int, behind: bytes) -> Page[Node]:
            request = pb.QueryNodesRequest(
                context=self._session.context(),
                type_id=type_def.type_id,
                filter=wire_filter,
                order=terms,
                page_size=size,
                cursor=behind,
                include_deleted=include_deleted,
                with_total_count=with_total_count,
                read=self._session.read_options(Fresh(at_least, consistency)),
            )
            answer = await self._session.read(rpcs.QUERY_NODES, request, timeout)
            return Page(
                await self._session.nodes(answer.nodes),
                answer.next_cursor,
                answer.total_count if answer.HasField("total_count") else None,
            )

        return Paged(fetch, limit=limit, page_size=page_size, cursor=cursor)

    async def count(
        self,
        node_type: NodeTypeLike,
        filter: FilterLike = None,
        *,
        include_deleted: bool = False,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> int:
        """How many nodes of a type fit a filter, of those that may be read."""
        type_def = self._session.registry.node_type(node_type)
        request = pb.CountNodesRequest(
            context=self._session.context(),
            type_id=type_def.type_id,
            filter=encode_filter(type_def, filter),
            include_deleted=include_deleted,
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        return (await self._session.read(rpcs.COUNT_NODES, request, timeout)).count

    def edge_out(
        self,
        node_id: IdLike,
        edge_type: EdgeTypeLike | None = None,
        *,
        with_nodes: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[Edge]:
        """The edges that leave a node, of one type or of all. With `with_nodes` each has the
        node at its other end."""
        fresh = Fresh(at_least, consistency)
        asked = _EdgeList(node_id, edge_type, "out", with_nodes, fresh, timeout)
        return self._edges(asked, limit, page_size, cursor)

    def edge_in(
        self,
        node_id: IdLike,
        edge_type: EdgeTypeLike | None = None,
        *,
        with_nodes: bool = False,
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[Edge]:
        """The edges that enter a node. As `edge_out`."""
        fresh = Fresh(at_least, consistency)
        asked = _EdgeList(node_id, edge_type, "in", with_nodes, fresh, timeout)
        return self._edges(asked, limit, page_size, cursor)

    def connected(
        self,
        node_id: IdLike,
        edge_type: EdgeTypeLike,
        *,
        direction: Direction = "out",
        depth: int = 1,
        limit: int | None = None,
        page_size: int = 0,
        cursor: bytes = b"",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Paged[ConnectedNode]:
        """The nodes that can be reached over edges of a type in at most `depth` steps (1 to 5),
        each once, nearest first."""
        edge_type_id = self._session.registry.edge_type(edge_type).edge_id
        start = require_id(node_id, "connected")
        way = choose(_DIRECTION, direction, "direction")
        check_count(depth, "depth")

        async def fetch(size: int, behind: bytes) -> Page[ConnectedNode]:
            request = pb.ListConnectedRequest(
                context=self._session.context(),
                node_id=start,
                edge_type_id=edge_type_id,
                direction=way,
                depth=depth,
                page_size=size,
                cursor=behind,
                read=self._session.read_options(Fresh(at_least, consistency)),
            )
            answer = await self._session.read(rpcs.LIST_CONNECTED, request, timeout)
            nodes = await self._session.nodes(one.node for one in answer.nodes)
            found = [
                ConnectedNode(node, wire.distance)
                for node, wire in zip(nodes, answer.nodes, strict=True)
            ]
            return Page(found, answer.next_cursor)

        return Paged(fetch, limit=limit, page_size=page_size, cursor=cursor)

    async def grants(
        self,
        node_id: IdLike,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> NodeGrants:
        """Who may do what with a node. For whoever may administer it."""
        request = pb.ListGrantsRequest(
            context=self._session.context(),
            node_id=require_id(node_id, "grants"),
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.LIST_GRANTS, request, timeout)
        return NodeGrants(answer.owner_actor, tuple(decode_grant(one) for one in answer.grants))

    def _edges(
        self, asked: _EdgeList, limit: int | None, page_size: int, cursor: bytes
    ) -> Paged[Edge]:
        registry = self._session.registry
        edge_type_id = 0 if asked.edge_type is None else registry.edge_type(asked.edge_type).edge_id
        start = require_id(asked.node_id, f"edge_{asked.direction}")

        async def fetch(size: int, behind: bytes) -> Page[Edge]:
            request = pb.ListEdgesRequest(
                context=self._session.context(),
                node_id=start,
                direction=_DIRECTION[asked.direction],
                edge_type_id=edge_type_id,
                page_size=size,
                cursor=behind,
                with_nodes=asked.with_nodes,
                read=self._session.read_options(asked.fresh),
            )
            answer = await self._session.read(rpcs.LIST_EDGES, request, asked.timeout)
            nodes = {node.id: node for node in await self._session.nodes(answer.nodes)}
            await self._session.know_edge_types(answer.edges)
            edges = [
                decode_edge(
                    wire,
                    self._session.edge_type(wire.edge_type_id),
                    nodes.get(wire.to_id if asked.direction == "out" else wire.from_id),
                )
                for wire in answer.edges
            ]
            return Page(edges, answer.next_cursor)

        return Paged(fetch, limit=limit, page_size=page_size, cursor=cursor)

    def _asked(
        self, node: NodeTypeLike | IdLike, node_id: IdLike | None
    ) -> tuple[NodeTypeDef | None, str]:
        if node_id is None:
            return None, require_id(node, "get")
        type_def = self._session.registry.node_type(node)  # type: ignore[arg-type]  # refused if it is none
        return type_def, require_id(node_id, "get")

    def _all_asked(
        self, nodes: NodeTypeLike | Iterable[IdLike], node_ids: Iterable[IdLike] | None
    ) -> tuple[NodeTypeDef | None, Iterable[IdLike]]:
        if node_ids is not None:
            type_def = self._session.registry.node_type(nodes)  # type: ignore[arg-type]  # likewise
            return type_def, node_ids
        if isinstance(nodes, str | int | NodeTypeDef):
            raise TypeError("get_many takes a list of ids, or a type and a list of ids")
        return None, nodes


def _check_type(type_def: NodeTypeDef | None, node: model.Node) -> None:
    """Raises ValidationError when a type was named, and the node is of another."""
    if type_def is None or node.type_id == type_def.type_id:
        return
    raise invalid(
        "TYPE_UNKNOWN",
        f"The node {node.id} is of type {node.type_id}, not {type_def.type_id} ({type_def.name}).",
        "Read it as what it is, or without a type.",
    )


@dataclass(frozen=True)
class _EdgeList:
    """What a list of edges was asked for."""

    node_id: IdLike
    edge_type: EdgeTypeLike | None
    direction: Direction
    with_nodes: bool
    fresh: Fresh
    timeout: float | None
