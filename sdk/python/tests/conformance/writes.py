"""Transactions of cases, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from entdb_sdk import DbClient, EdgeTypeDef, Grant, NodeTypeDef, OperationResult, Plan

from .appends import append_of, appended
from .cases import Step, load_schema
from .values import native_value
from .world import World, edge_type, node_type

Operation = Callable[[Plan, DbClient, Mapping[str, Any], World], object]


def _create(plan: Plan, client: DbClient, op: Mapping[str, Any], world: World) -> object:
    type_def = node_type(client, op["type"])
    mail = op.get("mail", {})
    return plan.create(
        type_def,
        native_fields(type_def, op["fields"], world),
        alias=op.get("alias", ""),
        id=world.native(op.get("id", "")),
        principals=op.get("principals", ()),
        grants=[_grant(one) for one in op.get("grants", ())],
        recipients=op.get("recipients", ()),
        thread=mail.get("thread", ""),
        metadata=mail.get("metadata"),
        on_conflict=op.get("on_conflict", "fail"),
    )


def _update(plan: Plan, client: DbClient, op: Mapping[str, Any], world: World) -> object:
    type_def = node_type(client, op["type"])
    return plan.update(
        type_def,
        world.native(op["node"]),
        native_fields(type_def, op["fields"], world),
        expected_version=op.get("expected_version", 0),
        preconditions=native_fields(type_def, op.get("where", {}), world),
    )


def _link(plan: Plan, client: DbClient, op: Mapping[str, Any], world: World) -> object:
    type_def = edge_type(client, op["type"])
    return plan.link(
        type_def,
        world.native(op["from"]),
        world.native(op["to"]),
        native_fields(type_def, op.get("fields", {}), world),
        alias=op.get("alias", ""),
        id=world.native(op.get("id", "")),
        on_conflict=op.get("on_conflict", "fail"),
    )


def _update_edge(plan: Plan, client: DbClient, op: Mapping[str, Any], world: World) -> object:
    type_def = edge_type(client, op["type"])
    ends = world.native(op["from"]), world.native(op["to"])
    return plan.update_edge(type_def, *ends, native_fields(type_def, op["fields"], world))


def _unlink(plan: Plan, client: DbClient, op: Mapping[str, Any], world: World) -> object:
    if "edge" in op:
        return plan.unlink(world.native(op["edge"]))
    type_def = edge_type(client, op["type"])
    return plan.unlink(type_def, world.native(op["from"]), world.native(op["to"]))


def _step(name: str) -> Operation:
    def add(plan: Plan, _client: DbClient, op: Mapping[str, Any], world: World) -> object:
        node = world.native(op["node"])
        return getattr(plan, name)(node, expected_version=op.get("expected_version", 0))

    return add


def _revoke(plan: Plan, _client: DbClient, op: Mapping[str, Any], world: World) -> object:
    return plan.revoke(world.native(op["node"]), op["principal"], op.get("permission"))


def _grant_to(plan: Plan, _client: DbClient, op: Mapping[str, Any], world: World) -> object:
    grant = _grant(op)
    node = world.native(op["node"])
    return plan.grant(node, grant.principal, grant.permission, expires_at=grant.expires_at)


_OPERATIONS: Final[Mapping[str, Operation]] = {
    "create": _create,
    "update": _update,
    "delete": _step("delete"),
    "restore": _step("restore"),
    "purge": _step("purge"),
    "link": _link,
    "update_edge": _update_edge,
    "unlink": _unlink,
    "set_visibility": lambda plan, _client, op, world: plan.set_visibility(
        world.native(op["node"]), op["principals"]
    ),
    "grant": _grant_to,
    "revoke": _revoke,
    "mark_read": lambda plan, _client, op, world: plan.mark_read(
        **selection(op, world), unread=op.get("unread", False)
    ),
    "delete_mailbox_items": lambda plan, _client, op, world: plan.delete_mailbox_items(
        **selection(op, world)
    ),
    "register_schema": lambda plan, _client, op, _world: plan.register_schema(
        load_schema(op["schema"]), mode=op.get("mode", "merge")
    ),
    "append_events": lambda plan, _client, op, _world: plan.append_events(append_of(op["append"])),
    "store_checkpoint": lambda plan, _client, op, _world: plan.store_checkpoint(
        op["consumer"], op["global_nonce"], expected=op.get("expected")
    ),
}


async def atomic(client: DbClient, step: Step, world: World) -> object:
    """Makes the transaction. What its operations are called (`as`) is saved with their ids."""
    places: dict[str, int] = {}

    def build(plan: Plan) -> None:
        planned: dict[str, object] = {}
        world.planned = planned
        for index, op in enumerate(step["operations"]):
            made = _OPERATIONS[op["op"]](plan, client, op, world)
            if "as" in op:
                planned[f"@{op['as']}"] = made
                places[op["as"]] = index

    try:
        result = await client.atomic(
            build,
            idempotency_key=world.native(step.get("key")),
            wait_for_applied=step.get("wait") != "durable",
            timeout=seconds(step),
        )
    finally:
        world.planned = {}
    for name, index in places.items():
        world.save(name, result.results[index].id)
    return {
        "operations": [_outcome(one, world) for one in result.results],
        "applied": result.applied,
        "key": result.idempotency_key,
        "position": result.position,
        "differences": differences(result.schema_differences),
    }


async def receipt(client: DbClient, step: Step, world: World) -> object:
    found = await client.receipt(world.native(step["key"]))
    error = None if found.error is None else {"reason": found.error.reason}
    return {
        "state": found.state,
        "operations": [_outcome(one, world) for one in found.results],
        "error": error,
    }


def _outcome(one: OperationResult, world: World) -> object:
    return {
        "is": world.name_of(one.id),
        "version": one.version or None,
        "created": one.created,
        "alias": one.alias,
        "appended": appended(one.appended),
    }


def differences(found: Any) -> object:  # noqa: ANN401
    return [{"path": one.path, "kept": one.kept, "sent": one.sent} for one in found]


def native_fields(
    type_def: NodeTypeDef | EdgeTypeDef | str, fields: Mapping[str, Any], world: World
) -> dict[str, object]:
    """Fields by name. Names that the type lacks are handed on, to be refused."""
    known = {} if isinstance(type_def, str) else type_def.fields_by_name
    return {
        name: native_value(known[name].kind if name in known else "str", value, world)
        for name, value in fields.items()
    }


def selection(json: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Which items of a mailbox a step or an operation names."""
    return {
        "items": [world.native(one) for one in json.get("items", ())],
        "up_to": world.native(json.get("up_to", b"")),
        "user_id": json.get("user", ""),
    }


def seconds(step: Step) -> float | None:
    return step["timeout_ms"] / 1000 if "timeout_ms" in step else None


def _grant(json: Mapping[str, Any]) -> Grant:
    return Grant(json["principal"], json.get("permission", "read"), json.get("expires_at", 0))
