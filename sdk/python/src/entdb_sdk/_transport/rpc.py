"""What the transport knows of a method: its path, its messages, and whether it only reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


@dataclass(frozen=True, eq=False)
class _Rpc(Generic[Request, Response]):
    """One method. Compared and hashed by identity: the generated table holds each once."""

    path: str
    request: type[Request]
    response: type[Response]
    # Marked NO_SIDE_EFFECTS in the protos: may be sent again whatever became of it.
    reads_only: bool


class Unary(_Rpc[Request, Response]):
    """A method with one answer."""


class ServerStream(_Rpc[Request, Response]):
    """A method with answers until one side ends it."""
