/** `entdb restore` that a signal ends: by which exit code it is known, what it says, and that nothing stays. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../src/base/random.ts";
import { runCli } from "../../src/cli/run.ts";
import { recordedContext } from "../harness/cli-context.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";
import { startTestServer } from "../harness/test-server.ts";
import { couple, PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";

type Signal = "SIGINT" | "SIGTERM";

let place: TemporaryDirectory;
let dataDir: string;

beforeAll(async () => {
  place = temporaryDirectory();
  dataDir = join(place.path, "data");
  await using server = await startTestServer({ wal: "file", dataDir });
  const rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  expect((await rest.atomic("one", couple("x"))).status).toBe(200);
});
afterAll(() => place[Symbol.dispose]());

const target = () => join(place.path, "restored");
const toLatest = () => ["--target-time", "latest", "--output-dir", target()];

/** The command, with a signal that comes when it draws the name of the directory that it works in, or at its start. */
async function interrupted(signal: Signal, when: "start" | "work", words: readonly string[]) {
  const context = recordedContext();
  let interrupt = (): void => undefined;
  const code = await runCli(["restore", ...words, "--data-dir", dataDir], {
    ...context,
    onStopSignal: (listener) => {
      interrupt = () => listener(signal);
      if (when === "start") interrupt();
      return () => undefined;
    },
    random: {
      ...systemRandom,
      bytes: (length) => {
        interrupt();
        return systemRandom.bytes(length);
      },
    },
  });
  return { code, stdout: context.stdout(), stderr: context.stderr() };
}

test.each([
  ["SIGINT", "work", 130],
  ["SIGTERM", "work", 143],
  ["SIGTERM", "start", 143],
] as const)(
  "ended by %s at its %s it exits with %d and keeps nothing",
  async (signal, when, exit) => {
    const before = readdirSync(place.path);
    const { code, stdout, stderr } = await interrupted(signal, when, toLatest());
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr).toContain(`ended by ${signal} before it was done; nothing of it was kept`);
    expect(stderr).toContain("reason: CANCELED");
    expect(stderr).toMatch(/^hint: Run it again/m);
    expect(readdirSync(place.path)).toEqual(before);
  },
);

test("what was ended can be run again, and a look through it that is ended finds nothing sound", async () => {
  await interrupted("SIGINT", "work", toLatest());
  const context = recordedContext();
  expect(await runCli(["restore", ...toLatest(), "--data-dir", dataDir], context)).toBe(0);
  expect(existsSync(join(target(), "format.json"))).toBe(true);
  const { code, stdout, stderr } = await interrupted("SIGINT", "start", ["verify"]);
  expect([code, stdout]).toEqual([130, ""]);
  expect(stderr).toContain("reason: CANCELED");
});
