"""The Python client of EntDB, a multi-tenant, event-sourced graph database.

Types are values (`NodeTypeDef`, `EdgeTypeDef`, `field`), a `DbClient` writes plans of operations
and reads what came of them, and whatever goes wrong is one of `entdb_sdk.errors`.
"""

from . import errors
from ._calls.reads import FoundNodes
from ._codec.values import RawJson
from ._transport.retry import RetryPolicy
from ._version import __version__
from .client import DbClient
from .events.aggregate import Aggregate, command, handles
from .events.client_store import ClientEventStore
from .events.correlation import Correlation, correlated, current_correlation
from .events.event import NewEvent, RecordedEvent
from .events.memory import InMemoryEventStore
from .events.projection import project, project_into_graph
from .events.repository import Repository
from .events.snapshot import InMemorySnapshotStore, Snapshot, Snapshots, SnapshotStore
from .events.store import (
    Append,
    AppendCondition,
    EventFilter,
    EventQuery,
    EventStore,
)
from .events.subscription import Subscription
from .events.upcaster import Upcaster
from .filters import Filter, where
from .grants import AggregateGrants, Grant, NodeGrants
from .models import (
    AggregateHead,
    Appended,
    AtomicResult,
    Change,
    ConnectedNode,
    Edge,
    Health,
    Highlight,
    MailboxHit,
    MailboxItem,
    Node,
    OperationResult,
    Receipt,
    RegisteredSchema,
    SchemaBuild,
    SchemaChange,
    SchemaCheck,
    SchemaDifference,
    SearchHit,
    TenantSchema,
)
from .paging import Page, Paged
from .plan import Created, Plan
from .registry import SchemaRegistry
from .schema import DefaultGrant, EdgeTypeDef, FieldDef, NodeTypeDef, UniqueKeyDef, field
from .validation import validate_or_raise, validate_payload
from .watching import Watch

__all__ = [
    "Aggregate",
    "AggregateGrants",
    "AggregateHead",
    "Append",
    "AppendCondition",
    "Appended",
    "AtomicResult",
    "Change",
    "ClientEventStore",
    "ConnectedNode",
    "Correlation",
    "Created",
    "DbClient",
    "DefaultGrant",
    "Edge",
    "EdgeTypeDef",
    "EventFilter",
    "EventQuery",
    "EventStore",
    "FieldDef",
    "Filter",
    "FoundNodes",
    "Grant",
    "Health",
    "Highlight",
    "InMemoryEventStore",
    "InMemorySnapshotStore",
    "MailboxHit",
    "MailboxItem",
    "NewEvent",
    "Node",
    "NodeGrants",
    "NodeTypeDef",
    "OperationResult",
    "Page",
    "Paged",
    "Plan",
    "RawJson",
    "Receipt",
    "RecordedEvent",
    "RegisteredSchema",
    "Repository",
    "RetryPolicy",
    "SchemaBuild",
    "SchemaChange",
    "SchemaCheck",
    "SchemaDifference",
    "SchemaRegistry",
    "SearchHit",
    "Snapshot",
    "SnapshotStore",
    "Snapshots",
    "Subscription",
    "TenantSchema",
    "UniqueKeyDef",
    "Upcaster",
    "Watch",
    "__version__",
    "command",
    "correlated",
    "current_correlation",
    "errors",
    "field",
    "handles",
    "project",
    "project_into_graph",
    "validate_or_raise",
    "validate_payload",
    "where",
]
