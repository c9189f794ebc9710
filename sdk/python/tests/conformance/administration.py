"""What cases have administrators do first. This SDK does not administer: it is done as any client
would, over Connect with JSON."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from entdb_sdk import DbClient

from .cases import Step
from .world import World

Request = Callable[[Step, World], dict[str, Any]]


def _tenant(step: Step, world: World) -> dict[str, Any]:
    return {"tenantId": world.native(step.get("tenant", "{tenant}"))}


def _limits(step: Step, world: World) -> dict[str, Any]:
    limits = {
        "requestsPerSecond": step["requests_per_second"],
        "requestBurst": step["request_burst"],
    }
    return {**_tenant(step, world), "limits": limits}


def _key(step: Step, world: World) -> dict[str, Any]:
    return {**_tenant(step, world), "actor": step["for"], "name": step["name"]}


_REQUESTS: Final[Mapping[str, tuple[str, Request]]] = {
    "tenants.create": (
        "CreateTenant",
        lambda step, world: {**_tenant(step, world), "admins": step.get("admins", [])},
    ),
    "tenants.suspend": ("SuspendTenant", _tenant),
    "tenants.resume": ("ResumeTenant", _tenant),
    "tenants.set_limits": ("SetTenantLimits", _limits),
    "schema.lock": ("SetSchemaLock", lambda step, _world: {"locked": step["locked"]}),
    "groups.put": ("PutGroup", lambda step, _world: {"name": step["name"]}),
    "groups.add": (
        "AddGroupMember",
        lambda step, _world: {"group": step["name"], "member": step["member"]},
    ),
    "keys.create": ("CreateApiKey", _key),
    "keys.revoke": ("RevokeApiKey", lambda step, world: {"keyId": world.native(step["key"])}),
}


def is_administration(step: Step) -> bool:
    return step["call"] in _REQUESTS


async def administer(client: DbClient, step: Step, world: World) -> object:
    """Does it. What a case saves of it is a key and its secret."""
    name = step.get("client", "main")
    method, request = _REQUESTS[step["call"]]
    url = f"http://127.0.0.1:{world.server(name).http_port}/entdb.v1.TenantService/{method}"
    credential = world.credential(name)
    headers = {"content-type": "application/json", "x-tenant-id": client.tenant_id}
    if credential is None:
        headers["x-actor"] = client.actor
    else:
        headers["authorization"] = f"Bearer {credential}"
    answer = await asyncio.to_thread(_post, url, request(step, world), headers)
    return {"key": answer.get("key", {}).get("keyId"), "secret": answer.get("secret")}


def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), dict(headers))  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # the test's own server
            read: dict[str, Any] = json.load(answer)
            return read
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error.read().decode()}") from error
