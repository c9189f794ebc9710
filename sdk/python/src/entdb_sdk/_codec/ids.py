"""Where an id is taken, whatever has one will do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..errors import invalid


@runtime_checkable
class HasId(Protocol):
    """A node, an edge, or what a plan's `create` and `link` hand out."""

    @property
    def id(self) -> str: ...


IdLike = str | HasId


def id_of(value: object) -> str | None:
    """The id, or None when the value neither is nor has one."""
    if isinstance(value, str):
        return value
    held = value.id if isinstance(value, HasId) else None
    return held if isinstance(held, str) else None


def check_name(value: object, what: str) -> None:
    """Raises ValidationError for what cannot be sent as text; what it means the server judges."""
    try:
        if isinstance(value, str):
            value.encode()
            return
    except UnicodeEncodeError:
        pass
    hint = "Give a str of well-formed Unicode."
    raise invalid("INVALID_REQUEST", f"{what}: {value!r} is no text.", hint)


def check_position(value: object, what: str) -> None:
    """Raises ValidationError (INVALID_POSITION) for what no answer holds as a position."""
    if not isinstance(value, bytes):
        hint = "Give the bytes that an answer had; text made of them must be made bytes again."
        raise invalid("INVALID_POSITION", f"{what}: {value!r} is no position.", hint)


def require_id(value: object, what: str) -> str:
    """Raises ValidationError (INVALID_ID) when the value neither is nor has an id."""
    text = id_of(value)
    if not text:
        raise invalid(
            "INVALID_ID",
            f"{what}: {value!r} is no id.",
            "Give an id as text, or a node or edge that has one.",
        )
    check_name(text, what)
    return text
