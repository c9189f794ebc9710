/**
 * What befalls a log in Kafka while writers write: to the server, to brokers, to both. A fault
 * leaves every broker running again; whether the server still runs is for the history to see.
 */
import type { Kafka } from "../../services/kafka.ts";
import type { KafkaNode } from "../../services/kafka-node.ts";
import { type FaultOf, SERVER_FAULTS, type ServerScene } from "./server-faults.ts";

export interface KafkaScene extends ServerScene {
  readonly kafka: Kafka;
  /** The node that leads the log's partition now. */
  leader(): Promise<KafkaNode>;
  /** Resolves when the partition has another leader than this one. */
  newLeader(old: KafkaNode): Promise<void>;
}

type Fault = FaultOf<KafkaScene>;

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
