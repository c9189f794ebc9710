import { ArchiveReader } from "../backup/archive-reader.ts";
import { observedTail } from "../backup/log-tail.ts";
import type { RestoreMachine, RestoreSources } from "../backup/restorer.ts";
import { SnapshotShelf } from "../backup/snapshot-shelf.ts";
import { openBackupTargets } from "../backup/targets.ts";
import { EntError } from "../base/errors.ts";
import { logDirectory } from "../store/data-dir.ts";
import type { CliContext } from "./context.ts";
import { configForFiles, type DirectoryFlags } from "./data-directory.ts";

/** An embedded log has one. */
const PARTITION = 0;

/**
 * Does something with the snapshots, the archive and the log that the configuration names, none
 * of which is changed. A stop signal ends it, and then nothing is left of it. Throws
 * BUCKET_NOT_FOUND and STORAGE_… when a place is not there.
 */
export async function withRestoreSources<T>(
  context: CliContext,
  flags: DirectoryFlags,
  work: (sources: RestoreSources, machine: RestoreMachine, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, random, output } = context;
  const config = await configForFiles(context, flags);
  const stop = new AbortController();
  const forget = context.onStopSignal(() => stop.abort(interrupted()));
  const targets = await openBackupTargets(config, { clock, random, observe: true });
  try {
    await targets.snapshots.check(stop.signal);
    const sources: RestoreSources = {
      shelf: new SnapshotShelf(targets.snapshots),
      archive: new ArchiveReader(targets.archive),
      log: await observedTail(logDirectory(config.dataDir, PARTITION), clock),
    };
    let shownAt = Number.NEGATIVE_INFINITY;
    const progress = (message: string) => {
      if (clock.monotonic() - shownAt < PROGRESS_MS) return;
      shownAt = clock.monotonic();
      void output.progress(message);
    };
    return await work(sources, { clock, random, progress }, stop.signal);
  } finally {
    forget();
    targets.close();
  }
}

const PROGRESS_MS = 100;

function interrupted(): EntError {
  return new EntError({
    code: "canceled",
    reason: "CANCELED",
    message: "The restore was interrupted; nothing of it was kept.",
  });
}
