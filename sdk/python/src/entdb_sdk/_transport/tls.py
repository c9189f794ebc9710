"""What TLS goes by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tls:
    """Everything is PEM; nothing given means the system's authorities."""

    ca_certificate: bytes | None = None
    certificate: bytes | None = None
    private_key: bytes | None = None
