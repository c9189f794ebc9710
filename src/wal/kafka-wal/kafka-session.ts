import type { KafkaConfig, SASLOptions } from "kafkajs";
import Cluster from "kafkajs/src/cluster/index.js";
import { createLogger } from "kafkajs/src/loggers/index.js";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";
import socketFactory from "kafkajs/src/network/socketFactory.js";
import { must } from "../../base/assert.ts";
import type { KafkaBroker, KafkaMessage, ProducerIdentity } from "./broker-types.ts";
import type { KafkaSasl, KafkaSettings, KafkaTls } from "./kafka-settings.ts";

/** A message of the partition and where it stands. */
export interface PartitionMessage {
  readonly kafkaOffset: number;
  readonly value: Uint8Array;
}

/** What is kept of the partition: Kafka's offsets from `low` on, below `high`. */
export interface Watermarks {
  readonly low: number;
  readonly high: number;
}

/**
 * Connections to a cluster for the sake of one partition. Does each request once, at the
 * partition's leader, and knows nothing of trying again: whoever meets an error throws the
 * session away and opens another one ({@link KafkaLink}), which finds the leader anew.
 */
export class KafkaSession {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #partition: number;

  /** Use {@link KafkaSession.open}. */
  constructor(cluster: Cluster, topic: string, partition: number) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#partition = partition;
  }

  /** Connects by way of the first of these brokers that answers. */
  static async open(
    settings: KafkaSettings,
    brokers: readonly string[],
    topic: string,
    partition: number,
  ): Promise<KafkaSession> {
    const cluster = new Cluster({ ...clusterOptions(settings), brokers });
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      return new KafkaSession(cluster, topic, partition);
    } catch (error) {
      await cluster.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }

  /** A name that no producer had before. */
  async newProducer(): Promise<ProducerIdentity> {
    const broker = await this.#cluster.findControllerBroker();
    const { producerId, producerEpoch } = await broker.initProducerId({
      transactionTimeout: REQUEST_TIMEOUT_MS,
    });
    return { producerId, producerEpoch };
  }

  /**
   * Appends messages as one batch, which counts when all replicas in sync have it. Answers
   * Kafka's offset of the first. The same batch under the same sequence number is appended once.
   */
  async produce(
    producer: ProducerIdentity,
    firstSequence: number,
    messages: readonly KafkaMessage[],
  ): Promise<number> {
    const leader = await this.#leader();
    const { topics } = await leader.produce({
      ...producer,
      acks: -1,
      timeout: REQUEST_TIMEOUT_MS,
      topicData: [
        {
          topic: this.#topic,
          partitions: [{ partition: this.#partition, firstSequence, messages }],
        },
      ],
    });
    return Number(must(topics[0]?.partitions[0], "an answer for the partition").baseOffset);
  }

  /** Messages from Kafka's offset on, at least one where there is one; none at the end of the partition. */
  async fetch(from: number, maxBytes: number): Promise<PartitionMessage[]> {
    const leader = await this.#leader();
    const wanted = { partition: this.#partition, fetchOffset: String(from), maxBytes };
    const { responses } = await leader.fetch({
      isolationLevel: 0,
      maxWaitTime: 0,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: this.#topic, partitions: [wanted] }],
    });
    const found: PartitionMessage[] = [];
    // A batch that begins below the wanted offset comes whole.
    for (const { offset, value } of responses[0]?.partitions[0]?.messages ?? []) {
      const kafkaOffset = Number(offset);
      if (kafkaOffset >= from) found.push({ kafkaOffset, value: value ?? new Uint8Array(0) });
    }
    return found;
  }

  async watermarks(): Promise<Watermarks> {
    const leader = await this.#leader();
    const offsetAt = async (timestamp: number) => {
      const { responses } = await leader.listOffsets({
        isolationLevel: 0,
        topics: [{ topic: this.#topic, partitions: [{ partition: this.#partition, timestamp }] }],
      });
      return Number(must(responses[0]?.partitions[0], "an answer for the partition").offset);
    };
    return { low: await offsetAt(EARLIEST), high: await offsetAt(LATEST) };
  }

  async #leader(): Promise<KafkaBroker> {
    await this.#cluster.refreshMetadataIfNecessary();
    const leaders = this.#cluster.findLeaderForPartitions(this.#topic, [this.#partition]);
    const nodeId = Object.keys(leaders)[0] ?? "-1";
    return await this.#cluster.findBroker({ nodeId });
  }
}

/** How a client of ours presents itself and how long it waits; shared with whoever administers the topic. */
export function connectionOptions(settings: KafkaSettings): Omit<KafkaConfig, "brokers"> {
  const { tls, sasl } = settings;
  return {
    clientId: "entdb",
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries: 0 },
    ...(tls === undefined ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
  };
}

function tlsOptions({ ca, cert, key }: KafkaTls): NonNullable<KafkaConfig["ssl"]> {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function saslOptions({ mechanism, username, password }: KafkaSasl): SASLOptions {
  switch (mechanism) {
    case "plain":
      return { mechanism, username, password };
    case "scram-sha-256":
      return { mechanism, username, password };
    case "scram-sha-512":
      return { mechanism, username, password };
  }
}

function clusterOptions(settings: KafkaSettings): Readonly<Record<string, unknown>> {
  return {
    ...connectionOptions(settings),
    logger: createLogger({ level: LOG_NOTHING, logCreator: () => () => undefined }),
    socketFactory: socketFactory(),
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    reauthenticationThreshold: REAUTHENTICATION_MS,
    enforceRequestTimeout: true,
    metadataMaxAge: METADATA_MS,
    allowAutoTopicCreation: false,
  };
}

/**
 * An idle queue of kafkajs 2.2.4 asks itself every millisecond whether something waits, by way of
 * a timer with a negative time: 3.5 % of a core, and a warning. It need only ask while something does.
 */
const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0) scheduleCheck.call(this);
};

const CONNECT_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;
const AUTHENTICATION_TIMEOUT_MS = 10_000;
const REAUTHENTICATION_MS = 10_000;
/** A leader that hangs is only found to be none by asking again. */
const METADATA_MS = 2_000;
const LOG_NOTHING = 0;
/** What Kafka takes for "the first" and "behind the last" instead of a time. */
const EARLIEST = -2;
const LATEST = -1;
