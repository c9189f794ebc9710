/**
 * What a backup cannot do, through the executable: each refusal has its reason, says what to do,
 * leaves nothing behind, and neither the backup nor the server that goes on beside it is touched.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { encodeStated } from "../../src/backup/stated-fields.ts";
import {
  BINARY,
  type BinaryResult,
  runBinary,
  type ServerProcess,
  StartRefused,
  startServerProcess,
} from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest, type RestAnswer } from "../harness/wire.ts";

const place = temporaryDirectory();
const cwd = place.path;
const backup = join(cwd, "backup");
const LOOK_MS = 50;
/** A bucket behind a port at which nobody listens. */
const UNREACHABLE = {
  ENTDB_S3_BUCKET: "entdb",
  ENTDB_S3_ENDPOINT: "http://127.0.0.1:1",
  ENTDB_S3_ACCESS_KEY_ID: "key",
  ENTDB_S3_SECRET_ACCESS_KEY: "hidden-away",
  ENTDB_S3_TIMEOUT_MS: "1000",
};
const isRoot = process.getuid?.() === 0;

let server: ServerProcess;
let rest: Rest;
let written: RestAnswer;
/** The time of a moment that is archived. */
let moment = "";
/** The time of one before all that the snapshots hold. */
let beforeSnapshots = "";

beforeAll(async () => {
  const env = { ENTDB_BACKUP_DIR: backup, ENTDB_ARCHIVE_INTERVAL: "1s" };
  server = await startServerProcess({ cwd, env });
  rest = new Rest(server.httpUrl);
  const other = new Rest(server.httpUrl, "globex");
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  expect((await other.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  const early = await rest.atomic("early", couple("early"));
  beforeSnapshots = new Date(await logTimeOf(early)).toISOString();
  while (Date.now() <= Date.parse(beforeSnapshots)) await Bun.sleep(1);
  expect((await rest.atomic("later", couple("later"))).status).toBe(200);
  expect((await rest.post("/admin/snapshot", {})).status).toBe(200);
  written = await rest.atomic("kept", couple("kept"));
  expect(written.status).toBe(200);
  while (!(await isSettled())) await Bun.sleep(LOOK_MS);
  moment = new Date().toISOString();
});
afterAll(async () => {
  await server?.kill();
  place[Symbol.dispose]();
});

/** Whether everything is archived and the place says so, so that the server puts nothing more there. */
async function isSettled(): Promise<boolean> {
  const { archived_offset: offset, lag_records: lag } = (await rest.get("/admin/archive")).body;
  const names = Object.keys(contentOf(backup));
  // An object has its name a moment before the one that it was written under is gone.
  if (names.some((name) => name.includes("/.incoming/"))) return false;
  const copies = names.filter((name) => name.includes("/archived_"));
  return lag === 0 && copies.some((name) => name.includes(`_${String(offset).padStart(16, "0")}_`));
}

async function logTimeOf({ body }: RestAnswer): Promise<number> {
  const [{ node_id: id }] = body.results;
  return (await rest.get(`/v1/nodes/${id}`)).body.created_at;
}

/** The bytes of every file in a folder, hashed, by its name. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = files.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Object.fromEntries(
    names.map((name) => [name, Bun.SHA256.hash(readFileSync(name), "hex")]),
  );
}

/** The folder of a tenant's only snapshot. */
function snapshotOf(tenantId: string, root = backup): string {
  const folder = join(root, "snapshots", tenantId);
  const [name = ""] = readdirSync(folder);
  return join(folder, name);
}

async function restore(args: readonly string[], from = backup): Promise<BinaryResult> {
  const env = { ENTDB_BACKUP_DIR: from, ENTDB_DATA_DIR: join(cwd, "elsewhere") };
  return await runBinary(["restore", ...args], { cwd, env });
}

/** It was refused with a reason and a hint; there is nothing new, and the server has what it had. */
async function expectRefusal(
  run: () => Promise<BinaryResult>,
  reason: string,
  words: string,
): Promise<void> {
  const before = readdirSync(cwd).sort();
  const stored = contentOf(backup);
  const { exitCode, stdout, stderr } = await run();
  expect(exitCode).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain(`reason: ${reason}`);
  expect(stderr).toContain(words);
  expect(stderr).toMatch(/^hint: \S/m);
  expect(readdirSync(cwd).sort()).toEqual(before);
  expect(contentOf(backup)).toEqual(stored);
  const [{ node_id: id }] = written.body.results;
  expect((await rest.get(`/v1/nodes/${id}`)).body).toMatchObject({ payload: { name: "kept a" } });
}

describe("a restore to a time", () => {
  const at = (time: string, ...more: string[]) =>
    restore(["--target-time", time, "--output-dir", "restored", ...more]);

  test("in the future", async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await expectRefusal(() => at(later), "TARGET_TIME_INVALID", "in the future");
  });

  test("before the oldest archive", async () => {
    const run = () => at("2020-01-01T00:00:00Z");
    await expectRefusal(run, "TARGET_TIME_INVALID", "nothing of");
    const [, earliest = ""] = (await run()).stderr.match(/the earliest is of (\S+Z)/) ?? [];
    expect(Date.parse(earliest)).toBeLessThanOrEqual(Date.parse(beforeSnapshots));
  });

  test("that is none", async () => {
    const { exitCode, stderr } = await at("yesterday");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("yesterday");
  });

  test("of a tenant that there was not", async () => {
    const run = () => at(moment, "--tenant-id", "nobody");
    await expectRefusal(run, "TENANT_NOT_FOUND", "nobody");
  });

  test("of a tenant that cannot be one", async () => {
    const run = () => at(moment, "--tenant-id", "../globex");
    await expectRefusal(run, "INVALID_TENANT_ID", "../globex");
  });

  test("that does not say in which time zone", async () => {
    const { exitCode, stderr } = await at("2026-01-31 12:00");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("2026-01-31 12:00Z");
  });

  test("below a file", async () => {
    const args = ["--target-time", moment, "--output-dir", join(BINARY, "restored")];
    await expectRefusal(() => restore(args), "DATA_DIR_INVALID", "a file stands there");
  });

  test("into a directory that holds something", async () => {
    mkdirSync(join(cwd, "restored"));
    writeFileSync(join(cwd, "restored", "mine"), "");
    await expectRefusal(() => at(moment), "DATA_DIR_INVALID", "mine");
    expect(readdirSync(join(cwd, "restored"))).toEqual(["mine"]);
  });
});

describe("a restore out of a backup", () => {
  /** A backup that somebody has changed. */
  function changed(change: (root: string) => void) {
    const spoilt = temporaryDirectory();
    cpSync(backup, spoilt.path, { recursive: true });
    change(spoilt.path);
    return spoilt;
  }

  const into = (root: string, time = moment) =>
    restore(["--target-time", time, "--output-dir", "out"], root);

  test("whose oldest days have gone, to a time before what is left", async () => {
    using spoilt = changed((root) => {
      const folder = join(root, "archive", "acme");
      const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
      const first = names.find((name) => name.endsWith(".checksum")) ?? "";
      const { own_sha256: _, ...stated } = JSON.parse(readFileSync(join(folder, first), "utf8"));
      // What stands there continues something that retention has removed.
      writeFileSync(join(folder, first), encodeStated({ ...stated, previous_offset: 0 }));
    });
    const run = () => into(spoilt.path, beforeSnapshots);
    await expectRefusal(run, "TARGET_TIME_INVALID", "acme");
  });

  test("that is not there", async () => {
    const run = () => into(join(cwd, "no-backup"));
    await expectRefusal(run, "BUCKET_NOT_FOUND", "no-backup does not exist");
  });

  test("whose bucket cannot be reached", async () => {
    const args = ["restore", "--target-time", moment, "--output-dir", "out"];
    const run = () => runBinary(args, { cwd, env: UNREACHABLE });
    await expectRefusal(run, "STORAGE_UNAVAILABLE", "s3://entdb");
  });

  test("with a damaged manifest", async () => {
    using spoilt = changed((root) => {
      const manifest = join(snapshotOf("acme", root), "manifest.json");
      writeFileSync(manifest, readFileSync(manifest, "utf8").replace('"acme"', '"acmf"'));
    });
    await expectRefusal(() => into(spoilt.path), "OBJECT_DAMAGED", "manifest.json");
  });

  test("with a foreign tenant's snapshot", async () => {
    using spoilt = changed((root) => {
      const own = snapshotOf("acme", root);
      cpSync(snapshotOf("globex", root), own, { recursive: true, force: true });
    });
    await expectRefusal(() => into(spoilt.path), "SNAPSHOT_FOREIGN", "globex");
  });

  test("of which a segment is damaged", async () => {
    using spoilt = changed((root) => {
      const folder = join(root, "archive", "acme");
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!name.endsWith(".gz")) continue;
        const bytes = readFileSync(join(folder, name));
        bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
        writeFileSync(join(folder, name), bytes);
      }
    });
    await expectRefusal(() => into(spoilt.path), "OBJECT_DAMAGED", "segment_");
  });
});

describe("of one tenant", () => {
  test("that nobody names, or whose name is none", async () => {
    const list = ["list-snapshots"];
    await expectRefusal(() => restore(list), "INVALID_REQUEST", "No tenant is named");
    for (const words of [
      [...list],
      ["from-snapshot", "--snapshot-id", "snap_x", "--output-dir", "out"],
      ["replay-archive", "--from-position", "0"],
    ]) {
      const run = () => restore([...words, "--tenant-id", "../acme"]);
      await expectRefusal(run, "INVALID_TENANT_ID", "../acme");
    }
  });

  test("that the environment names, unless the command line does", async () => {
    const env = { ENTDB_BACKUP_DIR: backup, ENTDB_TENANT_ID: "globex" };
    const list = (...more: string[]) =>
      runBinary(["restore", "list-snapshots", "-o", "json", ...more], { cwd, env });
    const tenantOf = ({ stdout }: BinaryResult) => JSON.parse(stdout)[0].tenant_id;
    expect(tenantOf(await list())).toBe("globex");
    expect(tenantOf(await list("--tenant-id", "acme"))).toBe("acme");
  });
});

test("a log that was copied is verified before any server has made views of it", async () => {
  const stopped = { cwd, dataDir: "copied-from", env: { ENTDB_BACKUP_DIR: join(cwd, "own-2") } };
  {
    await using other = await startServerProcess(stopped);
    expect((await new Rest(other.httpUrl).post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    await other.stop();
  }
  const copy = (to: string) =>
    runBinary(["log", "copy", "--from", "file:copied-from", "--to", `file:${to}`], { cwd });
  const same = await copy("./copied-from/");
  expect([same.exitCode, same.stderr]).toEqual([2, expect.stringContaining("one place")]);
  expect((await copy("copied-to")).exitCode).toBe(0);
  const verified = await restore(["verify", "--data-dir", "copied-to", "-o", "json"]);
  expect([verified.exitCode, JSON.parse(verified.stdout)]).toEqual([0, []]);
  expect(verified.stderr).toContain("The log is sound");
  rmSync(join(cwd, "copied-from", "tenants", "_system"), { recursive: true });
  const run = () => restore(["verify", "--data-dir", "copied-from"]);
  await expectRefusal(run, "VIEW_DAMAGED", "_system");
});

describe("in place", () => {
  test("a tenant of a running server", async () => {
    const id = snapshotOf("acme").split("/").at(-1) ?? "";
    const args = ["from-snapshot", "--tenant-id", "acme", "--snapshot-id", id];
    const run = () => restore([...args, "--output-dir", join(cwd, "data")]);
    await expectRefusal(run, "DATA_DIR_LOCKED", String(server.pid));
  });

  test("from a snapshot that there is not", async () => {
    const args = ["from-snapshot", "--tenant-id", "acme", "--snapshot-id"];
    const id = "snap_2020-01-01T00:00:00.000Z";
    const run = () => restore([...args, id, "--output-dir", join(cwd, "data")]);
    await expectRefusal(run, "SNAPSHOT_NOT_FOUND", id);
  });

  test("from a position that there is not: the files stay as they are", async () => {
    const stopped = { cwd, dataDir: "stopped", env: { ENTDB_BACKUP_DIR: join(cwd, "own") } };
    {
      await using other = await startServerProcess(stopped);
      const own = new Rest(other.httpUrl);
      expect((await own.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
      await other.stop();
    }
    const before = contentOf(join(cwd, "stopped"));
    const args = ["replay-archive", "--tenant-id", "acme", "--from-position", "0:999999"];
    const run = () => restore([...args, "--data-dir", join(cwd, "stopped")], join(cwd, "own"));
    await expectRefusal(run, "POSITION_BEYOND_LOG", "999999");
    expect(contentOf(join(cwd, "stopped"))).toEqual(before);
  });

  test("from a position that is none", async () => {
    const args = ["replay-archive", "--tenant-id", "acme", "--from-position", "first"];
    const { exitCode, stderr } = await restore([...args, "--data-dir", "data"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("first");
  });
});

/** A small file system in memory, which takes root to mount. */
describe.skipIf(!isRoot)("a place that cannot be written", () => {
  const small = join(cwd, "small");

  function mount(...args: string[]): void {
    const { success, stderr } = Bun.spawnSync(["mount", ...args, small]);
    if (!success) throw new Error(stderr.toString());
  }

  beforeAll(() => {
    mkdirSync(small);
    mount("-t", "tmpfs", "-o", "size=256k", "tmpfs");
  });
  afterAll(() => {
    Bun.spawnSync(["umount", small]);
  });

  async function refusedStart(env: Record<string, string>, dataDir: string): Promise<string> {
    const start = startServerProcess({ cwd, dataDir, env });
    const refusal = await start.then(
      async (started) => {
        await started.kill();
        throw new Error("the server has started");
      },
      (error: unknown) => error,
    );
    if (!(refusal instanceof StartRefused)) throw refusal;
    expect(refusal.exitCode).not.toBe(0);
    expect(refusal.stderr).toMatch(/^hint: \S/m);
    return refusal.stderr;
  }

  test("because it is full: nothing is restored into it, and nothing stays", async () => {
    const args = ["--target-time", moment, "--output-dir", "small/restored"];
    await expectRefusal(() => restore(args), "DATA_DIR_INVALID", "no room");
    expect(readdirSync(small)).toEqual([]);
  });

  test("because it is full: no server begins in it", async () => {
    const stderr = await refusedStart({}, "small/data");
    expect(stderr).toContain("reason: LOG_UNAVAILABLE");
    expect(stderr).toContain("the disk is full");
  });

  test("because it is read-only: nothing is restored into it, and no server begins in it", async () => {
    mount("-o", "remount,ro");
    const args = ["--target-time", moment, "--output-dir", "small/restored"];
    await expectRefusal(() => restore(args), "DATA_DIR_INVALID", "read-only");
    const elsewhere = { ENTDB_BACKUP_DIR: join(cwd, "other-backup") };
    expect(await refusedStart(elsewhere, "small/data")).toContain("reason: DATA_DIR_INVALID");
    const backupThere = { ENTDB_BACKUP_DIR: join(small, "backup") };
    const stderr = await refusedStart(backupThere, "unstarted");
    expect(stderr).toContain("reason: STORAGE_ACCESS_DENIED");
    expect(stderr).toContain("read-only");
    expect(existsSync(join(cwd, "unstarted"))).toBe(false);
  });
});

test.each([
  ["ok", { ENTDB_BACKUP_DIR: backup }, backup],
  ["warn", {}, "within the data directory"],
  ["warn", { ENTDB_ARCHIVE_ENABLED: "false" }, "nothing is archived"],
  ["warn", UNREACHABLE, "s3://entdb"],
  ["fail", { ENTDB_BACKUP_DIR: "/dev/null/backup" }, "/dev/null/backup"],
] as [string, Record<string, string>, string][])(
  "doctor says %s to a backup with %j",
  async (state, change, words) => {
    const env = { ENTDB_HTTP_PORT: "0", ENTDB_GRPC_PORT: "0", ...change };
    const args = ["doctor", "--data-dir", "looked-at", "-o", "json"];
    const { stdout } = await runBinary(args, { cwd, env });
    const findings = JSON.parse(stdout) as { check: string }[];
    expect(findings.find(({ check }) => check === "backup")).toMatchObject({
      state,
      finding: expect.stringContaining(words),
    });
    expect(stdout).not.toContain("hidden-away");
    expect(existsSync(join(cwd, "looked-at"))).toBe(false);
  },
);

test("a server whose brokers cannot be reached does not start, and says which", async () => {
  const env = { ENTDB_KAFKA_BROKERS: "127.0.0.1:1" };
  const start = startServerProcess({ cwd, dataDir: "cut-off", env });
  const error = await start.catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(StartRefused);
  const { exitCode, stderr } = error as StartRefused;
  expect(exitCode).toBe(5);
  expect(stderr).toContain("reason: LOG_UNAVAILABLE");
  expect(stderr).toContain("127.0.0.1:1");
  expect(stderr).toMatch(/^hint: .*ENTDB_KAFKA_BROKERS/m);
});
