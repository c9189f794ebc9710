/**
 * The topic: made with settings under which nothing acknowledged is lost, or, when it is there,
 * checked for them. What is unsafe is refused with its reason and what to do, all of it at once;
 * an operator who knows better may say so (`allowUnsafe`). What cannot work is always refused.
 */
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import { EntError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { ENTRY_OVERHEAD_BYTES } from "../epochs/entry.ts";
import { connectionOptions } from "./kafka-session.ts";
import type { KafkaSettings } from "./kafka-settings.ts";

/** What is known of the topic once it may be used. */
export interface CheckedTopic {
  /** The largest batch of messages that it takes, in bytes. */
  readonly maxBatchBytes: number;
}

const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const REPLICAS_WANTED = 3;
const IN_SYNC_WANTED = 2;
const CREATE_TIMEOUT_MS = 10_000;
/** The brokers' controller may be busy with what made somebody start us. */
const ADMIN_TIMEOUT_MS = 15_000;

/** Makes the topic unless it is there, and checks it. Throws CONFIG_INVALID, and what kafkajs throws. */
export async function openTopic(
  settings: KafkaSettings,
  topic: string,
  partition: number,
): Promise<CheckedTopic> {
  return await administer(settings, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) await createTopic(admin, settings, topic);
    return checked(await look(admin, topic), settings, topic, partition);
  });
}

/** Looks at the topic, if it is there, as opening a log in it does. Throws CONFIG_INVALID, and what kafkajs throws. */
export async function checkTopic(settings: KafkaSettings, topic: string): Promise<void> {
  await administer(settings, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return;
    checked(await look(admin, topic), settings, topic, 0);
  });
}

/** Whether there is a topic of that name. Throws what kafkajs throws. */
export async function topicExists(settings: KafkaSettings, topic: string): Promise<boolean> {
  return await administer(settings, async (admin) => (await admin.listTopics()).includes(topic));
}

async function administer<T>(
  settings: KafkaSettings,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const kafka = new Kafka({
    ...connectionOptions(settings),
    requestTimeout: ADMIN_TIMEOUT_MS,
    brokers: [...settings.brokers],
    retry: { retries: ADMIN_RETRIES },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(admin: Admin, settings: KafkaSettings, topic: string): Promise<void> {
  const { brokers } = await admin.describeCluster();
  const replicas = settings.replicationFactor || Math.min(REPLICAS_WANTED, brokers.length);
  const inSync = Math.min(IN_SYNC_WANTED, replicas);
  // Answers false when somebody else was quicker; what they made is checked like any other.
  await admin.createTopics({
    timeout: CREATE_TIMEOUT_MS,
    waitForLeaders: true,
    topics: [
      {
        topic,
        numPartitions: settings.partitions,
        replicationFactor: replicas,
        configEntries: Object.entries({
          "cleanup.policy": "delete",
          "retention.ms": "-1",
          "retention.bytes": "-1",
          "max.message.bytes": String(MAX_MESSAGE_BYTES),
          "min.insync.replicas": String(inSync),
          "unclean.leader.election.enable": "false",
          // Log time is in our records; a broker must not refuse one for the time of our clock.
          "message.timestamp.type": "LogAppendTime",
        }).map(([name, value]) => ({ name, value })),
      },
    ],
  });
}

/** A topic as it is. */
export interface TopicFacts {
  readonly brokers: number;
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  readonly settings: Readonly<Record<string, string>>;
}

async function look(admin: Admin, topic: string): Promise<TopicFacts> {
  const { brokers } = await admin.describeCluster();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  const partitions = topics[0]?.partitions ?? [];
  return {
    brokers: brokers.length,
    partitions: partitions.length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    settings: Object.fromEntries(
      entries.map(({ configName, configValue }) => [configName, configValue]),
    ),
  };
}

function checked(
  facts: TopicFacts,
  { allowUnsafe, isArchived }: KafkaSettings,
  topic: string,
  partition: number,
): CheckedTopic {
  const impossible = whatCannotWork(facts, partition);
  if (impossible.length > 0) throw topicRefused(topic, impossible, "");
  const unsafe = allowUnsafe ? [] : whatIsUnsafe(facts, isArchived);
  if (unsafe.length > 0) throw topicRefused(topic, unsafe, OVERRIDE);
  return { maxBatchBytes: Number(facts.settings["max.message.bytes"]) };
}

const OVERRIDE = ", or start with --kafka-allow-unsafe if losing records is acceptable";

/** Settings with which no log can be kept in the topic, each with its reason. */
export function whatCannotWork({ partitions, settings }: TopicFacts, partition: number): string[] {
  const problems: string[] = [];
  if (partition >= partitions) {
    problems.push(`it has ${partitions} partitions, and none is number ${partition}`);
  }
  if (settings["cleanup.policy"] !== "delete") {
    problems.push(
      `cleanup.policy is ${settings["cleanup.policy"]}: compaction removes records from the middle of the log (set it to delete)`,
    );
  }
  const most = Number(settings["max.message.bytes"]);
  const wanted = limits.recordBytes + 2 * ENTRY_OVERHEAD_BYTES + BATCH_OVERHEAD_BYTES;
  if (!(most >= wanted)) {
    problems.push(
      `max.message.bytes is ${most}: the largest record needs ${wanted} (set it to ${MAX_MESSAGE_BYTES})`,
    );
  }
  return problems;
}

/** Settings under which acknowledged records can be lost, each with its reason. */
export function whatIsUnsafe(
  { brokers, replicas, settings }: TopicFacts,
  isArchived: boolean,
): string[] {
  const problems: string[] = [];
  for (const name of isArchived ? [] : ["retention.ms", "retention.bytes"]) {
    if (settings[name] === "-1") continue;
    problems.push(
      `${name} is ${settings[name]}: Kafka removes records after that, and nothing archives them (set it to -1, or turn the archive on)`,
    );
  }
  if (settings["unclean.leader.election.enable"] === "true") {
    problems.push(
      "unclean.leader.election.enable is true: a replica that lags may become leader, and what it lacks is gone (set it to false)",
    );
  }
  if (brokers < IN_SYNC_WANTED) return problems;
  if (replicas < IN_SYNC_WANTED) {
    problems.push(
      `it has ${replicas} replica on ${brokers} brokers: with that broker's disk the log is gone (make it with ${Math.min(REPLICAS_WANTED, brokers)})`,
    );
  }
  const inSync = Number(settings["min.insync.replicas"]);
  if (inSync < IN_SYNC_WANTED) {
    problems.push(
      `min.insync.replicas is ${inSync}: a record is acknowledged that only one broker has (set it to ${IN_SYNC_WANTED})`,
    );
  }
  return problems;
}

function topicRefused(topic: string, problems: readonly string[], override: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: problems
      .map((problem) => `The Kafka topic ${topic} cannot be used: ${problem}.`)
      .join("\n"),
    hint: `Change the topic's settings with Kafka's own tools, name another topic with ENTDB_KAFKA_TOPIC${override}.`,
    details: { topic },
  });
}

/** Kafka's header of a batch, with room to spare. */
export const BATCH_OVERHEAD_BYTES = 1_024;
const ADMIN_RETRIES = 3;
