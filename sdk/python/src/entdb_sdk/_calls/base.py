"""What every family of calls stands on."""

from __future__ import annotations

import uuid

from .._codec.ids import check_name
from .._session import Session
from ..errors import ValidationError, invalid


class Calls:
    """Calls in the name of one actor, of one tenant."""

    _session: Session


def key_of_write(given: str | None) -> str:
    """The idempotency key that was given, or a new one.

    Raises ValidationError (INVALID_IDEMPOTENCY_KEY) for one that is empty or no text.
    """
    if given is None:
        return str(uuid.uuid4())
    hint = "Give a short unique text, or leave it out to have one made."
    if given == "":
        raise invalid("INVALID_IDEMPOTENCY_KEY", "The idempotency key is empty.", hint)
    try:
        check_name(given, "idempotency_key")
    except ValidationError as error:
        raise invalid("INVALID_IDEMPOTENCY_KEY", error.message, hint) from error
    return given
