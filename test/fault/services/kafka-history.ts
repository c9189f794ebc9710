import { Kafka as KafkaClient, logLevel } from "kafkajs";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import type { Kafka } from "../../services/kafka.ts";
import type { KafkaNode } from "../../services/kafka-node.ts";
import type { KafkaScene } from "./kafka-faults.ts";
import { LogHistory } from "./log-history.ts";

export interface KafkaHistoryOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** The data directory lies in it as `data`. */
  readonly cwd: string;
  readonly random: SeededRandom;
}

/** One log in Kafka through many faults. */
export function kafkaHistory(options: KafkaHistoryOptions): LogHistory<KafkaScene> {
  const { kafka, topic, cwd, random } = options;
  const leaders = new Leaders(kafka, topic);
  return new LogHistory({
    ...{ cwd, random },
    env: { ENTDB_KAFKA_BROKERS: kafka.brokers, ENTDB_KAFKA_TOPIC: topic },
    sceneOf: (scene) => ({
      ...scene,
      kafka,
      leader: () => leaders.find(),
      newLeader: (old) => leaders.findOther(old),
    }),
  });
}

const LOOK_MS = 100;
const ASK_MS = 3_000;

/** Which node leads the partition. */
class Leaders {
  readonly #kafka: Kafka;
  readonly #topic: string;

  constructor(kafka: Kafka, topic: string) {
    this.#kafka = kafka;
    this.#topic = topic;
  }

  /** As soon as any node that answers knows one. */
  async find(): Promise<KafkaNode> {
    const { brokers, nodes } = this.#kafka;
    const asked = brokers.split(",");
    for (;;) {
      // The first that answers is asked; one that hangs must not be asked for ever.
      asked.push(asked.shift() ?? "");
      const id = await leaderAt(asked, this.#topic).catch(() => 0);
      const found = nodes.find((node) => node.plan.id === id);
      if (found !== undefined) return found;
      await Bun.sleep(LOOK_MS);
    }
  }

  async findOther(old: KafkaNode): Promise<void> {
    while ((await this.find()) === old) await Bun.sleep(LOOK_MS);
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
