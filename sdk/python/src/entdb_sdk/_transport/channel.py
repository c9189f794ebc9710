"""The connection: a gRPC channel of the client's own, opened when it is first needed.

A channel belongs to the event loop that it was opened in. A client that is used in another
one (two `asyncio.run`) opens another; nothing of it has to be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from .._version import __version__
from ..errors import EntDbError
from .endpoint import Endpoint
from .rpc import ServerStream, Unary
from .tls import Tls

# A page of a thousand nodes may be larger than gRPC's own 4 MiB.
_MAX_ANSWER_BYTES: Final = 256 * 1024 * 1024

# How long calls may stay on a channel that was given up.
_RENEWAL_GRACE_SECONDS: Final = 600.0

_OPTIONS: Final[Sequence[tuple[str, int | str]]] = (
    ("grpc.primary_user_agent", f"entdb-sdk-python/{__version__}"),
    ("grpc.max_receive_message_length", _MAX_ANSWER_BYTES),
    # Calls are repeated by us, with the server's word on when. The core's first reconnect
    # would come after a second, its later ones after two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 10_000),  # how long one attempt to connect may take
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A connection whose other end is gone without a word is noticed while calls wait on it.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # One client's trouble with an address is not another's.
    ("grpc.use_local_subchannel_pool", 1),
)

_Request = TypeVar("_Request", bound=Message)
_Response = TypeVar("_Response", bound=Message)


def closed_error() -> EntDbError:
    return EntDbError(
        "The client is closed.",
        reason="CLIENT_CLOSED",
        code="canceled",
        hint="Make another one, or call connect() to open it again.",
    )


class Connection:
    """Opens channels to one endpoint. To be closed."""

    def __init__(self, endpoint: Endpoint, tls: Tls | None) -> None:
        self.endpoint = endpoint
        self.tls = tls
        self._channel: grpc.aio.Channel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unary: dict[str, object] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    def unary(
        self, rpc: Unary[_Request, _Response]
    ) -> grpc.aio.UnaryUnaryMultiCallable[_Request, _Response]:
        """The callable of a method, made once for each channel."""
        channel = self._open()
        made = self._unary.get(rpc.path)
        if made is None:
            made = self._unary[rpc.path] = channel.unary_unary(
                rpc.path,
                request_serializer=rpc.request.SerializeToString,
                response_deserializer=rpc.response.FromString,
            )
        return made  # type: ignore[return-value]  # one path is one pair of messages

    def stream(
        self, rpc: ServerStream[_Request, _Response]
    ) -> grpc.aio.UnaryStreamMultiCallable[_Request, _Response]:
        return self._open().unary_stream(
            rpc.path,
            request_serializer=rpc.request.SerializeToString,
            response_deserializer=rpc.response.FromString,
        )

    async def close(self) -> None:
        """Ends the calls that are under way. A closed connection is not opened again."""
        self._closed = True
        channel, self._channel = self._channel, None
        self._unary.clear()
        if self._loop is not asyncio.get_running_loop():
            return
        for closing in self._closing:
            closing.cancel()
        if channel is not None:
            await channel.close()

    def renew(self) -> None:
        """The next call opens another channel; calls under way on this one may end there."""
        old, self._channel = self._channel, None
        self._unary.clear()
        if old is not None and self._loop is asyncio.get_running_loop():
            closing = self._loop.create_task(old.close(_RENEWAL_GRACE_SECONDS))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    @property
    def is_closed(self) -> bool:
        return self._closed

    def reopen(self) -> None:
        """Takes a close back."""
        self._closed = False

    def _open(self) -> grpc.aio.Channel:
        loop = asyncio.get_running_loop()
        if self._channel is not None and self._loop is loop:
            return self._channel
        if self._closed:
            raise closed_error()
        self._unary.clear()
        self._loop = loop
        self._channel = self._make()
        return self._channel

    def _make(self) -> grpc.aio.Channel:
        options: list[tuple[str, int | str]] = [*_OPTIONS]
        if self.endpoint.is_loopback:
            # A proxy of the environment does not lead to this machine.
            options.append(("grpc.enable_http_proxy", 0))
        if self.tls is None:
            return grpc.aio.insecure_channel(self.endpoint.target, options=options)
        credentials = grpc.ssl_channel_credentials(
            self.tls.ca_certificate, self.tls.private_key, self.tls.certificate
        )
        return grpc.aio.secure_channel(self.endpoint.target, credentials, options=options)
