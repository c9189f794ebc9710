/** Where a run of `entdb bench` goes, and what its figures therefore stand for. */
import { resolve } from "node:path";
import { bareSyncs } from "../bare-sync.ts";
import type { CliContext } from "../context.ts";
import { checkSpace } from "../doctor/directory-checks.ts";
import { type TenantFlags, tenantClient } from "../flags.ts";
import { RestClient } from "../rest-client.ts";
import { quantile } from "./figures.ts";
import { withOwnServer } from "./own-server.ts";
import { clientSetting, type Setting, THIS_VERSION } from "./report.ts";
import { type Plan, type Result, runBench } from "./run-bench.ts";
import { NODE_TYPE } from "./workload.ts";

/** How a run is ended before its time. */
export interface Stop {
  /** Rejects when somebody wants the run to end. */
  readonly interrupted: Promise<never>;
  /** Aborts at the same time. */
  readonly signal: AbortSignal;
}

export interface Run {
  readonly setting: Setting;
  readonly results: readonly Result[];
}

/** A server of the run's own, with its data below the directory. */
export interface OwnTarget {
  readonly directory: string;
  readonly timeoutMs: number;
}

/** Against a server that is started for the run and gone afterwards, data and all. */
export async function benchOwnServer(
  context: CliContext,
  { directory: parent, timeoutMs }: OwnTarget,
  plan: Plan,
  { interrupted, signal }: Stop,
): Promise<Run> {
  return await withOwnServer(parent, interrupted, async ({ url, directory, durability }) => {
    for (const { state, check, finding } of await checkSpace(directory)) {
      if (state !== "ok") await context.output.note(`warning: ${check}: ${finding}`);
    }
    const syncs = await bareSyncs(directory, context.clock, context.random);
    const who = { tenantId: "bench", actor: "user:bench", credential: undefined };
    const client = new RestClient({ url, timeoutMs, ...who }, context.clock);
    const results = await runBench(context, client, plan, signal);
    const setting = {
      version: THIS_VERSION,
      server: "its own, alone, with default settings",
      directory: resolve(parent),
      durability: `${durability} of the log before every answer to a write`,
      fdatasync_ms: Number(quantile(syncs, 0.5).toFixed(3)),
      ...clientSetting(),
      machine: "client and server share this one",
    };
    return { setting, results };
  });
}

/** A server that runs, and the tenant that is written into. */
export type NamedTarget = TenantFlags & { readonly tenantId: string; readonly namedBy: string };

/** Against a server that runs. Says first what it is going to leave there. */
export async function benchServer(
  context: CliContext,
  target: NamedTarget,
  plan: Plan,
  { interrupted, signal }: Stop,
): Promise<Run> {
  const { url, tenantId } = target;
  const client = tenantClient(context, target);
  const run = async () => {
    const { version } = await client.get("/health");
    await context.output.note(
      `Writes into tenant ${tenantId} of ${url}, and leaves there: the type ${NODE_TYPE.name} (${NODE_TYPE.id}), nodes of it, and events of aggregates entdb-bench-*.`,
    );
    const results = await runBench(context, client, plan, signal);
    const setting = {
      version: typeof version === "string" ? version : "not told",
      server: `${url}, tenant ${tenantId}`,
      durability: 'what that server is set to: the line "durability:" of its start says it',
      ...clientSetting(),
      machine: "the client's; the way to the server is in every figure",
    };
    return { setting, results };
  };
  return await Promise.race([run(), interrupted]);
}
