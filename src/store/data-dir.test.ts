import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/harness/temporary-directory.ts";
import { buildInfo } from "../base/build-info.ts";
import type { ErrorReason } from "../base/errors.ts";
import { type DataDirectory, logDirectory, openDataDirectory } from "./data-dir.ts";

let place: TemporaryDirectory | undefined;
const opened: DataDirectory[] = [];

function inPlace(name: string): string {
  place ??= temporaryDirectory();
  return join(place.path, name);
}

async function open(path: string): Promise<DataDirectory> {
  const directory = await openDataDirectory(path);
  opened.push(directory);
  return directory;
}

async function expectRefusal(path: string, reason: ErrorReason): Promise<Error> {
  const error: unknown = await openDataDirectory(path).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "EntError", reason });
  return error as Error;
}

afterEach(() => {
  for (const directory of opened.splice(0)) directory.close();
  place?.[Symbol.dispose]();
  place = undefined;
});

describe("a new data directory", () => {
  test("is made with those above it, for its owner alone, and says its format", async () => {
    const path = inPlace("a/b/data");
    const directory = await open(path);
    expect(directory.path).toBe(path);
    for (const name of ["", "log", "tenants", "checkpoint"]) {
      expect(statSync(join(path, name)).mode & 0o777).toBe(0o700);
    }
    for (const name of ["format.json", "lock", "owner.json"]) {
      expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
    }
    expect(JSON.parse(await readFile(join(path, "format.json"), "utf8"))).toEqual({
      format: 1,
      created_by: `entdb ${buildInfo.version}`,
    });
  });

  test("may be an empty directory, even a fresh mount, or what a start that was cut off left", async () => {
    const path = inPlace("data");
    mkdirSync(join(path, "lost+found"), { recursive: true });
    writeFileSync(join(path, "format.json.new"), "{");
    writeFileSync(join(path, "owner.json"), "");
    expect((await open(path)).path).toBe(path);
  });

  test("makes the directory of a partition's log once", async () => {
    const directory = await open(inPlace("data"));
    const log = await directory.makeLogDirectory(3);
    expect(log).toBe(logDirectory(directory.path, 3));
    expect(statSync(log).mode & 0o777).toBe(0o700);
    expect(await directory.makeLogDirectory(3)).toBe(log);
  });
});

describe("an existing data directory", () => {
  test("is opened again after it was closed, and leaves no owner behind", async () => {
    const path = inPlace("data");
    const directory = await openDataDirectory(path);
    directory.close();
    directory.close();
    expect(readdirSync(path)).not.toContain("owner.json");
    await open(path);
  });

  test("is reached over a link to it, under its real path", async () => {
    mkdirSync(inPlace("elsewhere"));
    symlinkSync(inPlace("elsewhere"), inPlace("data"));
    expect((await open(inPlace("data"))).path).toBe(inPlace("elsewhere"));
  });

  test("is refused when a later version made it", async () => {
    const path = inPlace("data");
    mkdirSync(path);
    writeFileSync(join(path, "format.json"), '{"format":2,"created_by":"entdb 9.0.0"}');
    await expectRefusal(path, "FORMAT_TOO_NEW");
    expect(readdirSync(path)).not.toContain("owner.json");
  });
});

describe("what is no data directory of ours", () => {
  test.each(["", "{", "[]", '{"format":"1"}', '{"format":0}', '{"format":1.5}'])(
    "a format file that says %p",
    async (content) => {
      const path = inPlace("data");
      mkdirSync(path);
      writeFileSync(join(path, "format.json"), content);
      await expectRefusal(path, "DATA_DIR_INVALID");
    },
  );

  test("somebody else's files: nothing is written between them", async () => {
    const path = inPlace("home");
    mkdirSync(path);
    writeFileSync(join(path, "letter.txt"), "dear");
    const error = await expectRefusal(path, "DATA_DIR_INVALID");
    expect(error.message).toContain("letter.txt");
    expect(readdirSync(path)).toEqual(["letter.txt"]);
  });

  test("a directory whose format file is gone, though there is data", async () => {
    const path = inPlace("data");
    (await openDataDirectory(path)).close();
    rmSync(join(path, "format.json"));
    await expectRefusal(path, "DATA_DIR_INVALID");
  });

  test("a link in it, whatever it is called", async () => {
    const path = inPlace("data");
    (await openDataDirectory(path)).close();
    symlinkSync("/etc/hostname", join(path, "notes"));
    await expectRefusal(path, "DATA_DIR_INVALID");
    rmSync(join(path, "notes"));
    rmSync(join(path, "tenants"), { recursive: true });
    symlinkSync("/tmp", join(path, "tenants"));
    await expectRefusal(path, "DATA_DIR_INVALID");
  });

  test("a link or a file where a partition's log should be", async () => {
    const directory = await open(inPlace("data"));
    symlinkSync("/tmp", logDirectory(directory.path, 0));
    writeFileSync(logDirectory(directory.path, 1), "");
    for (const partition of [0, 1]) {
      const error: unknown = await directory.makeLogDirectory(partition).catch((e: unknown) => e);
      expect(error).toMatchObject({ reason: "DATA_DIR_INVALID" });
    }
  });

  test("a file, a file where a folder should be, a link to nowhere", async () => {
    writeFileSync(inPlace("file"), "");
    await expectRefusal(inPlace("file"), "DATA_DIR_INVALID");
    await expectRefusal(join(inPlace("file"), "below"), "DATA_DIR_INVALID");
    const path = inPlace("data");
    (await openDataDirectory(path)).close();
    rmSync(join(path, "log"), { recursive: true });
    writeFileSync(join(path, "log"), "");
    await expectRefusal(path, "DATA_DIR_INVALID");
    symlinkSync(inPlace("nowhere"), inPlace("dangling"));
    await expectRefusal(inPlace("dangling"), "DATA_DIR_INVALID");
  });

  test("a lock that is no lock of ours", async () => {
    const path = inPlace("data");
    (await openDataDirectory(path)).close();
    writeFileSync(join(path, "lock"), "something else, long enough to be looked at".repeat(200));
    await expectRefusal(path, "DATA_DIR_INVALID");
  });
});

describe("the lock", () => {
  test("refuses a second holder in the same process, and the first keeps it", async () => {
    const path = inPlace("data");
    await open(path);
    await expectRefusal(path, "DATA_DIR_LOCKED");
    await expectRefusal(path, "DATA_DIR_LOCKED");
  });

  test("refuses a second process, names the first, and dies with it by SIGKILL", async () => {
    const path = inPlace("data");
    const program = `
      import { openDataDirectory } from ${JSON.stringify(join(import.meta.dir, "data-dir.ts"))};
      await openDataDirectory(${JSON.stringify(path)});
      await Bun.write(Bun.stdout, "held\\n");
      await new Promise(() => setInterval(() => undefined, 1000));`;
    const holder = Bun.spawn([process.execPath, "-e", program], {
      stdout: "pipe",
      stderr: "inherit",
    });
    try {
      const { value } = await holder.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toBe("held\n");
      const error = await expectRefusal(path, "DATA_DIR_LOCKED");
      expect(error.message).toContain(String(holder.pid));
      expect(error).toMatchObject({ details: { path, pid: String(holder.pid) } });
    } finally {
      holder.kill("SIGKILL");
      await holder.exited;
    }
    expect((await open(path)).path).toBe(path);
  });
});
