"""The gRPC status of each reason, for outcomes that are told without one.

A rejected transaction's receipt says its reason only. Where a reason comes with several
statuses this is the one that it comes with when a request is refused.
"""

from __future__ import annotations

from typing import Final

_BY_CODE: Final = {
    "invalid_argument": """
        INVALID_REQUEST INVALID_TENANT_ID INVALID_ACTOR INVALID_ID INVALID_VALUE
        INVALID_IDEMPOTENCY_KEY INVALID_FILTER INVALID_CURSOR INVALID_POSITION ALIAS_INVALID
        ALIAS_UNKNOWN ALIAS_DUPLICATE SERVER_OWNED_FIELD LIMIT_EXCEEDED
        POSITION_FROM_ANOTHER_LOG SCHEMA_INVALID TYPE_UNKNOWN EDGE_TYPE_UNKNOWN
        FIELD_UNKNOWN FIELD_REQUIRED FIELD_KIND_MISMATCH ENUM_VALUE_UNKNOWN
        REF_TARGET_MISMATCH EDGE_ENDS_MISMATCH KEY_UNKNOWN INVALID_PRINCIPAL SEARCH_INVALID
    """,
    "resource_exhausted": """
        MESSAGE_TOO_LARGE OVERLOADED RATE_LIMITED
    """,
    "unimplemented": """
        UNSUPPORTED_ENCODING METHOD_NOT_ALLOWED NOT_IMPLEMENTED
    """,
    "out_of_range": """
        POSITION_BEYOND_LOG LOG_TRIMMED CHANGES_TRIMMED
    """,
    "failed_precondition": """
        SCHEMA_UNKNOWN SCHEMA_INCOMPATIBLE NODE_DELETED NODE_NOT_DELETED TENANT_HALTED
        QUERY_NEEDS_INDEX DATA_DIR_LOCKED DATA_DIR_INVALID FORMAT_TOO_NEW CONFIG_INVALID
        GROUP_CYCLE TENANT_SUSPENDED
    """,
    "not_found": """
        NODE_NOT_FOUND EDGE_NOT_FOUND TENANT_NOT_FOUND ROUTE_NOT_FOUND ROLE_NOT_FOUND
        GROUP_NOT_FOUND MEMBER_NOT_FOUND API_KEY_NOT_FOUND
    """,
    "already_exists": """
        NODE_ALREADY_EXISTS EDGE_ALREADY_EXISTS UNIQUE_CONFLICT IDEMPOTENCY_KEY_REUSED
        TENANT_ALREADY_EXISTS
    """,
    "aborted": """
        VERSION_CONFLICT PRECONDITION_FAILED
    """,
    "unauthenticated": """
        UNAUTHENTICATED
    """,
    "permission_denied": """
        PERMISSION_DENIED TENANT_MISMATCH HOST_REFUSED ORIGIN_REFUSED SCHEMA_LOCKED
    """,
    "unavailable": """
        TENANT_STALLED TENANT_REBUILDING OUTCOME_UNKNOWN LOG_UNAVAILABLE CLOCK_JUMP
        SERVER_STOPPING SCHEMA_BUILDING
    """,
    "deadline_exceeded": """
        POSITION_NOT_REACHED DEADLINE_EXCEEDED
    """,
    "data_loss": """
        LOG_DAMAGED LOG_SHORTER_THAN_VIEWS REPLAY_DIVERGED VIEW_DAMAGED
    """,
    "canceled": """
        CANCELED
    """,
    "internal": """
        INTERNAL
    """,
}

CODE_OF_REASON: Final = {
    reason: code for code, reasons in _BY_CODE.items() for reason in reasons.split()
}
