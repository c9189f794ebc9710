import { openForReading } from "./open-database.ts";

/**
 * Reads a whole file, page by page, in one go: "ok", or what SQLite found first. On a connection of
 * its own: one that has searched before holds the full-text index's structure as it was then, and
 * the check would take what was written since for damage.
 */
export function quickCheck(path: string): string {
  const db = openForReading(path);
  try {
    return String(db.query("PRAGMA quick_check(1)").values()[0]?.[0]);
  } finally {
    db.close();
  }
}
