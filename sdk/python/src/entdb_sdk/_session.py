"""What all calls of a client share: who asks, of which tenant, and what is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from google.protobuf.message import Message

from ._codec.choice import choose
from ._codec.graph import decode_node
from ._codec.ids import check_position
from ._codec.schema import decode_schema, encode_schema
from ._generated import rpcs
from ._generated.entdb.v1 import entdb_service_pb2 as pb
from ._generated.entdb.v1 import model_pb2 as model
from ._transport.caller import Caller
from ._transport.deadline import Deadline
from ._transport.positions import Positions
from ._transport.rpc import Unary
from .errors import EntDbError, SchemaConflictError, ValidationError
from .models import Node
from .registry import SchemaRegistry
from .schema import EdgeTypeDef, NodeTypeDef

Consistency = Literal["applied", "strong"]
"""How fresh a read is: `applied` has everything applied so far, and what this client wrote;
`strong` everything that was durable before the read began."""

_CONSISTENCY: Final = {
    "applied": model.CONSISTENCY_UNSPECIFIED,
    "strong": model.CONSISTENCY_STRONG,
}
_FOREIGN_POSITION: Final = ("POSITION_FROM_ANOTHER_LOG", "POSITION_BEYOND_LOG")

_Request = TypeVar("_Request", bound=Message)
_Response = TypeVar("_Response", bound=Message)
_Write = TypeVar("_Write", bound=Message)


@dataclass(frozen=True)
class Fresh:
    """How fresh a read must be, as its caller says. `at_least` None: as this client remembers."""

    at_least: bytes | None = None
    consistency: Consistency = "applied"


@dataclass
class Memory:
    """What a client remembers. Shared by all its views."""

    registry: SchemaRegistry
    positions: Positions | None
    """None: nothing is remembered, and reads are not held to what was written."""
    fetched: dict[str, SchemaRegistry] = field(default_factory=dict)
    """The schemas of tenants, asked for when an answer held a type that is not registered."""


class Session:
    """A client's calls in the name of one actor, of one tenant."""

    def __init__(self, caller: Caller, memory: Memory, tenant_id: str, actor: str) -> None:
        self.caller = caller
        self.memory = memory
        self.tenant_id = tenant_id
        self.actor = actor

    @property
    def registry(self) -> SchemaRegistry:
        return self.memory.registry

    def context(self) -> model.RequestContext:
        return model.RequestContext(tenant_id=self.tenant_id, actor=self.actor)

    def read_options(self, fresh: Fresh) -> model.ReadOptions:
        positions = self.memory.positions
        at_least = fresh.at_least
        if at_least is None:
            at_least = b"" if positions is None else positions.of(self.tenant_id)
        check_position(at_least, "at_least")
        consistency = choose(_CONSISTENCY, fresh.consistency, "consistency")
        return model.ReadOptions(at_least=at_least, consistency=consistency)

    async def read(
        self, rpc: Unary[_Request, _Response], request: _Request, timeout: float | None
    ) -> _Response:
        """A read, whose position is remembered. The request has its read options."""
        asked_with: bytes = request.read.at_least  # type: ignore[attr-defined]  # all reads have
        positions = self.memory.positions
        try:
            answer = await self.caller.call(rpc, request, self.caller.deadline(timeout))
        except ValidationError as error:
            # Said once: what this client wrote is not in the log that is there now.
            foreign = error.reason in _FOREIGN_POSITION
            if foreign and positions is not None and positions.of(self.tenant_id) == asked_with:
                positions.put(self.tenant_id, b"")
            raise
        if positions is not None:
            token: bytes = answer.position_token  # type: ignore[attr-defined]  # and all answers
            positions.read(self.tenant_id, asked_with, token)
        return answer

    async def write(
        self, rpc: Unary[_Write, _Response], request: _Write, deadline: Deadline
    ) -> _Response:
        """A write, whose position is remembered. The request has its idempotency key."""
        key: str = request.idempotency_key  # type: ignore[attr-defined]  # all writes have
        try:
            answer = await self.caller.call(rpc, request, deadline)
        except EntDbError as error:
            error.idempotency_key = key
            raise
        if self.memory.positions is not None:
            token: bytes = answer.position_token  # type: ignore[attr-defined]  # and all answers
            place: str = answer.wal_position  # type: ignore[attr-defined]
            self.memory.positions.wrote(self.tenant_id, token, place)
        return answer

    async def execute(
        self, request: pb.ExecuteAtomicRequest, deadline: Deadline
    ) -> pb.ExecuteAtomicResponse:
        """A transaction. Types that the tenant does not know are sent along, once."""
        try:
            return await self.write(rpcs.EXECUTE_ATOMIC, request, deadline)
        except SchemaConflictError as error:
            if error.reason != "SCHEMA_UNKNOWN" or not request.schema_fingerprint:
                raise
        request.schema.CopyFrom(encode_schema(self.registry))
        # Another task may have made the registry larger since: what is sent is what is named.
        request.schema_fingerprint = self.registry.fingerprint
        return await self.write(rpcs.EXECUTE_ATOMIC, request, deadline)

    async def nodes(self, wire: Iterable[model.Node]) -> list[Node]:
        """Decoded by the program's types; by the tenant's own where the program has none."""
        found = list(wire)
        unknown = {one.type_id for one in found if self.node_type(one.type_id) is None}
        if unknown:
            await self._fetch_types()
        return [decode_node(one, self.tenant_id, self.node_type(one.type_id)) for one in found]

    async def know_edge_types(self, wire: Iterable[model.Edge]) -> None:
        """As for nodes; only edges with fields need their type."""
        if any(one.fields and self.edge_type(one.edge_type_id) is None for one in wire):
            await self._fetch_types()

    def edge_type(self, edge_type_id: int) -> EdgeTypeDef | None:
        known = self.registry.find_edge_type(edge_type_id)
        if known is None and self.tenant_id in self.memory.fetched:
            return self.memory.fetched[self.tenant_id].find_edge_type(edge_type_id)
        return known

    def node_type(self, type_id: int) -> NodeTypeDef | None:
        known = self.registry.find_node_type(type_id)
        if known is None and self.tenant_id in self.memory.fetched:
            return self.memory.fetched[self.tenant_id].find_node_type(type_id)
        return known

    async def _fetch_types(self) -> None:
        request = pb.GetSchemaRequest(context=self.context(), read=self.read_options(Fresh()))
        answer = await self.read(rpcs.GET_SCHEMA, request, None)
        self.memory.fetched[self.tenant_id] = decode_schema(answer.schema)
