"""Reads of cases: nodes, edges, filters, pages, search, grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from entdb_sdk import (
    ConnectedNode,
    DbClient,
    Edge,
    Filter,
    Node,
    NodeTypeDef,
    Paged,
    SearchHit,
    where,
)
from entdb_sdk.errors import NotFoundError

from .cases import Step
from .values import case_fields, native_value
from .world import World, edge_type, node_type
from .writes import native_fields, seconds

_ATTRIBUTES: Final = {
    "id": "ref",
    "version": "int",
    "created_at": "timestamp",
    "updated_at": "timestamp",
}
_ITEM: Final = {"list_str": "str", "list_int": "int"}


async def get(client: DbClient, step: Step, world: World) -> object:
    """The node, or None where the SDK says that there is none."""
    type_def = node_type(client, step["type"])
    deleted = step.get("include_deleted", False)
    options = reading(step, world)
    try:
        node = await client.get(
            type_def, world.native(step["id"]), include_deleted=deleted, **options
        )
    except NotFoundError as error:
        if error.reason != "NODE_NOT_FOUND":
            raise
        return None
    return case_node(client, node, world)


async def get_many(client: DbClient, step: Step, world: World) -> object:
    type_def = node_type(client, step["type"])
    ids = [world.native(one) for one in step["ids"]]
    deleted = step.get("include_deleted", False)
    found = await client.get_many(type_def, ids, include_deleted=deleted, **reading(step, world))
    return {
        "nodes": [case_node(client, one, world) for one in found.nodes],
        "missing": [world.name_of(one) for one in found.missing],
    }


async def get_by_key(client: DbClient, step: Step, world: World) -> object:
    type_def = node_type(client, step["type"])
    key = native_fields(type_def, step["key"], world)
    try:
        node = await client.get_by_key(type_def, key, **reading(step, world))
    except NotFoundError as error:
        if error.reason != "NODE_NOT_FOUND":
            raise
        return None
    return case_node(client, node, world)


async def query(client: DbClient, step: Step, world: World) -> object:
    type_def = node_type(client, step["type"])
    paged = client.query(
        type_def,
        _filter(type_def, step["where"], world) if "where" in step else None,
        order=step.get("order", ()),
        include_deleted=step.get("include_deleted", False),
        with_total_count=step.get("with_total_count", False),
        **paging(step, world),
        **reading(step, world),
    )
    return await listed(paged, step, lambda node: case_node(client, node, world))


async def count(client: DbClient, step: Step, world: World) -> object:
    type_def = node_type(client, step["type"])
    return await client.count(
        type_def,
        _filter(type_def, step["where"], world) if "where" in step else None,
        include_deleted=step.get("include_deleted", False),
        **reading(step, world),
    )


async def edges(client: DbClient, step: Step, world: World) -> object:
    ask = client.edge_in if step.get("direction") == "in" else client.edge_out
    paged = ask(
        world.native(step["node"]),
        edge_type(client, step["type"]) if "type" in step else None,
        with_nodes=step.get("with_nodes", False),
        **paging(step, world),
        **reading(step, world),
    )
    return await listed(paged, step, lambda edge: _edge(client, edge, world))


async def connected(client: DbClient, step: Step, world: World) -> object:
    paged = client.connected(
        world.native(step["node"]),
        edge_type(client, step["type"]),
        direction=step.get("direction", "out"),
        depth=step.get("depth", 1),
        **paging(step, world),
        **reading(step, world),
    )

    def case_item(one: ConnectedNode) -> object:
        node = case_node(client, one.node, world)
        return {"is": node["is"], "distance": one.distance, "node": node}

    return await listed(paged, step, case_item)


async def search(client: DbClient, step: Step, world: World) -> object:
    paged = client.search(
        step["query"],
        [node_type(client, one) for one in step.get("types", ())],
        fields=step.get("fields", ()),
        prefix=step.get("prefix", False),
        **paging(step, world),
        **reading(step, world),
    )

    def case_item(hit: SearchHit) -> object:
        node = case_node(client, hit.node, world)
        found = [{"field": one.field, "text": marked(one.text)} for one in hit.highlights]
        return {"is": node["is"], "node": node, "found": found}

    return await listed(paged, step, case_item)


async def grants(client: DbClient, step: Step, world: World) -> object:
    found = await client.grants(world.native(step["node"]), **reading(step, world))
    return {
        "owner": found.owner_actor,
        "grants": [
            {
                "principal": one.principal,
                "permission": one.permission,
                "expires_at": one.expires_at or None,
            }
            for one in found.grants
        ],
    }


def marked(text: str) -> str:
    """A text with what was found in it between « and »."""
    return text.replace("\u0002", "«").replace("\u0003", "»")


def case_node(client: DbClient, node: Node, world: World) -> dict[str, Any]:
    """A node as cases write it. `is` is what a case may expect of it alone."""
    type_def = client.registry.find_node_type(node.type_id)
    return {
        "is": world.name_of(node.id),
        "id": node.id,
        "type": f"#{node.type_id}" if type_def is None else type_def.name,
        "version": node.version,
        "owner": node.owner_actor,
        "deleted": node.deleted,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
        "fields": {}
        if type_def is None
        else case_fields(type_def.fields_by_name, node.payload, world),
    }


def _edge(client: DbClient, edge: Edge, world: World) -> object:
    type_def = client.registry.find_edge_type(edge.edge_type_id)
    known = {} if type_def is None else type_def.fields_by_name
    return {
        "is": world.name_of(edge.id),
        "id": edge.id,
        "type": f"#{edge.edge_type_id}" if type_def is None else type_def.name,
        "from": world.name_of(edge.from_id),
        "to": world.name_of(edge.to_id),
        "fields": case_fields(known, edge.payload, world),
        "node": None if edge.node is None else case_node(client, edge.node, world),
    }


async def listed(paged: Paged[Any], step: Step, case_item: Callable[[Any], object]) -> object:
    """A list as a step asks for it: whole; `paged`, as its pages; or `page`, the first one or the
    one behind a cursor."""
    if step.get("page"):
        page = await paged.page()
        return {
            "items": [case_item(one) for one in page.items],
            "cursor": page.cursor or None,
            "total": page.total_count,
            "unread": page.unread_count,
        }
    if step.get("paged"):
        return {"pages": [[case_item(one) for one in page.items] async for page in paged.pages()]}
    return [case_item(one) async for one in paged]


def paging(step: Step, world: World) -> dict[str, Any]:
    return {
        "page_size": step.get("page_size", 0),
        "cursor": world.native(step.get("cursor", b"")),
        "limit": step.get("limit"),
    }


def reading(step: Step, world: World) -> dict[str, Any]:
    """How fresh a read is to be, and how long it may take."""
    return {
        "at_least": world.native(step.get("at_least")),
        "consistency": "strong" if step.get("strong") else "applied",
        "timeout": seconds(step),
    }


def _filter(type_def: NodeTypeDef | str, clause: Mapping[str, Any], world: World) -> Filter:
    """A filter of a case: `and`, `or`, or what is said of one field or attribute."""
    for word in ("and", "or"):
        if word in clause:
            first, *rest = (_filter(type_def, one, world) for one in clause[word])
            for one in rest:
                first = first & one if word == "and" else first | one
            return first
    operand = where(clause["field"])
    operator = clause["op"]
    if operator == "is_null":
        return operand.is_null()
    kind = _kind(type_def, clause["field"])
    if operator == "contains":
        kind = _ITEM.get(kind, kind)
    value = clause["value"]
    if operator == "in":
        return operand.in_([native_value(kind, one, world) for one in value])
    compare: Callable[[object], Filter] = getattr(operand, operator)
    return compare(native_value(kind, value, world))


def _kind(type_def: NodeTypeDef | str, name: str) -> str:
    if name in _ATTRIBUTES or isinstance(type_def, str):
        return _ATTRIBUTES.get(name, "str")
    field = type_def.fields_by_name.get(name)
    return "str" if field is None else field.kind
