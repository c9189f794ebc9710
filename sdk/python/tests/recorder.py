"""What a client sends: kept on its way to a real server, which answers as ever."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from entdb_sdk import DbClient
from entdb_sdk._transport.channel import Connection
from entdb_sdk._transport.rpc import Unary


class Recorder(Connection):
    """A connection that keeps a copy of each request."""

    sent: list[tuple[str, Message]]

    def unary(self, rpc: Unary[Any, Any]) -> Any:  # noqa: ANN401
        send = super().unary(rpc)

        def keep(request: Message, **options: Any) -> Any:  # noqa: ANN401
            copy = type(request)()
            copy.CopyFrom(request)
            self.sent.append((rpc.path, copy))
            return send(request, **options)

        return keep

    def requests(self, rpc: Unary[Any, Any]) -> list[Any]:
        """The requests of a method, in their order."""
        return [request for path, request in self.sent if path == rpc.path]


def recorded(client: DbClient) -> Recorder:
    """Puts a recorder into a client that has not connected yet, or again."""
    caller = client._session.caller
    recorder = Recorder(caller.connection.endpoint, caller.connection.tls)
    recorder.sent = []
    caller.connection = recorder
    return recorder
