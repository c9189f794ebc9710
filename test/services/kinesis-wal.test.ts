/**
 * What only Kinesis brings with it: somebody else who claims the log, records that expire, streams
 * that are resharded, requests that are refused, throttled, stored without an answer, or stored
 * twice.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import {
  DecreaseStreamRetentionPeriodCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { KinesisSettings } from "../../src/wal/kinesis-wal/kinesis-settings.ts";
import { viewKinesisLog } from "../../src/wal/kinesis-wal/kinesis-wal.ts";
import { openWal } from "../../src/wal/open-wal.ts";
import { type ImportingWal, RECORD_TYPE } from "../../src/wal/wal.ts";
import { appendText, claimedWalContract, textsOf } from "../contract/claimed-wal.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { kinesisSettingsOf } from "../harness/kinesis-settings.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";
import { type Kinesis, startKinesis } from "./kinesis.ts";
import { kinesisError } from "./kinesis-answers.ts";
import { freePort } from "./machine.ts";

let service: Kinesis | undefined;
let proxy: FaultyProxy | undefined;
let client: KinesisClient | undefined;
let seed = 0;
const opened: ImportingWal[] = [];

beforeAll(async () => {
  service = await startKinesis();
  Object.assign(process.env, service.environment);
  proxy = await startFaultyProxy(service.endpoint);
  const { endpoint, region } = service;
  client = new KinesisClient({ endpoint, region, requestHandler: new NodeHttpHandler() });
});
afterEach(async () => {
  if (proxy !== undefined) proxy.fault = () => undefined;
  for (const wal of opened.splice(0)) await wal.close();
});
afterAll(async () => {
  client?.destroy();
  await proxy?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

async function open(
  stream: string,
  settings: Partial<KinesisSettings> = {},
  partition = 0,
): Promise<ImportingWal> {
  const wal = await openWal({
    kind: "kinesis",
    topic: stream,
    partition,
    clock: new FakeClock(),
    random: new SeededRandom(++seed),
    kinesis: kinesisSettingsOf(proxy?.url ?? "", settings),
  });
  opened.push(wal);
  return wal;
}

/** As `log copy` sees it, which is the way out of a stream that cannot be used any more. */
const viewLog = (topic: string) =>
  viewKinesisLog({
    ...{ topic, partition: 0, clock: new FakeClock(), random: new SeededRandom(++seed) },
    kinesis: kinesisSettingsOf(proxy?.url ?? ""),
  });

function must(): KinesisClient {
  if (client === undefined) throw new Error("the service runs");
  return client;
}

/** Whether nothing changes about the stream any more. */
async function settled(StreamName: string): Promise<void> {
  const command = new DescribeStreamSummaryCommand({ StreamName });
  for (;;) {
    const { StreamDescriptionSummary } = await must().send(command);
    if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    await Bun.sleep(10);
  }
}

async function split(StreamName: string): Promise<void> {
  const { Shards = [] } = await must().send(new ListShardsCommand({ StreamName }));
  const ShardToSplit = Shards[0]?.ShardId ?? "";
  const NewStartingHashKey = String(2n ** 127n);
  await must().send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }));
  await settled(StreamName);
}

claimedWalContract(open);

test("partitions are shards of their own, in the order of their hash keys", async () => {
  const logs: ImportingWal[] = [];
  for (const partition of [0, 1, 2]) logs.push(await open("shards", { partitions: 3 }, partition));
  for (const [i, wal] of logs.entries()) await appendText(wal, `of ${i}`);
  for (const [i, wal] of logs.entries()) {
    await wal.close();
    expect(await textsOf(await open("shards", {}, i))).toEqual([`of ${i}`]);
  }
  await expect(open("shards", {}, 3)).rejects.toMatchObject({ reason: "CONFIG_INVALID" });
});

/** A fault for requests of one operation. */
const on = (operation: string, fault: () => Fault | undefined) => {
  if (proxy !== undefined) {
    proxy.fault = (request) => (request.operation === operation ? fault() : undefined);
  }
};

/** A fault for the first so many. */
const atFirst = (times: number, fault: Fault) => {
  let left = times;
  return () => (left-- > 0 ? fault : undefined);
};

describe("a request that goes wrong", () => {
  test.each([
    ["is throttled", "PutRecord", kinesisError("ProvisionedThroughputExceededException")],
    [
      "is throttled when reading",
      "GetRecords",
      kinesisError("ProvisionedThroughputExceededException"),
    ],
    ["fails inside the service", "PutRecord", kinesisError("InternalFailure", 500)],
    ["is stored, and its answer torn", "PutRecord", { kind: "torn" }],
    ["is stored, and never answered", "PutRecord", { kind: "silent" }],
    ["is stored twice", "PutRecord", { kind: "twice" }],
    ["gets a torn answer when reading", "GetRecords", { kind: "torn" }],
    ["finds its iterator expired", "GetRecords", kinesisError("ExpiredIteratorException")],
    ["is cut off", "GetRecords", { kind: "closed" }],
  ] as const)(
    "because it %s is made again; every record is there once",
    async (name, operation, fault) => {
      const wal = await open(`again-${name.replaceAll(/[^a-z]/g, "-")}`);
      for (const text of ["a", "b", "c"]) {
        on(operation, atFirst(text === "b" ? 2 : 1, fault));
        await appendText(wal, text);
      }
      const large = Buffer.alloc(3 * 1024 * 1024, "x");
      on(operation, atFirst(1, fault));
      await wal.append(RECORD_TYPE.record, large);
      on("none", () => undefined);
      const found = await textsOf(wal);
      expect(found.slice(0, 3)).toEqual(["a", "b", "c"]);
      expect(found.slice(3)).toEqual([large.toString()]);
      await wal.close();
      expect(await textsOf(await open(wal.topic))).toEqual(found);
    },
  );

  test("while nothing answers, writes are refused after five seconds, and it heals by itself", async () => {
    const wal = await open("outage");
    await appendText(wal, "before");
    if (proxy !== undefined) proxy.fault = () => ({ kind: "silent" });
    const pending = appendText(wal, "in doubt").then(
      () => "kept",
      (error: Error & { reason?: string }) => error.reason,
    );
    while (wal.unavailable === undefined) await Bun.sleep(20);
    await expect(appendText(wal, "refused")).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE" });
    if (proxy !== undefined) proxy.fault = () => undefined;
    while (wal.unavailable !== undefined) await Bun.sleep(20);
    await appendText(wal, "after");
    expect(await pending).toBe("kept");
    expect(await textsOf(wal)).toEqual(["before", "in doubt", "after"]);
  });
});

describe("what is refused", () => {
  test("a stream whose shards were split, at the start and while the log is open", async () => {
    const wal = await open("split");
    await appendText(wal, "a");
    await split("split");
    const lost = appendText(wal, "b").catch((error: Error & { reason?: string }) => error.reason);
    while (wal.unavailable === undefined) await Bun.sleep(20);
    expect(wal.unavailable.message).toContain("was resharded");
    await expect(appendText(wal, "c")).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE" });
    expect(await textsOf(wal)).toEqual(["a"]);
    await wal.close();
    expect(await lost).toBe("OUTCOME_UNKNOWN");
    const refused = open("split");
    await expect(refused).rejects.toMatchObject({ reason: "CONFIG_INVALID" });
    await expect(refused).rejects.toThrow("split or merged");
    const view = await viewLog("split");
    expect(view && (await textsOf(view))).toEqual(["a"]);
    await view?.close();
  });

  test("a stream of which nothing is archived, unless that is said to be acceptable", async () => {
    const refused = open("unarchived", { isArchived: false });
    await expect(refused).rejects.toMatchObject({ reason: "CONFIG_INVALID" });
    await expect(refused).rejects.toThrow("it keeps records for 168 hours");
    const look = must().send(new DescribeStreamSummaryCommand({ StreamName: "unarchived" }));
    await expect(look).rejects.toThrow("not found");
    await appendText(await open("unarchived", { isArchived: false, allowUnsafe: true }), "a");
  });

  test("a stream in which somebody else writes", async () => {
    const wal = await open("foreign");
    await wal.close();
    const Data = Buffer.from("hello");
    await must().send(new PutRecordCommand({ StreamName: "foreign", PartitionKey: "x", Data }));
    await expect(open("foreign")).rejects.toMatchObject({ reason: "LOG_DAMAGED" });
  });

  test.each([
    ["UnrecognizedClientException", 400],
    ["AccessDeniedException", 400],
    ["InvalidSignatureException", 400],
    ["ExpiredTokenException", 400],
  ])("credentials that Kinesis does not take (%s): what to look at", async (name, status) => {
    if (proxy !== undefined) proxy.fault = () => kinesisError(name, status);
    const refused = open("denied");
    await expect(refused).rejects.toMatchObject({
      reason: "CONFIG_INVALID",
      hint: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
    await expect(refused).rejects.toThrow(name);
  });

  test("an address at which nothing is, and a name that is no address", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const unreachable = open("x", { endpoint: nowhere });
    await expect(unreachable).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE", retryable: true });
    await expect(unreachable).rejects.toThrow(nowhere);
  });
});

describe("records that expired", () => {
  /** Kinesis forgets the whole stream: as it looks after a long time. */
  const forget = () => {
    const nothing = { Records: [], MillisBehindLatest: 0, NextShardIterator: "x" };
    on("GetRecords", () => ({ kind: "answer", status: 200, body: JSON.stringify(nothing) }));
  };

  test("a log of which nothing is left is never taken for a new one", async () => {
    const wal = await open("expired");
    await appendText(wal, "a");
    await wal.close();
    forget();
    const refused = open("expired");
    await expect(refused).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
    await expect(refused).rejects.toThrow("has removed the log");
  });

  test("a reader whose place has gone is told, and gets nothing wrong", async () => {
    const wal = await open("gone");
    const body = new Uint8Array(900_000);
    for (let i = 0; i < 12; i++) await wal.append(RECORD_TYPE.record, body);
    forget();
    const reading = (async () => {
      for await (const _ of wal.read(0)) return "records";
      return "nothing";
    })();
    await expect(reading).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
  });

  test("a stream is made with the retention that is asked for, and kept as somebody else set it", async () => {
    const hours = async (StreamName: string) => {
      const { StreamDescriptionSummary: found } = await must().send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      return found?.RetentionPeriodHours;
    };
    const wal = await open("kept-long", { retentionHours: 100 });
    await wal.close();
    expect(await hours("kept-long")).toBe(100);
    await must().send(
      new DecreaseStreamRetentionPeriodCommand({
        StreamName: "kept-long",
        RetentionPeriodHours: 48,
      }),
    );
    await settled("kept-long");
    await open("kept-long", { retentionHours: 100 });
    expect(await hours("kept-long")).toBe(48);
  });
});
