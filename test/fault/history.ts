import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { type ServerProcess, startServerProcess } from "../harness/binary.ts";
import type { SeededRandom } from "../harness/seeded-random.ts";
import { rpcClient } from "../harness/wire.ts";
import { checkFiles, checkInvariants, Violation } from "./invariants.ts";
import { Journal, TENANTS } from "./journal.ts";
import { prepare, write } from "./writers.ts";

export interface HistoryOptions {
  /** The data directory lies in it as `data`. */
  readonly cwd: string;
  readonly random: SeededRandom;
  /** How long the writers write before the fault, at most. */
  readonly loadMsMax: number;
  /** What happens to a server under load. The process must be gone when it resolves. */
  readonly fault: (server: ServerProcess) => Promise<void>;
  /** A program in front of the server. */
  readonly under?: readonly string[];
}

const LOAD_MS_MIN = 20;

/**
 * One data directory through many faults: start, check everything that was acknowledged,
 * write, fault, and again. What one cycle leaves is what the next one starts from.
 */
export class History {
  readonly journal = new Journal();
  readonly #options: HistoryOptions;
  #cycle = 0;
  #fresh = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Starts, checks, writes, and lets the fault happen. Throws {@link Violation}. */
  async cycle(): Promise<void> {
    const { random, loadMsMax, fault } = this.#options;
    await using server = await this.#start();
    const rpc = rpcClient("connect", server.grpcUrl, "2");
    await prepare(rpc, this.journal);
    await this.#check(server);
    this.#fresh = this.journal.answered().length;
    let faulted = false;
    const writing = write(rpc, this.journal, this.#cycle++, () => faulted);
    await Bun.sleep(LOAD_MS_MIN + random.below(loadMsMax));
    await fault(server);
    faulted = true;
    await writing;
  }

  /** The last restart: checks, rebuilds every tenant from the log, stops, looks at the files. */
  async finish(): Promise<void> {
    await using server = await this.#start();
    await this.#check(server);
    await checkRebuilds(server);
    const exitCode = await server.stop();
    if (exitCode !== 0) throw new Violation(`a graceful stop ended with ${exitCode}`);
    checkFiles(`${this.#options.cwd}/data`);
  }

  async #check(server: ServerProcess): Promise<void> {
    const rpc = rpcClient("connect", server.grpcUrl, "2");
    await checkInvariants(rpc, this.journal, this.#fresh, this.#options.random);
  }

  #start(): Promise<ServerProcess> {
    const { cwd, under = [] } = this.#options;
    const args = ["--log-format", "json", "--log-level", "WARN"];
    return startServerProcess({ cwd, under, args });
  }
}

/** View = fold(log): a view made from the log alone has the same content and outcomes. */
async function checkRebuilds(server: ServerProcess): Promise<void> {
  const transport = createConnectTransport({ baseUrl: server.grpcUrl, httpVersion: "2" });
  const operations = createClient(OperationsService, transport);
  for (const tenantId of TENANTS) {
    const report = await operations.rebuildTenant({ tenantId });
    if (
      report.contentHashBefore !== report.contentHashAfter ||
      report.outcomeDigestBefore !== report.outcomeDigestAfter
    ) {
      throw new Violation(`tenant ${tenantId}: the log makes another view than the one served`);
    }
  }
}
