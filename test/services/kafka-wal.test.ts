/**
 * What only Kafka brings with it, on a real one: somebody else who claims the log, topics that
 * would lose records, histories longer than memory, brokers that are not there.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Kafka as KafkaClient, logLevel } from "kafkajs";
import { openWal } from "../../src/wal/open-wal.ts";
import type { ImportingWal } from "../../src/wal/wal.ts";
import { appendText, claimedWalContract, textsOf } from "../contract/claimed-wal.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { kafkaSettingsOf } from "../harness/kafka-settings.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { type Kafka, startKafka } from "./kafka.ts";
import { freePort } from "./machine.ts";

let service: Kafka | undefined;
let seed = 0;
const opened: ImportingWal[] = [];

beforeAll(async () => {
  service = await startKafka();
});
afterEach(async () => {
  for (const wal of opened.splice(0)) await wal.close();
});
afterAll(() => service?.[Symbol.asyncDispose]());

async function open(topic: string, brokers = service?.brokers ?? ""): Promise<ImportingWal> {
  const wal = await openWal({
    kind: "kafka",
    topic,
    partition: 0,
    clock: new FakeClock(),
    random: new SeededRandom(++seed),
    kafka: kafkaSettingsOf(brokers),
  });
  opened.push(wal);
  return wal;
}

/** Makes a topic as somebody else would. */
async function makeTopic(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await withAdmin(async (admin) => {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  });
}

type Admin = ReturnType<KafkaClient["admin"]>;

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const client = new KafkaClient({
    brokers: [service?.brokers ?? ""],
    logLevel: logLevel.NOTHING,
    requestTimeout: 60_000,
  });
  const admin = client.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

claimedWalContract(open);

test("an idle server finds out by itself, and follows what the other writes", async () => {
  const first = await open("idle-server");
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const records of first.follow(0, stop.signal)) {
      for (const { body } of records) seen.push(Buffer.from(body).toString());
      if (seen.length === 2) stop.abort();
    }
  })();
  const second = await open("idle-server");
  await appendText(second, "a");
  await appendText(second, "b");
  await following;
  expect(seen).toEqual(["a", "b"]);
  expect(first.unavailable).toMatchObject({ reason: "LOG_UNAVAILABLE" });
});

test("records that Kafka has removed are named as such, and the log goes on with the rest", async () => {
  const first = await open("trimmed");
  for (let i = 0; i < 3; i++) {
    await Promise.all(
      Array.from({ length: 9_000 }, (_, n) => appendText(first, `${i * 9_000 + n}`)),
    );
  }
  await first.close();
  await withAdmin(async (admin) => {
    // kafkajs knows no leader of a topic that it has not asked about.
    await admin.fetchTopicOffsets("trimmed");
    const partitions = [{ partition: 0, offset: "9500" }];
    await admin.deleteTopicRecords({ topic: "trimmed", partitions });
  });
  const wal = await open("trimmed");
  expect(wal.start).toBeGreaterThan(9_000);
  expect(wal.start).toBeLessThan(9_500 + 8_192 + 1_024);
  expect(wal).toMatchObject({ end: 27_000, logId: first.logId });
  await expect(textsOf(wal, wal.start - 1)).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
  const found = await textsOf(wal, wal.start);
  expect(found.at(0)).toBe(String(wal.start));
  expect((await appendText(wal, "next")).offset).toBe(27_000);
});

describe("what is refused", () => {
  test.each([
    ["compaction", { "cleanup.policy": "compact" }, "compaction removes records"],
    ["retention", { "retention.ms": "1000" }, "Kafka removes records after that"],
    ["small messages", { "max.message.bytes": "1000" }, "the largest record needs"],
  ])("a topic with %s", async (name, settings, why) => {
    const topic = `refused-${name.replace(" ", "-")}`;
    await makeTopic(topic, { "max.message.bytes": "8388608", ...settings });
    const error = open(topic);
    await expect(error).rejects.toMatchObject({ reason: "CONFIG_INVALID", details: { topic } });
    await expect(error).rejects.toThrow(why);
  });

  test("a topic in which somebody else writes", async () => {
    const settings = {
      "max.message.bytes": "8388608",
      "retention.ms": "-1",
      "cleanup.policy": "delete",
    };
    await makeTopic("foreign", settings);
    const client = new KafkaClient({
      brokers: [service?.brokers ?? ""],
      logLevel: logLevel.NOTHING,
    });
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic: "foreign", messages: [{ value: "hello" }] });
    await producer.disconnect();
    await expect(open("foreign")).rejects.toMatchObject({ reason: "LOG_DAMAGED" });
  });

  test("brokers that are not there, with their address and what to look at", async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const error = open("anything", nowhere);
    await expect(error).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE", retryable: true });
    await expect(error).rejects.toThrow(nowhere);
  });
});

test("a log that nobody writes to notices that its broker is gone, and that it is back", async () => {
  await using own = await startKafka();
  const wal = await open("idle-outage", own.brokers);
  await own.node(1).kill();
  await untilRefused(wal);
  await expect(appendText(wal, "refused")).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE" });
  await own.node(1).start();
  while (wal.unavailable !== undefined) await Bun.sleep(50);
  await appendText(wal, "after");
  expect(await textsOf(wal)).toEqual(["after"]);
});

test("without its broker the log says so, refuses at once, keeps what was in doubt, and heals by itself", async () => {
  await using own = await startKafka();
  const wal = await open("outage", own.brokers);
  await appendText(wal, "before");
  await own.node(1).kill();
  const pending = appendText(wal, "in doubt").then(
    () => "kept",
    (error: Error & { reason?: string }) => error.reason,
  );
  const refusedAt = await untilRefused(wal);
  await expect(appendText(wal, "refused")).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE" });
  expect(refusedAt).toBeGreaterThan(4_000);
  await own.node(1).start();
  while (wal.unavailable !== undefined) await Bun.sleep(50);
  expect((await appendText(wal, "after")).offset).toBe(wal.end - 1);
  const found = await textsOf(wal);
  expect(found.filter((text) => text !== "in doubt")).toEqual(["before", "after"]);
  if ((await pending) === "kept") expect(found).toContain("in doubt");
});

/** How long it took until the log called itself unavailable, in milliseconds. */
async function untilRefused(wal: ImportingWal): Promise<number> {
  const began = performance.now();
  while (wal.unavailable === undefined) await Bun.sleep(20);
  return performance.now() - began;
}
