"""What the store in memory refuses before it looks at what is there.

The limits and the shape are the server's, in its order, so that a program's tests meet them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .._generated.entdb.v1 import event_model_pb2 as pb
from ..errors import ConflictError, ValidationError, invalid

LIMITS: Final = {
    "eventsPerTransaction": 10_000,
    "aggregateTextBytes": 4 * 1024,
    "eventTextBytes": 64 * 1024,
    "tagsPerEvent": 32,
    "eventTagBytes": 256,
    "conditionItems": 32,
    "eventTypesPerFilter": 100,
    "consumerBytes": 256,
}
"""The server's, as its reference of limits names them."""


def check_request(appends: Sequence[pb.AppendEvents]) -> None:
    """Raises ValidationError, and ConflictError for an id that stands twice in one append."""
    for append in appends:
        _check_append(append)
    _check_count(sum(len(one.events) for one in appends), "events", "eventsPerTransaction")


def check_filter(wanted: pb.EventFilter) -> None:
    """Raises ValidationError."""
    _check_count(len(wanted.event_types), "types", "eventTypesPerFilter")
    _check_count(len(wanted.aggregate_types), "aggregate_types", "eventTypesPerFilter")
    _check_tags(wanted.tags)


def check_consumer(consumer: str) -> None:
    """Raises ValidationError."""
    _require_text(consumer, "consumer", "consumerBytes")


def check_aggregate_id(aggregate_id: str) -> None:
    """Raises ValidationError."""
    _require_text(aggregate_id, "aggregate_id", "aggregateTextBytes")


def id_taken(id: str) -> ConflictError:
    """The refusal of an event whose id another one has."""
    return ConflictError(
        f"There is an event with the id {id} already.",
        reason="EVENT_ALREADY_EXISTS",
        code="already_exists",
        hint="Give every event an id of its own.",
    )


def _check_append(append: pb.AppendEvents) -> None:
    check_aggregate_id(append.aggregate_id)
    _require_text(append.aggregate_type, "aggregate_type", "aggregateTextBytes")
    if not append.events:
        raise _misshapen("events", "holds no event")
    ids: set[str] = set()
    for event in append.events:
        _check_text(event.event_id, "id", "eventTextBytes")
        _check_text(event.event_type, "type", "eventTextBytes")
        _check_tags(event.tags)
        if event.event_id and event.event_id in ids:
            raise id_taken(event.event_id)
        ids.add(event.event_id)
    if append.HasField("condition"):
        _check_condition(append.condition)


def _check_condition(condition: pb.AppendCondition) -> None:
    items = condition.fail_if_any
    if not items:
        raise _misshapen("condition.fail_if_any", "holds no item")
    _check_count(len(items), "condition.fail_if_any", "conditionItems")
    for one in items:
        if not (one.event_types or one.tags):
            raise _misshapen("condition.fail_if_any", "has an item that names no type and no tag")
        check_filter(pb.EventFilter(event_types=one.event_types, tags=one.tags))


def _check_tags(tags: Iterable[str]) -> None:
    each = set(tags)
    _check_count(len(each), "tags", "tagsPerEvent")
    for tag in each:
        _require_text(tag, "tags", "eventTagBytes")


def _require_text(text: str, what: str, limit: str) -> None:
    if not text:
        raise _misshapen(what, "is empty")
    _check_text(text, what, limit)


def _check_text(text: str, what: str, limit: str) -> None:
    if len(text.encode()) > LIMITS[limit]:
        message = f"{what} holds a text of more than {LIMITS[limit]} bytes."
        raise _beyond(limit, message, "Send a shorter one.")


def _check_count(count: int, what: str, limit: str) -> None:
    if count > LIMITS[limit]:
        message = f"{what} holds {count}; at most {LIMITS[limit]} are allowed."
        raise _beyond(limit, message, "Send fewer at once.")


def _beyond(limit: str, message: str, hint: str) -> ValidationError:
    return ValidationError(
        message,
        reason="LIMIT_EXCEEDED",
        code="invalid_argument",
        hint=hint,
        details={"limit": limit, "max": str(LIMITS[limit])},
    )


def _misshapen(what: str, is_: str) -> ValidationError:
    hint = "Compare it with the API reference."
    return invalid("INVALID_REQUEST", f"{what} {is_}.", hint)
