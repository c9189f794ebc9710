/**
 * The executable with its log in Kinesis, as an operator runs it: what is written is there after
 * a restart and without the data directory, and a start that cannot work says why.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { runBinary, startServerProcess } from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest, type RestAnswer } from "../harness/wire.ts";
import { type Kinesis, startKinesis } from "./kinesis.ts";
import { freePort } from "./machine.ts";

const place = temporaryDirectory();
const cwd = place.path;
let kinesis: Kinesis | undefined;

beforeAll(async () => {
  kinesis = await startKinesis();
});
afterAll(async () => {
  await kinesis?.[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

const env = (stream: string): Record<string, string> => ({
  ENTDB_WAL: "kinesis",
  ENTDB_KINESIS_STREAM: stream,
  ENTDB_KINESIS_ENDPOINT: kinesis?.endpoint ?? "",
  ENTDB_KINESIS_REGION: kinesis?.region ?? "",
  ...kinesis?.environment,
});

test("what is answered is there after a restart, and after the data directory is lost", async () => {
  const answers = new Map<string, RestAnswer>();
  const options = { cwd, env: env("whole") };
  for (const round of ["first", "restarted", "data lost"]) {
    if (round === "data lost") rmSync(join(cwd, "data"), { recursive: true });
    await using server = await startServerProcess(options);
    expect(server.ready).toMatchObject({ durability: "read back" });
    const rest = new Rest(server.httpUrl);
    if (round === "first") {
      expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    }
    for (const [key, first] of answers) {
      expect((await rest.atomic(key, couple(key))).body).toEqual(first.body);
      const [{ node_id: id }] = first.body.results;
      expect((await rest.get(`/v1/nodes/${id}`)).body).toMatchObject({
        payload: { name: `${key} a` },
      });
    }
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const key = `${round} ${i}`;
        const answer = await rest.atomic(key, couple(key));
        expect(answer.status).toBe(200);
        answers.set(key, answer);
      }),
    );
    if (round === "restarted") await server.kill();
    else expect(await server.stop()).toBe(0);
  }
  expect(answers.size).toBe(60);
});

test("doctor and log look at the stream beside the server that writes it", async () => {
  const options = { cwd, env: env("looked-at") };
  const none = await runBinary(["doctor", "--data-dir", "looked-at", "-o", "jsonl"], options);
  expect(none.stdout).toContain("no log in the Kinesis stream looked-at yet");
  await using server = await startServerProcess({ ...options, dataDir: "looked-at" });
  const rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  const found = await runBinary(["doctor", "--data-dir", "looked-at", "-o", "jsonl"], options);
  expect(found.stdout).toMatch(
    /in the Kinesis stream looked-at, from offset 0; the next one is \d/,
  );
  const log = await runBinary(["log", "-o", "jsonl"], options);
  expect(log.exitCode).toBe(0);
  expect(log.stdout.trim().split("\n").length).toBeGreaterThan(0);
  const unarchived = { ...options.env, ENTDB_ARCHIVE_ENABLED: "false" };
  const refused = await runBinary(["doctor", "-o", "jsonl"], { cwd, env: unarchived });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain("turn the archive on");
  expect((await rest.atomic("after", couple("after"))).status).toBe(200);
});

describe("a start that cannot work ends with what to do", () => {
  test.each([
    ["without an archive", { ENTDB_ARCHIVE_ENABLED: "false" }, "turn the archive on"],
    [
      "without a region",
      { ENTDB_KINESIS_REGION: "", AWS_CONFIG_FILE: "/nowhere" },
      "Set ENTDB_KINESIS_REGION",
    ],
    [
      "without credentials",
      {
        AWS_ACCESS_KEY_ID: "",
        AWS_SECRET_ACCESS_KEY: "",
        AWS_CONFIG_FILE: "/nowhere",
        AWS_EC2_METADATA_DISABLED: "true",
      },
      "Check the credentials in the AWS environment",
    ],
  ])("%s", async (name, settings, hint) => {
    const refused = await runBinary(["serve", "--data-dir", `refused ${name}`], {
      cwd,
      env: { ...env("refused"), ...settings },
    });
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(hint);
  });

  test("where nobody answers", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const refused = await runBinary(["serve", "--data-dir", "nobody"], {
      cwd,
      env: { ...env("nobody"), ENTDB_KINESIS_ENDPOINT: endpoint },
    });
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(endpoint);
    expect(refused.stderr).toContain("Check ENTDB_KINESIS_REGION and ENTDB_KINESIS_ENDPOINT");
  });
});
