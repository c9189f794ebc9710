/**
 * `entdb bench` as somebody runs it who wants to know what a machine does: what it writes, that
 * nothing stays of the server that it starts, whichever way it ends, and what it refuses.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../scripts/run.ts";
import { BINARY, runBinary, type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

let directory: TemporaryDirectory;

beforeAll(() => {
  directory = temporaryDirectory();
});

afterAll(() => directory[Symbol.dispose]());

const SHORT = ["bench", "--seconds", "0.1", "--callers", "1,2"];

async function bench(args: readonly string[], env: Record<string, string> = {}) {
  return await runBinary([...SHORT, ...args], { cwd: directory.path, env });
}

function left(): string[] {
  return readdirSync(directory.path).filter((name) => name.startsWith("entdb-bench-"));
}

/** Every measure with one and two in flight, with figures that can be. */
function expectFigures(results: readonly Record<string, unknown>[], measures: readonly string[]) {
  expect(results.map(({ measure, in_flight: n }) => `${measure} ${n}`)).toEqual(
    measures.flatMap((measure) => [`${measure} 1`, `${measure} 2`]),
  );
  for (const result of results) {
    expect(result["calls"]).toBeGreaterThan(0);
    expect(result["per_second"]).toBeGreaterThan(0);
    expect(result["p50_ms"]).toBeGreaterThan(0);
    expect(Number(result["p99_ms"])).toBeGreaterThanOrEqual(Number(result["p50_ms"]));
  }
}

const ALL = ["write", "read", "append"];

describe("on a server of its own", () => {
  test("everything is measured, with what it stands for beside it, and nothing stays", async () => {
    // Its server has the defaults, whatever is set where it is run.
    const env = { ENTDB_WAL: "memory", ENTDB_AUTH: "required", ENTDB_URL: "http://127.0.0.1:1" };
    const { exitCode, stdout, stderr } = await bench(["-o", "json"], env);
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain("error");
    const { results, ...setting } = JSON.parse(stdout);
    expect(setting).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+ \(\w+/),
      server: expect.any(String),
      directory: directory.path,
      durability: "fdatasync of the log before every answer to a write",
      fdatasync_ms: expect.any(Number),
      processors: expect.stringMatching(/^\d+ × /),
      client: expect.stringContaining("REST"),
      machine: "client and server share this one",
    });
    expectFigures(results, ALL);
    expect(left()).toEqual([]);
  });

  test("people see the setting and a table for each measure, programs a line for each figure", async () => {
    const table = await bench(["--only", "append,write"]);
    expect(table.stdout).toMatch(/^durability +fdatasync of the log/m);
    expect(table.stdout).toMatch(/^write: one small node.*\nin flight +per second +p50 ms/m);
    expect(table.stdout).toMatch(/^append: one event of 200 bytes/m);
    expect(table.stdout).not.toContain("read:");
    const lines = await bench(["--only", "read", "-o", "jsonl"]);
    const rows = lines.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expectFigures(rows, ["read"]);
    for (const { durability } of rows) expect(durability).toStartWith("fdatasync");
  });

  test("interrupted, it removes its server and the directory", async () => {
    await using running = startBench();
    const server = await running.server();
    running.child.kill("SIGINT");
    expect(await running.child.exited).toBe(130);
    expect(await running.child.stderr.text()).toContain("reason: CANCELED");
    expect(await running.child.stdout.text()).toBe("");
    expect(isAlive(server)).toBe(false);
    expect(left()).toEqual([]);
  });

  test("a server that dies ends the run with the last that it said", async () => {
    await using running = startBench();
    process.kill(await running.server(), "SIGKILL");
    expect(await running.child.exited).toBe(5);
    expect(await running.child.stderr.text()).toContain("answers no more");
    expect(left()).toEqual([]);
  });
});

/** A run that would take days, on a server of its own unless another is named. */
function startBench(target: readonly string[] = ["--directory", directory.path]) {
  const child = Bun.spawn([BINARY, "bench", "--seconds", "80000", ...target], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdout: "pipe",
    stderr: "pipe",
  });
  /** The process id of its server, once the tenant that it writes into is there. */
  const server = async () => {
    const place = await entryOf(directory.path, (name) => name.startsWith("entdb-bench-"));
    const data = await entryOf(place, (name) => name === "data");
    const tenants = await entryOf(data, (name) => name === "tenants");
    await entryOf(tenants, (name) => name !== "_system");
    return childOf(child.pid);
  };
  return {
    child,
    server,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function childOf(pid: number): number {
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(pid)]);
  const [child = ""] = stdout.toString().trim().split("\n");
  expect(child).toMatch(/^\d+$/);
  return Number(child);
}

/** The path of what comes to stand in a directory, as soon as it does. */
async function entryOf(parent: string, isIt: (name: string) => boolean): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const look = () => {
    const name = readdirSync(parent).find(isIt);
    if (name !== undefined) resolve(join(parent, name));
  };
  const watcher = watch(parent, look);
  look();
  try {
    return await promise;
  } finally {
    watcher.close();
  }
}

describe("on a server that runs", () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServerProcess({ cwd: directory.path });
  });

  afterAll(() => server.kill());

  test("it says what it writes, and into which tenant; a second time it does the same", async () => {
    const there = ["--endpoint", server.httpUrl, "--tenant-id", "measured", "-o", "json"];
    for (const _ of ["first", "again"]) {
      const { exitCode, stdout, stderr } = await bench(there);
      expect(exitCode).toBe(0);
      expect(stderr).toContain(
        `Writes into tenant measured of ${server.httpUrl}, and leaves there`,
      );
      const { results, ...setting } = JSON.parse(stdout);
      expect(setting).toMatchObject({ server: `${server.httpUrl}, tenant measured` });
      expect(setting["durability"]).toContain("what that server is set to");
      expectFigures(results, ALL);
    }
    expect(left()).toEqual([]);
  });

  test("interrupted, it ends and leaves the server as it is", async () => {
    const tenants = join(directory.path, "data", "tenants");
    const before = new Set(readdirSync(tenants));
    await using running = startBench(["--endpoint", server.httpUrl, "--tenant-id", "long"]);
    await entryOf(tenants, (name) => !before.has(name));
    running.child.kill("SIGTERM");
    expect(await running.child.exited).toBe(143);
    expect(await running.child.stderr.text()).toContain("reason: CANCELED");
    const health = await runBinary(["health", "--url", server.httpUrl], { cwd: directory.path });
    expect(health.exitCode).toBe(0);
  });

  test("a tenant whose types are others is left as it is", async () => {
    const target = ["--url", server.httpUrl, "--tenant-id", "taken"];
    const fields = [{ field_id: 1, name: "label", kind: "int" }];
    const types = [{ type_id: 2_000_000_000, name: "Other", fields }];
    writeFileSync(join(directory.path, "taken.json"), JSON.stringify({ node_types: types }));
    const push = ["schema", "push", "taken.json", ...target];
    expect((await runBinary(push, { cwd: directory.path })).exitCode).toBe(0);
    const there = ["--endpoint", server.httpUrl, "--tenant-id", "taken"];
    const { exitCode, stdout, stderr } = await bench(there);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "" });
    expect(stderr).toContain("reason: SCHEMA_");
  });

  test("only the command line names the tenant", async () => {
    const { exitCode, stderr } = await bench(["--endpoint", server.httpUrl], {
      ENTDB_TENANT_ID: "precious",
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("No tenant is named");
    expect(stderr).toContain("hint: Give --tenant-id");
  });
});

describe("refused before anything is begun", () => {
  test.each([
    ["callers that are no numbers", ["--callers", "1,many"], "whole numbers of 1 to 256"],
    ["no callers", ["--callers", "0"], "whole numbers of 1 to 256"],
    ["more callers than can be", ["--callers", "257"], "whole numbers of 1 to 256"],
    ["no time", ["--seconds", "0"], "above 0"],
    ["an unknown measure", ["--only", "write,query"], "write, read, append"],
    ["a tenant of no server", ["--tenant-id", "acme"], "--endpoint"],
    ["a place that cannot be written", ["--directory", "/proc"], "--directory"],
    ["a place that is not there", ["--directory", "nowhere"], "--directory"],
    [
      "the disk of another's server",
      ["--endpoint", "http://127.0.0.1:1", "--tenant-id", "acme", "--directory", "."],
      "Leave one of them out",
    ],
  ])("%s", async (_what, args, sentence) => {
    const { exitCode, stdout, stderr } = await bench(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(sentence);
    expect(stderr).toContain("hint: ");
    expect(left()).toEqual([]);
    expect(existsSync(join(directory.path, "nowhere"))).toBe(false);
  });

  test("a server that does not answer, by the flag that named it", async () => {
    const there = ["--endpoint", "http://127.0.0.1:1", "--tenant-id", "acme"];
    const { exitCode, stderr } = await bench(there);
    expect(exitCode).toBe(5);
    expect(stderr).toContain("reason: SERVER_UNREACHABLE");
    expect(stderr).toContain("or name another with --endpoint");
  });
});
