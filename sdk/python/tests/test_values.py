"""Values of every kind, at their limits, through the server and back."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entdb_sdk import DbClient, RawJson
from entdb_sdk.errors import ValidationError

from .graph_types import Everything

NODE_ID = "nd_01hzx5v9c3qk8e2m7t4b6w0anr"
MAX_INT = 2**63 - 1
MAX_TIMESTAMP = 8_640_000_000_000_000

AS_THEY_ARE: list[tuple[str, Any]] = [
    ("a_str", ""),
    ("a_str", "plain"),
    ("a_str", "é ߿ \uffff 😀 e\u0301 \u202e\x01\x7f\n\t"),
    ("a_str", "x" * 100_000),
    ("an_int", 0),
    ("an_int", -1),
    ("an_int", 2**53 + 1),
    ("an_int", MAX_INT),
    ("an_int", -MAX_INT - 1),
    ("a_float", 0.0),
    ("a_float", 0.1),
    ("a_float", 5e-324),
    ("a_float", 1.7976931348623157e308),
    ("a_float", -1e-7),
    ("a_bool", False),
    ("a_bool", True),
    ("a_timestamp", 0),
    ("a_timestamp", MAX_TIMESTAMP),
    ("a_timestamp", -MAX_TIMESTAMP),
    ("an_enum", "first"),
    ("an_enum", "second"),
    ("strs", []),
    ("strs", ["", "b", "a", "b", "😀"]),
    ("strs", ["x"] * 10_000),
    ("ints", []),
    ("ints", [MAX_INT, -MAX_INT - 1, 0]),
    ("some_json", {}),
    ("some_json", []),
    ("some_json", "text"),
    ("some_json", 0),
    ("some_json", False),
    ("some_json", {"b": [1, 2.5, None, True, {"é": "\u2028"}], "a": 2**70}),
    ("some_bytes", b""),
    ("some_bytes", bytes(range(256))),
]

OTHERWISE: list[tuple[str, Any, Any]] = [
    ("a_float", 3, 3.0),
    ("a_float", -0.0, 0.0),
    ("a_float", 2**53, 2.0**53),
    ("strs", ("a", "b"), ["a", "b"]),
    ("an_enum", 2, "second"),
    ("some_bytes", bytearray(b"ab"), b"ab"),
    ("some_bytes", memoryview(b"ab"), b"ab"),
    ("some_json", RawJson('{"b" : 1.50,"a":[ ]}'), {"b": 1.5, "a": []}),
    ("a_timestamp", datetime(2024, 1, 15, tzinfo=timezone.utc), 1_705_276_800_000),
    (
        "a_timestamp",
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
        -1,  # the millisecond that it lies in
    ),
    (
        "a_timestamp",
        datetime(2024, 1, 15, 2, tzinfo=timezone(timedelta(hours=2))),
        1_705_276_800_000,
    ),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("a_str", 1, "FIELD_KIND_MISMATCH"),
    ("a_str", b"bytes", "FIELD_KIND_MISMATCH"),
    ("a_str", "nul\0", "INVALID_VALUE"),
    ("a_str", "half \ud800", "INVALID_VALUE"),
    ("an_int", True, "FIELD_KIND_MISMATCH"),
    ("an_int", 1.0, "FIELD_KIND_MISMATCH"),
    ("an_int", "1", "FIELD_KIND_MISMATCH"),
    ("an_int", MAX_INT + 1, "INVALID_VALUE"),
    ("an_int", -MAX_INT - 2, "INVALID_VALUE"),
    ("a_float", math.nan, "INVALID_VALUE"),
    ("a_float", math.inf, "INVALID_VALUE"),
    ("a_float", 2**53 + 1, "INVALID_VALUE"),
    ("a_float", 10**400, "INVALID_VALUE"),
    ("a_float", True, "FIELD_KIND_MISMATCH"),
    ("a_float", "1.0", "FIELD_KIND_MISMATCH"),
    ("a_bool", 0, "FIELD_KIND_MISMATCH"),
    ("a_timestamp", MAX_TIMESTAMP + 1, "INVALID_VALUE"),
    ("a_timestamp", 1.5, "FIELD_KIND_MISMATCH"),
    ("a_timestamp", "2024-01-15", "FIELD_KIND_MISMATCH"),
    ("a_timestamp", datetime(2024, 1, 15), "INVALID_VALUE"),  # that is the case
    ("an_enum", "third", "ENUM_VALUE_UNKNOWN"),
    ("an_enum", 0, "ENUM_VALUE_UNKNOWN"),
    ("an_enum", 1_001, "ENUM_VALUE_UNKNOWN"),
    ("an_enum", True, "FIELD_KIND_MISMATCH"),
    ("strs", "text", "FIELD_KIND_MISMATCH"),
    ("strs", ["a", 1], "FIELD_KIND_MISMATCH"),
    ("strs", ["a", None], "FIELD_KIND_MISMATCH"),
    ("ints", [1, MAX_INT + 1], "INVALID_VALUE"),
    ("ints", {1, 2}, "FIELD_KIND_MISMATCH"),
    ("a_ref", "nd_short", "INVALID_VALUE"),
    ("a_ref", 5, "FIELD_KIND_MISMATCH"),
    ("some_json", math.nan, "INVALID_VALUE"),
    ("some_json", {1, 2}, "FIELD_KIND_MISMATCH"),
    ("some_json", "x" * 65_536, "LIMIT_EXCEEDED"),
    ("some_bytes", "text", "FIELD_KIND_MISMATCH"),
    ("some_bytes", [1, 2], "FIELD_KIND_MISMATCH"),
]


async def round_trip(client: DbClient, payload: dict[str, Any]) -> dict[str, Any]:
    made = await client.atomic(lambda plan: plan.create(Everything, payload, alias="it"))
    return dict((await client.get(Everything, made["it"])).payload)


@pytest.mark.parametrize(("name", "value"), AS_THEY_ARE)
async def test_comes_back_as_it_was(client: DbClient, name: str, value: object) -> None:
    back = await round_trip(client, {name: value})
    assert back == {name: value}
    assert type(back[name]) is type(value)


@pytest.mark.parametrize(("name", "value", "expected"), OTHERWISE)
async def test_comes_back_in_its_normal_form(
    client: DbClient, name: str, value: object, expected: object
) -> None:
    back = await round_trip(client, {name: value})
    assert back == {name: expected}
    assert math.copysign(1, back[name]) == 1 if name == "a_float" else True


async def test_all_at_once_and_none(client: DbClient) -> None:
    everything = {
        "a_str": "s", "an_int": 1, "a_float": 1.5, "a_bool": True, "a_timestamp": 2,
        "an_enum": "first", "strs": ["a"], "ints": [1], "some_json": {"a": 1}, "some_bytes": b"b",
    }  # fmt: skip
    assert await round_trip(client, everything) == everything
    assert await round_trip(client, dict.fromkeys(everything)) == {}


@pytest.mark.parametrize(("name", "value", "reason"), REFUSED)
async def test_is_refused_before_it_is_sent(
    client: DbClient, name: str, value: object, reason: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        await client.atomic(lambda plan: plan.create(Everything, {name: value}))
    assert refused.value.reason == reason
    assert refused.value.request_id is None
    assert refused.value.hint
    assert [one.field for one in refused.value.violations] == [name]


async def test_a_ref_is_an_id_a_node_or_an_alias(client: DbClient) -> None:
    made = await client.atomic(
        lambda plan: (
            target := plan.create(Everything, {"a_str": "target"}),
            plan.create(Everything, {"a_ref": target}, alias="by_handle"),
            plan.create(Everything, {"a_ref": "$by_handle.id"}, alias="by_alias"),
        )
    )
    target = await client.get(Everything, made.results[0].node_id)
    assert (await client.get(Everything, made["by_handle"]))["a_ref"] == target.id
    assert (await client.get(Everything, made["by_alias"]))["a_ref"] == made["by_handle"]
    again = await round_trip(client, {"a_ref": target})
    assert again == {"a_ref": target.id}


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50)
int64 = st.integers(-MAX_INT - 1, MAX_INT)
floats = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
).filter(lambda value: value is not None)
payloads = st.fixed_dictionaries(
    {},
    optional={
        "a_str": text,
        "an_int": int64,
        "a_float": floats,
        "a_bool": st.booleans(),
        "a_timestamp": st.integers(-MAX_TIMESTAMP, MAX_TIMESTAMP),
        "an_enum": st.sampled_from(["first", "second"]),
        "strs": st.lists(text, max_size=5),
        "ints": st.lists(int64, max_size=5),
        "some_json": json_values,
        "some_bytes": st.binary(max_size=100),
    },
)


async def test_whatever_fits_comes_back(client: DbClient) -> None:
    """Hypothesis draws a batch of payloads at a time: the server is asked once for each batch."""
    drawn: list[dict[str, Any]] = []

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(payloads)
    def draw(payload: dict[str, Any]) -> None:
        drawn.append(payload)

    draw()
    made = await client.atomic(lambda plan: [plan.create(Everything, payload) for payload in drawn])
    found = await client.get_many(Everything, [one.node_id for one in made.results])
    assert [node.payload for node in found.nodes] == drawn
