"""What a query asks for: conditions on fields, joined by `&` and `|`.

    where("status").eq("todo") & (where("title").like("Review%") | where("version").gt(1))

Or, for what must all hold, a mapping: `{"status": "todo", "created_at": {"gte": 0}}`. Besides
its fields a node is asked by `id`, `created_at`, `updated_at` and `version`. A comparison with
an absent field is false, `neq` too: `is_null` is the only test for absence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Operator = Literal[
    "eq", "neq", "gt", "gte", "lt", "lte", "in", "like", "contains", "is_null"
]  # fmt: skip


class Filter:
    """A condition. Made by `where`, joined by `&` (both hold) and `|` (one holds)."""

    def __and__(self, other: Filter) -> Filter:
        return Joined("and", (*_parts(self, "and"), *_parts(other, "and")))

    def __or__(self, other: Filter) -> Filter:
        return Joined("or", (*_parts(self, "or"), *_parts(other, "or")))


@dataclass(frozen=True)
class Comparison(Filter):
    """A field or an attribute compared with values."""

    name: str
    operator: Operator
    values: tuple[object, ...]


@dataclass(frozen=True)
class Joined(Filter):
    """Several conditions, all or one of which hold."""

    by: Literal["and", "or"]
    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Operand:
    """A field or an attribute, about to be compared. Values are those of its kind."""

    name: str

    def eq(self, value: object) -> Filter:
        """Is the value. `eq(None)` is `is_null()`."""
        if value is None:
            return self.is_null()
        return Comparison(self.name, "eq", (value,))

    def neq(self, value: object) -> Filter:
        """Is there, and is another value."""
        return Comparison(self.name, "neq", (value,))

    def gt(self, value: object) -> Filter:
        """Is greater. Text compares by its bytes in UTF-8, enums by their order."""
        return Comparison(self.name, "gt", (value,))

    def gte(self, value: object) -> Filter:
        """Is greater, or the value itself."""
        return Comparison(self.name, "gte", (value,))

    def lt(self, value: object) -> Filter:
        """Is less."""
        return Comparison(self.name, "lt", (value,))

    def lte(self, value: object) -> Filter:
        """Is less, or the value itself."""
        return Comparison(self.name, "lte", (value,))

    def in_(self, values: Sequence[object]) -> Filter:
        """Is one of at most 100 values."""
        return Comparison(self.name, "in", tuple(values))

    def like(self, pattern: str) -> Filter:
        r"""Text like a pattern: `%` is any run, `_` any one character, `\` takes their meaning.
        Upper and lower case differ."""
        return Comparison(self.name, "like", (pattern,))

    def contains(self, value: object) -> Filter:
        """Text that has this text in it, or a list that has this item."""
        return Comparison(self.name, "contains", (value,))

    def is_null(self) -> Filter:
        """Is absent."""
        return Comparison(self.name, "is_null", ())


def where(name: str) -> Operand:
    """A field by its name, or `id`, `created_at`, `updated_at`, `version`."""
    return Operand(name)


FilterLike = Filter | Mapping[str, object] | None
"""A condition, or a mapping of names to values or to {operator: value}; None: every node."""


def _parts(of: Filter, by: Literal["and", "or"]) -> tuple[Filter, ...]:
    return of.parts if isinstance(of, Joined) and of.by == by else (of,)
