import { ArchiveReader } from "../backup/archive-reader.ts";
import { openBackupTargets, type TargetConfig } from "../backup/targets.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { LogRecord } from "../wal/wal.ts";

export interface ArchivedLogOptions {
  readonly config: TargetConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: all tenants, one after the other. */
  readonly tenantId: string | undefined;
  readonly from: number;
  readonly signal: AbortSignal;
}

/**
 * The records of the archive: of a tenant in the order of the log, of all tenants one after the
 * other. Changes nothing; a server may be writing. Throws as the reader of the archive does, and
 * BUCKET_NOT_FOUND or STORAGE_… when there is no such place.
 */
export async function* archivedLog(
  options: ArchivedLogOptions,
): AsyncGenerator<readonly LogRecord[]> {
  const { config, tenantId, from, signal } = options;
  const targets = await openBackupTargets(config, { ...options, observe: true });
  try {
    await targets.archive.check(signal);
    const reader = new ArchiveReader(targets.archive);
    const tenants = tenantId === undefined ? reader.tenants(signal) : [tenantId];
    for await (const tenant of tenants) yield* reader.read(tenant, from, signal);
  } finally {
    targets.close();
  }
}
