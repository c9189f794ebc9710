"""Events and appends between programs and messages."""

from __future__ import annotations

from typing import Final

from .._generated.entdb.v1 import event_model_pb2 as pb
from ..errors import invalid
from ..events.event import NewEvent, RecordedEvent, data_of, sealed
from ..events.store import Append, AppendCondition, EventFilter, ExpectedNonce
from .ids import check_name, check_names
from .times import milliseconds

_WORDS: Final = ("none", "exists", "any")


def encode_append(append: Append) -> pb.AppendEvents:
    """Ids are made here, so that every attempt sends the same ones."""
    return pb.AppendEvents(
        aggregate_id=text(append.aggregate_id, "aggregate_id"),
        aggregate_type=text(append.aggregate_type, "aggregate_type"),
        expected=_encode_expected(append.expected),
        events=[_encode_event(sealed(one)) for one in append.events],
        condition=None if append.condition is None else _encode_condition(append.condition),
    )


def encode_checkpoint(consumer: str, global_nonce: int, expected: int | None) -> pb.StoreCheckpoint:
    return pb.StoreCheckpoint(
        consumer=text(consumer, "consumer"),
        global_nonce=nonce(global_nonce, "global_nonce"),
        expected_global_nonce=None if expected is None else nonce(expected, "expected"),
    )


def encode_filter(wanted: EventFilter | None) -> pb.EventFilter:
    if wanted is None:
        return pb.EventFilter()
    return pb.EventFilter(
        event_types=check_names(wanted.types, "types"),
        aggregate_types=check_names(wanted.aggregate_types, "aggregate_types"),
        aggregate_id_prefix=text(wanted.aggregate_id_prefix, "aggregate_id_prefix"),
        tags=check_names(wanted.tags, "tags"),
    )


def decode_event(wire: pb.Event) -> RecordedEvent:
    return RecordedEvent(
        id=wire.event_id,
        type=wire.event_type,
        version=wire.event_version,
        aggregate_id=wire.aggregate_id,
        aggregate_type=wire.aggregate_type,
        aggregate_nonce=wire.aggregate_nonce,
        global_nonce=wire.global_nonce,
        recorded_at=wire.recorded_time_unix_ms,
        timestamp=wire.timestamp_unix_ms,
        data=data_of(wire.content_type, wire.payload),
        payload=wire.payload,
        content_type=wire.content_type,
        content_schema=wire.content_schema,
        correlation_id=wire.correlation_id,
        causation_id=wire.causation_id,
        actor_id=wire.actor_id,
        headers=dict(wire.headers),
        tags=tuple(wire.tags),
    )


def nonce(value: object, what: str) -> int:
    """Raises ValidationError (INVALID_REQUEST) for what is no nonce."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return value
    raise invalid("INVALID_REQUEST", f"{what}: {value!r} is no nonce.", "Nonces count from 1.")


def text(value: str, what: str) -> str:
    """Raises ValidationError (INVALID_REQUEST) for what cannot be sent as text."""
    check_name(value, what)
    return value


def _encode_event(event: NewEvent) -> pb.NewEvent:
    if not isinstance(event.payload, bytes):
        hint = "Give bytes, or data as JSON."
        raise invalid("INVALID_REQUEST", f"payload: {event.payload!r} is no bytes.", hint)
    time = milliseconds(event.timestamp, "timestamp")
    if time < 0:
        hint = "Events carry times from 1970 on; put an earlier one into what the event says."
        raise invalid("INVALID_VALUE", f"timestamp: {event.timestamp!r} is too early.", hint)
    for name, value in event.headers.items():
        check_name(name, "headers")
        check_name(value, "headers")
    return pb.NewEvent(
        event_id=text(event.id, "id"),
        event_type=text(event.type, "type"),
        event_version=_version(event.version),
        payload=event.payload,
        content_type=text(event.content_type, "content_type"),
        content_schema=text(event.content_schema, "content_schema"),
        correlation_id=text(event.correlation_id, "correlation_id"),
        causation_id=text(event.causation_id, "causation_id"),
        actor_id=text(event.actor_id, "actor_id"),
        timestamp_unix_ms=time,
        headers=event.headers,
        tags=check_names(event.tags, "tags"),
    )


def _encode_expected(expected: ExpectedNonce) -> pb.ExpectedNonce:
    if expected in _WORDS:
        return pb.ExpectedNonce(**{str(expected): True})
    try:
        return pb.ExpectedNonce(exact=nonce(expected, "expected"))
    except ValueError as error:
        hint = 'Give the last nonce that was read, "none", "exists" or "any".'
        message = f"expected: {expected!r} is nothing to expect."
        raise invalid("INVALID_REQUEST", message, hint) from error


def _encode_condition(condition: AppendCondition) -> pb.AppendCondition:
    return pb.AppendCondition(
        fail_if_any=[
            pb.EventQueryItem(
                event_types=check_names(one.types, "condition.types"),
                tags=check_names(one.tags, "condition.tags"),
            )
            for one in condition.fail_if_any
        ],
        after_global_nonce=nonce(condition.after, "condition.after"),
    )


def _version(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32:
        return value
    raise invalid("INVALID_REQUEST", f"version: {value!r} is no version.", "Versions count from 1.")
