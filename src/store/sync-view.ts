import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory, systemErrorCode } from "../base/durable-file.ts";
import { MAILBOX_FILE } from "./mailbox-store.ts";
import { CANONICAL_FILE } from "./tenant-store.ts";

/**
 * Makes durable what a view's commits have written, off the serving thread: SQLite's
 * write-ahead file holds every commit that has not been folded into the database, and
 * folding syncs by itself. A view synced this way is at least as far as it was when the
 * call began. Rejects when a sync fails; the file must not be trusted then.
 */
export async function syncView(directory: string): Promise<void> {
  await syncIfThere(join(directory, `${CANONICAL_FILE}-wal`));
  await syncDirectory(directory);
  await syncDirectory(dirname(directory));
}

/** The same for a tenant's mailboxes. */
export async function syncMailbox(directory: string): Promise<void> {
  await syncIfThere(join(directory, `${MAILBOX_FILE}-wal`));
  await syncDirectory(directory);
}

async function syncIfThere(file: string): Promise<void> {
  const handle = await open(file, "r").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
