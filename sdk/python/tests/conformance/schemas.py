"""Schemas of cases: what they are, what another one would change, and changing them."""

from __future__ import annotations

from typing import Any

from entdb_sdk import DbClient

from .cases import Step, load_schema
from .reads import reading
from .world import World
from .writes import differences


async def fingerprint(_client: DbClient, step: Step, _world: World) -> object:
    """The fingerprint that the SDK itself computes."""
    return load_schema(step["schema"]).fingerprint


async def get_schema(client: DbClient, step: Step, world: World) -> object:
    state = await client.get_schema(**reading(step, world))
    return {
        "fingerprint": state.fingerprint,
        "own_fingerprint": state.types.fingerprint,
        "locked": state.locked,
        "node_types": sorted(one.name for one in state.types.node_types),
        "edge_types": sorted(one.name for one in state.types.edge_types),
    }


async def check_schema(client: DbClient, step: Step, world: World) -> object:
    checked = await client.check_schema(**_changing(step), **reading(step, world))
    return {
        "changes": [
            {
                "change": one.change,
                "path": one.path,
                "compatibility": one.compatibility,
                "message": one.message,
                "hint": one.hint,
            }
            for one in checked.changes
        ],
        "differences": differences(checked.differences),
        "fingerprint_now": checked.fingerprint_now,
        "fingerprint_then": checked.fingerprint_then,
    }


async def register_schema(client: DbClient, step: Step, _world: World) -> object:
    done = await client.register_schema(**_changing(step), idempotency_key=step.get("key"))
    return {
        "fingerprint": done.fingerprint,
        "changed": done.changed,
        "differences": differences(done.differences),
        "position": done.position,
    }


def _changing(step: Step) -> dict[str, Any]:
    return {
        "schema": load_schema(step["schema"]) if "schema" in step else None,
        "mode": step.get("mode", "merge"),
    }
