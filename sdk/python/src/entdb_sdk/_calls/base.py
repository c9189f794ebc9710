"""What every family of calls stands on."""

from __future__ import annotations

from .._session import Session


class Calls:
    """Calls in the name of one actor, of one tenant."""

    _session: Session
