import { encodeSchema } from "../../../src/rpc/encode-schema.ts";
import { startServerProcess } from "../../harness/binary.ts";
import { ATTACKS, type Attack } from "../../harness/http2-attacks.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { grpcClient } from "../databases/entdb-client.ts";
import { SCHEMA } from "../databases/entdb-schema.ts";
import { Flooding } from "../flooding.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { pace } from "../paced.ts";
import type { Probe } from "../report.ts";

const TENANT = "quiet";
const PER_SECOND = 100;

/**
 * What a client that floods its connection with frames costs the clients of others: a tenant
 * writes at a steady hundred a second, alone and beside each attack in turn. Measured at the
 * client, from when a request was due.
 */
export async function probeFloods({ rounds, smoke }: BenchOptions): Promise<readonly Probe[]> {
  const seconds = smoke ? 0.3 : 3;
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  const client = grpcClient(server.grpcUrl);
  const context = { tenantId: TENANT, actor: "user:bench" };
  await client.registerSchema({ context, schema: encodeSchema(SCHEMA) });
  const quietMs = async () => {
    const { p99Ms, refusals } = await pace(client, TENANT, PER_SECOND, seconds);
    if (refusals > 0) throw new Error("the quiet tenant was refused");
    return p99Ms;
  };
  const besideMs = async (attack: Attack) => {
    await using _flooding = await Flooding.start(server.grpcUrl, attack);
    return await quietMs();
  };
  const attacks = Object.keys(ATTACKS) as Attack[];
  const alone: number[] = [];
  const ratios = new Map<Attack, number[]>(attacks.map((attack) => [attack, []]));
  for (let round = 0; round < rounds; round++) {
    for (const attack of attacks) {
      const baselineMs = await quietMs();
      alone.push(baselineMs);
      ratios.get(attack)?.push((await besideMs(attack)) / baselineMs);
    }
  }
  const probe = "floods";
  const what = "A tenant's write at 100/s over gRPC";
  return [
    {
      probe,
      what: `${what}, p99 alone`,
      unit: "ms",
      samples: alone.length,
      value: spreadOf(alone),
      goal: undefined,
    },
    ...[...ratios].map(([attack, values]) => ({
      probe,
      what: `${what}, p99 beside a flood of ${attack}, to that alone`,
      unit: "times",
      samples: rounds,
      value: spreadOf(values),
      goal: "≤ 2",
    })),
  ];
}
