"""The one map from what gRPC raises to our errors.

What EntDB answers carries google.rpc.ErrorInfo of the domain "entdb"; its reason decides the
class, and the status does for reasons that are newer than this client. What does not carry it
was not answered by EntDB: the connection failed, or something else answers there.
"""

from __future__ import annotations

from typing import Final

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from .. import errors
from ..errors import EntDbError
from .endpoint import Endpoint
from .reasons import CODE_OF_REASON

_DOMAIN: Final = "entdb"
_DETAILS_KEY: Final = "grpc-status-details-bin"

_BY_REASON: Final[dict[str, type[EntDbError]]] = {
    "UNIQUE_CONFLICT": errors.UniqueConflictError,
    "EDGE_ALREADY_EXISTS": errors.UniqueConflictError,
    "NODE_ALREADY_EXISTS": errors.UniqueConflictError,
    "VERSION_CONFLICT": errors.VersionConflictError,
    "PRECONDITION_FAILED": errors.VersionConflictError,
    "CONCURRENCY_CONFLICT": errors.ConcurrencyConflictError,
    "IDEMPOTENCY_KEY_REUSED": errors.IdempotencyKeyReusedError,
    "SCHEMA_UNKNOWN": errors.SchemaConflictError,
    "SCHEMA_INCOMPATIBLE": errors.SchemaConflictError,
    "FIELD_UNKNOWN": errors.UnknownFieldError,
    "RATE_LIMITED": errors.RateLimitedError,
    "OVERLOADED": errors.UnavailableError,
    "TENANT_HALTED": errors.UnavailableError,
    "TENANT_REBUILDING": errors.UnavailableError,
    "OUTCOME_UNKNOWN": errors.OutcomeUnknownError,
    "LIMIT_EXCEEDED": errors.ValidationError,
    "MESSAGE_TOO_LARGE": errors.ValidationError,
    "QUERY_NEEDS_INDEX": errors.ValidationError,
    "INTERNAL": errors.ServerError,
}
_BY_CODE: Final[dict[str, type[EntDbError]]] = {
    "invalid_argument": errors.ValidationError,
    "out_of_range": errors.ValidationError,
    "deadline_exceeded": errors.TimeoutError,
    "not_found": errors.NotFoundError,
    "already_exists": errors.ConflictError,
    "failed_precondition": errors.ConflictError,
    "aborted": errors.ConflictError,
    "permission_denied": errors.PermissionError,
    "unauthenticated": errors.AuthenticationError,
    "unimplemented": errors.UnsupportedError,
    "unavailable": errors.UnavailableError,
    "resource_exhausted": errors.UnavailableError,
    "internal": errors.ServerError,
    "unknown": errors.ServerError,
    "data_loss": errors.ServerError,
}


def error_of(failure: grpc.aio.AioRpcError, endpoint: Endpoint) -> EntDbError:
    """What a failed call means."""
    code = failure.code().name.lower()
    answered = _answered(failure, code)
    return _unanswered(failure, code, endpoint) if answered is None else answered


def error_for(
    reason: str, code: str | None, message: str, hint: str | None, details: dict[str, str]
) -> EntDbError:
    """The error of a reason of the server's. Without a code it is the reason's own."""
    code = code or CODE_OF_REASON.get(reason, "unknown")
    kind = _BY_REASON.get(reason) or _BY_CODE.get(code, EntDbError)
    error = kind(message, reason=reason, code=code, hint=hint, details=details)
    if isinstance(error, errors.UnknownFieldError):
        error.field_name = details.get("field_name") or details.get("field_id", "")
        near = details.get("suggestions", "")
        error.suggestions = tuple(near.split(",")) if near else ()
    return error


def _answered(failure: grpc.aio.AioRpcError, code: str) -> EntDbError | None:
    """What EntDB said; None when it was not EntDB who answered."""
    info = ErrorInfo()
    bad_request = BadRequest()
    retry: float | None = None
    for packed in _status_of(failure).details:
        if packed.Is(ErrorInfo.DESCRIPTOR):
            packed.Unpack(info)
        elif packed.Is(BadRequest.DESCRIPTOR):
            packed.Unpack(bad_request)
        elif packed.Is(RetryInfo.DESCRIPTOR):
            wait = RetryInfo()
            packed.Unpack(wait)
            retry = wait.retry_delay.seconds + wait.retry_delay.nanos / 1e9
    if info.domain != _DOMAIN:
        return None
    details = dict(info.metadata)
    hint = details.pop("hint", None)
    request_id = details.pop("request_id", None)
    error = error_for(info.reason, code, failure.details() or "", hint, details)
    error.request_id = request_id
    error.retry_after = retry
    return error


def _status_of(failure: grpc.aio.AioRpcError) -> Status:
    status = Status()
    for key, value in failure.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                status.ParseFromString(value)
            except DecodeError:
                return Status()
    return status


def _unanswered(failure: grpc.aio.AioRpcError, code: str, endpoint: Endpoint) -> EntDbError:
    """What happened on the way, told from the sentence that gRPC's core gives, its only word."""
    said = failure.details() or ""
    if code == "deadline_exceeded":
        return errors.TimeoutError(
            f"There was no answer from {endpoint} in time.",
            reason="DEADLINE_EXCEEDED",
            code=code,
            hint="Give a longer timeout; a write may have happened, and is safe to repeat with "
            "its idempotency key.",
        )
    if code in ("unauthenticated", "permission_denied"):
        return error_for(code.upper(), code, said, None, {})
    if code == "resource_exhausted":
        return error_for("MESSAGE_TOO_LARGE", code, said, None, {})
    kind, reason, problem, hint = _trouble(said.lower(), code)
    return kind(
        f"{endpoint}: {problem}.",
        reason=reason,
        code=code,
        hint=hint,
        details={"cause": said},
    )


def _trouble(said: str, code: str) -> tuple[type[EntDbError], str, str, str]:
    """The class, the reason, the problem, and what to do."""
    if any(
        word in said
        for word in ("handshake failed", "ssl_error", "certificate", "verification", "tsi_")
    ):
        return (
            errors.TlsError,
            "TLS_FAILED",
            "the two sides do not agree on TLS",
            "Check use_tls on both sides, and that the certificate is for this name and from an "
            "authority that this client trusts.",
        )
    if "dns resolution failed" in said or "name resolution" in said or "domain name" in said:
        return (
            errors.HostNotFoundError,
            "HOST_NOT_FOUND",
            "the name stands for no address",
            "Check the endpoint.",
        )
    if code == "unimplemented" or "http1" in said or "http status" in said or "http/2" in said:
        return (
            errors.WrongEndpointError,
            "WRONG_ENDPOINT",
            "what answers there is not EntDB's gRPC port",
            "EntDB serves gRPC on port 50051 unless told otherwise; 8080 is REST.",
        )
    if "failed to connect" in said or "connection refused" in said:
        return (
            errors.ConnectionRefusedError,
            "CONNECTION_REFUSED",
            "nobody can be reached there",
            "Check that the server runs and the endpoint is right.",
        )
    return (
        errors.ConnectionLostError,
        "CONNECTION_LOST",
        "the connection broke under the call",
        "A write may have happened; it is safe to repeat with its idempotency key.",
    )
