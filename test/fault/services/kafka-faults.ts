/**
 * What befalls a log in Kafka while writers write: to the server, to brokers, to both. A fault
 * leaves every broker running again; whether the server still runs is for the history to see.
 */
import type { ServerProcess } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import type { Kafka } from "../../services/kafka.ts";
import type { KafkaNode } from "../../services/kafka-node.ts";

/** What a fault may touch. */
export interface Scene {
  readonly kafka: Kafka;
  readonly random: SeededRandom;
  readonly server: ServerProcess;
  /** The node that leads the log's partition now. */
  leader(): Promise<KafkaNode>;
  /** Resolves when the partition has another leader than this one. */
  newLeader(old: KafkaNode): Promise<void>;
  /** Asserts that writes fail with a reason that says so, and that reads go on. */
  expectWritesRefused(): Promise<void>;
  /** Removes the server's whole data directory. The server must be gone. */
  loseData(): void;
}

export type Fault = (scene: Scene) => Promise<void>;

/** What befalls the server alone. */
const SERVER_FAULTS = {
  "the server is killed": async ({ server }) => {
    await server.kill();
  },
  "the server is stopped": async ({ server }) => {
    await server.stop();
  },
  "the data directory is lost": async ({ server, loseData }) => {
    await server.kill();
    loseData();
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** Needs no second broker. */
export const SINGLE_BROKER_FAULTS = {
  ...SERVER_FAULTS,
  "the broker is killed and comes back": async ({ kafka }) => {
    const node = kafka.node(1);
    await node.kill();
    await node.start();
  },
  "the broker hangs for a while": async ({ kafka, random }) => {
    const node = kafka.node(1);
    node.pause();
    await Bun.sleep(random.below(HANG_MS));
    node.resume();
  },
  "broker and server are killed": async ({ kafka, server }) => {
    const node = kafka.node(1);
    await Promise.all([node.kill(), server.kill()]);
    await node.start();
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** Needs three brokers, of which two must have a record. */
export const CLUSTER_FAULTS = {
  ...SERVER_FAULTS,
  "the leader is killed": async ({ leader, newLeader }) => {
    const node = await leader();
    await node.kill();
    await newLeader(node);
    await node.start();
  },
  "the leader hands over and stops": async ({ leader }) => {
    const node = await leader();
    await node.stop();
    await node.start();
  },
  "the leader hangs until another is found": async ({ leader, newLeader }) => {
    const node = await leader();
    node.pause();
    await newLeader(node);
    node.resume();
  },
  "the server is killed while there is no leader": async ({ leader, server }) => {
    const node = await leader();
    await node.kill();
    await server.kill();
    await node.start();
  },
  "two brokers are killed": async ({ kafka, leader, expectWritesRefused }) => {
    const first = await leader();
    const second = kafka.nodes.find((node) => node !== first) as KafkaNode;
    await Promise.all([first.kill(), second.kill()]);
    await expectWritesRefused();
    first.launch();
    second.launch();
    await Promise.all([first.ready(), second.ready()]);
  },
} as const satisfies Readonly<Record<string, Fault>>;

const HANG_MS = 7_000;
