import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import { openForReading } from "./open-database.ts";

/**
 * Copies a database that others write to, as it is when this begins, into a file that must not
 * be there yet, and syncs that. Holds the thread for as long as it takes, and keeps the
 * write-ahead file from starting anew; writers are not held up. The copy has no free pages.
 * Throws what SQLite and the system say.
 */
export function copyDatabase(from: string, to: string): { readonly bytes: number } {
  const db = openForReading(from);
  try {
    // The connection cannot write all the same; the setting would forbid to write the copy too.
    db.exec("PRAGMA query_only = OFF");
    db.query("VACUUM INTO ?").run(to);
  } finally {
    db.close();
  }
  const file = openSync(to, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return { bytes: statSync(to).size };
}
