"""Appends of cases, alone and in transactions."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from entdb_sdk import Append, AppendCondition, Appended, EventQuery, NewEvent


def append_of(json: Mapping[str, Any]) -> Append:
    condition = json.get("condition")
    events = json["events"]
    said = [{}] * events if isinstance(events, int) else events
    return Append(
        json["aggregate"],
        json.get("type", "Account"),
        json["expected"],
        [_new_event(one) for one in said],
        None
        if condition is None
        else AppendCondition(
            [EventQuery(**one) for one in condition["fail_if_any"]], condition.get("after", 0)
        ),
    )


def appended(one: Appended | None) -> object:
    if one is None:
        return None
    return {
        "aggregate": one.aggregate_id,
        "first": one.first_aggregate_nonce,
        "last": one.last_aggregate_nonce,
        "first_global": one.first_global_nonce,
        "last_global": one.last_global_nonce,
    }


def _new_event(json: Mapping[str, Any]) -> NewEvent:
    said = {"type": "account.credited", **json}
    if "payload" in said:
        said["payload"] = base64.b64decode(said["payload"])
    return NewEvent(**said)
