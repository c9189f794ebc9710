"""Rights on a node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .schema import Permission


@dataclass(frozen=True)
class Grant:
    """One right on one node. Its owner needs none.

    `principal` is `user:alice`, `role:editor`, `group:eng`, or `tenant:*` for everybody of the
    tenant. `expires_at` is log time from which on it no longer holds: Unix milliseconds, or a
    datetime with a time zone; 0 is never. What the server answers with is in milliseconds.
    """

    principal: str
    permission: Permission = "read"
    expires_at: int | datetime = 0


@dataclass(frozen=True)
class NodeGrants:
    """Who may do what with a node."""

    owner_actor: str
    grants: tuple[Grant, ...]
    """By principal, then by permission."""


@dataclass(frozen=True)
class AggregateGrants:
    """Who may read and append to aggregates of a type."""

    grants: tuple[Grant, ...]
    """By principal, then by permission."""
    is_default: bool
    """Nothing was said for the type: everybody of the tenant may read and append."""
