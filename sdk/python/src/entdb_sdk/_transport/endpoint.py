"""Where the server is, as a user writes it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ..errors import ValidationError, invalid

DEFAULT_PORT = 50051

_SCHEMES = {"http": False, "https": True, "grpc": False, "grpcs": True}
_ENDPOINT = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
    r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s/:\[\]@?#]+)"
    r"(?::(?P<port>[0-9]{1,5}))?/?"
)


@dataclass(frozen=True)
class Endpoint:
    """A host and a port, and whether the user said by a scheme that TLS is spoken there."""

    host: str
    port: int
    tls: bool | None

    @property
    def target(self) -> str:
        return f"dns:///{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        bare = self.host.strip("[]").lower()
        if bare == "localhost" or bare.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(bare).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """`host`, `host:port`, or a URL of either. Raises ValidationError (INVALID_ENDPOINT)."""
    found = _ENDPOINT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise _refused(text, "is no host and port")
    scheme = found["scheme"]
    if scheme is not None and scheme.lower() not in _SCHEMES:
        raise _refused(text, f"has the unknown scheme {scheme!r}")
    port = DEFAULT_PORT if found["port"] is None else int(found["port"])
    if not 0 < port < 2**16:
        raise _refused(text, "has no such port")
    tls = None if scheme is None else _SCHEMES[scheme.lower()]
    return Endpoint(found["host"], port, tls)


def _refused(text: object, problem: str) -> ValidationError:
    hint = 'Write "localhost:50051", or "https://host:port" for TLS.'
    return invalid("INVALID_ENDPOINT", f"The endpoint {text!r} {problem}.", hint)
