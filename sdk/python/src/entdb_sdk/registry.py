"""The types that a program knows, by number and by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ._codec.fingerprint import fingerprint_of
from ._codec.schema_json import schema_to_json, types_from_json
from ._suggest import did_you_mean, suggest
from .errors import ValidationError, invalid
from .schema import EdgeTypeDef, NodeTypeDef, TypeDef

_Def = TypeVar("_Def", NodeTypeDef, EdgeTypeDef)


class SchemaRegistry:
    """A schema: node types and edge types, each number and each name once.

    A client has one, which grows by the types that calls name. Give the client your own to
    have all types known from the start, so that calls may name them by text.
    """

    def __init__(
        self,
        *types: TypeDef,
        reserved_type_ids: Iterable[int] = (),
        reserved_edge_type_ids: Iterable[int] = (),
    ) -> None:
        self.reserved_type_ids = tuple(sorted(set(reserved_type_ids)))
        self.reserved_edge_type_ids = tuple(sorted(set(reserved_edge_type_ids)))
        self._nodes: dict[int, NodeTypeDef] = {}
        self._edges: dict[int, EdgeTypeDef] = {}
        self._fingerprint: str | None = None
        self.register(*types)

    @classmethod
    def from_json(cls, schema: str | Mapping[str, Any]) -> SchemaRegistry:
        """A schema in its JSON form, as text or read already: what `entdb schema push` takes
        and `entdb schema snapshot` writes. Raises ValidationError (SCHEMA_INVALID)."""
        nodes, edges, reserved = types_from_json(schema)
        return cls(*nodes, *edges, **reserved)

    def to_json(self) -> dict[str, Any]:
        """The schema in its JSON form, ready for `json.dumps`."""
        return schema_to_json(self)

    def register(self, *types: TypeDef) -> None:
        """Adds types. One that is there already must be the same.

        Raises ValidationError (SCHEMA_INVALID) when a number or a name stands for another type.
        """
        for type_def in types:
            if isinstance(type_def, NodeTypeDef):
                self._add(self._nodes, type_def.type_id, type_def)
            elif isinstance(type_def, EdgeTypeDef):
                self._add(self._edges, type_def.edge_id, type_def)
            else:
                raise TypeError(f"{type_def!r} is neither a NodeTypeDef nor an EdgeTypeDef")

    @property
    def node_types(self) -> tuple[NodeTypeDef, ...]:
        """By number."""
        return tuple(self._nodes[number] for number in sorted(self._nodes))

    @property
    def edge_types(self) -> tuple[EdgeTypeDef, ...]:
        """By number."""
        return tuple(self._edges[number] for number in sorted(self._edges))

    def node_type(self, key: NodeTypeDef | int | str) -> NodeTypeDef:
        """The type of this number or name; a definition is added and handed back.

        Raises ValidationError (TYPE_UNKNOWN) with the nearest names.
        """
        if isinstance(key, NodeTypeDef):
            if self._nodes.get(key.type_id) is not key:
                self.register(key)
            return key
        return _find(self._nodes, key, "TYPE_UNKNOWN", "node type")

    def edge_type(self, key: EdgeTypeDef | int | str) -> EdgeTypeDef:
        """As `node_type`; raises ValidationError (EDGE_TYPE_UNKNOWN)."""
        if isinstance(key, EdgeTypeDef):
            if self._edges.get(key.edge_id) is not key:
                self.register(key)
            return key
        return _find(self._edges, key, "EDGE_TYPE_UNKNOWN", "edge type")

    def find_node_type(self, type_id: int) -> NodeTypeDef | None:
        """The type of this number, or None."""
        return self._nodes.get(type_id)

    def find_edge_type(self, edge_type_id: int) -> EdgeTypeDef | None:
        """The type of this number, or None."""
        return self._edges.get(edge_type_id)

    @property
    def fingerprint(self) -> str:
        """What the server knows this schema by: equal for schemas that mean the same."""
        if self._fingerprint is None:
            self._fingerprint = fingerprint_of(self)
        return self._fingerprint

    def _add(self, known: dict[int, _Def], number: int, type_def: _Def) -> None:
        there = known.get(number)
        if there is type_def:
            return
        if there is not None and there != type_def:
            raise _contradiction(f"{type_def.name} has the number {number} of {there.name}", there)
        namesake = next((one for one in known.values() if one.name == type_def.name), None)
        if namesake is not None and namesake != type_def:
            raise _contradiction(f"two types are called {type_def.name}", namesake)
        known[number] = type_def
        self._fingerprint = None


def _find(known: dict[int, _Def], key: int | str, reason: str, what: str) -> _Def:
    if isinstance(key, int):
        found = known.get(key)
    else:
        found = next((one for one in known.values() if one.name == key), None)
    if found is not None:
        return found
    names = [one.name for one in known.values()]
    hint = did_you_mean(
        suggest(str(key), names),
        "Hand its definition to the call, or to the client's SchemaRegistry.",
    )
    raise invalid(reason, f"This client knows no {what} {key!r}.", hint)


def _contradiction(problem: str, there: TypeDef) -> ValidationError:
    hint = f"One client goes by one definition of {there.name}."
    return invalid("SCHEMA_INVALID", f"{problem}.", hint)
