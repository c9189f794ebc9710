"""A stream that goes on over every break of the connection.

What was taken in decides where the next stream begins, and what was read of a stream that broke
and was not taken in comes again: nothing is missed, and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from types import TracebackType
from typing import Any, Generic, TypeVar

import grpc.aio
from google.protobuf.message import Message

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

_Self = TypeVar("_Self", bound="Resuming[Any, Any, Any]")
_Item = TypeVar("_Item")
_Request = TypeVar("_Request", bound=Message)
_Response = TypeVar("_Response", bound=Message)


class Resuming(Generic[_Item, _Request, _Response]):
    """Items of a stream, without an end of its own. A subclass says where the next stream begins,
    and what the items of a message are."""

    def __init__(
        self,
        caller: Caller,
        response: type[_Response],
        *,
        heartbeat: float,
        give_up_after: float | None,
    ) -> None:
        self._caller = caller
        self._response = response
        # A server that lives says something once in a heartbeat; two may be late, not lost.
        self._silence = 2 * heartbeat + 5
        self._give_up_after = give_up_after
        self._stream: grpc.aio.UnaryStreamCall[_Request, _Response] | None = None
        self._reading: asyncio.Future[object] | None = None
        self._ready: deque[_Item] = deque()
        self._closed = False
        self._spoke = False  # whether the stream has said anything

    def _open(self) -> grpc.aio.UnaryStreamCall[_Request, _Response]:
        """A stream behind what was taken in."""
        raise NotImplementedError

    async def _take(self, message: _Response) -> None:
        """Takes a message in: its items are ready, and the next stream begins behind it. Raises
        without having taken anything in."""
        raise NotImplementedError

    def _hand_out(self, item: _Item) -> None:
        """Told of each item that is handed out."""

    async def _begin(self) -> None:
        """Done on the way into an `async with`."""

    async def aclose(self) -> None:
        """Ends it. May be called twice, and while another task waits for an item."""
        self._closed = True
        self._drop()

    def __aiter__(self: _Self) -> _Self:
        return self

    async def __anext__(self) -> _Item:
        while not self._ready:
            if self._closed:
                raise StopAsyncIteration
            await self._receive()
        item = self._ready.popleft()
        self._hand_out(item)
        return item

    async def __aenter__(self: _Self) -> _Self:
        try:
            await self._begin()
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
                    await self._take_in(message)
                return

    async def _take_in(self, message: _Response) -> None:
        try:
            await self._take(message)
        except BaseException:
            # What was read is not handed out: the next stream brings it again.
            self._drop()
            raise

    async def _next_message(self) -> _Response | None:
        """None when the watch was closed meanwhile."""
        if self._stream is None:
            self._stream = self._open()
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

    async def _result_of(self, reading: asyncio.Future[object]) -> _Response:
        self._reading = None
        if reading.cancelled():
            if self._caller.connection.is_closed:
                raise closed_error()
            raise _lost("The connection was given up.")
        try:
            message = reading.result()
        except grpc.aio.AioRpcError as failure:
            raise await self._caller.explain(failure, self._silence) from failure
        if isinstance(message, self._response):
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
