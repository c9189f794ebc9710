"""Payloads and definitions, judged without a server."""

from __future__ import annotations

from typing import Any

import pytest

from entdb_sdk import (
    DefaultGrant,
    EdgeTypeDef,
    NodeTypeDef,
    SchemaRegistry,
    UniqueKeyDef,
    field,
    validate_or_raise,
    validate_payload,
)
from entdb_sdk.errors import UnknownFieldError, ValidationError

from .graph_types import AssignedTo, Task, User


def reasons(payload: dict[str, Any], *, partial: bool = False) -> list[tuple[str, str]]:
    found = validate_payload(Task, payload, partial=partial)
    return [(one.field, one.reason) for one in found]


def test_what_fits() -> None:
    assert validate_payload(Task, {"title": "x", "status": "todo", "effort": None}) == []
    assert validate_payload(Task, {"title": ""}) == []
    assert validate_payload(AssignedTo, {"since": 0}) == []
    validate_or_raise(Task, {"title": "x"})


def test_everything_that_is_wrong_is_listed() -> None:
    wrong = {"titel": "x", "status": "don", "effort": "1", "version": 3}
    assert reasons(wrong) == [
        ("titel", "FIELD_UNKNOWN"),
        ("status", "ENUM_VALUE_UNKNOWN"),
        ("effort", "FIELD_KIND_MISMATCH"),
        ("version", "SERVER_OWNED_FIELD"),
        ("title", "FIELD_REQUIRED"),
    ]


def test_required() -> None:
    assert reasons({}) == [("title", "FIELD_REQUIRED")]
    assert reasons({"title": None}) == [("title", "FIELD_REQUIRED")]
    assert reasons({}, partial=True) == []
    assert reasons({"title": None}, partial=True) == [("title", "FIELD_REQUIRED")]
    with_default = NodeTypeDef(1, "A", (field(1, "a", "int", required=True, default=0),))
    assert validate_payload(with_default, {}) == []


def test_the_nearest_names() -> None:
    with pytest.raises(UnknownFieldError) as raised:
        validate_or_raise(Task, {"titel": "x", "title": "y"})
    error = raised.value
    assert error.field_name == "titel"
    assert error.suggestions == ("title",)
    assert error.reason == "FIELD_UNKNOWN"
    assert "Did you mean title?" in str(error)
    assert isinstance(error, ValueError)


def test_no_name_is_near() -> None:
    with pytest.raises(UnknownFieldError) as raised:
        validate_or_raise(User, {"email": "x", "something_else": 1})
    assert raised.value.suggestions == ()
    assert "email, name" in str(raised.value)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("Title", ("title",)),
        ("tilte", ("title",)),
        ("statuss", ("status",)),
        ("label", ("labels",)),
        ("effotr", ("effort",)),
        ("x", ()),
        ("x" * 100, ()),
        ("", ()),
    ],
)
def test_suggestions(wanted: str, near: tuple[str, ...]) -> None:
    found = validate_payload(Task, {"title": "x", wanted: 1})
    assert found[0].suggestions == near


@pytest.mark.parametrize(
    "make",
    [
        lambda: field(0, "a", "str"),
        lambda: field(2**32, "a", "str"),
        lambda: field(True, "a", "str"),
        lambda: field(1, "1a", "str"),
        lambda: field(1, "a b", "str"),
        lambda: field(1, "a" * 64, "str"),
        lambda: field(1, "version", "str"),
        lambda: field(1, "a", "string"),  # type: ignore[arg-type]
        lambda: field(1, "a", "enum"),
        lambda: field(1, "a", "str", enum_values=("x",)),
        lambda: field(1, "a", "enum", enum_values=("x", "x")),
        lambda: field(1, "a", "enum", enum_values="xy"),
        lambda: field(1, "a", "enum", enum_values=("x",), default="y"),
        lambda: field(1, "a", "enum", enum_values=("x",), default=2),
        lambda: field(1, "a", "int", default="1"),
        lambda: field(1, "a", "bool", default=0),
        lambda: NodeTypeDef(0, "A"),
        lambda: NodeTypeDef(1, ""),
        lambda: NodeTypeDef(1, "A", (field(1, "a", "str"), field(1, "b", "str"))),
        lambda: NodeTypeDef(1, "A", (field(1, "a", "str"), field(2, "a", "str"))),
        lambda: NodeTypeDef(1, "A", ("a",)),  # type: ignore[arg-type]
        lambda: NodeTypeDef(1, "A", unique_keys=(UniqueKeyDef(1, "k", (1,)),)),
        lambda: DefaultGrant("tenant:*", "reed"),  # type: ignore[arg-type]
        lambda: EdgeTypeDef(0, "E"),
        lambda: SchemaRegistry(User, NodeTypeDef(1, "Other")),
        lambda: SchemaRegistry(User, NodeTypeDef(9, "User")),
    ],
)
def test_definitions_that_no_server_takes(make: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError) as refused:
        make()
    assert refused.value.reason == "SCHEMA_INVALID"


def test_a_kind_that_is_nearly_one() -> None:
    with pytest.raises(ValidationError, match=r"Did you mean bytes\?"):
        field(1, "a", "byte")  # type: ignore[arg-type]


def test_types_by_number_and_name() -> None:
    registry = SchemaRegistry(User, Task, AssignedTo)
    assert registry.node_type("Task") is Task
    assert registry.node_type(2) is Task
    assert registry.edge_type("AssignedTo") is AssignedTo
    assert registry.edge_type(100) is AssignedTo
    with pytest.raises(ValidationError, match=r"Did you mean Task\?") as refused:
        registry.node_type("Tsak")
    assert refused.value.reason == "TYPE_UNKNOWN"
    with pytest.raises(ValidationError) as refused:
        registry.edge_type(5)
    assert refused.value.reason == "EDGE_TYPE_UNKNOWN"
    with pytest.raises(TypeError):
        registry.register("Task")  # type: ignore[arg-type]


def test_ends_as_types_or_numbers() -> None:
    by_number = EdgeTypeDef(100, "E", 2, 1)
    assert EdgeTypeDef(100, "E", Task, User) == by_number
    assert (by_number.from_type_id, by_number.to_type_id) == (2, 1)
    assert field(1, "a", "ref", ref_type=User).ref_type_id == 1
