/**
 * Moving a log between files, Kafka and Kinesis, with the executable alone: outcomes, positions
 * and keys are those of before, whichever backend a server runs on.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type BinaryResult, runBinary, startServerProcess } from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest, type RestAnswer } from "../harness/wire.ts";
import { type Kafka, startKafka } from "./kafka.ts";
import { type Kinesis, startKinesis } from "./kinesis.ts";

const place = temporaryDirectory();
const cwd = place.path;
let kafka: Kafka | undefined;
let kinesis: Kinesis | undefined;

beforeAll(async () => {
  [kafka, kinesis] = await Promise.all([startKafka(), startKinesis()]);
});
afterAll(async () => {
  await kafka?.[Symbol.asyncDispose]();
  await kinesis?.[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

const KINDS = ["kafka", "kinesis"] as const;
type Kind = (typeof KINDS)[number];

/** How both are reached. */
const reach = (): Record<string, string> => ({
  ENTDB_KAFKA_BROKERS: kafka?.brokers ?? "",
  ENTDB_KINESIS_ENDPOINT: kinesis?.endpoint ?? "",
  ENTDB_KINESIS_REGION: kinesis?.region ?? "",
  ...kinesis?.environment,
});

/** What puts a server's log there. */
const env = (kind: Kind, topic: string): Record<string, string> => ({
  ...reach(),
  ENTDB_WAL: kind,
  [kind === "kafka" ? "ENTDB_KAFKA_TOPIC" : "ENTDB_KINESIS_STREAM"]: topic,
});

async function logCopy(from: string, to: string): Promise<BinaryResult> {
  const args = ["log", "copy", "--from", from, "--to", to, "-o", "json"];
  return await runBinary(args, { cwd, env: reach() });
}

/** What each key was answered, at first. */
type Answers = Map<string, RestAnswer>;

async function write(rest: Rest, prefix: string, answers: Answers): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const key = `${prefix}-${i}`;
    const answer = await rest.atomic(key, couple(key));
    expect(answer.status).toBe(200);
    answers.set(key, answer);
  }
}

async function expectSame(rest: Rest, answers: Answers): Promise<void> {
  for (const [key, first] of answers) {
    expect((await rest.atomic(key, couple(key))).body).toEqual(first.body);
    const [{ node_id: id }] = first.body.results;
    expect((await rest.get(`/v1/nodes/${id}`)).body).toMatchObject({
      payload: { name: `${key} a` },
    });
  }
}

describe.each(KINDS)("%s", (kind) => {
  test("a log moves there from files and back; nothing changes for a client", async () => {
    const answers: Answers = new Map();
    const at = (name: string) => `${kind}-${name}`;
    {
      await using server = await startServerProcess({ cwd, dataDir: at("files") });
      const rest = new Rest(server.httpUrl);
      expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
      await write(rest, "files", answers);
      await server.stop();
    }
    const there = await logCopy(`file:${at("files")}`, `${kind}:moved`);
    expect(there).toMatchObject({ exitCode: 0 });
    const report = JSON.parse(there.stdout);
    expect(report).toMatchObject({ from_offset: 0, records: report.end_offset });
    const moved = { cwd, env: env(kind, "moved") };
    {
      // The views that the files made are those of the copy.
      await using server = await startServerProcess({ ...moved, dataDir: at("files") });
      const rest = new Rest(server.httpUrl);
      await expectSame(rest, answers);
      await write(rest, kind, answers);
      await server.stop();
    }
    {
      await using server = await startServerProcess({ ...moved, dataDir: at("fresh") });
      await expectSame(new Rest(server.httpUrl), answers);
      await server.stop();
    }
    expect(await logCopy(`${kind}:moved`, `file:${at("back")}`)).toMatchObject({ exitCode: 0 });
    await using server = await startServerProcess({ cwd, dataDir: at("back") });
    await expectSame(new Rest(server.httpUrl), answers);
    await server.stop();
  });

  test("copying again goes on where the last one ended", async () => {
    const [from, to] = [`file:${kind}-again`, `${kind}:again`];
    await startAndWrite(`${kind}-again`);
    expect((await logCopy(from, to)).exitCode).toBe(0);
    const nothing = await logCopy(from, to);
    expect(JSON.parse(nothing.stdout)).toMatchObject({ records: 0 });
    await startAndWrite(`${kind}-again`);
    const more = JSON.parse((await logCopy(from, to)).stdout);
    expect(more.records).toBeGreaterThan(0);
    expect(more.from_offset).toBe(JSON.parse(nothing.stdout).end_offset);
  });

  test("one that holds another log is refused, and whoever writes it goes on", async () => {
    const place = { cwd, dataDir: `${kind}-owner`, env: env(kind, "owned") };
    await using server = await startServerProcess(place);
    const rest = new Rest(server.httpUrl);
    expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    await startAndWrite(`${kind}-stranger`);
    const refused = await logCopy(`file:${kind}-stranger`, `${kind}:owned`);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("The target is not a copy of the source");
    expect((await rest.atomic("after", couple("after"))).status).toBe(200);
  });

  test("what is not there cannot be copied, and nothing is made", async () => {
    const missing = await logCopy(`${kind}:missing`, "file:nothing");
    expect(missing).toMatchObject({ exitCode: 2 });
    expect(missing.stderr).toContain("There is nothing to copy");
    expect((await logCopy("file:nothing", `${kind}:missing`)).stderr).toContain("nothing to copy");
    expect((await logCopy("disk:x", `${kind}:y`)).exitCode).toBe(2);
  });
});

test("a log moves from Kafka to Kinesis and on to another topic of Kafka", async () => {
  const answers: Answers = new Map();
  {
    const first = { cwd, dataDir: "across", env: env("kafka", "across") };
    await using server = await startServerProcess(first);
    const rest = new Rest(server.httpUrl);
    expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    await write(rest, "across", answers);
    await server.stop();
  }
  expect(await logCopy("kafka:across", "kinesis:across")).toMatchObject({ exitCode: 0 });
  expect(await logCopy("kinesis:across", "kafka:across-again")).toMatchObject({ exitCode: 0 });
  for (const [kind, topic] of [
    ["kinesis", "across"],
    ["kafka", "across-again"],
  ] as const) {
    const options = { cwd, dataDir: `across-${kind}`, env: env(kind, topic) };
    await using server = await startServerProcess(options);
    await expectSame(new Rest(server.httpUrl), answers);
    await server.stop();
  }
});

/** A log in files, with one more record. */
async function startAndWrite(dataDir: string): Promise<void> {
  await using server = await startServerProcess({ cwd, dataDir });
  const rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  await server.stop();
}
