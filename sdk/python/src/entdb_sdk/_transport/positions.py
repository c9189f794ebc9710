"""The newest position that a client knows of each tenant, so that it reads what it wrote.

Tokens are opaque and cannot be compared, and answers come back in any order. A write says its
place in the log besides ("0:12345"), so writes are put in order by that. A read's answer is at
least as new as the position that it was asked with; it replaces that one, unless another took
its place meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class _Known:
    token: bytes
    # Place in the log of the newest write that the token covers: the token itself may be
    # further. -1 when that is not known.
    offset: int


class Positions:
    """Positions by tenant."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def of(self, tenant_id: str) -> bytes:
        """The token to read with; empty when there is none."""
        known = self._known.get(tenant_id)
        return b"" if known is None else known.token

    def wrote(self, tenant_id: str, token: bytes, wal_position: str) -> None:
        offset = _offset_of(wal_position)
        known = self._known.get(tenant_id)
        # The answer to a repeated write may be older than what is known: it changes nothing.
        if token and (known is None or offset < 0 or offset > known.offset):
            self._known[tenant_id] = _Known(token, offset)

    def read(self, tenant_id: str, asked_with: bytes, token: bytes) -> None:
        known = self._known.get(tenant_id)
        current = b"" if known is None else known.token
        if not token or token == current or current != asked_with:
            return
        self._known[tenant_id] = _Known(token, -1 if known is None else known.offset)

    def put(self, tenant_id: str, token: bytes) -> None:
        """What another client handed over. Empty forgets."""
        if token:
            self._known[tenant_id] = _Known(token, -1)
        else:
            self._known.pop(tenant_id, None)


def _offset_of(wal_position: str) -> int:
    digits = wal_position.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else -1
