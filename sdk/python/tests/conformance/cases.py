"""Cases as they stand in `sdk/conformance`: read, with what is written short in them written out.

The README there says what each member means. The same is read by the runner of every SDK.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from entdb_sdk import SchemaRegistry

from ..server import REPOSITORY

Json = Any
Step = Mapping[str, Json]

ROOT: Final = REPOSITORY / "sdk" / "conformance"
FINGERPRINTS: Final = REPOSITORY / "test" / "golden" / "fingerprints.json"
SDK: Final = "python"


@dataclass(frozen=True)
class Case:
    """One case, in a tenant of its own."""

    family: str
    name: str
    schema: str
    covers: frozenset[str]
    """RPCs that it must be seen to send."""
    server: str
    """`trusted`, or `credentials` for one that asks for them."""
    proxy: bool
    """Whether its clients come through a proxy that can lose answers."""
    clients: Mapping[str, Mapping[str, Json]]
    needs: frozenset[str]
    """What not every event store has, and it is about."""
    steps: tuple[Step, ...]
    sdks: tuple[str, ...]


def load_cases() -> list[Case]:
    """The cases of all families, in the order of their files."""
    found = []
    for path in sorted((ROOT / "cases").glob("*.json")):
        family = _read(path)
        found += [_case(family, _written_out(one)) for one in family["cases"]]
    return found


@cache
def load_reasons() -> dict[str, dict[str, Json]]:
    """What each SDK makes of each reason."""
    reasons: dict[str, dict[str, Json]] = _read(ROOT / "reasons.json")["reasons"]
    return reasons


def load_schema(name: str) -> SchemaRegistry:
    """A schema of `schemas.json`, or `golden:` and the name of a golden vector."""
    golden = golden_schemas()
    schema = golden[name] if name in golden else _read(ROOT / "schemas.json")[name]
    return SchemaRegistry.from_json(schema)


def golden_schemas() -> dict[str, Json]:
    """The schemas of the golden vectors, by the names that cases give them."""
    return {f"golden:{one['name']}": one["schema"] for one in _read(FINGERPRINTS)["vectors"]}


def _case(family: Mapping[str, Json], one: Mapping[str, Json]) -> Case:
    return Case(
        family=family["family"],
        name=one["name"],
        schema=one.get("schema", family["schema"]),
        covers=frozenset(one.get("covers", ())),
        server=one.get("server", "trusted"),
        proxy=one.get("proxy", False),
        clients=one.get("clients", {}),
        needs=frozenset(one.get("needs", ())),
        steps=tuple(one["steps"]),
        sdks=tuple(one.get("sdks", family.get("sdks", ("typescript", "python")))),
    )


@cache
def _read(path: Path) -> dict[str, Json]:
    read: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _written_out(value: Json) -> Json:
    """Writes `{"$repeat": …, "times": n}` out: a text that many times, or a list of so many."""
    if isinstance(value, list):
        return [_written_out(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$repeat" in value:
        return _written_out(value["$repeat"]) * value["times"]
    return {name: _written_out(one) for name, one in value.items()}
