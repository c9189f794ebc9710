/**
 * What commands of the executable say of a real Kafka and a real bucket: doctor and log look at
 * a log in Kafka while a server writes it, and claim nothing; a wrong bucket and wrong
 * credentials are refused by name, and whoever serves goes on.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Kafka as KafkaClient, logLevel } from "kafkajs";
import {
  type BinaryResult,
  runBinary,
  type ServerProcess,
  startServerProcess,
} from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";
import { type Kafka, startKafka } from "./kafka.ts";
import { freePort } from "./machine.ts";
import { type S3, startS3 } from "./s3.ts";

const place = temporaryDirectory();
const cwd = place.path;
const LOOK_MS = 50;

let kafka: Kafka | undefined;
let s3: S3 | undefined;
let server: ServerProcess | undefined;
let rest: Rest;

beforeAll(async () => {
  [kafka, s3] = await Promise.all([startKafka(), startS3()]);
  s3.makeBucket("entdb");
  server = await startServerProcess({ cwd, env: settings() });
  rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  expect((await rest.atomic("first", couple("first"))).status).toBe(200);
  expect((await rest.post("/admin/snapshot", {})).status).toBe(200);
});
afterAll(async () => {
  await server?.kill();
  await kafka?.[Symbol.asyncDispose]();
  await s3?.[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

function settings(change: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ENTDB_KAFKA_BROKERS: kafka?.brokers ?? "",
    ENTDB_S3_BUCKET: "entdb",
    ENTDB_S3_ENDPOINT: s3?.endpoint ?? "",
    ENTDB_S3_ACCESS_KEY_ID: s3?.accessKeyId ?? "",
    ENTDB_S3_SECRET_ACCESS_KEY: s3?.secretAccessKey ?? "",
    ENTDB_ARCHIVE_INTERVAL: "1s",
    ...change,
  };
}

async function entdb(args: readonly string[], change = {}): Promise<BinaryResult> {
  return await runBinary(args, { cwd, env: settings(change) });
}

/** The server writes as before: nobody has taken its log. */
async function expectWrites(key: string): Promise<void> {
  expect((await rest.atomic(key, couple(key))).status).toBe(200);
  expect((await rest.get("/health")).body.components.wal).toBe("connected");
}

async function findings(change = {}): Promise<Record<string, { state: string; finding: string }>> {
  const ports = { ENTDB_GRPC_PORT: "0", ENTDB_HTTP_PORT: "0" };
  const { stdout } = await entdb(["doctor", "--data-dir", "data", "-o", "json"], {
    ...ports,
    ...change,
  });
  const rows: { check: string; state: string; finding: string }[] = JSON.parse(stdout);
  return Object.fromEntries(rows.map((row) => [row.check, row]));
}

describe("entdb doctor with a log in Kafka", () => {
  test("tells where it is, and leaves it to its server", async () => {
    const { log, clock } = await findings();
    expect(log).toMatchObject({ state: "ok" });
    expect(log?.finding).toMatch(
      /^in the Kafka topic entdb-wal, from offset 0; the next one is \d+$/,
    );
    expect(clock).toMatchObject({ state: "ok" });
    expect(clock?.finding).toContain("after the log's last record");
    await expectWrites("after-doctor");
  });

  test("tells where the backup is", async () => {
    expect((await findings())["backup"]).toMatchObject({ state: "ok", finding: "s3://entdb" });
  });

  test("says that there is none yet, and makes none", async () => {
    const topic = { ENTDB_KAFKA_TOPIC: "not-yet" };
    expect((await findings(topic))["log"]).toMatchObject({ state: "ok" });
    const again = await findings(topic);
    expect(again["log"]?.finding).toBe("no log in the Kafka topic not-yet yet");
  });

  test("fails with brokers that cannot be reached, and names them", async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const { log } = await findings({ ENTDB_KAFKA_BROKERS: nowhere });
    expect(log).toMatchObject({ state: "fail", finding: expect.stringContaining(nowhere) });
  });

  test("fails with a topic that would lose records", async () => {
    const client = new KafkaClient({
      brokers: [kafka?.brokers ?? ""],
      logLevel: logLevel.NOTHING,
      requestTimeout: 60_000,
    });
    const admin = client.admin();
    await admin.connect();
    const configEntries = [
      { name: "max.message.bytes", value: "8388608" },
      { name: "cleanup.policy", value: "compact" },
    ];
    await admin.createTopics({ topics: [{ topic: "compacted", numPartitions: 1, configEntries }] });
    await admin.disconnect();
    const { log } = await findings({ ENTDB_KAFKA_TOPIC: "compacted" });
    expect(log).toMatchObject({ state: "fail", finding: expect.stringContaining("compaction") });
  });
});

describe("entdb log with a log in Kafka", () => {
  test("prints its records beside the server, from an offset to another", async () => {
    const { exitCode, stdout } = await entdb(["log", "--from", "1", "--to", "2"]);
    expect(exitCode).toBe(0);
    const records = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records).toMatchObject([{ offset: 1 }, { offset: 2, idempotency_key: "first" }]);
    await expectWrites("after-log");
  });

  test("prints those of one tenant", async () => {
    const { stdout } = await entdb(["log", "--tenant-id", "acme"]);
    const tenants = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).tenant_id);
    expect(new Set(tenants)).toEqual(new Set(["acme"]));
  });

  test("says when it ends before", async () => {
    const { exitCode, stdout, stderr } = await entdb(["log", "--from", "100000"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("The log ends before offset");
  });

  test("refuses what it cannot do: to follow, a topic without a log, brokers out of reach", async () => {
    expect(await entdb(["log", "--follow"])).toMatchObject({ exitCode: 2, stdout: "" });
    const none = await entdb(["log"], { ENTDB_KAFKA_TOPIC: "no-log" });
    expect(none.exitCode).toBe(3);
    expect(none.stderr).toContain("The Kafka topic no-log holds no log.");
    const nowhere = `127.0.0.1:${await freePort()}`;
    const unreachable = await entdb(["log"], { ENTDB_KAFKA_BROKERS: nowhere });
    expect(unreachable.exitCode).toBe(5);
    expect(unreachable.stderr).toContain("reason: LOG_UNAVAILABLE");
    expect(unreachable.stderr).toMatch(/^hint: .*ENTDB_KAFKA_BROKERS/m);
  });
});

const WRONG: [string, Readonly<Record<string, string>>, string, string][] = [
  ["bucket", { ENTDB_S3_BUCKET: "nobodys" }, "BUCKET_NOT_FOUND", "s3://nobodys does not exist"],
  [
    "secret",
    { ENTDB_S3_SECRET_ACCESS_KEY: "wrong-secret" },
    "STORAGE_ACCESS_DENIED",
    "it does not let this server in",
  ],
  [
    "access key",
    { ENTDB_S3_ACCESS_KEY_ID: "somebody" },
    "STORAGE_ACCESS_DENIED",
    "it does not let this server in",
  ],
];

describe.each(WRONG)("a wrong %s", (_what, change, reason, words) => {
  test.each<[string]>([
    ["restore --target-time latest --output-dir restored"],
    ["restore list-snapshots --tenant-id acme"],
    ["log --from-archive"],
  ])("refuses %s", async (line) => {
    const args = line.split(" ");
    const { exitCode, stdout, stderr } = await entdb(args, change);
    expect(exitCode).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain(`reason: ${reason}`);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^hint: \S/m);
    expect(stderr).not.toContain("wrong-secret");
    expect(existsSync(join(cwd, "restored"))).toBe(false);
  });

  test("fails entdb doctor", async () => {
    const { backup } = await findings(change);
    expect(backup).toMatchObject({ state: "fail", finding: expect.stringContaining(words) });
  });

  test("lets a server serve, which says what is wrong", async () => {
    const env = settings({ ...change, ENTDB_WAL: "file", ENTDB_KAFKA_BROKERS: "" });
    await using other = await startServerProcess({ cwd, dataDir: `wrong-${reason}`, env });
    const own = new Rest(other.httpUrl);
    expect((await own.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    while ((await own.get("/admin/archive")).body.failure === undefined) await Bun.sleep(LOOK_MS);
    const { status, body } = await own.get("/health");
    expect({ status, s3: body.components.s3 }).toEqual({
      status: 200,
      s3: expect.stringContaining(words),
    });
    expect(other.stderr()).not.toContain("wrong-secret");
  });
});
