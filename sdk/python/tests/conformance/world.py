"""What one case runs in: a tenant of its own, its clients, the names that it gave to ids, cursors,
positions and keys, and which RPCs its clients were seen to send."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

from entdb_sdk import DbClient, EdgeTypeDef, EventStore, NodeTypeDef, RetryPolicy
from entdb_sdk._transport.channel import Connection
from entdb_sdk._transport.rpc import ServerStream, Unary

from ..proxy import Proxy
from ..server import Server
from .cases import Case, Step, load_schema

_ID: Final = re.compile(r"(?:nd|ed|mi)_")
_RETRY: Final = RetryPolicy(initial_backoff=0.005, max_backoff=0.05)
_DROPPING_SECONDS: Final = 10


class World:
    """The place of one running case. To be closed."""

    def __init__(
        self,
        case: Case,
        servers: Mapping[str, Server],
        tenant_id: str,
        given: Mapping[str, str],
        proxy: Proxy | None,
        *,
        store: EventStore | None = None,
    ) -> None:
        self.servers = servers
        self.tenant_id = tenant_id
        self.case = case
        self.sent: set[str] = set()
        """Names of RPCs."""
        self.planned: Mapping[str, object] = {}
        """What the plan that is being built creates."""
        self._proxy = proxy
        self._store = store
        self._clients: dict[str, DbClient] = {}
        self._natives: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        for name, native in given.items():
            self.save(name, native)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()

    def client(self, step: Step) -> DbClient:
        """Who makes the step's call."""
        client = self._client(step.get("client", "main"))
        return client.scoped(actor=step["actor"]) if "actor" in step else client

    def events(self, client: DbClient) -> EventStore:
        """The case's own event store, or the client's."""
        return self._store or client.events

    @property
    def is_in_memory(self) -> bool:
        return self._store is not None

    def drop_answers(self, count: int) -> None:
        """Has the next answers lost."""
        assert self._proxy is not None
        self._proxy.drop_answers(count)

    async def all_dropped(self) -> None:
        """Returns when they were."""
        assert self._proxy is not None
        await asyncio.wait_for(self._proxy.dropped(), _DROPPING_SECONDS)

    def save(self, name: str, native: object) -> None:
        self._natives[f"@{name}"] = native
        if isinstance(native, str) and _ID.match(native):
            self._names[native] = f"@{name}"

    def native(self, text: object) -> Any:  # noqa: ANN401
        if not isinstance(text, str):
            return text
        if not text.startswith("@"):
            return text.replace("{tenant}", self.tenant_id)
        return self.planned[text] if text in self.planned else self._natives[text]

    def name_of(self, id: str) -> str | None:
        return self._names.get(id, id) or None

    def filled_in(self, expected: Any) -> Any:  # noqa: ANN401
        """An expectation with the case's tenant in it."""
        if isinstance(expected, str):
            return expected.replace("{tenant}", self.tenant_id)
        if isinstance(expected, list):
            return [self.filled_in(one) for one in expected]
        if isinstance(expected, dict):
            return {name: self.filled_in(one) for name, one in expected.items()}
        return expected

    def server(self, client_name: str) -> Server:
        spec = self.case.clients.get(client_name, {})
        return self.servers[spec.get("server", self.case.server)]

    def credential(self, client_name: str) -> str | None:
        spec = self.case.clients.get(client_name, {})
        credential: str | None = self.native(spec.get("credential"))
        return credential

    def _client(self, name: str) -> DbClient:
        if name in self._clients:
            return self._clients[name]
        if name != "main" and name not in self.case.clients:
            raise KeyError(f"the case has no client {name}")
        spec = self.case.clients.get(name, {})
        endpoint = self.server(name).endpoint if self._proxy is None else self._proxy.endpoint
        client = DbClient(
            endpoint,
            self.native(spec.get("tenant", "{tenant}")),
            spec.get("actor", "user:alice"),
            api_key=self.credential(name),
            registry=load_schema(spec.get("schema", self.case.schema)),
            retry=_RETRY if spec.get("retry", True) else RetryPolicy(max_attempts=1),
        )
        caller = client._session.caller
        caller.connection = _Noting(caller.connection, self.sent)
        self._clients[name] = client
        return client


class _Noting(Connection):
    """A connection that notes which RPCs it sends."""

    def __init__(self, instead_of: Connection, sent: set[str]) -> None:
        super().__init__(instead_of.endpoint, instead_of.tls)
        self._sent = sent

    def unary(self, rpc: Unary[Any, Any]) -> Any:  # noqa: ANN401
        self._sent.add(rpc.path.rpartition("/")[2])
        return super().unary(rpc)

    def stream(self, rpc: ServerStream[Any, Any]) -> Any:  # noqa: ANN401
        self._sent.add(rpc.path.rpartition("/")[2])
        return super().stream(rpc)


def node_type(client: DbClient, name: str) -> NodeTypeDef | str:
    """A type by its name; the name of one that the client lacks, to be refused."""
    return next((one for one in client.registry.node_types if one.name == name), name)


def edge_type(client: DbClient, name: str) -> EdgeTypeDef | str:
    """As `node_type`."""
    return next((one for one in client.registry.edge_types if one.name == name), name)
