/**
 * The archive as people meet it: a whole server that archives by default, asked over REST, RPC,
 * health, metrics and the command line, and told wrong places. Time passes from question to question.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../src/cli/run.ts";
import { startServer } from "../../src/server/server.ts";
import { recordedContext } from "../harness/cli-context.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { GRAPH_SCHEMA } from "../harness/graph-schema.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { serverConfig, startTestServer, type TestServer } from "../harness/test-server.ts";
import { Rest } from "../harness/wire.ts";

const place = temporaryDirectory();
const dataDir = join(place.path, "data");
let server: TestServer;

const get = async (path: string, url = server.httpUrl) => (await new Rest(url).get(path)).body;

/** Asks how the archive is, later each time, until it is so. */
async function onceArchive(
  isSo: (state: Awaited<ReturnType<typeof get>>) => boolean,
  clock: FakeClock,
  url = server.httpUrl,
) {
  for (;;) {
    const state = await get("/admin/archive", url);
    if (isSo(state)) return state;
    clock.advance(1_000);
  }
}
const post = async (path: string, body: object, headers: Record<string, string> = {}) =>
  await fetch(server.httpUrl + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-actor": "user:alice", ...headers },
    body: JSON.stringify(body),
  });

async function entdb(...argv: string[]) {
  const context = recordedContext();
  const code = await runCli(argv, context);
  return { code, stdout: context.stdout(), stderr: context.stderr() };
}

beforeAll(async () => {
  const clock = new FakeClock();
  server = await startTestServer({ wal: "file", dataDir, archiveInterval: 1_000 }, { clock });
  for (const tenant of ["acme", "globex"]) {
    const written = await post("/v1/schema", GRAPH_SCHEMA, { "x-tenant-id": tenant });
    expect(written.status).toBe(200);
  }
  await onceArchive((state) => state.lag_records === 0, clock);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

describe("a server that was told nothing", () => {
  test("archives into its data directory, and says how far", async () => {
    const { end_offset } = await get("/admin/log");
    const state = {
      enabled: true,
      place: join(dataDir, "backup"),
      archived_offset: end_offset,
      lag_records: 0,
    };
    expect(await get("/admin/archive")).toEqual(state);
    const answer = await post("/entdb.v1.OperationsService/GetArchiveState", {});
    expect(await answer.json()).toMatchObject({
      enabled: true,
      place: state.place,
      archivedOffset: String(end_offset),
    });
    const { code, stdout } = await entdb(
      "archive",
      "status",
      "--url",
      server.httpUrl,
      "-o",
      "json",
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(state);
    expect(readdirSync(join(dataDir, "backup", "archive")).sort()).toEqual([
      "_system",
      "acme",
      "globex",
    ]);
  });

  test("shows it in health and metrics", async () => {
    expect((await get("/health")).components).toMatchObject({ archive: "ok" });
    const metrics = await (await fetch(`${server.httpUrl}/metrics`)).text();
    expect(metrics).toContain("entdb_archive_lag_events 0");
    expect(metrics).toContain("entdb_archive_available 1");
    expect(metrics).toMatch(/entdb_archive_segments_total [3-9]/);
    expect(metrics).toContain("entdb_wal_start_offset 0");
  });
});

describe("entdb log --from-archive", () => {
  test("prints what was archived, in the words of the log, beside a running server", async () => {
    const log = await entdb("log", "--data-dir", dataDir, "--tenant-id", "acme");
    const flags = ["--data-dir", dataDir, "--from-archive"];
    const archived = await entdb("log", ...flags, "--tenant-id", "acme");
    expect(archived).toEqual(log);
    expect(archived.code).toBe(0);
    const all = await entdb("log", ...flags);
    const tenants = all.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).tenant_id);
    expect([...new Set(tenants)]).toEqual(["_system", "acme", "globex"]);
    const table = await entdb("log", ...flags, "-o", "table");
    expect(table.stdout).toContain("register_schema");
  });

  test("prints a range", async () => {
    const flags = ["--data-dir", dataDir, "--from-archive", "--tenant-id", "acme"];
    const [first = ""] = (await entdb("log", ...flags)).stdout.split("\n");
    const { offset } = JSON.parse(first);
    const to = await entdb("log", ...flags, "--to", `0:${offset}`);
    expect(to.stdout).toBe(`${first}\n`);
    const behind = await entdb("log", ...flags, "--from", "1000");
    expect(behind).toMatchObject({ code: 0, stdout: "" });
  });

  test("names an object that is damaged, and prints nothing of it", async () => {
    using copy = temporaryDirectory();
    await Bun.$`cp -a ${join(dataDir, "backup")} ${copy.path}/backup`;
    const day = join(copy.path, "backup", "archive", "globex");
    const [name = ""] = readdirSync(day);
    const file = join(day, name, "segment_000001.jsonl.gz");
    writeFileSync(file, "garbage");
    const { code, stderr, stdout } = await entdb(
      ...["log", "--data-dir", copy.path, "--from-archive", "--tenant-id", "globex"],
    );
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("OBJECT_DAMAGED");
    expect(stderr).toContain(`archive/globex/${name}/segment_000001.jsonl.gz`);
  });

  test("names a tenant's newest segment, and one of which nothing is left, and prints the others'", async () => {
    using copy = temporaryDirectory();
    await Bun.$`cp -a ${join(dataDir, "backup")} ${join(dataDir, "checkpoint")} ${copy.path}`;
    const archive = join(copy.path, "backup", "archive");
    const flags = ["--data-dir", copy.path, "--from-archive"];
    const [day = ""] = readdirSync(join(archive, "globex"));
    const newest = readdirSync(join(archive, "globex", day)).filter((name) => name.endsWith(".gz"));
    const key = `archive/globex/${day}/${newest.at(-1)}`;
    rmSync(join(archive, "globex"), { recursive: true });
    const all = await entdb("log", ...flags);
    expect(all.code).toBe(3);
    expect(all.stdout).toContain("acme");
    expect(all.stderr).toContain(key);
    expect((await entdb("log", ...flags, "--tenant-id", "acme")).code).toBe(0);
    const one = await entdb("log", ...flags, "--tenant-id", "globex");
    expect(one.stderr).toContain("OBJECT_NOT_FOUND");
    expect(one.stderr).toContain(key);
    const restored = await entdb(
      ...["restore", "--data-dir", copy.path, "--target-time", "latest"],
      ...["--output-dir", join(copy.path, "restored")],
    );
    expect(restored.code).toBe(3);
    expect(restored.stderr).toContain(key);
    expect(existsSync(join(copy.path, "restored"))).toBe(false);
  });

  test("refuses what it cannot do, and a place that is not there", async () => {
    const follow = await entdb("log", "--data-dir", dataDir, "--from-archive", "--follow");
    expect(follow.code).toBe(2);
    expect(follow.stderr).toContain("--follow");
    using empty = temporaryDirectory();
    const nowhere = await entdb("log", "--data-dir", empty.path, "--from-archive");
    expect(nowhere.code).not.toBe(0);
    expect(nowhere.stderr).toContain("BUCKET_NOT_FOUND");
    expect(existsSync(join(empty.path, "backup"))).toBe(false);
  });
});

describe("a server that may not archive", () => {
  test("says that it does not, when it was told so", async () => {
    await using quiet = await startTestServer({ wal: "file", archiveEnabled: false });
    expect(await get("/admin/archive", quiet.httpUrl)).toEqual({ enabled: false });
    const { components } = await get("/health", quiet.httpUrl);
    expect(components.archive).toBeUndefined();
    const { code } = await entdb("archive", "status", "--url", quiet.httpUrl);
    expect(code).toBe(0);
  });

  test("does not start when its directory is a file, and leaves the data as it was", async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, "taken");
    writeFileSync(file, "mine");
    const config = serverConfig({
      wal: "file",
      dataDir: join(directory.path, "data"),
      backupDir: file,
    });
    await expect(startServer(config)).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    expect(existsSync(join(directory.path, "data"))).toBe(false);
  });

  test("starts while its bucket is out of reach, serves, and says what is wrong", async () => {
    const clock = new FakeClock();
    const bucket = {
      s3Bucket: "some-bucket",
      s3Endpoint: "http://127.0.0.1:9",
      s3AccessKeyId: "key",
      s3SecretAccessKey: "secret",
    };
    await using server2 = await startTestServer({ wal: "file", ...bucket }, { clock });
    const hasFailed = (state: object) => "failure" in state;
    const state = await onceArchive(hasFailed, clock, server2.httpUrl);
    expect(state).toMatchObject({ enabled: true, place: "s3://some-bucket" });
    const health = await new Rest(server2.httpUrl).get("/health");
    expect(health.status).toBe(200);
    const { status, components } = health.body;
    expect(status).toBe("healthy");
    expect(components.s3).toContain("s3://some-bucket could not");
    const shown = await entdb("archive", "status", "--url", server2.httpUrl);
    expect(shown.code).toBe(5);
    expect(shown.stdout).toContain("s3://some-bucket");
  });
});
