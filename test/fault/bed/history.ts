/**
 * One data directory through many faults, and what was acknowledged on the way. What one fault
 * leaves is what the next start starts from. Whoever breaks something says only what and when;
 * starting, writing under load and checking everything afterwards are here.
 */
import { join } from "node:path";
import { ConnectError, createClient } from "@connectrpc/connect";
import { OperationsService } from "../../../gen/entdb/v1/operations_service_pb.ts";
import {
  runBinary,
  type ServerOptions,
  type ServerProcess,
  startServerProcess,
} from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import { type Rpc, rpcClient, transportOf } from "../../harness/wire.ts";
import { checkFiles } from "./files.ts";
import { checkInvariants } from "./invariants.ts";
import { Journal, TENANTS } from "./journal.ts";
import { Violation } from "./violation.ts";
import { within } from "./within.ts";
import { prepare, write } from "./writers.ts";

export interface HistoryOptions {
  /** The data directory lies in it as `data`. */
  readonly cwd: string;
  readonly random: SeededRandom;
  /** Settings of every start, besides the history's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** The executable; the one that users get by default. */
  readonly program?: string;
  /** A program in front of every server. */
  readonly under?: readonly string[];
  /** Makes every pair larger. */
  readonly paddingBytes?: number;
}

/** Happens to a server under load. */
export type Fault = (server: ServerProcess) => Promise<void>;

const LOAD_MS_MIN = 20;
const LOAD_MS_SPREAD = 120;
const LOOK_MS = 5;
/** Much more than it takes: a server that hangs is found, one on a busy machine is not. */
const CHECK_MS = 300_000;

export class History {
  readonly journal = new Journal();
  readonly #options: HistoryOptions;
  #loads = 0;
  /** What was answered before it has been checked once already. */
  #freshFrom = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  get cwd(): string {
    return this.#options.cwd;
  }

  get dataDir(): string {
    return join(this.cwd, "data");
  }

  /** Settings of every start. */
  get env(): Readonly<Record<string, string>> {
    return { ENTDB_SEGMENT_BYTES: SEGMENT_BYTES, ...this.#options.env };
  }

  /** How many transactions were answered so far. */
  get acknowledged(): number {
    return this.journal.answered().length;
  }

  /** Starts, checks, writes for a moment, and lets the fault happen, after which the server must be gone. */
  async cycle(fault: Fault, change: Partial<ServerOptions> = {}): Promise<void> {
    await using server = await this.start(change);
    await this.check(server);
    await this.underLoad(server, async () => {
      await this.moment();
      await fault(server);
    });
  }

  /** Starts a server as it was left. Throws `StartRefused`, and {@link Violation} when a file is not whole. */
  async start(change: Partial<ServerOptions> = {}): Promise<ServerProcess> {
    checkFiles(this.dataDir);
    return await this.startDamaged(change);
  }

  /** As {@link start}, where somebody has damaged a file on purpose. */
  async startDamaged(change: Partial<ServerOptions> = {}): Promise<ServerProcess> {
    const { program, under } = this.#options;
    return await startServerProcess({
      cwd: this.cwd,
      args: ["--log-format", "json", "--log-level", "WARN"],
      ...(program === undefined ? {} : { program }),
      ...(under === undefined ? {} : { under }),
      ...change,
      env: { ...this.env, ...change.env },
    });
  }

  /** All invariants on a server that runs; one tenant is made again out of the log. */
  async check(server: ServerProcess): Promise<void> {
    const tenant = TENANTS[this.#options.random.below(TENANTS.length)] as string;
    await this.checkContent(server);
    await within(CHECK_MS, "a tenant is made again", refusing(checkRebuild(server, tenant)));
  }

  /** As {@link check}, where the log does not reach back to a tenant's first record. */
  async checkContent(server: ServerProcess): Promise<void> {
    const rpc = clientOf(server);
    const { random } = this.#options;
    const asking = async () => {
      await prepare(rpc, this.journal);
      await checkInvariants(rpc, this.journal, this.#freshFrom, random);
    };
    await within(CHECK_MS, "every question is answered", refusing(asking()));
    this.#freshFrom = this.acknowledged;
  }

  /** Sixteen writers write while `during` goes on; each stops at the first answer that decides nothing. */
  async underLoad(server: ServerProcess, during: () => Promise<void>): Promise<void> {
    let isOver = false;
    const writing = write(clientOf(server), this.journal, {
      number: this.#loads++,
      paddingBytes: this.#options.paddingBytes,
      stopped: () => isOver,
    });
    try {
      await during();
    } finally {
      isOver = true;
      await writing;
    }
  }

  /** Some time, as the seed says. */
  async moment(): Promise<void> {
    await Bun.sleep(LOAD_MS_MIN + this.#options.random.below(LOAD_MS_SPREAD));
  }

  /** Until so many more transactions were answered, or the server is gone. */
  async answers(server: ServerProcess, count: number): Promise<void> {
    const wanted = this.acknowledged + count;
    let isGone = false;
    void server.exited.then(() => {
      isGone = true;
    });
    while (this.acknowledged < wanted && !isGone) await Bun.sleep(LOOK_MS);
  }

  /** The last restart: checks, makes every tenant again out of the log, stops, looks at files and log. */
  async finish(change: Partial<ServerOptions> = {}): Promise<void> {
    await using server = await this.start(change);
    await this.check(server);
    for (const tenant of TENANTS) await checkRebuild(server, tenant);
    const exitCode = await server.stop();
    if (exitCode !== 0) throw new Violation(`a graceful stop ended with ${exitCode}`);
    checkFiles(this.dataDir);
    await this.#verify();
  }

  /** What operators have for it: every batch of the log, every page, and a replay. */
  async #verify(): Promise<void> {
    const args = ["restore", "verify", "--data-dir", this.dataDir];
    const { exitCode, stderr } = await runBinary(args, this);
    if (exitCode !== 0) throw new Violation(`restore verify ended with ${exitCode}: ${stderr}`);
  }
}

/** The smallest there are, so that they are made quickly and come to their end. */
const SEGMENT_BYTES = "16MiB";

export function clientOf(server: ServerProcess): Rpc {
  return rpcClient("connect", server.grpcUrl, "2");
}

/** A server that runs, and refuses what it should do, is a {@link Violation}. */
async function refusing<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    throw new Violation(`the server runs and refuses: ${error.message}`, { cause: error });
  }
}

/** What operators ask a server for. */
export function operationsOf(server: ServerProcess) {
  return createClient(OperationsService, transportOf("connect", server.grpcUrl, "2"));
}

/** View = fold(log): a view made from the log alone has the same content and outcomes. */
export async function checkRebuild(server: ServerProcess, tenantId: string): Promise<void> {
  const report = await operationsOf(server).rebuildTenant({ tenantId });
  if (
    report.contentHashBefore !== report.contentHashAfter ||
    report.outcomeDigestBefore !== report.outcomeDigestAfter
  ) {
    throw new Violation(`tenant ${tenantId}: the log makes another view than the one served`);
  }
}
