"""The client."""

from __future__ import annotations

from types import TracebackType

from ._calls.mailbox import MailboxCalls
from ._calls.reads import ReadCalls
from ._calls.schema import SchemaCalls
from ._calls.search import SearchCalls
from ._calls.watch import WatchCalls
from ._calls.writes import WriteCalls
from ._codec.ids import check_name, check_position
from ._generated import rpcs
from ._generated.entdb.v1 import entdb_service_pb2 as pb
from ._session import Memory, Session
from ._transport.caller import Caller, Credential
from ._transport.channel import Connection
from ._transport.endpoint import parse_endpoint
from ._transport.positions import Positions
from ._transport.retry import RetryPolicy
from ._transport.tls import Tls
from .errors import invalid
from .models import Health
from .registry import SchemaRegistry


class DbClient(WriteCalls, ReadCalls, SearchCalls, MailboxCalls, SchemaCalls, WatchCalls):
    """A client of one EntDB server, in the name of one actor, of one tenant.

    Opens its connection when it is first needed; `async with` and `connect` open it at once and
    see that somebody answers. One client serves any number of tasks. It reads what it wrote:
    each read is answered no older than what this client has seen of the tenant.
    """

    def __init__(  # noqa: PLR0917  # the first six are what every client is made of
        self,
        endpoint: str = "localhost:50051",
        tenant_id: str = "",
        actor: str = "",
        use_tls: bool | None = None,
        timeout: float = 30.0,
        api_key: Credential = None,
        *,
        registry: SchemaRegistry | None = None,
        retry: RetryPolicy | None = None,
        read_your_writes: bool = True,
        ca_certificate: bytes | None = None,
        client_certificate: bytes | None = None,
        client_key: bytes | None = None,
    ) -> None:
        """Makes a client; nothing is sent yet.

        `endpoint` is `host:port` of the gRPC port, or a URL (`https://…` means TLS). `tenant_id`
        and `actor` (`user:alice`) may be left out where the credential says both. `api_key` is
        an API key or a token, or a function that gives one for each call, for tokens that are
        renewed. `timeout` is how many seconds a call may take, repetitions included; each call
        takes its own too. `registry` holds the types that the program knows; without one it
        grows by the types that calls name. `retry` says how calls are repeated. With
        `read_your_writes=False` positions are neither remembered nor sent.

        `ca_certificate`, `client_certificate` and `client_key` are PEM, for a private authority
        and for servers that ask for a certificate; each of them means TLS.

        Raises ValidationError for what cannot be an endpoint.
        """
        place = parse_endpoint(endpoint)
        tls = Tls(ca_certificate, client_certificate, client_key)
        if use_tls is None:
            use_tls = bool(place.tls) or tls != Tls()
        elif place.tls is not None and place.tls != use_tls:
            raise invalid(
                "INVALID_ENDPOINT", f"use_tls={use_tls} contradicts the endpoint {endpoint}."
            )
        connection = Connection(place, tls if use_tls else None)
        caller = Caller(connection, api_key, retry or RetryPolicy(), timeout)
        for name, text in (("tenant_id", tenant_id), ("actor", actor)):
            check_name(text, name)
        memory = Memory(
            registry if registry is not None else SchemaRegistry(),
            Positions() if read_your_writes else None,
        )
        self._session = Session(caller, memory, tenant_id, actor)

    async def connect(self, *, timeout: float | None = None) -> None:
        """Opens the connection and has the server answer once, which also tries the credential.

        Raises ConnectionError or one of its kinds when there is no way to the server,
        AuthenticationError when the credential does not hold, TimeoutError.
        """
        self._session.caller.connection.reopen()
        await self.health(timeout=timeout)

    async def close(self) -> None:
        """Closes the connection; calls under way end with an error. May be called twice."""
        await self._session.caller.connection.close()

    async def __aenter__(self) -> DbClient:
        try:
            await self.connect()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def health(self, *, timeout: float | None = None) -> Health:
        """How the server is. Needs a credential where one is required."""
        caller = self._session.caller
        wire = await caller.call(rpcs.HEALTH, pb.HealthRequest(), caller.deadline(timeout))
        return Health(wire.status, dict(wire.components), wire.applier_lag_ms, wire.version)

    def scoped(self, *, tenant_id: str | None = None, actor: str | None = None) -> DbClient:
        """The same client, connection and memory, for another tenant or in another name.
        Closing one closes both."""
        for name, text in (("tenant_id", tenant_id), ("actor", actor)):
            check_name("" if text is None else text, name)
        view = DbClient.__new__(type(self))
        mine = self._session
        view._session = Session(
            mine.caller,
            mine.memory,
            mine.tenant_id if tenant_id is None else tenant_id,
            mine.actor if actor is None else actor,
        )
        return view

    @property
    def tenant_id(self) -> str:
        """Whose data is meant; empty: the credential's."""
        return self._session.tenant_id

    @property
    def actor(self) -> str:
        """In whose name calls are made; empty: the credential's."""
        return self._session.actor

    @property
    def registry(self) -> SchemaRegistry:
        """The types that this client knows."""
        return self._session.registry

    @property
    def position(self) -> bytes:
        """The newest position that this client knows of its tenant, for another program to read
        from on (`at_least`, or its own client's `remember`). Empty when there is none."""
        positions = self._session.memory.positions
        return b"" if positions is None else positions.of(self._session.tenant_id)

    def remember(self, position: bytes) -> None:
        """Reads of the tenant are from now on no older than the position; empty forgets."""
        if self._session.memory.positions is None:
            raise invalid("INVALID_REQUEST", "This client was told not to remember positions.")
        check_position(position, "position")
        self._session.memory.positions.put(self._session.tenant_id, position)
