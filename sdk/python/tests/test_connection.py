"""The way to the server: found, not found, and what else may be there instead."""

from __future__ import annotations

import asyncio
import gc
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import grpc
import pytest
import trustme

from entdb_sdk import DbClient, RetryPolicy
from entdb_sdk._transport.endpoint import parse_endpoint
from entdb_sdk.errors import (
    ConnectionError,
    ConnectionLostError,
    ConnectionRefusedError,
    EntDbError,
    HostNotFoundError,
    TimeoutError,
    TlsError,
    ValidationError,
    WrongEndpointError,
)

from .graph_types import Task
from .proxy import Proxy
from .server import Server

# Much more than a call takes on a busy machine.
HANGS_SECONDS = 60
QUICK = RetryPolicy(max_attempts=3, initial_backoff=0.01, max_backoff=0.02)


def to(endpoint: str, **options: object) -> DbClient:
    return DbClient(endpoint, "t", "user:alice", retry=QUICK, **options)  # type: ignore[arg-type]


async def failure(of: Awaitable[object]) -> EntDbError:
    """The error: no case here may hang."""
    with pytest.raises(EntDbError) as raised:
        await asyncio.wait_for(of, HANGS_SECONDS)
    return raised.value


async def refusal(endpoint: str, **options: object) -> EntDbError:
    """Why a client cannot connect."""
    client = to(endpoint, **options)
    try:
        return await failure(client.connect())
    finally:
        await client.close()


async def closed_port() -> int:
    """A port that was free a moment ago."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_refused() -> None:
    error = await refusal(f"localhost:{await closed_port()}")
    assert type(error) is ConnectionRefusedError
    assert error.reason == "CONNECTION_REFUSED"
    assert isinstance(error, ConnectionError)


async def test_no_such_host() -> None:
    error = await refusal("no-such-host.invalid:50051")
    assert type(error) is HostNotFoundError


async def test_the_rest_port(server: Server) -> None:
    error = await refusal(f"127.0.0.1:{server.http_port}")
    assert type(error) is WrongEndpointError
    assert "50051" in (error.hint or "")


@pytest.fixture
async def stranger() -> AsyncIterator[str]:
    """Something that answers, but does not speak HTTP/2."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"localhost:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_something_else(stranger: str) -> None:
    error = await refusal(stranger)
    assert type(error) is WrongEndpointError
    assert type(await refusal(stranger, use_tls=True)) is TlsError


async def test_another_grpc_server() -> None:
    other = grpc.aio.server()
    port = other.add_insecure_port("127.0.0.1:0")
    await other.start()
    error = await refusal(f"127.0.0.1:{port}")
    assert type(error) is WrongEndpointError
    await other.stop(None)


async def test_one_that_hangs_up() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    error = await refusal(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert type(error) is ConnectionLostError
    server.close()


async def test_one_that_says_nothing(server: Server) -> None:
    async with Proxy(server.grpc_port) as proxy:
        client = to(proxy.endpoint)
        await client.connect()
        proxy.fall_silent()
        error = await failure(client.health(timeout=0.2))
        assert type(error) is TimeoutError
        assert error.reason == "DEADLINE_EXCEEDED"
        await client.close()


async def test_one_that_never_speaks() -> None:
    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()

    over = asyncio.Event()
    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    client = to(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert type(await failure(client.connect(timeout=0.3))) is TimeoutError
    await client.close()
    over.set()
    server.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def secured(server: Server, authority: trustme.CA) -> AsyncIterator[Proxy]:
    """The server behind a proxy that ends TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    async with Proxy(server.grpc_port, context) as proxy:
        yield proxy


async def test_tls(secured: Proxy, authority: trustme.CA) -> None:
    trusting = authority.cert_pem.bytes()
    async with to(secured.endpoint, use_tls=True, ca_certificate=trusting) as client:
        made = await client.atomic(lambda plan: plan.create(Task, {"title": "a"}, alias="t"))
        assert (await client.get(made["t"]))["title"] == "a"
    async with to(f"https://{secured.endpoint}", ca_certificate=trusting) as client:
        assert (await client.health()).status == "healthy"


async def test_tls_with_a_certificate_of_the_client(server: Server, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    mine = authority.issue_cert("client.example.com")
    async with Proxy(server.grpc_port, context) as proxy:
        trusting = {"ca_certificate": authority.cert_pem.bytes()}
        chain = b"".join(pem.bytes() for pem in mine.cert_chain_pems)
        key = mine.private_key_pem.bytes()
        own = {"client_certificate": chain, "client_key": key}
        async with to(proxy.endpoint, **trusting, **own) as client:
            assert (await client.health()).status == "healthy"
        assert isinstance(await refusal(proxy.endpoint, **trusting), ConnectionError)


async def test_a_certificate_that_is_not_trusted(secured: Proxy) -> None:
    error = await refusal(secured.endpoint, use_tls=True)
    assert type(error) is TlsError
    assert error.reason == "TLS_FAILED"


async def test_a_certificate_for_another_name(secured: Proxy, authority: trustme.CA) -> None:
    by_number = secured.endpoint.replace("localhost", "127.0.0.1")
    error = await refusal(by_number, ca_certificate=authority.cert_pem.bytes())
    assert type(error) is TlsError


async def test_plain_text_to_tls(secured: Proxy) -> None:
    error = await refusal(secured.endpoint)
    assert type(error) is TlsError
    assert "use_tls" in (error.hint or "")


async def test_tls_to_plain_text(server: Server) -> None:
    assert type(await refusal(server.endpoint, use_tls=True)) is TlsError


@pytest.mark.parametrize(
    "settings",
    [
        {"ca_certificate": b"nonsense"},
        {"ca_certificate": "text"},
        {"client_certificate": b"nonsense", "client_key": b"-----BEGIN PRIVATE KEY-----"},
        {"client_certificate": b"nonsense"},
        {"client_key": b"nonsense"},
    ],
)
def test_tls_settings_that_are_none(settings: dict[str, bytes]) -> None:
    with pytest.raises(ValidationError):
        to("localhost:1", **settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost", ("localhost", 50051, None)),
        ("localhost:1", ("localhost", 1, None)),
        ("http://localhost:50051", ("localhost", 50051, False)),
        ("https://db.example.com/", ("db.example.com", 50051, True)),
        ("grpcs://db.example.com:443", ("db.example.com", 443, True)),
        ("[::1]:50051", ("[::1]", 50051, None)),
        ("10.0.0.1:65535", ("10.0.0.1", 65535, None)),
    ],
)
def test_endpoints(text: str, expected: tuple[str, int, bool | None]) -> None:
    endpoint = parse_endpoint(text)
    assert (endpoint.host, endpoint.port, endpoint.tls) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":50051",
        "localhost:0",
        "localhost:65536",
        "localhost:port",
        "ftp://localhost",
        "http://localhost:50051/path",
        "user@localhost",
        "a b",
        "::1",
        None,
    ],
)
def test_endpoints_that_are_none(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DbClient(text)
    assert refused.value.reason == "INVALID_ENDPOINT"


def test_settings_that_contradict() -> None:
    with pytest.raises(ValidationError):
        DbClient("https://localhost", use_tls=False)
    for timeout in (0, -1, float("inf"), float("nan"), "1"):
        with pytest.raises(ValidationError):
            DbClient("localhost", timeout=timeout)  # type: ignore[arg-type]
    for name in (None, 5, "half \ud800"):
        with pytest.raises(ValidationError):
            DbClient("localhost", name)  # type: ignore[arg-type]
        with pytest.raises(ValidationError):
            DbClient("localhost", actor=name)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        RetryPolicy(max_attempts=0)
    with pytest.raises(ValidationError):
        RetryPolicy(initial_backoff=2, max_backoff=1)


@pytest.mark.parametrize(
    ("endpoint", "is_loopback"),
    [("localhost", True), ("127.8.9.1", True), ("[::1]", True), ("example.com", False)],
)
def test_loopback(endpoint: str, is_loopback: bool) -> None:
    assert parse_endpoint(endpoint).is_loopback is is_loopback


async def test_closed(client: DbClient) -> None:
    await client.connect()
    await client.close()
    await client.close()
    error = await failure(client.health())
    assert error.reason == "CLIENT_CLOSED"
    await client.connect()
    assert (await client.health()).status == "healthy"


async def test_closed_under_a_call(server: Server) -> None:
    async with Proxy(server.grpc_port) as proxy:
        client = to(proxy.endpoint)
        await client.connect()
        proxy.fall_silent()
        call = asyncio.create_task(client.health())
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises((EntDbError, asyncio.CancelledError)):
            await call


async def test_a_failed_entry_closes() -> None:
    client = to(f"localhost:{await closed_port()}")
    with pytest.raises(ConnectionRefusedError):
        async with client:
            pass
    assert (await failure(client.health())).reason == "CLIENT_CLOSED"


def test_two_event_loops(server: Server) -> None:
    """One client, two `asyncio.run`: each gets a connection of its own."""
    client = to(server.endpoint)
    for _ in range(2):
        assert asyncio.run(client.health()).status == "healthy"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def test_a_health_answer(client: DbClient) -> None:
    health = await client.health()
    assert health.status == "healthy"
    assert health.components
    assert health.version


def test_the_directory_is_left_alone(tmp_path: Path) -> None:
    """Making a client touches nothing: no connection, no file, no event loop."""
    DbClient("localhost:1", "t", "user:a")
    assert list(tmp_path.iterdir()) == []
