"""What the SDK costs: CPU of a call over the bare gRPC stub, and memory of many calls at once.

Runs against the executable that `E2E_BINARY` names, or the repository's `dist/entdb`:

    python -m bench.overhead [--calls 2000] [--check]

The same reads and writes are made through the SDK and through callables of grpcio that do
nothing but send a message that was made before. CPU is this process's own, so what the server
and the machine do besides does not count; the two take turns, and the least of the rounds is
told. With `--check` the exit code is 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc.aio
from tests.server import Server

from entdb_sdk import DbClient, NodeTypeDef, field
from entdb_sdk._generated.entdb.v1 import entdb_service_pb2 as pb
from entdb_sdk._generated.entdb.v1 import model_pb2 as model

ROUNDS = 25
IN_FLIGHT = 1_000
OVERHEAD_GOAL_US = 300.0
# What caches, pools and the allocator may still settle by, over ten times a thousand calls.
GROWTH_GOAL_KIB = 4 * 1024

Task = NodeTypeDef(
    2,
    "Task",
    (
        field(1, "title", "str", required=True),
        field(2, "status", "enum", enum_values=("todo", "doing", "done")),
        field(3, "effort", "int"),
    ),
)
PAYLOAD = {"title": "Review the parser", "status": "todo", "effort": 3}

Call = Callable[[], Awaitable[object]]


async def cpu_us(call: Call, calls: int) -> float:
    """CPU of this process for one call, of so many one after the other."""
    started = time.process_time()
    for _ in range(calls):
        await call()
    return (time.process_time() - started) / calls * 1e6


async def compare(sdk: Call, bare: Call, calls: int) -> dict[str, float]:
    """By turns, so that a slow moment of the machine meets both; the least that each came to, since
    nothing makes a call cheaper than it is."""
    with_sdk, without = [], []
    await cpu_us(sdk, calls // 10)
    await cpu_us(bare, calls // 10)
    for _ in range(ROUNDS):
        with_sdk.append(await cpu_us(sdk, calls // ROUNDS))
        without.append(await cpu_us(bare, calls // ROUNDS))
    return {
        "sdk_us": round(min(with_sdk), 1),
        "bare_us": round(min(without), 1),
        "overhead_us": round(min(with_sdk) - min(without), 1),
    }


def resident_kib() -> int:
    """Memory of this process that is in RAM."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


async def growth(call: Call, rounds: int = 10) -> dict[str, int]:
    """Memory after a thousand calls at once, and after ten times as many more."""
    for _ in range(3):
        await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))
    gc.collect()
    before = resident_kib()
    for _ in range(rounds):
        await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))
    gc.collect()
    after = resident_kib()
    return {"before_kib": before, "after_kib": after, "growth_kib": after - before}


async def measure(endpoint: str, calls: int) -> dict[str, object]:
    async with DbClient(endpoint, "bench", "user:alice") as client:
        made = await client.atomic(lambda plan: plan.create(Task, PAYLOAD, alias="task"))
        node_id = made["task"]
        channel = grpc.aio.insecure_channel(endpoint)
        get = channel.unary_unary(
            "/entdb.v1.EntDBService/GetNode",
            request_serializer=pb.GetNodeRequest.SerializeToString,
            response_deserializer=pb.GetNodeResponse.FromString,
        )
        write = channel.unary_unary(
            "/entdb.v1.EntDBService/ExecuteAtomic",
            request_serializer=pb.ExecuteAtomicRequest.SerializeToString,
            response_deserializer=pb.ExecuteAtomicResponse.FromString,
        )
        context = model.RequestContext(tenant_id="bench", actor="user:alice")
        asked = pb.GetNodeRequest(context=context, id=node_id)
        operation = pb.Operation()
        operation.create_node.type_id = 2
        operation.create_node.fields[1].str_value = "Review the parser"
        operation.create_node.fields[2].enum_value = 1
        operation.create_node.fields[3].int_value = 3
        written = pb.ExecuteAtomicRequest(context=context, operations=[operation])

        async def bare_write() -> object:
            written.idempotency_key = str(uuid.uuid4())
            return await write(written, timeout=30)

        async def sdk_write() -> object:
            return await client.atomic(lambda plan: plan.create(Task, PAYLOAD))

        async def sdk_get() -> object:
            return await client.get(Task, node_id)

        found = {
            "get": await compare(sdk_get, lambda: get(asked, timeout=30), calls),
            "atomic": await compare(sdk_write, bare_write, calls // 2),
            "memory": await growth(sdk_get),
        }
        await channel.close()
        return found


async def main() -> int:
    arguments = argparse.ArgumentParser(description="What the SDK costs.")
    arguments.add_argument("--calls", type=int, default=2_000)
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = await Server(Path(directory) / "bench", command="dev").start()
        try:
            found = await measure(server.endpoint, options.calls)
        finally:
            await server.stop()
    sys.stdout.write(json.dumps({"python": sys.version.split()[0], **found}, indent=2) + "\n")
    return 1 if options.check and missed(found) else 0


def missed(found: dict[str, object]) -> bool:
    text = json.dumps(found)
    values = json.loads(text)
    return bool(
        max(values[name]["overhead_us"] for name in ("get", "atomic")) > OVERHEAD_GOAL_US
        or values["memory"]["growth_kib"] > GROWTH_GOAL_KIB
    )


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
