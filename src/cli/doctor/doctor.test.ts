import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { appendText } from "../../../test/harness/simulated-log.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/harness/temporary-directory.ts";
import { systemClock } from "../../base/clock.ts";
import { type Config, OPTIONS } from "../../config/options.ts";
import { openDataDirectory } from "../../store/data-dir.ts";
import { openFileWal } from "../../wal/file-wal/file-wal.ts";
import type { Finding } from "./check.ts";
import { checkDataDirectory, checkSpace, checkSync } from "./directory-checks.ts";
import { checkLog } from "./log-checks.ts";
import { checkOpenFiles, checkPort } from "./machine-checks.ts";

const LOG_TIME = 1_790_000_000_000;
const HOUR_MS = 3_600_000;

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const quiet = () => Promise.resolve();
const states = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]));

test("a data directory: not there, made, in use, open to others, not ours", async () => {
  const path = join(directory.path, "data");
  expect(await checkDataDirectory(path)).toMatchObject({
    findings: [{ state: "ok" }],
    inUse: false,
  });
  expect(readdirSync(directory.path)).toEqual([]);

  const held = await openDataDirectory(path);
  const inUse = await checkDataDirectory(path);
  expect(inUse.inUse).toBe(true);
  expect(states(inUse.findings)).toEqual({ "data directory": "ok", lock: "ok" });
  held.close();
  expect((await checkDataDirectory(path)).inUse).toBe(false);

  chmodSync(path, 0o755);
  const [open] = (await checkDataDirectory(path)).findings;
  expect(open).toMatchObject({ state: "warn", advice: `chmod 0700 ${path}` });

  await Bun.write(join(path, "format.json"), '{"format": 99}');
  expect(states((await checkDataDirectory(path)).findings)["lock"]).toBe("fail");

  await Bun.write(join(directory.path, "file"), "");
  const [file] = (await checkDataDirectory(join(directory.path, "file"))).findings;
  expect(file).toMatchObject({ state: "fail" });
});

test("the sync is measured, and nothing of it is left", async () => {
  const finding = await checkSync(join(directory.path, "data"), systemClock, new SeededRandom(1));
  expect(finding.finding).toMatch(/^\d+\.\d\d ms \(median of 21\)/);
  expect(readdirSync(directory.path)).toEqual([]);
});

test("a sync that takes no time at all is not believed", async () => {
  const finding = await checkSync(directory.path, new FakeClock(), new SeededRandom(1));
  expect(finding).toMatchObject({ state: "warn" });
  expect(finding.finding).toContain("too quick to be true");
});

test("room on the disk is told for a directory that is not there yet", async () => {
  const [room] = await checkSpace(join(directory.path, "not", "yet"));
  expect(room?.finding).toMatch(/free$/);
});

async function writeLog(): Promise<string> {
  const data = await openDataDirectory(join(directory.path, "data"));
  const wal = await openFileWal({
    directory: await data.makeLogDirectory(0),
    topic: "entdb-wal",
    partition: 0,
    segmentBytes: 16 * 1024,
    clock: new FakeClock(LOG_TIME),
    random: new SeededRandom(1),
  });
  for (const text of ["a", "b", "c"]) await appendText(wal, text);
  await wal.close();
  data.close();
  return data.path;
}

test("a log is read whole, and the clock held against its last record", async () => {
  const path = await writeLog();
  const at = async (now: number) => await checkLog(path, new FakeClock(now), quiet);
  const findings = await at(LOG_TIME + HOUR_MS);
  expect(states(findings)).toEqual({ log: "ok", clock: "ok" });
  expect(findings[0]?.finding).toBe("3 records verified, the next offset is 3");
  expect(states(await at(LOG_TIME - HOUR_MS))).toEqual({ log: "ok", clock: "warn" });
  expect(states(await at(LOG_TIME + 25 * HOUR_MS))).toEqual({ log: "ok", clock: "warn" });
  expect(states(await at(0))).toEqual({ log: "ok", clock: "fail" });
});

test("a log that is damaged fails, with what the log says of it", async () => {
  const path = await writeLog();
  const segment = join(path, "log", "0", "0000000001.segment");
  const bytes = Buffer.from(await Bun.file(segment).bytes());
  bytes[4096 + 50] = (bytes[4096 + 50] ?? 0) ^ 1;
  await Bun.write(segment, bytes);
  const clock = Object.assign(new FakeClock(LOG_TIME), { sleep: quiet });
  const [log] = await checkLog(path, clock, quiet);
  expect(log).toMatchObject({ check: "log", state: "fail" });
  expect(log?.finding).toContain("damaged");
});

test("no log yet is no trouble", async () => {
  const findings = await checkLog(directory.path, new FakeClock(LOG_TIME), quiet);
  expect(states(findings)).toEqual({ log: "ok", clock: "ok" });
});

test("a port: any, free, taken by a server of ours, taken by somebody", async () => {
  expect(await checkPort("HTTP port", "127.0.0.1", 0, false)).toMatchObject({ state: "ok" });
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen({ host: "127.0.0.1", port: 0 }, () => {
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
  const port = await promise;
  expect(await checkPort("HTTP port", "127.0.0.1", port, true)).toMatchObject({ state: "ok" });
  const taken = await checkPort("gRPC port", "127.0.0.1", port, false);
  expect(taken).toMatchObject({ state: "fail" });
  expect(taken.advice).toContain("--grpc-port");
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  expect(await checkPort("HTTP port", "127.0.0.1", port, false)).toMatchObject({ state: "ok" });
});

test("a limit of open files below what the settings may need is a warning", () => {
  const config = (openTenants: number): Config =>
    ({ openTenants, connections: OPTIONS.connections.default }) as Config;
  expect(checkOpenFiles(config(100_000_000))).toMatchObject({ state: "warn" });
});
