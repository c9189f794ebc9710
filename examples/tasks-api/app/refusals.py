"""Refusals of EntDB as answers of this service: a status by reason, or else by class."""

from __future__ import annotations

from typing import Final

from entdb_sdk import errors
from fastapi import Request
from fastapi.responses import JSONResponse

_BY_REASON: Final = {
    "VERSION_CONFLICT": 412,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "POSITION_NOT_REACHED": 503,
}
_BY_CLASS: Final = (
    (errors.ValidationError, 400),
    (errors.PermissionError, 403),
    (errors.NotFoundError, 404),
    (errors.ConflictError, 409),
    (errors.RateLimitedError, 429),
    (errors.TimeoutError, 504),
    (errors.UnavailableError, 503),
    (errors.ConnectionError, 503),
)


def status_of(error: errors.EntDbError) -> int:
    """500 for what is not the caller's doing and will not pass by itself."""
    by_class = (status for kind, status in _BY_CLASS if isinstance(error, kind))
    return _BY_REASON.get(error.reason) or next(by_class, 500)


async def refuse(_request: Request, error: Exception) -> JSONResponse:
    """What happened, and what to do next. Of a fault only what to ask the operator about."""
    assert isinstance(error, errors.EntDbError)
    status = status_of(error)
    body: dict[str, object] = {"reason": error.reason, "request_id": error.request_id}
    if status != 500:
        body |= {"message": error.message, "hint": error.hint}
    headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:.0f}"}
    return JSONResponse({"error": body}, status, headers)
