"""A TCP proxy that misbehaves on purpose, between a client and a real server.

It forwards bytes both ways until it is told otherwise: it can drop what the server answers
(the server has done what it was asked, and the client does not hear of it), reset every
connection, hold answers back, or refuse. With a certificate it ends TLS, which makes a server
that speaks none one that does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from types import TracebackType

CHUNK_BYTES = 64 * 1024


class Proxy:
    """Listens on a port of its own; `endpoint` is where clients go."""

    def __init__(self, target_port: int, tls: ssl.SSLContext | None = None) -> None:
        self.target_port = target_port
        self.connections = 0
        """How many were taken so far."""
        self.answer_delay = 0.0
        """Seconds by which each piece of an answer is late."""
        self._tls = tls
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers_to_drop = 0
        self._dropped = asyncio.Event()
        self._silent = False
        self._swallowed: set[asyncio.StreamWriter] = set()

    @property
    def endpoint(self) -> str:
        return f"localhost:{self._port}"

    async def __aenter__(self) -> Proxy:
        await self.listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def listen(self) -> None:
        """Begins to take connections, on the same port as before."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self._port, ssl=self._tls
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Closes the port and every connection: who comes now is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset_all()

    def reset_all(self) -> None:
        """Breaks every connection, as a cable does."""
        for writer in list(self._open):
            _reset(writer)

    def drop_answers(self, count: int = 1) -> None:
        """The next `count` answers are not handed on: when the server has answered, the
        connection is broken instead."""
        self._answers_to_drop = count
        self._dropped.clear()

    async def dropped(self) -> None:
        """Returns when all answers that were to be dropped have been."""
        await self._dropped.wait()

    def fall_silent(self) -> None:
        """From now on answers are swallowed, and connections stay open."""
        self._silent = True

    def swallow(self) -> None:
        """From now on the answers of the connections that there are lead nowhere; new ones work."""
        self._swallowed |= self._open

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._open.add(writer)
        try:
            await self._pipe(reader, writer)
        except (OSError, asyncio.CancelledError):
            _reset(writer)
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        forward = asyncio.create_task(self._requests(reader, to_writer))
        backward = asyncio.create_task(self._answers(to_reader, writer))
        try:
            await asyncio.wait((forward, backward), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (writer, to_writer):
                each.close()
            for task in (forward, backward):
                task.cancel()
            await asyncio.gather(forward, backward, return_exceptions=True)

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if self._silent or writer in self._swallowed:
                continue
            if self._answers_to_drop > 0 and _holds_answer(data):
                self._answers_to_drop -= 1
                if self._answers_to_drop == 0:
                    self._dropped.set()
                _reset(writer)
                return
            if self.answer_delay:
                await asyncio.sleep(self.answer_delay)
            writer.write(data)
            await writer.drain()


def _holds_answer(data: bytes) -> bool:
    """Whether HTTP/2 frames among these bytes are of a stream: settings, pings and windows of the
    connection are not what a client waits for. Pieces begin with a frame as the server writes
    whole ones; what does not is taken for the rest of an answer."""
    at = 0
    while at + 9 <= len(data):
        length = int.from_bytes(data[at : at + 3], "big")
        kind = data[at + 3]
        if kind in (0, 1):  # DATA, HEADERS
            return True
        at += 9 + length
    return at != len(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN: the other side does not mistake it for an end."""
    if not writer.is_closing():
        sock = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
