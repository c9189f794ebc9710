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
from .filters import Filter, where
from .grants import Grant, NodeGrants
from .models import (
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
    "AtomicResult",
    "Change",
    "ConnectedNode",
    "Created",
    "DbClient",
    "DefaultGrant",
    "Edge",
    "EdgeTypeDef",
    "FieldDef",
    "Filter",
    "FoundNodes",
    "Grant",
    "Health",
    "Highlight",
    "MailboxHit",
    "MailboxItem",
    "Node",
    "NodeGrants",
    "NodeTypeDef",
    "OperationResult",
    "Page",
    "Paged",
    "Plan",
    "RawJson",
    "Receipt",
    "RegisteredSchema",
    "RetryPolicy",
    "SchemaBuild",
    "SchemaChange",
    "SchemaCheck",
    "SchemaDifference",
    "SchemaRegistry",
    "SearchHit",
    "TenantSchema",
    "UniqueKeyDef",
    "Watch",
    "__version__",
    "errors",
    "field",
    "validate_or_raise",
    "validate_payload",
    "where",
]
