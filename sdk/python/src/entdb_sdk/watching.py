"""A watch: changes as they happen, over every break of the connection.

Invariant: `position` covers exactly what was handed out, so what is resumed from it has no gap.
A change is handed out once, unless the watch is given up in the middle of a transaction and
taken up again elsewhere by its position: then that transaction comes again as a whole.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

import grpc.aio

from ._generated.entdb.v1 import entdb_service_pb2 as pb
from ._transport.caller import Caller
from ._transport.channel import closed_error
from ._transport.retry import RetryPolicy
from .errors import (
    AuthenticationError,
    ConnectionLostError,
    ConnectionRefusedError,
    EntDbError,
    UnavailableError,
)
from .models import Change

WatchStream = grpc.aio.UnaryStreamCall[pb.WatchChangesRequest, pb.WatchChangesResponse]
Open = Callable[[bytes, bool], WatchStream]
"""Opens the stream behind a position, or from the beginning."""
Decode = Callable[[pb.WatchChangesResponse, bytes], Awaitable[list[Change]]]
"""The changes of a message; those that are not its last resume at the position before it."""


class Watch:
    """What `DbClient.watch` hands out. Go through it with `async for`; it ends only when it is
    closed or fails.

    `async with client.watch() as changes:` begins at once, so that nothing that happens inside
    is missed, and closes at the end. Without it the watch begins with the first step of the
    `async for`.
    """

    def __init__(
        self,
        caller: Caller,
        open_stream: Open,
        decode: Decode,
        *,
        after: bytes,
        from_beginning: bool,
        heartbeat: float,
        give_up_after: float | None,
    ) -> None:
        self._caller = caller
        self._open = open_stream
        self._decode = decode
        self._position = after
        self._from_beginning = from_beginning
        # A server that lives says something once in a heartbeat; two may be late, not lost.
        self._silence = 2 * heartbeat + 5
        self._give_up_after = give_up_after
        self._stream: WatchStream | None = None
        self._reading: asyncio.Future[object] | None = None
        self._ready: deque[Change] = deque()
        self._received = after
        self._closed = False
        self._spoke = False  # whether the stream has said anything

    @property
    def position(self) -> bytes:
        """What has been handed out: hand it to `watch(after=…)` to go on here later. Empty as
        long as the server has not said where it began."""
        return self._position

    async def start(self) -> None:
        """Returns once the server has said where it begins: nothing behind that is missed."""
        while not (self._received or self._closed):
            await self._receive()

    async def aclose(self) -> None:
        """Ends the watch. May be called twice, and while another task waits for a change."""
        self._closed = True
        self._drop()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Change:
        while not self._ready:
            if self._closed:
                raise StopAsyncIteration
            await self._receive()
        change = self._ready.popleft()
        self._position = change.position
        if not self._ready:
            self._position = self._received
        return change

    async def __aenter__(self) -> Watch:
        try:
            await self.start()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _receive(self) -> None:
        """One message, from this stream or the next one."""
        outage = _Outage(self._caller.policy, self._give_up_after)
        while not self._closed:
            try:
                message = await self._next_message()
            except EntDbError as error:  # noqa: PERF203  # it waits for the network
                renewable = self._spoke and self._caller.renews_credential
                self._drop()
                if self._closed:
                    return
                # A stream ends with its credential; the next one has a new one.
                if not (renewable and isinstance(error, AuthenticationError)):
                    await outage.wait_after(error)
            else:
                if message is not None:
                    await self._take(message)
                return

    async def _take(self, message: pb.WatchChangesResponse) -> None:
        try:
            changes = await self._decode(message, self._received)
        except BaseException:
            # What was read is not handed out: the next stream brings it again.
            self._drop()
            raise
        self._ready.extend(changes)
        self._received = message.position_token
        if not self._ready:
            self._position = self._received

    async def _next_message(self) -> pb.WatchChangesResponse | None:
        """None when the watch was closed meanwhile."""
        if self._stream is None:
            begins = self._from_beginning and not self._received
            self._stream = self._open(self._received, begins)
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._stream.read())
        # Whoever cancels this wait leaves the read as it is, for the next one to wait for.
        done, _ = await asyncio.wait((self._reading,), timeout=self._silence)
        if self._closed:
            return None
        if not done:
            # Whatever still says so, this connection leads nowhere.
            self._caller.connection.renew()
            raise _lost("The server fell silent.")
        return await self._result_of(self._reading)

    async def _result_of(self, reading: asyncio.Future[object]) -> pb.WatchChangesResponse:
        self._reading = None
        if reading.cancelled():
            if self._caller.connection.is_closed:
                raise closed_error()
            raise _lost("The connection was given up.")
        try:
            message = reading.result()
        except grpc.aio.AioRpcError as failure:
            raise await self._caller.explain(failure, self._silence) from failure
        if isinstance(message, pb.WatchChangesResponse):
            self._spoke = True
            return message
        raise _lost("The server ended the stream.")

    def _drop(self) -> None:
        self._spoke = False
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None


class _Outage:
    """A time without a server: how long it may last, and the waits in it."""

    def __init__(self, policy: RetryPolicy, give_up_after: float | None) -> None:
        self._policy = policy
        self._give_up_after = give_up_after
        self._ends: float | None = None
        self._attempt = 0

    async def wait_after(self, error: EntDbError) -> None:
        """Before the next attempt. Raises the error when there is to be none."""
        passing = isinstance(error, ConnectionRefusedError | ConnectionLostError)
        if not passing and not isinstance(error, UnavailableError):
            raise error
        if not passing and error.retry_after is None:
            raise error
        if self._attempt == 0 and self._give_up_after is not None:
            self._ends = time.monotonic() + self._give_up_after
        self._attempt += 1
        wait = self._policy.backoff(self._attempt) + (error.retry_after or 0)
        if self._ends is not None and time.monotonic() + wait > self._ends:
            raise error
        await asyncio.sleep(wait)


def _lost(message: str) -> ConnectionLostError:
    return ConnectionLostError(message, reason="CONNECTION_LOST", code="unavailable")
