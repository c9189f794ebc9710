import { join } from "node:path";
import { EntError } from "../../base/errors.ts";
import { logDamaged, logUnavailable } from "../errors.ts";
import { createLog } from "./create-log.ts";
import { type DiskFile, readWhole, writeWhole } from "./disk.ts";
import type { FileWalSettings } from "./file-wal-options.ts";
import { type LogIdentityFile, readLogIdentity } from "./log-identity.ts";
import { Segment, SegmentList } from "./segment.ts";
import { readChain, type SegmentChain } from "./segment-chain.ts";
import { encodeSegmentHeader } from "./segment-header.ts";
import { segmentPath, segmentSequences, unfinishedNames } from "./segment-names.ts";
import { SegmentSupply } from "./segment-supply.ts";
import { SegmentVerifier, type Tail } from "./verify-segment.ts";
import { ZEROS } from "./zeros.ts";

/** A log that has been verified and may be appended to. */
export interface OpenedLog {
  readonly identity: LogIdentityFile;
  readonly segments: SegmentList;
  /** The last segment's file, writable; everything up to the segment's end is on disk, everything behind it is zero. */
  readonly file: DiskFile;
  readonly supply: SegmentSupply;
  readonly lastLogTime: number;
}

/**
 * Opens the log in a directory, or makes a new one. On return every batch has been
 * verified, a torn tail is gone for good, and what is readable is on disk, not only in the
 * page cache. Throws LOG_DAMAGED, FORMAT_TOO_NEW, or LOG_UNAVAILABLE when the disk does
 * not let it.
 */
export async function openLog(settings: FileWalSettings): Promise<OpenedLog> {
  try {
    return await openOrCreate(settings);
  } catch (error) {
    if (error instanceof EntError) throw error;
    const hint = "See that the disk works and has room, then start again.";
    throw logUnavailable(`the log in ${settings.directory} cannot be opened`, error, hint);
  }
}

async function openOrCreate(settings: FileWalSettings): Promise<OpenedLog> {
  const { directory, disk, partition } = settings;
  let names = await disk.list(directory);
  for (const name of unfinishedNames(names)) await disk.remove(join(directory, name));
  const found = await readLogIdentity(directory, disk);
  const identity = found ?? (await createLog(settings, names));
  if (found === undefined) names = await disk.list(directory);
  if (identity.partition !== partition) {
    const message = `${directory} holds partition ${identity.partition} of a log, not partition ${partition}`;
    throw logDamaged(message, { path: directory });
  }
  const chain = await readChain(settings, identity, names);
  const { segments, tail, lastLogTime } = await verifyChain(settings, chain);
  const file = await disk.open(segments.last.path, "write");
  try {
    // One that was just made was synced by its making.
    if (found !== undefined) {
      await mendTail(segments.last, file, tail);
      // Names that were given just before an earlier run ended may not be on disk yet.
      await disk.syncDirectory(directory);
    }
    const supply = await openSupply(settings, chain, segmentSequences(names));
    return { identity, segments, file, supply, lastLogTime };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function verifyChain(
  settings: FileWalSettings,
  chain: SegmentChain,
): Promise<{ segments: SegmentList; tail: Tail; lastLogTime: number }> {
  const segments = new SegmentList();
  const verifier = new SegmentVerifier();
  let tail: Tail = { dirtyUntil: 0, lastBatchAt: undefined };
  for (const [i, header] of chain.headers.entries()) {
    const segment = new Segment(header, segmentPath(settings.directory, header.sequence));
    const next = chain.headers[i + 1];
    const file = await settings.disk.open(segment.path, "read");
    try {
      if (next === undefined) {
        tail = await verifier.last(segment, file);
      } else {
        const stated = { offset: next.firstOffset, position: next.previous.endPosition };
        await verifier.sealed(segment, file, stated);
      }
    } finally {
      await file.close();
    }
    segments.push(segment);
  }
  return { segments, tail, lastLogTime: verifier.lastLogTime };
}

/**
 * Makes the disk say what was just read. Bytes behind the end become zeros, so that they
 * can never verify again. Header and last batch are written once more: if their sync
 * failed in an earlier run they are in the page cache, marked clean, and not on disk.
 * All batches before were answered, hence synced.
 */
async function mendTail(segment: Segment, file: DiskFile, tail: Tail): Promise<void> {
  const { endPosition } = segment;
  const size = await file.size();
  const zeroUntil = size < segment.header.size ? segment.header.size : tail.dirtyUntil;
  for (let at = Math.min(endPosition, zeroUntil); at < zeroUntil; at += ZEROS.length) {
    await writeWhole(file, ZEROS, at, 0, Math.min(ZEROS.length, zeroUntil - at));
  }
  await writeWhole(file, encodeSegmentHeader(segment.header), 0);
  if (tail.lastBatchAt !== undefined) {
    const batch = Buffer.allocUnsafeSlow(endPosition - tail.lastBatchAt);
    const came = await readWhole(file, batch, batch.length, tail.lastBatchAt);
    await writeWhole(file, batch, tail.lastBatchAt, 0, came);
  }
  await file.sync();
}

async function openSupply(
  settings: FileWalSettings,
  chain: SegmentChain,
  sequences: readonly number[],
): Promise<SegmentSupply> {
  const { disk, directory, segmentBytes } = settings;
  const kept = await keepBlank(settings, chain);
  for (const sequence of chain.unused) {
    if (sequence !== kept?.sequence) await disk.remove(segmentPath(directory, sequence));
  }
  const supply = new SegmentSupply(disk, directory, segmentBytes, (sequences.at(-1) ?? 0) + 1);
  if (kept) supply.adopt(kept);
  return supply;
}

async function keepBlank(settings: FileWalSettings, chain: SegmentChain) {
  if (chain.blank === undefined) return undefined;
  const path = segmentPath(settings.directory, chain.blank);
  const file = await settings.disk.open(path, "write");
  const size = await file.size();
  if (size === settings.segmentBytes) return { sequence: chain.blank, path, size, file };
  await file.close();
  return undefined;
}
