"""Filters and orders by names as messages by numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from .._generated.entdb.v1 import filter_pb2 as pb
from .._generated.entdb.v1 import model_pb2 as model
from ..errors import invalid
from ..filters import Comparison, Filter, FilterLike, Joined, Operator
from ..schema import FieldDef, Kind, NodeTypeDef
from ..validation import unknown_field
from .choice import choose
from .values import RefusedValueError, encode_value

_OPERATORS: Final[Mapping[Operator, pb.FilterOperator]] = {
    "eq": pb.FILTER_OPERATOR_EQ,
    "neq": pb.FILTER_OPERATOR_NEQ,
    "gt": pb.FILTER_OPERATOR_GT,
    "gte": pb.FILTER_OPERATOR_GTE,
    "lt": pb.FILTER_OPERATOR_LT,
    "lte": pb.FILTER_OPERATOR_LTE,
    "in": pb.FILTER_OPERATOR_IN,
    "like": pb.FILTER_OPERATOR_LIKE,
    "contains": pb.FILTER_OPERATOR_CONTAINS,
    "is_null": pb.FILTER_OPERATOR_IS_NULL,
}
_ATTRIBUTES: Final[Mapping[str, tuple[pb.NodeAttribute, FieldDef]]] = {
    # Any text can be compared with an id: a part of one bounds a range.
    "id": (pb.NODE_ATTRIBUTE_ID, FieldDef(1, "by_id", "str")),
    "created_at": (pb.NODE_ATTRIBUTE_CREATED_AT, FieldDef(1, "by_created", "timestamp")),
    "updated_at": (pb.NODE_ATTRIBUTE_UPDATED_AT, FieldDef(1, "by_updated", "timestamp")),
    "version": (pb.NODE_ATTRIBUTE_VERSION, FieldDef(1, "by_version", "int")),
}
# `contains` is asked with an item of a list.
_ITEM_KIND: Final[Mapping[Kind, Kind]] = {"list_str": "str", "list_int": "int"}


def encode_filter(type_def: NodeTypeDef, given: FilterLike) -> pb.Filter | None:
    """None when every node is asked for. Raises ValidationError, UnknownFieldError."""
    if given is None:
        return None
    if isinstance(given, Filter):
        return _encode(type_def, given)
    if not isinstance(given, Mapping):
        hint = 'Write where("status").eq("todo"), or {"status": "todo"}.'
        raise invalid("INVALID_FILTER", f"{given!r} is no filter.", hint)
    parts = [part for name, value in given.items() for part in _comparisons(name, value)]
    if not parts:
        return None
    return _encode(type_def, parts[0] if len(parts) == 1 else Joined("and", tuple(parts)))


def encode_order(type_def: NodeTypeDef, order: str | Sequence[str]) -> list[pb.OrderTerm]:
    """Names, with a minus in front for descending."""
    terms = []
    for term in (order,) if isinstance(order, str) else order:
        name = term.removeprefix("-")
        attribute, field = _operand(type_def, name)
        wire = pb.OrderTerm(descending=name != term)
        if attribute is None:
            wire.field_id = field.field_id
        else:
            wire.attribute = attribute
        terms.append(wire)
    return terms


def _comparisons(name: str, value: object) -> Iterable[Comparison]:
    if not isinstance(value, Mapping):
        return [
            Comparison(name, "is_null", ()) if value is None else Comparison(name, "eq", (value,))
        ]
    return [_comparison(name, operator, operand) for operator, operand in value.items()]


def _comparison(name: str, operator: Operator, operand: object) -> Comparison:
    choose(_OPERATORS, operator, f"filter on {name}")
    if operator == "is_null":
        if operand is not True:
            hint = "Write {'is_null': True}; there is no test for being there."
            raise invalid("INVALID_FILTER", f"{name}: is_null is {operand!r}.", hint)
        return Comparison(name, operator, ())
    if operator == "in":
        if not isinstance(operand, list | tuple | set | frozenset):
            raise invalid("INVALID_FILTER", f"{name}: in takes a list, not {operand!r}.")
        return Comparison(name, operator, tuple(operand))
    return Comparison(name, operator, (operand,))


def _encode(type_def: NodeTypeDef, given: Filter) -> pb.Filter:
    if isinstance(given, Joined):
        parts = pb.FilterList(filters=[_encode(type_def, part) for part in given.parts])
        joined = pb.Filter()
        # `and` and `or` are words of Python, so they are named as text.
        getattr(joined, given.by).CopyFrom(parts)
        return joined
    if not isinstance(given, Comparison):
        raise invalid("INVALID_FILTER", f"{given!r} is no filter.", "Make filters with where(...).")
    attribute, field = _operand(type_def, given.name)
    wire = pb.Comparison(
        operator=choose(_OPERATORS, given.operator, "operator"),
        values=[_value(given, field, value) for value in given.values],
    )
    if attribute is None:
        wire.field_id = field.field_id
    else:
        wire.attribute = attribute
    return pb.Filter(comparison=wire)


def _value(comparison: Comparison, field: FieldDef, value: object) -> model.Value:
    if value is None:
        hint = "Use is_null() to ask for absence."
        raise invalid("INVALID_FILTER", f"{comparison.name}: None compares with nothing.", hint)
    if comparison.operator == "contains" and field.kind in _ITEM_KIND:
        field = replace(field, kind=_ITEM_KIND[field.kind], default=None)
    wire = model.Value()
    try:
        encode_value(field, value, wire)
    except RefusedValueError as refused:
        message = f"filter on {comparison.name}: {refused.problem}."
        details = {"field": comparison.name}
        raise invalid(refused.reason, message, refused.hint, details=details) from refused
    return wire


def _operand(type_def: NodeTypeDef, name: str) -> tuple[pb.NodeAttribute | None, FieldDef]:
    """The attribute, if it is one, and the shape of its values."""
    if name in _ATTRIBUTES:
        return _ATTRIBUTES[name]
    field = type_def.fields_by_name.get(name)
    if field is None:
        raise unknown_field(type_def, name, also=_ATTRIBUTES)
    return None, field
