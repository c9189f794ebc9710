import { readArchivePosition } from "../backup/archive-position.ts";
import { ArchiveReader } from "../backup/archive-reader.ts";
import type { ArchiveTails } from "../backup/archive-tails.ts";
import { lifeOf, livesEndedFrom } from "../backup/restore-catalog.ts";
import { RestoreHistory } from "../backup/restore-history.ts";
import { statedTails } from "../backup/stated-tails.ts";
import { openBackupTargets, type TargetConfig } from "../backup/targets.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { checkpointDirectory } from "../store/data-dir.ts";
import { parseTenantOrCatalog } from "../tenant/identity.ts";
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

/** An embedded log has one. */
const PARTITION = 0;
const EVER = Number.POSITIVE_INFINITY;

/**
 * The records of the archive: of a tenant in the order of the log, of all tenants one after the
 * other. Changes nothing; a server may be writing. Throws as the reader of the archive does, and
 * INVALID_TENANT_ID, BUCKET_NOT_FOUND or STORAGE_… when there is no such place.
 */
export async function* archivedLog(
  options: ArchivedLogOptions,
): AsyncGenerator<readonly LogRecord[]> {
  const { config, tenantId, from, signal } = options;
  if (tenantId !== undefined) parseTenantOrCatalog(tenantId);
  const targets = await openBackupTargets(config, { ...options, observe: true });
  try {
    await targets.archive.check(signal);
    const directory = checkpointDirectory(config.dataDir);
    const position = await readArchivePosition(directory, PARTITION);
    const tails = statedTails(targets.archive, position);
    const reader = new ArchiveReader(targets.archive, tails);
    const tenants = await tenantsOf(reader, tails, signal);
    for (const tenant of tenantId === undefined ? tenants : [tenantId]) {
      yield* reader.read(tenant, from, signal);
    }
  } finally {
    targets.close();
  }
}

/** The tenants of which there is an archive, or should be: what was archived of one that was deleted has gone. */
async function tenantsOf(
  reader: ArchiveReader,
  tails: ArchiveTails,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tenants = await Array.fromAsync(reader.tenants(signal));
  await tails.load(signal);
  const there = new Set(tenants);
  const gone = tails.all().filter(({ name }) => !there.has(name.tenantId));
  if (gone.length === 0) return tenants;
  const from = Math.min(...gone.map(({ lastOffset }) => lastOffset));
  const catalog = new RestoreHistory(reader, undefined, EVER);
  const ended = await livesEndedFrom(catalog, from, signal);
  for (const { name, incarnation } of gone) {
    const { tenantId } = name;
    if (ended.has(lifeOf({ tenantId, incarnation }))) tails.forget(tenantId);
    else tenants.push(tenantId);
  }
  return tenants;
}
