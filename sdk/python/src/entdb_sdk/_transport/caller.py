"""Calls made, repeated and timed: the only place where a request leaves.

A call ends by its deadline, with an answer or an error of ours. It may be made more than once,
which is safe: a method either only reads or carries an idempotency key that stays the same.
Cancelling the task cancels the call on the server too.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

import grpc.aio
from google.protobuf.message import Message

from ..errors import ConnectionRefusedError, EntDbError, invalid
from .channel import Connection, closed_error
from .deadline import Deadline
from .diagnosis import diagnose
from .retry import RetryBudget, Retrying, RetryPolicy
from .rpc import ServerStream, Unary
from .status import error_of

_Request = TypeVar("_Request", bound=Message)
_Response = TypeVar("_Response", bound=Message)

Credential = str | Callable[[], str] | None
"""An API key or a token, or what gives one for each call, so that it may change."""


class Caller:
    """Makes the calls of one client."""

    def __init__(
        self, connection: Connection, credential: Credential, policy: RetryPolicy, timeout: float
    ) -> None:
        Deadline(timeout)  # refuses what is no time
        self.connection = connection
        self.policy = policy
        self._credential = credential
        self._timeout = timeout
        self._budget = RetryBudget(policy.budget)
        # A key that does not change is checked and written down once.
        self._look: asyncio.Task[EntDbError] | None = None
        # Behind a proxy of the environment a connection of ours would look somewhere else.
        self._is_proxied = not connection.endpoint.is_loopback and any(
            os.environ.get(name) for name in ("grpc_proxy", "https_proxy", "http_proxy")
        )
        self._fixed = None if callable(credential) else _headers_of(credential)

    @property
    def renews_credential(self) -> bool:
        """Whether the next call may bring another credential than the last."""
        return callable(self._credential)

    def deadline(self, timeout: float | None) -> Deadline:
        return Deadline(self._timeout if timeout is None else timeout)

    async def call(
        self, rpc: Unary[_Request, _Response], request: _Request, deadline: Deadline
    ) -> _Response:
        """The answer. Raises EntDbError."""
        retrying: Retrying | None = None
        while True:
            try:
                answer = await self._attempt(rpc, request, deadline)
            except grpc.aio.AioRpcError as failure:  # noqa: PERF203  # it waits for the network
                error = await self.explain(failure, deadline.left)
                if retrying is None:
                    retrying = Retrying(self.policy, self._budget)
                wait = retrying.wait_after(error, deadline.left)
                if wait is None:
                    raise error from failure
                await asyncio.sleep(wait)
            else:
                self._budget.succeeded()
                return answer

    async def _attempt(
        self, rpc: Unary[_Request, _Response], request: _Request, deadline: Deadline
    ) -> _Response:
        left = deadline.left
        if left <= 0:
            raise deadline.passed()
        call = self.connection.unary(rpc)(request, timeout=left, metadata=self._headers())
        try:
            return await call
        except asyncio.CancelledError:
            if self.connection.is_closed and not _being_cancelled():
                raise closed_error() from None
            raise

    def open(
        self, rpc: ServerStream[_Request, _Response], request: _Request
    ) -> grpc.aio.UnaryStreamCall[_Request, _Response]:
        """A stream, which has no deadline: whoever reads it watches that it lives."""
        return self.connection.stream(rpc)(request, metadata=self._headers())

    async def explain(self, failure: grpc.aio.AioRpcError, within: float) -> EntDbError:
        """What a failed call means, as far as it can be found out within so many seconds. Many
        that fail together look once, together."""
        connection = self.connection
        error = error_of(failure, connection.endpoint)
        if not isinstance(error, ConnectionRefusedError) or self._is_proxied:
            return error
        loop = asyncio.get_running_loop()
        look = self._look
        if look is None or look.done() or look.get_loop() is not loop:
            look = loop.create_task(diagnose(connection.endpoint, connection.tls, error))
            self._look = look
        # Whoever is cancelled or in a hurry leaves the look to the others.
        done, _ = await asyncio.wait((look,), timeout=max(0.0, within))
        return look.result() if done else error

    def _headers(self) -> tuple[tuple[str, str], ...]:
        if self._fixed is not None:
            return self._fixed
        credential = self._credential() if callable(self._credential) else self._credential
        return _headers_of(credential)


def _headers_of(credential: str | None) -> tuple[tuple[str, str], ...]:
    if not credential:
        return ()
    text = credential.strip()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise invalid(
            "INVALID_REQUEST",
            "The API key is not one: it holds characters that no key has.",
            "Give the key alone, without the word Bearer.",
        )
    return (("authorization", f"Bearer {text}"),)


def _being_cancelled() -> bool:
    """Whether somebody cancelled this task, rather than the call under it. Python 3.10 cannot
    tell, and is taken to say yes."""
    task = asyncio.current_task()
    cancelling = getattr(task, "cancelling", None)
    return cancelling is None or bool(cancelling())
