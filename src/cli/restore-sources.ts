import { readArchivePosition } from "../backup/archive-position.ts";
import { ArchiveReader } from "../backup/archive-reader.ts";
import { BackupThread } from "../backup/backup-thread.ts";
import { observedTail } from "../backup/log-tail.ts";
import type { RestoreMachine, RestoreSources } from "../backup/restorer.ts";
import { SnapshotShelf } from "../backup/snapshot-shelf.ts";
import { statedTails } from "../backup/stated-tails.ts";
import { type BackupTargets, openBackupTargets } from "../backup/targets.ts";
import type { Verification } from "../backup/verify.ts";
import type { Config } from "../config/options.ts";
import { checkpointDirectory, logDirectory } from "../store/data-dir.ts";
import { parseTenantOrCatalog } from "../tenant/identity.ts";
import type { CliContext } from "./context.ts";
import { configForFiles, type DirectoryFlags } from "./data-directory.ts";
import { type CommandFailure, endedBy } from "./failure.ts";

/** An embedded log has one. */
const PARTITION = 0;

/**
 * Does something with the snapshots, the archive and the log that the configuration names, none
 * of which is changed. A stop signal ends it, and then nothing is left of it. Throws
 * INVALID_TENANT_ID, and BUCKET_NOT_FOUND and STORAGE_… when a place is not there.
 */
export async function withRestoreSources<T>(
  context: CliContext,
  flags: DirectoryFlags & { readonly tenantId?: string | undefined },
  work: (sources: RestoreSources, machine: RestoreMachine, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, random } = context;
  if (flags.tenantId !== undefined) parseTenantOrCatalog(flags.tenantId);
  return await withTargets(context, flags, async ({ config, targets, thread }, signal) => {
    await targets.snapshots.check(signal);
    const sources: RestoreSources = {
      shelf: new SnapshotShelf(targets.snapshots),
      archive: await archiveReader(config, targets, thread),
      log: await observedTail(logDirectory(config.dataDir, PARTITION), clock),
    };
    return await work(sources, { clock, random, progress: progressOf(context) }, signal);
  });
}

/** Verifies the data directory that the configuration names, by its archive where that is needed. A stop signal ends it. */
export async function withVerification<T>(
  context: CliContext,
  flags: DirectoryFlags,
  work: (verification: Verification, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock } = context;
  return await withTargets(context, flags, async ({ config, targets, thread }, signal) => {
    const archive = await archiveReader(config, targets, thread);
    const show = progressOf(context);
    const progress = (what: string) => show(`verifying ${what}`);
    const found = await work({ directory: config.dataDir, archive, clock, progress }, signal);
    // What was looked at by half is not sound for all that nothing was wrong.
    signal.throwIfAborted();
    return found;
  });
}

/** What is named by the configuration, and where segments are unpacked while others of them are applied. */
interface Opened {
  readonly config: Config;
  readonly targets: BackupTargets;
  readonly thread: BackupThread;
}

/**
 * Throws CANCELED, whatever the work threw, when a stop signal came before it was done: what it
 * met on its way out is no trouble of the places. Work that was done in spite of it is done.
 */
async function withTargets<T>(
  context: CliContext,
  flags: DirectoryFlags,
  work: (opened: Opened, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, random } = context;
  const config = await configForFiles(context, flags);
  const stop = new AbortController();
  const forget = context.onStopSignal((signal) => stop.abort(interruption(signal)));
  const targets = await openBackupTargets(config, { clock, random, observe: true });
  const thread = new BackupThread({ clock });
  try {
    return await work({ config, targets, thread }, stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    forget();
    thread.close();
    targets.close();
  }
}

/** A reader who knows what the directory says that was archived. */
async function archiveReader(
  { dataDir }: Config,
  { archive }: BackupTargets,
  thread: BackupThread,
): Promise<ArchiveReader> {
  const position = await readArchivePosition(checkpointDirectory(dataDir), PARTITION);
  return new ArchiveReader(archive, statedTails(archive, position), thread);
}

const PROGRESS_MS = 100;

/** Shows what is being done, now and then. */
function progressOf({ clock, output }: CliContext): (message: string) => void {
  let shownAt = Number.NEGATIVE_INFINITY;
  return (message) => {
    if (clock.monotonic() - shownAt < PROGRESS_MS) return;
    shownAt = clock.monotonic();
    void output.progress(message);
  };
}

/** What restores make lies beside its place until it is whole, and goes when they are ended. */
function interruption(signal: "SIGINT" | "SIGTERM"): CommandFailure {
  return endedBy(
    signal,
    `The work was ended by ${signal} before it was done; nothing of it was kept, and what was there is as it was.`,
    "Run it again: it begins anew, and there is nothing to remove before.",
  );
}
