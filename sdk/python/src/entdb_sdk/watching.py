"""A watch: changes as they happen, over every break of the connection.

Invariant: `position` covers exactly what was handed out, so what is resumed from it has no gap.
A change is handed out once, unless the watch is given up in the middle of a transaction and
taken up again elsewhere by its position: then that transaction comes again as a whole.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import grpc.aio

from ._generated.entdb.v1 import entdb_service_pb2 as pb
from ._transport.caller import Caller
from .models import Change
from .resuming import Resuming

WatchStream = grpc.aio.UnaryStreamCall[pb.WatchChangesRequest, pb.WatchChangesResponse]
Open = Callable[[bytes, bool], WatchStream]
"""Opens the stream behind a position, or from the beginning."""
Decode = Callable[[pb.WatchChangesResponse, bytes], Awaitable[list[Change]]]
"""The changes of a message; those that are not its last resume at the position before it."""


class Watch(Resuming[Change, pb.WatchChangesRequest, pb.WatchChangesResponse]):
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
        super().__init__(
            caller, pb.WatchChangesResponse, heartbeat=heartbeat, give_up_after=give_up_after
        )
        self._open_stream = open_stream
        self._decode = decode
        self._position = after
        self._received = after
        self._from_beginning = from_beginning

    @property
    def position(self) -> bytes:
        """What has been handed out: hand it to `watch(after=…)` to go on here later. Empty as
        long as the server has not said where it began."""
        return self._position

    async def start(self) -> None:
        """Returns once the server has said where it begins: nothing behind that is missed."""
        while not (self._received or self._closed):
            await self._receive()

    async def _begin(self) -> None:
        await self.start()

    def _open(self) -> WatchStream:
        begins = self._from_beginning and not self._received
        return self._open_stream(self._received, begins)

    async def _take(self, message: pb.WatchChangesResponse) -> None:
        changes = await self._decode(message, self._received)
        self._ready.extend(changes)
        self._received = message.position_token
        if not self._ready:
            self._position = self._received

    def _hand_out(self, change: Change) -> None:
        self._position = self._received if not self._ready else change.position
