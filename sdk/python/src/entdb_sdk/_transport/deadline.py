"""A moment by which a call must have ended, whatever it does until then."""

from __future__ import annotations

import time

from ..errors import TimeoutError, invalid


class Deadline:
    """Counts down from when it is made. Times are seconds."""

    __slots__ = ("_at", "timeout")

    def __init__(self, timeout: float) -> None:
        if not (isinstance(timeout, int | float) and 0 < timeout < float("inf")):
            raise invalid(
                "INVALID_REQUEST",
                f"timeout: {timeout!r} is no time.",
                "Give seconds, more than 0.",
            )
        self.timeout = timeout
        self._at = time.monotonic() + timeout

    @property
    def left(self) -> float:
        """0 or less once it has passed."""
        return self._at - time.monotonic()

    def passed(self) -> TimeoutError:
        return TimeoutError(
            f"There was no answer within {self.timeout:g} s.",
            reason="DEADLINE_EXCEEDED",
            code="deadline_exceeded",
            hint="Give a longer timeout; a write may have happened, and is safe to repeat with "
            "its idempotency key.",
        )
