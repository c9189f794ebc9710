"""Fingerprints, held to the vectors that every implementation is held to, and to the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entdb_sdk import DbClient, NodeTypeDef, SchemaRegistry, field
from entdb_sdk._codec.fingerprint import canonical_schema
from entdb_sdk.errors import ValidationError

from .graph_types import registry
from .server import REPOSITORY

VECTORS = json.loads((REPOSITORY / "test" / "golden" / "fingerprints.json").read_text())["vectors"]
IDS = [vector["name"] for vector in VECTORS]


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_golden(vector: dict[str, Any]) -> None:
    types = SchemaRegistry.from_json(vector["schema"])
    assert canonical_schema(types) == vector["canonical"]
    assert types.fingerprint == vector["fingerprint"]


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_json_and_back(vector: dict[str, Any]) -> None:
    types = SchemaRegistry.from_json(json.dumps(vector["schema"]))
    again = SchemaRegistry.from_json(types.to_json())
    assert again.to_json() == types.to_json()
    assert again.fingerprint == vector["fingerprint"]


async def test_the_server_agrees(client: DbClient) -> None:
    mine = registry()
    registered = await client.register_schema(mine)
    assert registered.fingerprint == mine.fingerprint
    stored = await client.get_schema()
    assert stored.types.to_json() == mine.to_json()
    assert stored.types.node_types == mine.node_types
    assert stored.types.edge_types == mine.edge_types


def test_the_order_of_writing_says_nothing() -> None:
    a, b = field(1, "a", "str"), field(2, "b", "int")
    one = NodeTypeDef(1, "A", (a, b))
    assert one == NodeTypeDef(1, "A", [b, a])  # type: ignore[arg-type]
    other = NodeTypeDef(2, "B")
    assert SchemaRegistry(one, other).fingerprint == SchemaRegistry(other, one).fingerprint


def test_it_follows_what_is_registered() -> None:
    types = SchemaRegistry()
    empty = types.fingerprint
    types.register(NodeTypeDef(1, "A"))
    assert types.fingerprint != empty


@pytest.mark.parametrize(
    "schema",
    [
        "not json",
        "[]",
        {"nodes": []},
        {"node_types": {}},
        {"node_types": [5]},
        {"node_types": [{"type_id": 1}]},
        {"node_types": [{"type_id": 1, "name": "A", "fields": 5}]},
        {"node_types": [{"type_id": 1, "name": "A", "color": "red"}]},
        {"node_types": [{"type_id": "1", "name": "A"}]},
        {"edge_types": [{"name": "E"}]},
        {"node_types": [{"type_id": 1, "name": "A", "fields": [{"field_id": 1}]}]},
        {
            "node_types": [
                {
                    "type_id": 1,
                    "name": "A",
                    "fields": [{"field_id": 1, "name": "a", "kind": "bytes", "default": "%"}],
                }
            ]
        },
    ],
)
def test_files_that_are_no_schema(schema: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError) as refused:
        SchemaRegistry.from_json(schema)
    assert refused.value.reason == "SCHEMA_INVALID"
