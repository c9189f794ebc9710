"""Errors by reason: each has a class, whatever it is, and says what to do."""

from __future__ import annotations

import builtins

import pytest

from entdb_sdk import errors
from entdb_sdk._generated.entdb.v1 import errors_pb2
from entdb_sdk._transport.reasons import CODE_OF_REASON
from entdb_sdk._transport.status import error_for
from entdb_sdk.errors import EntDbError

from .server import REPOSITORY

REASONS = [name.removeprefix("ERROR_REASON_") for name in errors_pb2.ErrorReason.keys()][1:]  # noqa: SIM118


def codes_of() -> dict[str, str]:
    """The status of each reason, from the server's reference."""
    rows = (REPOSITORY / "docs" / "reference" / "errors.md").read_text().splitlines()
    cells = [[cell.strip(" `") for cell in row.split("|")] for row in rows if row.startswith("| `")]
    return {row[1]: row[2].partition(",")[0].strip(" `") for row in cells}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_class(reason: str) -> None:
    error = error_for(reason, codes_of()[reason], "message", "hint", {})
    assert type(error) is not EntDbError or reason == "CANCELED"
    assert error.reason == reason


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("INVALID_ID", errors.ValidationError),
        ("FIELD_UNKNOWN", errors.UnknownFieldError),
        ("LIMIT_EXCEEDED", errors.ValidationError),
        ("CHANGES_TRIMMED", errors.ValidationError),
        ("NODE_NOT_FOUND", errors.NotFoundError),
        ("TENANT_NOT_FOUND", errors.NotFoundError),
        ("UNIQUE_CONFLICT", errors.UniqueConflictError),
        ("VERSION_CONFLICT", errors.VersionConflictError),
        ("IDEMPOTENCY_KEY_REUSED", errors.IdempotencyKeyReusedError),
        ("SCHEMA_INCOMPATIBLE", errors.SchemaConflictError),
        ("NODE_DELETED", errors.ConflictError),
        ("TENANT_SUSPENDED", errors.ConflictError),
        ("UNAUTHENTICATED", errors.AuthenticationError),
        ("PERMISSION_DENIED", errors.PermissionError),
        ("TENANT_MISMATCH", errors.PermissionError),
        ("SCHEMA_LOCKED", errors.PermissionError),
        ("DEADLINE_EXCEEDED", errors.TimeoutError),
        ("POSITION_NOT_REACHED", errors.TimeoutError),
        ("OVERLOADED", errors.UnavailableError),
        ("RATE_LIMITED", errors.RateLimitedError),
        ("SERVER_STOPPING", errors.UnavailableError),
        ("TENANT_HALTED", errors.UnavailableError),
        ("OUTCOME_UNKNOWN", errors.OutcomeUnknownError),
        ("INTERNAL", errors.ServerError),
        ("VIEW_DAMAGED", errors.ServerError),
    ],
)
def test_the_class_of_a_reason(reason: str, kind: type[EntDbError]) -> None:
    assert type(error_for(reason, codes_of()[reason], "message", None, {})) is kind


def test_the_status_of_each_reason() -> None:
    assert codes_of() == CODE_OF_REASON


def test_a_rejection_has_the_class_of_its_refusal() -> None:
    assert type(error_for("NODE_NOT_FOUND", None, "m", None, {})) is errors.NotFoundError
    assert type(error_for("EDGE_ENDS_MISMATCH", None, "m", None, {})) is errors.ValidationError
    assert error_for("NODE_NOT_FOUND", None, "m", None, {}).code == "not_found"


def test_a_reason_that_is_newer_than_this_client() -> None:
    error = error_for("SOMETHING_NEW", "already_exists", "message", None, {"a": "b"})
    assert type(error) is errors.ConflictError
    assert (error.reason, error.details) == ("SOMETHING_NEW", {"a": "b"})
    assert type(error_for("SOMETHING_NEW", "something_new", "message", None, {})) is EntDbError


def test_pythons_own_words() -> None:
    """Whoever catches Python's own errors of these names catches ours."""
    for name in ("ConnectionError", "TimeoutError", "PermissionError", "ConnectionRefusedError"):
        assert issubclass(getattr(errors, name), getattr(builtins, name))
    assert issubclass(errors.ValidationError, ValueError)
    assert issubclass(errors.NotFoundError, LookupError)


def test_what_is_printed() -> None:
    error = error_for("NODE_NOT_FOUND", "not_found", "No such node.", "Check the id.", {})
    assert str(error) == "No such node. Check the id. [NODE_NOT_FOUND]"
    error.request_id = "r-1"
    assert str(error) == "No such node. Check the id. [NODE_NOT_FOUND, r-1]"
    assert str(EntDbError("Plain.", reason="X")) == "Plain. [X]"


def test_every_error_is_made_alike() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, EntDbError)
    ]
    assert len(kinds) > 20
    for kind in kinds:
        error = kind("message", reason="REASON", hint="hint")
        assert isinstance(error, EntDbError)
        assert error.args == ("message",)
        assert (error.reason, error.hint, error.code) == ("REASON", "hint", "unknown")
        assert kind.__doc__
