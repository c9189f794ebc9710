import { newLogId } from "../log-id.ts";
import { BATCH_HEADER_BYTES, isZero } from "./batch-format.ts";
import { readWhole, writeWhole } from "./disk.ts";
import { FIRST_SEGMENT_BYTES, type FileWalSettings } from "./file-wal-options.ts";
import { identityMissing, type LogIdentityFile, writeLogIdentity } from "./log-identity.ts";
import { NO_SALT, newSalt } from "./salt.ts";
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from "./segment-header.ts";
import { segmentPath, segmentSequences } from "./segment-names.ts";
import { makeBlankSegment } from "./segment-supply.ts";

/**
 * Makes a new log in a directory that has no `log.json`: the first segment, then the
 * identity. Segments without identity are what a creation that was cut off leaves, and
 * are removed, unless one holds a batch. Throws LOG_DAMAGED then.
 */
export async function createLog(
  settings: FileWalSettings,
  names: readonly string[],
): Promise<LogIdentityFile> {
  const { directory, disk, random, clock, partition, firstOffset } = settings;
  const { logId = newLogId(random, clock.now()) } = settings;
  for (const sequence of segmentSequences(names)) {
    const path = segmentPath(directory, sequence);
    if (await holdsBatches(settings, path)) throw identityMissing(directory, "records", path);
    await disk.remove(path);
  }
  const identity = { logId, partition, firstOffset };
  const size = Math.min(settings.segmentBytes, FIRST_SEGMENT_BYTES);
  const blank = await makeBlankSegment(disk, directory, 1, size);
  try {
    const previous = { sequence: 0, salt: NO_SALT, endPosition: 0 };
    const header = { ...identity, sequence: 1, salt: newSalt(random), size, previous };
    await writeWhole(blank.file, encodeSegmentHeader(header), 0);
    await blank.file.sync();
  } finally {
    await blank.file.close();
  }
  await writeLogIdentity(directory, identity, disk);
  return identity;
}

/** Whether anything stands where a segment's first batch would. */
export async function holdsBatches(settings: FileWalSettings, path: string): Promise<boolean> {
  const file = await settings.disk.open(path, "read");
  try {
    const place = Buffer.alloc(BATCH_HEADER_BYTES);
    const came = await readWhole(file, place, place.length, SEGMENT_HEADER_BYTES);
    return !isZero(place, 0, came);
  } finally {
    await file.close();
  }
}
