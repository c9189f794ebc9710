import type { Database } from "bun:sqlite";
import { EntError } from "../../base/errors.ts";
import { CANONICAL_TABLES_1, CATALOG_TABLES_1 } from "./tables.ts";

/**
 * Brings a file to the format of this build, on opening and before it is served. Steps
 * are deterministic, each is one transaction, and a step that was cut short starts
 * anew. The format stands in `user_version`; 0 is an empty file.
 */
const VIEW_FORMAT = 1;

/** Step n brings a file from format n to n + 1. */
const STEPS: readonly ((db: Database, isSystem: boolean) => void)[] = [
  (db, isSystem) => {
    db.exec(CANONICAL_TABLES_1);
    if (isSystem) db.exec(CATALOG_TABLES_1);
    db.exec("PRAGMA user_version = 1");
  },
];

/** Throws FORMAT_TOO_NEW when a newer EntDB has written the file. */
export function migrate(db: Database, isSystem: boolean, file: string): void {
  const found = Number(
    (db.query("PRAGMA user_version").get() as { user_version: bigint }).user_version,
  );
  if (found > VIEW_FORMAT) {
    throw new EntError({
      code: "failed_precondition",
      reason: "FORMAT_TOO_NEW",
      message: `The file ${file} has format ${found}; this EntDB knows formats up to ${VIEW_FORMAT}.`,
      hint: "Start the EntDB version that wrote it, or a newer one.",
    });
  }
  for (let format = found; format < VIEW_FORMAT; format++) {
    db.transaction(() => {
      STEPS[format]?.(db, isSystem);
    }).immediate();
  }
}
