import { encodeSchema } from "../../../src/rpc/encode-schema.ts";
import { startServerProcess } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { type EntDBClient, grpcClient } from "../databases/entdb-client.ts";
import { SCHEMA } from "../databases/entdb-schema.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { NoisyClient, pace } from "../paced.ts";
import type { Probe } from "../report.ts";

/** Requests a second that every tenant may make, and at how many times that the noisy one tries. */
const LIMIT = 200;
const TIMES = 10;
const QUIET_PER_SECOND = 100;

/**
 * What a tenant that asks for ten times what it may costs another: a quiet tenant writes at a
 * steady hundred a second, alone and beside it, in turn. Both are measured at the client, from
 * when a request was due.
 */
export async function probeNoisyTenant(options: BenchOptions): Promise<readonly Probe[]> {
  const { rounds, smoke } = options;
  const seconds = smoke ? 0.3 : 6;
  using directory = temporaryDirectory();
  await using server = await startServerProcess({
    cwd: directory.path,
    env: { ENTDB_TENANT_REQUESTS_PER_SECOND: String(LIMIT) },
  });
  const quiet = grpcClient(server.grpcUrl);
  for (const tenantId of ["quiet", "noisy"]) await prepare(quiet, tenantId);
  const alone: number[] = [];
  const beside: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const baseline = await pace(quiet, "quiet", QUIET_PER_SECOND, seconds);
    const noisy = await NoisyClient.start(server.grpcUrl, "noisy", LIMIT * TIMES, seconds);
    const disturbed = await pace(quiet, "quiet", QUIET_PER_SECOND, seconds);
    const refused = await noisy.ended();
    if (refused.refusals === 0) throw new Error("the noisy tenant was never refused");
    if (disturbed.refusals + baseline.refusals > 0) throw new Error("the quiet tenant was refused");
    alone.push(baseline.p99Ms);
    beside.push(disturbed.p99Ms);
    ratios.push(disturbed.p99Ms / baseline.p99Ms);
  }
  const probe = "noisy-tenant";
  const what = "A quiet tenant's write at 100/s over gRPC";
  return [
    {
      probe,
      what: `${what}, p99 alone`,
      unit: "ms",
      samples: rounds,
      value: spreadOf(alone),
      goal: undefined,
    },
    {
      probe,
      what: `${what}, p99 beside a tenant at ${TIMES} times its limit of ${LIMIT}/s`,
      unit: "ms",
      samples: rounds,
      value: spreadOf(beside),
      goal: undefined,
    },
    {
      probe,
      what: "The latter to the former, round by round",
      unit: "times",
      samples: rounds,
      value: spreadOf(ratios),
      goal: "≤ 2",
    },
  ];
}

async function prepare(client: EntDBClient, tenantId: string): Promise<void> {
  const context = { tenantId, actor: "user:bench" };
  await client.registerSchema({ context, schema: encodeSchema(SCHEMA) });
}
