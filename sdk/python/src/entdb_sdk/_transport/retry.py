"""When a call is made again, and after how long.

Only what is safe to repeat comes here: reads, and writes that carry an idempotency key, which
is all of them. Only what may pass is repeated: a connection that was refused or lost, and
what the server itself calls repeatable. Waits are drawn evenly from 0 to a bound that doubles
(full jitter), so that clients that failed together do not come back together.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..errors import ConnectionLostError, ConnectionRefusedError, EntDbError, invalid

# What a retry costs, in successes: in the long run one retry in ten calls.
_RETRY_COST = 10


@dataclass(frozen=True)
class RetryPolicy:
    """How calls are repeated. Times are seconds.

    A call is made at most `max_attempts` times, and never beyond its timeout. The wait before
    the n-th repetition is drawn from 0 to `initial_backoff` doubled n-1 times, at most
    `max_backoff`; never less than the server asks for. `budget` is how many repetitions all
    calls of a client may make of what a server answered, before successes earn new ones: a
    server in trouble is not given ten times its load. `RetryPolicy(max_attempts=1)` never
    repeats anything.
    """

    max_attempts: int = 10
    initial_backoff: float = 0.05
    max_backoff: float = 2.0
    budget: int = 100

    def __post_init__(self) -> None:
        if not (self.max_attempts >= 1 and self.budget >= 0):  # which NaN is not either
            raise invalid("INVALID_REQUEST", "A call is made once at least.")
        if not 0 < self.initial_backoff <= self.max_backoff:
            raise invalid("INVALID_REQUEST", "0 < initial_backoff <= max_backoff does not hold.")

    def backoff(self, attempt: int) -> float:
        """Before the attempt after this one; the first is 1."""
        bound = min(self.max_backoff, self.initial_backoff * 2.0 ** (attempt - 1))
        return random.uniform(0, bound)  # noqa: S311  # spreads load, guards nothing


class RetryBudget:
    """What all calls of one client may repeat together."""

    __slots__ = ("_capacity", "_tokens")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity * _RETRY_COST
        self._tokens = self._capacity

    def succeeded(self) -> None:
        if self._tokens < self._capacity:
            self._tokens += 1

    def take(self) -> bool:
        """Whether one more repetition is within the budget; if so it is spent."""
        if self._tokens < _RETRY_COST:
            return False
        self._tokens -= _RETRY_COST
        return True


class Retrying:
    """The repetitions of one call."""

    __slots__ = ("_attempt", "_budget", "_policy")

    def __init__(self, policy: RetryPolicy, budget: RetryBudget) -> None:
        self._policy = policy
        self._budget = budget
        self._attempt = 1

    def wait_after(self, error: EntDbError, time_left: float) -> float | None:
        """Seconds to wait before the call is made again; None when the error is final."""
        if self._attempt >= self._policy.max_attempts:
            return None
        wait = self._policy.backoff(self._attempt)
        if isinstance(error, ConnectionRefusedError | ConnectionLostError):
            # One broken connection fails many calls, and costs no server anything.
            allowed = True
        elif error.retry_after is not None:
            wait += error.retry_after
            allowed = wait < time_left and self._budget.take()
        else:
            allowed = False
        if not allowed or wait >= time_left:
            return None
        self._attempt += 1
        return wait
