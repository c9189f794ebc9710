/**
 * One log that another program keeps through many faults: writers write, something breaks,
 * everything is healed, and what was acknowledged must be there, once. The server runs on from
 * fault to fault where the fault let it live, so that it also has to heal by itself.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type ServerProcess, StartRefused, startServerProcess } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import { type Rpc, rpcClient } from "../../harness/wire.ts";
import { checkInvariants } from "../bed/invariants.ts";
import { Journal } from "../bed/journal.ts";
import { Violation } from "../bed/violation.ts";
import { expectReads, expectWritesRefused, untilWritable } from "../bed/writable.ts";
import { prepare, write } from "../bed/writers.ts";
import type { FaultOf, ServerScene } from "./server-faults.ts";

export interface LogHistoryOptions<Scene extends ServerScene> {
  /** The data directory lies in it as `data`. */
  readonly cwd: string;
  /** Says where the server's log is. */
  readonly env: Readonly<Record<string, string>>;
  readonly random: SeededRandom;
  /** Adds to what every fault may touch what those of this log may. */
  readonly sceneOf: (scene: ServerScene) => Scene;
}

const LOAD_MS_MIN = 100;
const LOAD_MS_SPREAD = 500;
const STARTS = 5;

export class LogHistory<Scene extends ServerScene> implements AsyncDisposable {
  readonly journal = new Journal();
  readonly #options: LogHistoryOptions<Scene>;
  #server: ServerProcess | undefined;
  #serverEnded = true;
  #cycle = 0;

  constructor(options: LogHistoryOptions<Scene>) {
    this.#options = options;
  }

  /** Every fault, one after the other, in so many rounds. Answers how many there were. Throws {@link Violation}. */
  async run(faults: Readonly<Record<string, FaultOf<Scene>>>, rounds: number): Promise<number> {
    for (let round = 0; round < rounds; round++) {
      for (const [name, fault] of Object.entries(faults)) await this.#history(name, fault);
    }
    return rounds * Object.keys(faults).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.kill();
  }

  /** Writes, lets the fault happen, heals, and checks. */
  async #history(name: string, fault: FaultOf<Scene>): Promise<void> {
    const { random, cwd, sceneOf } = this.#options;
    const server = await this.#running();
    const rpc = clientOf(server);
    await prepare(rpc, this.journal);
    const freshFrom = this.journal.answered().length;
    let isOver = false;
    const load = { number: this.#cycle++, stopped: () => isOver };
    const writing = write(rpc, this.journal, load);
    await Bun.sleep(LOAD_MS_MIN + random.below(LOAD_MS_SPREAD));
    const scene = sceneOf({
      ...{ random, server },
      expectWritesRefused: async () => {
        await expectWritesRefused(rpc);
        await expectReads(rpc, this.journal);
      },
      loseData: () => rmSync(join(cwd, "data"), { recursive: true }),
    });
    await fault(scene);
    isOver = true;
    await writing;
    try {
      const healed = clientOf(await this.#running());
      await untilWritable(healed);
      await checkInvariants(healed, this.journal, freshFrom, random);
    } catch (error) {
      throw new Violation(`after "${name}": ${(error as Error).message}`, { cause: error });
    }
  }

  /** A new server. One that is refused because its log did not answer in time is started again, as whoever runs it would. */
  async #started(): Promise<ServerProcess> {
    const { cwd, env } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await startServerProcess({ cwd, args: ["--log-level", "ERROR"], env });
      } catch (error) {
        const isPassing = error instanceof StartRefused && error.reason === "LOG_UNAVAILABLE";
        if (!isPassing || attempt === STARTS) throw error;
      }
    }
  }

  /** The server that runs, or a new one. */
  async #running(): Promise<ServerProcess> {
    if (this.#server !== undefined && !this.#serverEnded) return this.#server;
    const server = await this.#started();
    this.#serverEnded = false;
    void server.exited.then(() => {
      if (this.#server === server) this.#serverEnded = true;
    });
    this.#server = server;
    return server;
  }
}

function clientOf(server: ServerProcess): Rpc {
  return rpcClient("connect", server.grpcUrl, "2");
}
