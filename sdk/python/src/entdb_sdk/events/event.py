"""Events as programs see them.

What an event says is its payload; programs that do not choose bytes of their own write and read
it as JSON.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from ..errors import ValidationError, invalid
from .correlation import current_correlation

_JSON_TYPE: Final = "application/json"
_IS_JSON: Final = re.compile(r"application/(?:[\w.-]+\+)?json\b")


@dataclass(frozen=True)
class NewEvent:
    """An event to be appended."""

    type: str
    """Dotted: "account.opened"."""
    data: Any = None
    """What it says, as JSON; `payload` takes bytes instead. None: nothing."""
    payload: bytes | None = None
    """What it says, as bytes of `content_type`."""
    version: int = 1
    """Of what it says; upcasters go by it."""
    id: str = ""
    """No other event of the tenant may have it. Empty: one is made."""
    content_type: str = ""
    """Empty: "application/json" for data."""
    content_schema: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    actor_id: str = ""
    """Who caused it, as the program sees it: kept, and never used for access."""
    timestamp: int | datetime = 0
    """When it happened, where that is not when it is recorded: Unix milliseconds, or a datetime
    with a time zone; 0 says nothing."""
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    """By which conditions and reads find it: "account:42". At most 32."""


@dataclass(frozen=True)
class RecordedEvent:
    """An event as it stands. Times are in Unix milliseconds."""

    id: str
    type: str
    version: int
    aggregate_id: str
    aggregate_type: str
    aggregate_nonce: int
    """Place in the aggregate, from 1, without gaps."""
    global_nonce: int
    """Place in the tenant, from 1, without gaps."""
    recorded_at: int
    """Log time."""
    timestamp: int
    """When it happened, if its writer said so; else 0."""
    data: Any
    """What it says, where that is JSON; None for nothing and for other content."""
    payload: bytes
    content_type: str
    content_schema: str
    correlation_id: str
    causation_id: str
    actor_id: str
    headers: Mapping[str, str]
    tags: tuple[str, ...]


def sealed(event: NewEvent) -> NewEvent:
    """The event with its bytes made, and with all that it is sent with, so that every attempt
    sends the same.

    Raises ValidationError (INVALID_REQUEST) for data that is no JSON, and for data and a payload
    together.
    """
    has_data = event.data is not None
    if has_data and event.payload is not None:
        raise _unusable(event, "has data and a payload", "Give one of them.")
    payload = _json_bytes(event) if has_data else (event.payload or b"")
    around = current_correlation()
    return replace(
        event,
        data=None,
        payload=payload,
        content_type=event.content_type or (_JSON_TYPE if has_data else ""),
        correlation_id=event.correlation_id or around.correlation_id,
        causation_id=event.causation_id or around.causation_id,
        actor_id=event.actor_id or around.actor_id,
    )


def as_recorded(event: NewEvent) -> NewEvent:
    """The event with an id, and with its data as a read will give it: tuples are lists by then."""
    seal = sealed(event)
    data = None if event.data is None else json.loads(seal.payload or b"")
    return replace(event, id=event.id or str(uuid.uuid4()), data=data)


def data_of(content_type: str, payload: bytes) -> Any:  # noqa: ANN401
    """What bytes say, if they are JSON. Other programs may call bytes so that are none."""
    if not payload or not _IS_JSON.match(content_type):
        return None
    try:
        return json.loads(payload)
    except ValueError:
        return None


def _json_bytes(event: NewEvent) -> bytes:
    try:
        text = json.dumps(event.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        hint = "Give JSON, or bytes as payload."
        raise _unusable(event, f"has data that is no JSON ({error})", hint) from error


def _unusable(event: NewEvent, what: str, hint: str) -> ValidationError:
    return invalid("INVALID_REQUEST", f"The event {event.type!r} {what}.", hint)
