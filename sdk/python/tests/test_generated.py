"""What the protos say there is, and what the client has of it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from google.protobuf.descriptor_pb2 import MethodOptions

import entdb_sdk
from entdb_sdk._generated import rpcs
from entdb_sdk._generated.entdb.v1 import entdb_service_pb2, events_pb2
from entdb_sdk._transport.rpc import ServerStream, Unary

SOURCE = Path(entdb_sdk.__file__).parent
SERVICES = (
    entdb_service_pb2.DESCRIPTOR.services_by_name["EntDBService"],
    events_pb2.DESCRIPTOR.services_by_name["EventStoreService"],
)
METHODS = [method for service in SERVICES for method in service.methods]
TABLE = {name: rpc for name, rpc in vars(rpcs).items() if isinstance(rpc, Unary | ServerStream)}


def test_every_rpc_is_called_by_the_client() -> None:
    used = set()
    for path in SOURCE.rglob("*.py"):
        used |= set(re.findall(r"rpcs\.([A-Z_]+)", path.read_text()))
    assert used == set(TABLE)


def test_the_table_is_the_services() -> None:
    assert {rpc.path for rpc in TABLE.values()} == {
        f"/{method.containing_service.full_name}/{method.name}" for method in METHODS
    }


def test_what_may_be_repeated_is_safe_to_repeat() -> None:
    """A method reads only, or its request carries an idempotency key."""
    for method in METHODS:
        reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        assert reads or "idempotency_key" in method.input_type.fields_by_name, method.name


def test_what_is_exported_has_words() -> None:
    for name in entdb_sdk.__all__:
        exported = getattr(entdb_sdk, name)
        if not isinstance(exported, str):
            assert exported.__doc__, name
        if isinstance(exported, type):
            for member, value in vars(exported).items():
                if callable(value) and not member.startswith("_"):
                    # What a class says in its base's words is said.
                    assert inspect.getdoc(getattr(exported, member)), f"{name}.{member}"
