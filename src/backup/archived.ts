import type { BlobStore } from "../blob/blob-store.ts";
import { logShorterThanViews } from "../store/store-errors.ts";
import type { Wal } from "../wal/wal.ts";
import { type ArchivePosition, readArchivePosition } from "./archive-position.ts";
import { ArchiveTails } from "./archive-tails.ts";
import { type RestoredLives, readRestoredLives } from "./restored-lives.ts";
import { statedTails } from "./stated-tails.ts";

/** What was archived of a log before: how far, and what each tenant's archive must hold. */
export interface Archived {
  readonly position: ArchivePosition;
  /** Kept up to date by the archiver. */
  readonly tails: ArchiveTails;
  /** What this log goes on behind. */
  readonly restored: RestoredLives;
}

/**
 * Reads where an archiver was. Without its file it begins where the log does, and passes over what
 * the archive has; of what the log no longer has, the copies in the place tell. Throws
 * LOG_SHORTER_THAN_VIEWS when the log does not reach that far, DATA_DIR_INVALID.
 */
export async function openArchived({
  wal,
  store,
  directory,
}: {
  readonly wal: Wal;
  readonly store: BlobStore;
  /** Of the position's file. */
  readonly directory: string;
}): Promise<Archived> {
  const { logId, partition, start } = wal;
  const saved = await readArchivePosition(directory, partition);
  const restored = await readRestoredLives(directory, wal);
  if (saved?.logId !== logId) {
    const position = { logId, partition, begunAt: start, offset: start, tails: [] };
    const tails = start === 0 ? new ArchiveTails() : statedTails(store, undefined);
    return { position, tails, restored };
  }
  if (saved.offset > wal.end) throw logShorterThanViews(wal.end, saved.offset, "the archive");
  const position = { ...saved, offset: Math.max(saved.offset, start) };
  return { position, tails: new ArchiveTails(saved.tails), restored };
}
