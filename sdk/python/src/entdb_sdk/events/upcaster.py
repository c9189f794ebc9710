"""Events as programs of today read them, whatever version they were written in.

Upcasters are pure, run on reading, and go from one version to the next, so that they chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from ..errors import invalid
from .event import RecordedEvent

_MAX_STEPS: Final = 100


@dataclass(frozen=True)
class Upcaster:
    """Turns events of one type and version into a later one."""

    type: str
    version: int
    upcast: Callable[[RecordedEvent], RecordedEvent]
    """Answers with the event in its later form: `dataclasses.replace(event, version=2, data=…)`.
    Another version, or another type, and what it says by then; the rest stays as recorded."""


class Upcasters:
    """Upcasters by the type and version that they take."""

    def __init__(self, upcasters: Iterable[Upcaster] = ()) -> None:
        """Raises ValidationError (INVALID_REQUEST) for two that take the same."""
        self._by_version: dict[tuple[str, int], Upcaster] = {}
        for one in upcasters:
            key = (one.type, one.version)
            if key in self._by_version:
                message = f"Two upcasters take version {one.version} of {one.type}."
                raise invalid("INVALID_REQUEST", message, "Keep one of them.")
            self._by_version[key] = one

    def apply(self, event: RecordedEvent) -> RecordedEvent:
        """The event as the last upcaster of its chain leaves it. Raises ValidationError
        (INVALID_REQUEST) for a chain that comes back to itself."""
        for _ in range(_MAX_STEPS):
            upcaster = self._by_version.get((event.type, event.version))
            if upcaster is None:
                return event
            later = upcaster.upcast(event)
            event = replace(event, type=later.type, version=later.version, data=later.data)
        message = f"The upcasters of {event.type} lead in a circle."
        raise invalid("INVALID_REQUEST", message, "Let each lead to a later version.")
