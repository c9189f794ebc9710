/**
 * A stopped server's directory with something of everything: two segments, views with
 * write-ahead files, an archive of all records, snapshots with records behind them. Made once;
 * each damage is done to a copy.
 */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ServerOptions, type ServerProcess, StartRefused } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import { untilArchived } from "../bed/archive.ts";
import { clientOf, History, type HistoryOptions, operationsOf } from "../bed/history.ts";
import { TENANTS } from "../bed/journal.ts";
import { Violation } from "../bed/violation.ts";
import { eventually } from "../bed/within.ts";
import { untilMailboxes, untilWritable } from "../bed/writable.ts";
import { anyDamage, type Damage } from "./damage.ts";

const ANSWERS = 80;
const SETTINGS = { ENTDB_ARCHIVE_INTERVAL: "1s", ENTDB_LOG_TRIM: "false" };
const PADDING_BYTES = 30 * 1024;
const MADE_MS = 180_000;

type RipeOptions = Pick<HistoryOptions, "program">;

export class RipeDirectory {
  readonly history: History;
  readonly #random: SeededRandom;
  readonly #original: string;
  /** Over everything that a tenant holds, by tenant. */
  readonly #hashes = new Map<string, string>();

  /** Use {@link RipeDirectory.make}. */
  constructor(cwd: string, random: SeededRandom, options: RipeOptions) {
    const settings = { env: SETTINGS, paddingBytes: PADDING_BYTES, ...options };
    this.history = new History({ cwd, random, ...settings });
    this.#random = random;
    this.#original = join(cwd, "original");
  }

  static async make(
    cwd: string,
    random: SeededRandom,
    options: RipeOptions = {},
  ): Promise<RipeDirectory> {
    const ripe = new RipeDirectory(cwd, random, options);
    const { history } = ripe;
    await using server = await history.start();
    await history.check(server);
    await history.underLoad(server, () => history.answers(server, ANSWERS));
    await operationsOf(server).createSnapshot({});
    await history.underLoad(server, () => history.answers(server, ANSWERS));
    await history.check(server);
    await untilArchived(server);
    for (const tenant of TENANTS) ripe.#hashes.set(tenant, await hashOf(server, tenant));
    await server.kill();
    cpSync(history.dataDir, ripe.#original, { recursive: true });
    return ripe;
  }

  /** Files below a folder of the data directory, in a fresh copy of it. */
  files(folder: string): string[] {
    const { dataDir } = this.history;
    rmSync(dataDir, { recursive: true, force: true });
    cpSync(this.#original, dataDir, { recursive: true });
    const root = join(dataDir, folder);
    return readdirSync(root, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }

  /** Removes folders of the copy. */
  lose(...folders: string[]): void {
    for (const folder of folders) rmSync(join(this.history.dataDir, folder), { recursive: true });
  }

  /** Does something to one of the files, and says what in what is thrown afterwards. */
  async damaged(
    files: readonly string[],
    damages: Readonly<Record<string, Damage>>,
    afterwards: () => Promise<void>,
  ): Promise<void> {
    const { what, strike } = anyDamage(files, damages, this.#random);
    strike();
    try {
      await afterwards();
    } catch (error) {
      throw new Violation(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** All that was acknowledged is served, at once or when it was made again; or the start is refused for one of the reasons. */
  async servesAll(reasons: readonly string[], change: Partial<ServerOptions> = {}): Promise<void> {
    const { history } = this;
    try {
      await using server = await history.startDamaged(change);
      // First: what is asked again later leaves its traces.
      if (change.dataDir === undefined) await this.#checkHashes(server);
      const rpc = clientOf(server);
      await untilWritable(rpc);
      await untilMailboxes(rpc);
      await history.checkContent(server);
    } catch (error) {
      if (!(error instanceof StartRefused)) throw error;
      if (reasons.includes(error.reason)) return;
      throw new Violation(`the start is refused: ${error.stderr}`, { cause: error });
    }
  }

  /** What the log makes of every tenant is, to the last byte, what was there before the damage. */
  async #checkHashes(server: ServerProcess): Promise<void> {
    for (const [tenant, before] of this.#hashes) {
      const now = await hashOf(server, tenant);
      if (now !== before) throw new Violation(`tenant ${tenant} holds something else than before`);
    }
  }
}

/** As soon as the tenant can be made again: nothing else must be on its way. */
async function hashOf(server: ServerProcess, tenantId: string): Promise<string> {
  let hash = "";
  await eventually(MADE_MS, `tenant ${tenantId} is made again`, async () => {
    hash = await operationsOf(server)
      .rebuildTenant({ tenantId })
      .then(
        (report) => report.contentHashAfter,
        () => "",
      );
    return hash !== "";
  });
  return hash;
}
