"""What EntDB answers with, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from ._codec.ids import IdLike, id_of
from .errors import EntDbError
from .registry import SchemaRegistry


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
class Appended:
    """Where an append has led."""

    aggregate_id: str
    first_aggregate_nonce: int
    last_aggregate_nonce: int
    first_global_nonce: int
    last_global_nonce: int


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
    appended: Appended | None = None
    """Where `append_events` has led."""

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


@runtime_checkable
class Planned(Protocol):
    """What a plan's `create` and `link` hand out."""

    @property
    def plan(self) -> object: ...

    @property
    def place(self) -> int: ...


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
    plan: object = field(default=None, compare=False, repr=False)
    """What its plan is known by, for what `create` handed out."""

    @property
    def ids(self) -> Mapping[str, str]:
        """The ids of nodes and edges by alias."""
        return {one.alias: one.id for one in self.results if one.alias}

    @property
    def appended(self) -> tuple[Appended, ...]:
        """Where each `append_events` of the plan has led, in their order."""
        return tuple(one.appended for one in self.results if one.appended is not None)

    def __getitem__(self, alias: IdLike) -> str:
        """The id of what was created under the alias. What `create` handed out will do, too."""
        if isinstance(alias, Planned):
            if alias.plan is not self.plan:
                raise KeyError(alias)
            return self.results[alias.place].id
        name = (id_of(alias) or "").removeprefix("$").removesuffix(".id")
        for one in self.results:
            if name and one.alias == name:
                return one.id
        raise KeyError(alias)

    def __contains__(self, alias: object) -> bool:
        return alias in self.ids


@dataclass(frozen=True)
class AggregateHead:
    """The head of an aggregate. Times are log time in Unix milliseconds."""

    aggregate_id: str
    aggregate_type: str
    last_aggregate_nonce: int
    last_global_nonce: int
    """Of its last event."""
    created_at: int
    updated_at: int


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


@dataclass(frozen=True)
class ConnectedNode:
    """A node that can be reached."""

    node: Node
    distance: int
    """Number of edges on the shortest way, 1 or more."""


@dataclass(frozen=True)
class Highlight:
    """Where a search found something."""

    field: str
    text: str
    """A piece of the field's text, with what was found between U+0002 and U+0003."""


@dataclass(frozen=True)
class SearchHit:
    """A node that a search found."""

    node: Node
    score: float
    """Greater is better. Comparable within one answer only."""
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True)
class MailboxItem:
    """An item of a mailbox: a node that was created with this actor as a recipient."""

    id: str
    node_id: str
    type_id: int
    delivered_at: int
    """Log time, Unix milliseconds."""
    read: bool
    snippet: str
    """The beginning of the node's searchable text."""
    thread: str
    metadata: Mapping[str, str]
    sender: str
    """Who created the node."""


@dataclass(frozen=True)
class MailboxHit:
    """An item that a search found."""

    item: MailboxItem
    score: float
    """Greater is better. Comparable within one answer only."""
    highlight: str
    """A piece of the item's text, with what was found between U+0002 and U+0003."""


@dataclass(frozen=True)
class SchemaBuild:
    """A schema that is being applied to the nodes that are there already."""

    wal_position: str
    step: str
    rows_done: int
    rows_total: int


@dataclass(frozen=True)
class TenantSchema:
    """A tenant's schema."""

    types: SchemaRegistry
    fingerprint: str
    locked: bool
    """Whether only who holds the right `schema` may change it."""
    build: SchemaBuild | None
    """What is being applied to existing nodes; `types` is what is in force meanwhile."""


@dataclass(frozen=True)
class RegisteredSchema:
    """What registering types came to."""

    fingerprint: str
    """Of the tenant's schema as it is now."""
    differences: tuple[SchemaDifference, ...]
    changed: bool
    """False when the tenant's schema held everything already."""
    position: bytes
    wal_position: str


Compatibility = Literal["safe", "data_dependent", "breaking"]
"""`data_dependent` is decided by the nodes that are there, when it is registered."""


@dataclass(frozen=True)
class SchemaChange:
    """One thing that registering a schema would change."""

    change: str
    """A stable word: `field_removed`, `kind_changed`, ..."""
    path: str
    compatibility: Compatibility
    message: str
    hint: str
    """For what is breaking: the safe way to what is wanted."""


@dataclass(frozen=True)
class SchemaCheck:
    """What registering a schema would come to."""

    changes: tuple[SchemaChange, ...]
    differences: tuple[SchemaDifference, ...]
    """Where a merge would leave the tenant's definition as it is, though the one sent differs."""
    fingerprint_now: str
    fingerprint_then: str

    @property
    def is_breaking(self) -> bool:
        return any(one.compatibility == "breaking" for one in self.changes)


ChangeKind = Literal[
    "node_created", "node_updated", "node_deleted", "node_restored", "node_purged",
    "node_access_changed", "edge_created", "edge_updated", "edge_deleted", "schema_changed",
]  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One thing that a transaction changed."""

    kind: ChangeKind
    actor: str
    """Who did it."""
    changed_at: int
    """Log time, Unix milliseconds."""
    node_id: str
    type_id: int
    version: int
    """The node's version after the change; 0 for edges and purged nodes."""
    edge_id: str
    edge_type_id: int
    from_id: str
    to_id: str
    node: Node | None
    """As it stood when the change was sent, where nodes were asked for and it can be read."""
    position: bytes
    """Watching `after` it brings what comes behind this change. The changes of one transaction
    come again as long as not all of them were handed out."""
    wal_position: str
