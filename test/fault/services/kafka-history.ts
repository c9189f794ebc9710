/**
 * One log in Kafka through many faults: writers write, something breaks, everything is healed,
 * and what was acknowledged must be there, once. The server runs on from fault to fault where
 * the fault let it live, so that it also has to heal by itself.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Kafka as KafkaClient, logLevel } from "kafkajs";
import { type ServerProcess, startServerProcess } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import { type Rpc, rpcClient } from "../../harness/wire.ts";
import type { Kafka } from "../../services/kafka.ts";
import type { KafkaNode } from "../../services/kafka-node.ts";
import { checkInvariants } from "../bed/invariants.ts";
import { Journal } from "../bed/journal.ts";
import { Violation } from "../bed/violation.ts";
import { expectReads, expectWritesRefused, untilWritable } from "../bed/writable.ts";
import { prepare, write } from "../bed/writers.ts";
import type { Fault } from "./kafka-faults.ts";

export interface KafkaHistoryOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** The data directory lies in it as `data`. */
  readonly cwd: string;
  readonly random: SeededRandom;
}

const LOAD_MS_MIN = 100;
const LOAD_MS_SPREAD = 500;
const LOOK_MS = 100;
const ASK_MS = 3_000;

export class KafkaHistory implements AsyncDisposable {
  readonly journal = new Journal();
  readonly #options: KafkaHistoryOptions;
  #server: ServerProcess | undefined;
  #serverEnded = true;
  #cycle = 0;

  constructor(options: KafkaHistoryOptions) {
    this.#options = options;
  }

  /** Writes, lets the fault happen, heals, and checks. Throws {@link Violation}. */
  async cycle(name: string, fault: Fault): Promise<void> {
    const server = await this.#running();
    const rpc = clientOf(server);
    await prepare(rpc, this.journal);
    const freshFrom = this.journal.answered().length;
    const { random } = this.#options;
    let isOver = false;
    const writing = write(rpc, this.journal, {
      number: this.#cycle++,
      stopped: () => isOver,
    });
    await Bun.sleep(LOAD_MS_MIN + random.below(LOAD_MS_SPREAD));
    await fault({
      ...this.#options,
      server,
      leader: () => this.#leader(),
      newLeader: (old) => this.#newLeader(old),
      expectWritesRefused: async () => {
        await expectWritesRefused(rpc);
        await expectReads(rpc, this.journal);
      },
      loseData: () => rmSync(join(this.#options.cwd, "data"), { recursive: true }),
    });
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.kill();
  }

  /** The server that runs, or a new one. */
  async #running(): Promise<ServerProcess> {
    if (this.#server !== undefined && !this.#serverEnded) return this.#server;
    const { cwd, kafka, topic } = this.#options;
    const server = await startServerProcess({
      cwd,
      args: ["--log-level", "ERROR"],
      env: { ENTDB_KAFKA_BROKERS: kafka.brokers, ENTDB_KAFKA_TOPIC: topic },
    });
    this.#serverEnded = false;
    void server.exited.then(() => {
      if (this.#server === server) this.#serverEnded = true;
    });
    this.#server = server;
    return server;
  }

  async #newLeader(old: KafkaNode): Promise<void> {
    while ((await this.#leader()) === old) await Bun.sleep(LOOK_MS);
  }

  /** The node that leads the partition, as soon as any that answers knows one. */
  async #leader(): Promise<KafkaNode> {
    const { kafka, topic } = this.#options;
    const brokers = kafka.brokers.split(",");
    for (;;) {
      // The first that answers is asked; one that hangs must not be asked for ever.
      brokers.push(brokers.shift() ?? "");
      const id = await leaderAt(brokers, topic).catch(() => 0);
      const found = kafka.nodes.find((node) => node.plan.id === id);
      if (found !== undefined) return found;
      await Bun.sleep(LOOK_MS);
    }
  }
}

async function leaderAt(brokers: string[], topic: string): Promise<number> {
  const client = new KafkaClient({
    brokers: [...brokers],
    requestTimeout: ASK_MS,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions[0]?.leader ?? 0;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function clientOf(server: ServerProcess): Rpc {
  return rpcClient("connect", server.grpcUrl, "2");
}
