"""Correlation without handing it through every function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from .._codec.ids import check_name


@dataclass(frozen=True)
class Correlation:
    """What events carry that do not say it themselves."""

    correlation_id: str = ""
    causation_id: str = ""
    actor_id: str = ""


_NONE: Final = Correlation()
_CURRENT: Final = ContextVar("entdb_correlation", default=_NONE)


@contextmanager
def correlated(
    *,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    actor_id: str | None = None,
) -> Iterator[Correlation]:
    """Has what is appended inside of the `with`, also by tasks that are started there, carry
    these ids, unless an event has its own. What is left out is as it was around it."""
    around = _CURRENT.get()
    inside = Correlation(
        around.correlation_id if correlation_id is None else correlation_id,
        around.causation_id if causation_id is None else causation_id,
        around.actor_id if actor_id is None else actor_id,
    )
    check_name(inside.correlation_id, "correlation_id")
    check_name(inside.causation_id, "causation_id")
    check_name(inside.actor_id, "actor_id")
    token = _CURRENT.set(inside)
    try:
        yield inside
    finally:
        _CURRENT.reset(token)


def current_correlation() -> Correlation:
    """The ids in force here."""
    return _CURRENT.get()
