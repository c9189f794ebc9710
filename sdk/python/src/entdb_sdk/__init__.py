"""The Python client of EntDB, a multi-tenant, event-sourced graph database."""

from ._version import __version__
from .client import DbClient
from .plan import Plan
from .registry import SchemaRegistry
from .schema import EdgeTypeDef, FieldDef, NodeTypeDef, field
from .validation import validate_or_raise, validate_payload

__all__ = [
    "DbClient",
    "EdgeTypeDef",
    "FieldDef",
    "NodeTypeDef",
    "Plan",
    "SchemaRegistry",
    "__version__",
    "field",
    "validate_or_raise",
    "validate_payload",
]
