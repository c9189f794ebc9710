import { Database } from "bun:sqlite";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { Violation } from "./violation.ts";

/**
 * With no server on it: every file of every tenant is whole, with what its write-ahead file
 * holds, and so is every index for searching. A copy is looked at, because whoever opens such a
 * file mends it. Throws {@link Violation}.
 */
export function checkFiles(dataDir: string): void {
  const tenants = join(dataDir, "tenants");
  if (!existsSync(tenants)) return;
  using copy = temporaryDirectory();
  cpSync(tenants, copy.path, { recursive: true });
  for (const directory of readdirSync(copy.path)) {
    // What is being made, or on its way out, is thrown away at the next start: nobody counts on it.
    if (directory.includes(".")) continue;
    for (const name of ["canonical.db", "mailbox.db"]) {
      const file = join(copy.path, directory, name);
      if (existsSync(file)) checkNamed(file, join(tenants, directory, name));
    }
  }
}

/** What SQLite throws of a copy names neither the file nor what is in it. */
function checkNamed(copy: string, file: string): void {
  const name = `${basename(dirname(file))}/${basename(file)}`;
  try {
    checkDatabase(copy, name);
  } catch (error) {
    if (error instanceof Violation) throw error;
    const bytes = readFileSync(file);
    const head = bytes.subarray(0, HEAD_BYTES).toString("hex");
    const what = `${name}, ${bytes.length} bytes that begin with ${head}`;
    throw new Violation(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

/** The part of SQLite's header that tells what kind of file it is. */
const HEAD_BYTES = 32;

function checkDatabase(file: string, name: string): void {
  using db = new Database(file);
  const rows = db.query("PRAGMA integrity_check").values();
  if (rows.length !== 1 || rows[0]?.[0] !== "ok") {
    throw new Violation(`${name}: integrity_check says ${JSON.stringify(rows)}`);
  }
  const indexes = db
    .query("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'")
    .values();
  for (const [index] of indexes) {
    try {
      db.run(`INSERT INTO "${index}"("${index}", rank) VALUES ('integrity-check', 1)`);
    } catch (error) {
      throw new Violation(`${name}: ${index} fails its integrity-check`, { cause: error });
    }
  }
}
