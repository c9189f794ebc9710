import { readdirSync } from "node:fs";
import { quantile } from "../../../src/cli/bench/figures.ts";
import { encodeSchema } from "../../../src/rpc/encode-schema.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { createNode, type EntDBClient, grpcClient } from "../databases/entdb-client.ts";
import { SCHEMA } from "../databases/entdb-schema.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import { requireSame } from "../graph-database.ts";
import { closedLoop, spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { personId, personOf } from "../people.ts";
import type { Probe } from "../report.ts";
import { residentMB } from "./start.ts";

const ID = personId(1);
const CREATING = 16;

/**
 * Many tenants on one server, far more than it keeps open: what the first read of one that is
 * closed costs, and what the server holds afterwards. Ten thousand with `--long`, otherwise
 * two thousand.
 */
export async function probeTenants({ smoke, long }: BenchOptions): Promise<readonly Probe[]> {
  const tenants = smoke ? 20 : long ? 10_000 : 2_000;
  using directory = temporaryDirectory();
  await using server = await startBenchServer(directory.path);
  const client = grpcClient(server.grpcUrl);
  const created = await closedLoop((n) => createTenant(client, n), CREATING, { calls: tenants });
  // The oldest were closed long ago to make room.
  const cold: number[] = [];
  for (let n = 0; n < Math.min(tenants / 4, 500); n++) cold.push(await firstReadMs(client, n));
  const many = `${tenants.toLocaleString("en-US")} tenants`;
  const files = readdirSync(`/proc/${server.pid}/fd`).length;
  const sorted = cold.toSorted((a, b) => a - b);
  const percentiles = {
    median: quantile(sorted, 0.5),
    low: sorted[0] ?? 0,
    high: quantile(sorted, 0.99),
  };
  const one = { probe: "tenants", samples: 1, goal: undefined };
  return [
    {
      probe: "tenants",
      what: `${many}: first read of a closed one over gRPC (the highest is p99)`,
      unit: "ms",
      samples: cold.length,
      value: percentiles,
      goal: "< 5",
    },
    {
      ...one,
      what: `${many}: created by their first write`,
      unit: "/s",
      value: spreadOf([created.callsPerSecond]),
    },
    { ...one, what: `${many}: open files of the server`, unit: "files", value: spreadOf([files]) },
    {
      ...one,
      what: `${many}: resident memory of the server`,
      unit: "MB",
      value: spreadOf([residentMB(server.pid)]),
    },
  ];
}

async function createTenant(client: EntDBClient, n: number): Promise<void> {
  const operations = [createNode(personOf(n), ID)];
  const { results } = await client.executeAtomic({
    context: contextOf(n),
    operations,
    schemaFingerprint: "",
    schema: encodeSchema(SCHEMA),
  });
  requireSame("the node", results[0]?.nodeId, ID);
}

async function firstReadMs(client: EntDBClient, n: number): Promise<number> {
  const start = performance.now();
  const { node } = await client.getNode({ context: contextOf(n), id: ID });
  const took = performance.now() - start;
  requireSame("the node", node?.id, ID);
  return took;
}

function contextOf(n: number) {
  return { tenantId: `tenant-${n}`, actor: "user:bench" };
}
