/**
 * Copies of databases that are in use. Goal: a copy is of one moment, whole and sound, or there is
 * an error that is sorted. Method: a file that is written to, folded and cut short between the parts
 * of its copy.
 */
import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { copyDatabase } from "./copy-database.ts";
import { foldWriteAhead, openForReading, openForWriting } from "./open-database.ts";
import { troubleOf } from "./store-errors.ts";

const ROWS = 400;
const BODY = "x".repeat(8_000);

let place: Disposable & { readonly path: string };
let source: Database;

beforeEach(() => {
  place = temporaryDirectory();
  source = openForWriting(file("source.db"), { create: true });
  source.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)");
  write(1, ROWS);
  foldWriteAhead(source);
});
afterEach(() => {
  source.close();
  place[Symbol.dispose]();
});

const file = (name: string) => join(place.path, name);

function write(from: number, count: number): void {
  source.exec("BEGIN");
  const insert = source.query("INSERT INTO notes (id, body) VALUES (?, ?)");
  for (let id = from; id < from + count; id++) insert.run(id, BODY);
  source.exec("COMMIT");
}

function idsIn(path: string): unknown[] {
  const db = openForReading(path);
  try {
    return db.query("SELECT count(*), min(id), max(id) FROM notes").values();
  } finally {
    db.close();
  }
}

test("a copy is of the moment at which it began, whatever is written and folded meanwhile", async () => {
  // Also of what stands in the write-ahead file only.
  write(ROWS + 1, 50);
  let next = ROWS + 51;
  let told = 0;
  const { bytes } = await copyDatabase(file("source.db"), file("copy.db"), (part) => {
    told += part;
    write(next, 20);
    source.exec("DELETE FROM notes WHERE id < 100");
    foldWriteAhead(source);
    next += 20;
  });
  expect(next).toBeGreaterThan(ROWS + 91);
  // Of the last part nobody is told any more.
  expect(told).toBeWithin(bytes - 1024 * 1024, bytes);
  expect(idsIn(file("copy.db"))).toEqual([[BigInt(ROWS + 50), 1n, BigInt(ROWS + 50)]]);
  expect(idsIn(file("source.db"))).toEqual([[BigInt(next - 100), 100n, BigInt(next - 1)]]);
});

test("it needs no companions, and is its owner's alone", async () => {
  await copyDatabase(file("source.db"), file("copy.db"), () => undefined);
  expect(statSync(file("copy.db")).mode & 0o777).toBe(0o600);
  expect([...readFileSync(file("copy.db")).subarray(18, 20)]).toEqual([1, 1]);
  expect(idsIn(file("copy.db"))).toEqual(idsIn(file("source.db")));
});

test("who comes between its parts ends it", async () => {
  let parts = 0;
  const copying = copyDatabase(file("source.db"), file("copy.db"), () => {
    parts += 1;
    if (parts === 3) throw new Error("enough");
  });
  await expect(copying).rejects.toThrow("enough");
  expect(parts).toBe(3);
  // The source is let go of: what was held is folded to its end, and begins anew.
  write(ROWS + 1, 1);
  foldWriteAhead(source);
  expect(source.query("PRAGMA wal_checkpoint(TRUNCATE)").values()).toEqual([[0n, 0n, 0n]]);
});

test("the locks of this process on the source outlive it", async () => {
  await copyDatabase(file("source.db"), file("copy.db"), () => undefined);
  const program = `
    import { Database } from "bun:sqlite";
    const other = new Database(${JSON.stringify(file("source.db"))});
    other.query("SELECT count(*) FROM notes").get();
    other.close();`;
  // Whoever closes a file last takes its write-ahead file away; the other process must not be that.
  write(ROWS + 1, 1);
  expect(Bun.spawnSync([process.execPath, "-e", program]).exitCode).toBe(0);
  expect(statSync(file("source.db-wal")).size).toBeGreaterThan(0);
  write(ROWS + 2, 1);
  expect(idsIn(file("source.db"))).toEqual([[BigInt(ROWS + 2), 1n, BigInt(ROWS + 2)]]);
});

const copyOf = (path: string) =>
  copyDatabase(path, file("copy.db"), () => undefined).then(
    () => "made",
    (error) => troubleOf(error),
  );

test("what is no database, or a damaged one, is damaged", async () => {
  writeFileSync(file("text.db"), "no database at all ".repeat(1_000));
  expect(await copyOf(file("text.db"))).toBe("damaged");
});

test("pages that are not what they should be are found", async () => {
  const bytes = readFileSync(file("source.db"));
  writeFileSync(file("spoilt.db"), bytes);
  const handle = openSync(file("spoilt.db"), "r+");
  writeSync(handle, new Uint8Array(8 * 4_096), 0, 8 * 4_096, 4_096);
  expect(await copyOf(file("spoilt.db"))).toBe("damaged");
});

test("a file that is not there, and a target that is, are told", async () => {
  expect(await copyOf(file("none.db"))).toBe("stalled");
  writeFileSync(file("taken.db"), "mine");
  const onto = copyDatabase(file("source.db"), file("taken.db"), () => undefined);
  await expect(onto).rejects.toMatchObject({ code: "EEXIST" });
  expect(readFileSync(file("taken.db"), "utf8")).toBe("mine");
});
