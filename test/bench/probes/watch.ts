import { systemClock } from "../../../src/base/clock.ts";
import { quantile } from "../../../src/cli/bench/figures.ts";
import type { RequestedOperation } from "../../../src/engine/engine.ts";
import { encodeSchema } from "../../../src/rpc/encode-schema.ts";
import { decodeSchema } from "../../../src/schema/schema-json.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { CONTEXT, type EntDBClient, grpcClient } from "../databases/entdb-client.ts";
import { openBenchPartition } from "../databases/entdb-engine.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";

/** Different filters, one a node type. */
const FILTERS = 100;
const WRITES_PER_SECOND = 100;
/** Streams of one HTTP/2 connection. */
const STREAMS = 200;

const SCHEMA = decodeSchema({
  node_types: Array.from({ length: FILTERS }, (_, i) => ({
    type_id: i + 1,
    name: `Thing${i + 1}`,
    fields: [{ field_id: 1, name: "text", kind: "str" }],
  })),
});

/** One side of the watch: how to write a node, and how to be told of them. */
interface Watched {
  /** Resolves with the node's id when the write is acknowledged. */
  write(typeId: number): Promise<string>;
  /** Calls back with the id of every node of the type that is created, and once, with "", when it has begun. */
  watch(typeId: number, told: (nodeId: string) => void, signal: AbortSignal): Promise<void>;
}

/**
 * A thousand who watch, over a hundred different filters, while a hundred nodes a second are
 * written: from the moment that the writer is answered until each of the ten for whom it is
 * has been told.
 */
export async function probeWatch({ smoke }: BenchOptions): Promise<readonly Probe[]> {
  const watchers = smoke ? 100 : 1_000;
  const seconds = smoke ? 1 : 20;
  const probes: Probe[] = [];
  {
    await using opened = new AsyncDisposableStack();
    const watched = await inEngine(opened);
    probes.push(await measured("in the engine", watched, watchers, seconds));
  }
  {
    await using opened = new AsyncDisposableStack();
    const watched = await overTheWire(opened, watchers);
    const connections = Math.ceil(watchers / STREAMS);
    const where = `over gRPC on ${connections} connections, the client in one process`;
    probes.push(await measured(where, watched, watchers, seconds));
  }
  return probes;
}

async function inEngine(opened: AsyncDisposableStack): Promise<Watched> {
  const directory = opened.use(temporaryDirectory());
  const partition = await openBenchPartition(directory.path);
  opened.defer(() => partition.stop());
  const { engine } = partition;
  const caller = { ...CONTEXT, roles: [], credential: "" };
  const never = new AbortController().signal;
  const registration = { idempotencyKey: "", schema: SCHEMA, mode: "merge" } as const;
  await engine.registerSchema(caller, registration, never);
  return {
    async write(typeId) {
      const operation: RequestedOperation = {
        op: "create_node",
        typeId,
        id: "",
        fields: new Map([[1, { kind: "str", value: "hello" }]]),
        returnExisting: false,
      };
      const facts = { idempotencyKey: "", wait: "applied", schemaFingerprint: "" } as const;
      const request = { ...facts, operations: [operation], schema: undefined };
      const { results } = await engine.execute(caller, request, never);
      return results[0]?.nodeId ?? "";
    },
    async watch(typeId, told, signal) {
      const wishes = { after: undefined, fromBeginning: false, withNodes: false, heartbeatMs: 0 };
      const expiresAt = Number.POSITIVE_INFINITY;
      const request = { ...wishes, typeIds: [typeId], edgeTypeIds: [], expiresAt };
      for await (const { changes } of engine.changes.watch(caller, request, signal)) {
        if (changes.length === 0) told("");
        for (const { nodeId } of changes) told(nodeId);
      }
    },
  };
}

async function overTheWire(opened: AsyncDisposableStack, watchers: number): Promise<Watched> {
  const directory = opened.use(temporaryDirectory());
  const server = opened.use(await startBenchServer(directory.path));
  const writer = grpcClient(server.grpcUrl);
  await writer.registerSchema({ context: CONTEXT, schema: encodeSchema(SCHEMA) });
  const clients: EntDBClient[] = Array.from({ length: Math.ceil(watchers / STREAMS) }, () =>
    grpcClient(server.grpcUrl),
  );
  let begun = 0;
  return {
    async write(typeId) {
      const fields = { 1: { kind: { case: "strValue", value: "hello" } } } as const;
      const operation = { case: "createNode", value: { typeId, fields } } as const;
      const operations = [{ operation }];
      const { results } = await writer.executeAtomic({ context: CONTEXT, operations });
      return results[0]?.nodeId ?? "";
    },
    async watch(typeId, told, signal) {
      const client = clients[begun++ % clients.length] as EntDBClient;
      const request = { context: CONTEXT, typeIds: [typeId] };
      try {
        for await (const { changes } of client.watchChanges(request, { signal })) {
          if (changes.length === 0) told("");
          for (const { nodeId } of changes) told(nodeId);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

async function measured(
  where: string,
  watched: Watched,
  watchers: number,
  seconds: number,
): Promise<Probe> {
  const clock = systemClock;
  const stop = new AbortController();
  const answeredAt = new Map<string, number>();
  const toldAt = new Map<string, number[]>();
  let begun = 0;
  const note = (nodeId: string) => {
    if (nodeId === "") begun += 1;
    else toldAt.set(nodeId, [...(toldAt.get(nodeId) ?? []), clock.monotonic()]);
  };
  const watches = Array.from({ length: watchers }, (_, i) =>
    watched.watch((i % FILTERS) + 1, note, stop.signal),
  );
  while (begun < watchers) await clock.sleep(10);
  const writes: Promise<void>[] = [];
  const start = clock.monotonic();
  for (let n = 0; n < seconds * WRITES_PER_SECOND; n++) {
    const dueMs = start + (n * 1_000) / WRITES_PER_SECOND;
    await clock.sleep(Math.max(0, dueMs - clock.monotonic()));
    const written = watched.write((n % FILTERS) + 1);
    writes.push(written.then((nodeId) => void answeredAt.set(nodeId, clock.monotonic())));
  }
  await Promise.all(writes);
  const due = writes.length * Math.floor(watchers / FILTERS);
  const count = () => [...toldAt.values()].reduce((sum, times) => sum + times.length, 0);
  for (let waitedMs = 0; count() < due && waitedMs < 10_000; waitedMs += 10) await clock.sleep(10);
  stop.abort();
  await Promise.all(watches);
  if (count() !== due) throw new Error(`${count()} changes were told, not ${due}`);
  const latencies = [...toldAt].flatMap(([nodeId, times]) =>
    times.map((time) => Math.max(0, time - (answeredAt.get(nodeId) ?? 0))),
  );
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    probe: "watch",
    what: `${watchers} watchers over ${FILTERS} filters, ${WRITES_PER_SECOND} writes a second, ${where}: acknowledged to seen (the highest is p99)`,
    unit: "ms",
    samples: sorted.length,
    value: {
      median: quantile(sorted, 0.5),
      low: sorted[0] ?? 0,
      high: quantile(sorted, 0.99),
    },
    goal: "< 20",
  };
}
