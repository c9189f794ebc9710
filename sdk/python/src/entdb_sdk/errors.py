"""Everything that EntDB, or the way to it, can refuse or fail with.

Every error is an `EntDbError` and says what is wrong (`message`), why in a word that never
changes (`reason`), what to do (`hint`), and, when a server answered, which request it was
(`request_id`). Catch the class for the kind of trouble, and look at `reason` for the exact
one: the reasons of the server stand in its reference, docs/reference/errors.md; those that
only a client can come to are named at the classes below.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_NO_DETAILS: Mapping[str, str] = MappingProxyType({})


class EntDbError(Exception):
    """Something was refused or failed. The base of every error that this package raises."""

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        code: str = "unknown",
        hint: str | None = None,
        details: Mapping[str, str] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.code = code
        """The gRPC status in lower case, `not_found`; for what was refused before sending, the
        status that the server would have answered with."""
        self.hint = hint
        self.details: Mapping[str, str] = details if details is not None else _NO_DETAILS
        """Facts for programs: `field`, `actual_version`, `limit`, ..."""
        self.request_id = request_id
        """For the server's log. None when no server answered."""
        self.retry_after = retry_after
        """Seconds after which the server thinks the same request may succeed; None when it
        thinks nothing of repeating it. The client has repeated it by then, as far as its
        retry policy goes."""
        self.idempotency_key: str | None = None
        """The key of the write that failed. Sending the same write with it again is safe:
        it is done at most once, whatever became of it the first time."""

    def __str__(self) -> str:
        parts = [self.message]
        if self.hint:
            parts.append(self.hint)
        place = self.reason if self.request_id is None else f"{self.reason}, {self.request_id}"
        return f"{' '.join(parts)} [{place}]"


class ConnectionError(EntDbError, builtins.ConnectionError):
    """There is no way to the server, or it broke. Also a ConnectionError of Python's own.

    What was refused for good is raised at once; what may pass (a refused or lost connection)
    after as many attempts as the retry policy makes.
    """


class ConnectionRefusedError(ConnectionError, builtins.ConnectionRefusedError):
    """Nobody listens at the endpoint (reason CONNECTION_REFUSED), or it cannot be reached."""


class ConnectionLostError(ConnectionError):
    """The connection broke under the call (CONNECTION_LOST). A write may have happened."""


class HostNotFoundError(ConnectionError):
    """The endpoint's name stands for no address (HOST_NOT_FOUND)."""


class TlsError(ConnectionError):
    """The two sides do not agree on TLS (TLS_FAILED): one speaks it and the other does not, or
    the certificate is not one that this client trusts."""


class WrongEndpointError(ConnectionError):
    """Something answers at the endpoint that is not EntDB's gRPC port (WRONG_ENDPOINT)."""


class TimeoutError(EntDbError, builtins.TimeoutError):
    """The deadline passed: DEADLINE_EXCEEDED, or POSITION_NOT_REACHED for a read that would
    have had to answer with older data than was asked for. A write may have happened."""


class UnavailableError(EntDbError):
    """The server is there and takes it not now: stopping, overloaded, its disk full."""


class OutcomeUnknownError(UnavailableError):
    """The server cannot say whether the write became durable (OUTCOME_UNKNOWN)."""


class RateLimitedError(UnavailableError):
    """The tenant or the credential has used up its requests for now (RATE_LIMITED)."""


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong with a payload."""

    field: str
    reason: str
    message: str
    hint: str
    suggestions: tuple[str, ...] = ()
    """The nearest names that there are, nearest first."""


class ValidationError(EntDbError, ValueError):
    """The request does not say something that can be done, whatever the state of the data.

    Raised before anything is sent where the client knows it, and for the same reasons by
    the server. Also a ValueError.
    """

    violations: tuple[Violation, ...] = ()
    """All that is wrong with a payload that this client refused; empty when the server did."""


class UnknownFieldError(ValidationError):
    """The type has no field of this name (FIELD_UNKNOWN)."""

    field_name: str = ""
    suggestions: tuple[str, ...] = ()
    """The nearest names that the type has, nearest first."""


class AuthenticationError(EntDbError):
    """There is no credential, or it does not hold: unknown, expired, revoked (UNAUTHENTICATED)."""


class PermissionError(EntDbError, builtins.PermissionError):
    """Whoever asks may not do this."""


class NotFoundError(EntDbError, LookupError):
    """There is no such thing, or it may not be seen: the two look the same."""


class ConflictError(EntDbError):
    """The state of the data stands against it."""


class UniqueConflictError(ConflictError):
    """Another node has the value of a unique field or key, or the edge is there already."""

    @property
    def key(self) -> str | None:
        """The field, or the unique key, whose value is taken."""
        return self.details.get("key")

    @property
    def existing_node_id(self) -> str | None:
        """The node that has it, as far as it may be read."""
        return self.details.get("existing_node_id")


class VersionConflictError(ConflictError):
    """The node has another version than expected, or a field does not hold what was demanded."""

    @property
    def actual_version(self) -> int | None:
        """The node's version as it is."""
        return _number_in(self.details, "actual_version")


class ConcurrencyConflictError(ConflictError):
    """The aggregate does not stand as the append expects (CONCURRENCY_CONFLICT): somebody else was
    first. Read it again, decide again, append again."""

    @property
    def actual_last_aggregate_nonce(self) -> int | None:
        """The nonce of the aggregate's last event; 0 when it does not exist."""
        return _number_in(self.details, "actual_last_aggregate_nonce")

    @property
    def actual_last_global_nonce(self) -> int | None:
        """The nonce of the tenant's last event."""
        return _number_in(self.details, "actual_last_global_nonce")


class IdempotencyKeyReusedError(ConflictError):
    """The key belongs to another request. Nothing was done."""


class SchemaConflictError(ConflictError):
    """The schema would change what stored data means (SCHEMA_INCOMPATIBLE), or is not known."""


class UnsupportedError(EntDbError):
    """The server, of its version, does not have what was asked for."""


class ServerError(EntDbError):
    """The server failed by a fault of its own. Its log names the cause under `request_id`."""


def invalid(
    reason: str,
    message: str,
    hint: str | None = None,
    *,
    details: Mapping[str, str] | None = None,
) -> ValidationError:
    """A refusal by the client itself, before anything was sent."""
    return ValidationError(
        message, reason=reason, code="invalid_argument", hint=hint, details=details
    )


def _number_in(details: Mapping[str, str], name: str) -> int | None:
    text = details.get(name)
    return None if text is None else int(text)
