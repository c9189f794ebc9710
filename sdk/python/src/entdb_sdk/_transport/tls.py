"""What TLS goes by."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from ..errors import ValidationError, invalid

_KEY_MARK = b"PRIVATE KEY-----"


@dataclass(frozen=True)
class Tls:
    """Everything is PEM; nothing given means the system's authorities.

    Raises ValidationError for what is no PEM, and for a certificate without its key: the core
    of gRPC ends the process over such.
    """

    ca_certificate: bytes | None = None
    certificate: bytes | None = None
    private_key: bytes | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.private_key is None):
            raise _refused("client_certificate and client_key go together")
        for name in ("ca_certificate", "certificate"):
            pem = getattr(self, name)
            if pem is not None:
                _check_certificates(pem, name)
        if self.private_key is not None and _KEY_MARK not in self.private_key:
            raise _refused("client_key is no private key in PEM")

    def context(self) -> ssl.SSLContext:
        """The same for Python's own TLS, without the client's certificate."""
        context = ssl.create_default_context()
        if self.ca_certificate is not None:
            context.load_verify_locations(cadata=self.ca_certificate.decode())
        context.set_alpn_protocols(["h2"])
        return context


def _check_certificates(pem: object, name: str) -> None:
    try:
        if not isinstance(pem, bytes):
            raise TypeError("give the bytes of the file")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.decode())
    except (OSError, TypeError, ValueError) as error:
        raise _refused(f"{name} is no certificate in PEM ({error})") from error


def _refused(problem: str) -> ValidationError:
    return invalid("INVALID_REQUEST", f"{problem}.", "Read the PEM files as bytes.")
