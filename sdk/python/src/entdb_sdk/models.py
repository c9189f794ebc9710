"""What EntDB answers with, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ._codec.ids import IdLike, id_of
from .errors import EntDbError


@dataclass(frozen=True)
class Node:
    """A node as it stood when it was read. Times are log time in Unix milliseconds."""

    id: str
    type_id: int
    tenant_id: str
    payload: Mapping[str, Any]
    """By the names of the fields; absent fields are not in it."""
    owner_actor: str
    version: int
    """1 when created; raised once by every transaction that updates, deletes or restores it."""
    created_at: int
    updated_at: int
    deleted: bool = False
    extra: Mapping[int, Any] = field(default_factory=dict)
    """Values of fields that this program's definition of the type lacks, by number."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """The value of a field. Raises KeyError when the node has none."""
        return self.payload[name]


@dataclass(frozen=True)
class Edge:
    """A one-way edge as it stood when it was read. Times are log time in Unix milliseconds."""

    id: str
    edge_type_id: int
    from_id: str
    to_id: str
    payload: Mapping[str, Any]
    created_at: int
    updated_at: int
    node: Node | None = None
    """The node at the other end, where it was asked for."""
    extra: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OperationResult:
    """What one operation of a plan came to."""

    alias: str
    node_id: str
    edge_id: str
    version: int
    """The node's version after the transaction; 0 for edges and where the answer did not wait."""
    created: bool
    """False when `on_conflict="return_existing"` answered with what was there."""

    @property
    def id(self) -> str:
        """Of the edge, if the operation was about one, else of the node."""
        return self.edge_id or self.node_id


@dataclass(frozen=True)
class SchemaDifference:
    """A place where the tenant's definition stayed though the one that was sent differs."""

    path: str
    kept: str
    sent: str


@dataclass(frozen=True)
class AtomicResult:
    """What a transaction came to. `result["alice"]` is the id of what bears that alias."""

    results: tuple[OperationResult, ...]
    """One for each operation, in their order."""
    position: bytes
    """Hand it to a read elsewhere, as `at_least`, to read this write there."""
    wal_position: str
    """For people: "0:12345"."""
    applied: bool
    """False when the answer did not wait: `receipt` tells the outcome."""
    idempotency_key: str
    schema_differences: tuple[SchemaDifference, ...] = ()

    @property
    def ids(self) -> Mapping[str, str]:
        """The ids of nodes and edges by alias."""
        return {one.alias: one.id for one in self.results if one.alias}

    def __getitem__(self, alias: IdLike) -> str:
        """The id of what was created under the alias. What `create` handed out will do, too."""
        name = (id_of(alias) or "").removeprefix("$").removesuffix(".id")
        for one in self.results:
            if name and one.alias == name:
                return one.id
        raise KeyError(alias)

    def __contains__(self, alias: object) -> bool:
        return alias in self.ids


ReceiptState = Literal["unknown", "pending", "applied", "rejected"]
"""Nothing known of the key; on its way; done; refused when it came to be applied."""


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction."""

    state: ReceiptState
    results: tuple[OperationResult, ...]
    error: EntDbError | None
    """Why it was rejected: the error that `atomic` raised, or would have."""
    position: bytes
    wal_position: str
    applied_at: int
    """Log time at which it was applied, Unix milliseconds; 0 when it was not."""


@dataclass(frozen=True)
class Health:
    """How a server is."""

    status: str
    """`healthy` or `unhealthy`."""
    components: Mapping[str, str]
    applier_lag_ms: int
    version: str
