/**
 * Moving a log from files to Kafka and back, with the executable alone: outcomes, positions and
 * keys are those of before, whichever backend a server runs on.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type BinaryResult, runBinary, startServerProcess } from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest, type RestAnswer } from "../harness/wire.ts";
import { type Kafka, startKafka } from "./kafka.ts";

const place = temporaryDirectory();
const cwd = place.path;
let service: Kafka | undefined;

beforeAll(async () => {
  service = await startKafka();
});
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

const env = (topic: string): Record<string, string> => ({
  ENTDB_KAFKA_BROKERS: service?.brokers ?? "",
  ENTDB_KAFKA_TOPIC: topic,
});

async function logCopy(from: string, to: string): Promise<BinaryResult> {
  const { ENTDB_KAFKA_BROKERS = "" } = env("");
  const args = ["log", "copy", "--from", from, "--to", to, "-o", "json"];
  return await runBinary(args, { cwd, env: { ENTDB_KAFKA_BROKERS } });
}

/** What each key was answered, at first. */
const answers = new Map<string, RestAnswer>();

async function write(rest: Rest, prefix: string): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const key = `${prefix}-${i}`;
    const answer = await rest.atomic(key, couple(key));
    expect(answer.status).toBe(200);
    answers.set(key, answer);
  }
}

async function expectSame(rest: Rest): Promise<void> {
  for (const [key, first] of answers) {
    expect((await rest.atomic(key, couple(key))).body).toEqual(first.body);
    const [{ node_id: id }] = first.body.results;
    expect((await rest.get(`/v1/nodes/${id}`)).body).toMatchObject({
      payload: { name: `${key} a` },
    });
  }
}

test("a log moves from files to Kafka and back; nothing changes for a client", async () => {
  {
    await using server = await startServerProcess({ cwd, dataDir: "files" });
    const rest = new Rest(server.httpUrl);
    expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    await write(rest, "files");
    await server.stop();
  }
  const there = await logCopy("file:files", "kafka:moved");
  expect(there).toMatchObject({ exitCode: 0 });
  const report = JSON.parse(there.stdout);
  expect(report).toMatchObject({ from_offset: 0, records: report.end_offset });
  {
    // The views that the files made are those of the copy.
    await using server = await startServerProcess({ cwd, dataDir: "files", env: env("moved") });
    const rest = new Rest(server.httpUrl);
    await expectSame(rest);
    await write(rest, "kafka");
    await server.stop();
  }
  {
    await using server = await startServerProcess({ cwd, dataDir: "fresh", env: env("moved") });
    await expectSame(new Rest(server.httpUrl));
    await server.stop();
  }
  expect(await logCopy("kafka:moved", "file:back")).toMatchObject({ exitCode: 0 });
  await using server = await startServerProcess({ cwd, dataDir: "back" });
  await expectSame(new Rest(server.httpUrl));
  await server.stop();
});

test("copying again goes on where the last one ended", async () => {
  await startAndWrite("again");
  expect((await logCopy("file:again", "kafka:again")).exitCode).toBe(0);
  const nothing = await logCopy("file:again", "kafka:again");
  expect(JSON.parse(nothing.stdout)).toMatchObject({ records: 0 });
  await startAndWrite("again");
  const more = JSON.parse((await logCopy("file:again", "kafka:again")).stdout);
  expect(more.records).toBeGreaterThan(0);
  expect(more.from_offset).toBe(JSON.parse(nothing.stdout).end_offset);
});

test("a topic that holds another log is refused, and whoever writes it goes on", async () => {
  await using server = await startServerProcess({ cwd, dataDir: "owner", env: env("owned") });
  const rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  await startAndWrite("stranger");
  const refused = await logCopy("file:stranger", "kafka:owned");
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain("The target is not a copy of the source");
  expect((await rest.atomic("after", couple("after"))).status).toBe(200);
});

test("what is not there cannot be copied, and nothing is made", async () => {
  const missing = await logCopy("kafka:missing", "file:nothing");
  expect(missing).toMatchObject({ exitCode: 2 });
  expect(missing.stderr).toContain("There is nothing to copy");
  expect((await logCopy("file:nothing", "kafka:missing")).stderr).toContain("nothing to copy");
  expect((await logCopy("disk:x", "kafka:y")).exitCode).toBe(2);
});

/** A log in files, with one more record. */
async function startAndWrite(dataDir: string): Promise<void> {
  await using server = await startServerProcess({ cwd, dataDir });
  const rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  await server.stop();
}
