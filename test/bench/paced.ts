/**
 * Writes to one tenant at a fixed rate whatever comes back, as a crowd of clients would; measured
 * from when each was due. As a program, `bun test/bench/paced.ts <url> <tenant> <per second>
 * <seconds>` prints what came of it: a noisy client takes no turn from a quiet one's clock.
 */

import { quantile } from "../../src/cli/bench/figures.ts";
import { createNode, type EntDBClient, grpcClient } from "./databases/entdb-client.ts";
import { newPersonOf } from "./people.ts";

export interface Paced {
  readonly p99Ms: number;
  readonly refusals: number;
}

let people = 0;

/** Sends at a fixed rate whatever comes back. */
export async function pace(
  client: EntDBClient,
  tenantId: string,
  perSecond: number,
  seconds: number,
): Promise<Paced> {
  const context = { tenantId, actor: "user:bench" };
  const latencies: number[] = [];
  const running: Promise<void>[] = [];
  let refusals = 0;
  const start = performance.now();
  const call = async (dueAt: number) => {
    const operations = [createNode(newPersonOf(people++))];
    await client.executeAtomic({ context, operations }).then(
      () => latencies.push(performance.now() - dueAt),
      () => {
        refusals += 1;
      },
    );
  };
  for (let n = 0; n < perSecond * seconds; n++) {
    const dueAt = start + (n * 1000) / perSecond;
    const left = dueAt - performance.now();
    if (left > 0.5) await Bun.sleep(left);
    running.push(call(dueAt));
  }
  await Promise.all(running);
  return {
    p99Ms: quantile(
      latencies.sort((a, b) => a - b),
      0.99,
    ),
    refusals,
  };
}

/** So long a noisy client runs before anything is measured beside it: programs that start are noisy by themselves. */
const WARM_UP_SECONDS = 1.5;
const WARM = "warm\n";

/** The same in a process of its own, which has been at it for a while. */
export class NoisyClient {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #lines: AsyncIterator<Uint8Array>;

  /** Use {@link start}. */
  constructor(child: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    this.#child = child;
    this.#lines = child.stdout[Symbol.asyncIterator]();
  }

  /** Resolves when it is warm; from then on it goes on for so many seconds. */
  static async start(
    url: string,
    tenantId: string,
    perSecond: number,
    seconds: number,
  ): Promise<NoisyClient> {
    const args = [url, tenantId, String(perSecond), String(seconds)];
    // It is there to burden the server, not the client that is measured, which may share its processor.
    const command = ["nice", "-n", "19", process.execPath, import.meta.path, ...args];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const client = new NoisyClient(child);
    await client.#lines.next();
    return client;
  }

  async ended(): Promise<Paced> {
    const { value } = await this.#lines.next();
    if ((await this.#child.exited) !== 0) throw new Error("the noisy client failed");
    return JSON.parse(Buffer.from(value as Uint8Array).toString());
  }
}

if (import.meta.main) {
  const [url = "", tenantId = "", perSecond, seconds] = process.argv.slice(2);
  const client = grpcClient(url);
  await pace(client, tenantId, Number(perSecond), WARM_UP_SECONDS);
  process.stdout.write(WARM);
  const paced = await pace(client, tenantId, Number(perSecond), Number(seconds));
  process.stdout.write(JSON.stringify(paced));
}
