"""Why a connection could not be made, found out by looking.

gRPC's core tries every address of a name and tells of the last one only, so "connection
refused" may hide that another address answered, and spoke TLS, or something else. When no
connection could be made, one is made here, as plainly as possible, to see what answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Final

from ..errors import (
    ConnectionLostError,
    ConnectionRefusedError,
    EntDbError,
    TlsError,
    WrongEndpointError,
)
from .endpoint import Endpoint
from .tls import Tls

_LOOK_SECONDS: Final = 3.0
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
_FRAME_HEAD_BYTES: Final = 9
_SETTINGS: Final = 4
# An alert, or a handshake.
_TLS_RECORDS: Final = (b"\x15", b"\x16")


async def diagnose(
    endpoint: Endpoint, tls: Tls | None, error: ConnectionRefusedError
) -> EntDbError:
    """The error that says it better, or the same one when nobody can be reached."""
    context = None if tls is None else tls.context()
    try:
        return await asyncio.wait_for(_look(endpoint, context, error), _LOOK_SECONDS)
    except ssl.SSLCertVerificationError as failure:
        return _tls(endpoint, error, f"the certificate is not trusted ({failure.verify_message})")
    except ssl.SSLError as failure:
        return _tls(endpoint, error, f"TLS could not be agreed on ({failure.reason})")
    except (OSError, asyncio.TimeoutError, ValueError):
        return error


async def _look(
    endpoint: Endpoint, context: ssl.SSLContext | None, error: ConnectionRefusedError
) -> EntDbError:
    head = await _first_words(endpoint, context)
    if head[:1] in _TLS_RECORDS or (not head and context is None and await _speaks_tls(endpoint)):
        return _tls(endpoint, error, "the server speaks TLS, and this client was not told to")
    if head and not (len(head) == _FRAME_HEAD_BYTES and head[3] == _SETTINGS):
        return WrongEndpointError(
            f"{endpoint}: what answers there is not EntDB's gRPC port.",
            reason="WRONG_ENDPOINT",
            code=error.code,
            hint="EntDB serves gRPC on port 50051 unless told otherwise; 8080 is REST.",
            details=error.details,
        )
    # Somebody is there who hung up, or, by now, a server as it should be.
    return ConnectionLostError(
        f"{endpoint}: the connection could not be kept.",
        reason="CONNECTION_LOST",
        code=error.code,
        hint="Check that the server runs and the endpoint is right.",
        details=error.details,
    )


async def _first_words(endpoint: Endpoint, context: ssl.SSLContext | None) -> bytes:
    """What is answered to an HTTP/2 client, up to the head of a frame; empty for nothing."""
    reader, writer = await _open(endpoint, context)
    try:
        writer.write(_PREFACE)
        await writer.drain()
        return await reader.readexactly(_FRAME_HEAD_BYTES)
    except asyncio.IncompleteReadError as failure:
        return failure.partial
    except (ConnectionResetError, BrokenPipeError):
        return b""
    finally:
        await _close(writer)


async def _speaks_tls(endpoint: Endpoint) -> bool:
    """Whoever hangs up on plain text may be waiting for TLS. Nothing is said to it but hello."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        _, writer = await _open(endpoint, context)
    except OSError:
        return False
    await _close(writer)
    return True


async def _open(
    endpoint: Endpoint, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host = endpoint.host.strip("[]")
    name = None if context is None else host
    return await asyncio.open_connection(host, endpoint.port, ssl=context, server_hostname=name)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _tls(endpoint: Endpoint, error: ConnectionRefusedError, problem: str) -> TlsError:
    return TlsError(
        f"{endpoint}: {problem}.",
        reason="TLS_FAILED",
        code=error.code,
        hint="Check use_tls on both sides, and that the certificate is for this name and from an "
        "authority that this client trusts.",
        details=error.details,
    )
