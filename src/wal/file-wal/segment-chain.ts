import type { EntError } from "../../base/errors.ts";
import { logDamaged } from "../errors.ts";
import { holdsBatches } from "./create-log.ts";
import { readWhole } from "./disk.ts";
import type { FileWalSettings } from "./file-wal-options.ts";
import { type LogIdentityFile, logTooNew } from "./log-identity.ts";
import { sameSalt } from "./salt.ts";
import {
  decodeSegmentHeader,
  type HeaderReading,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "./segment-header.ts";
import { segmentPath, segmentSequences } from "./segment-names.ts";

/**
 * Which files make up the log. Each header names its predecessor by number and salt, so
 * the newest header is the end of a chain that must reach the log's first segment without
 * a gap. Files outside the chain (a blank one prepared ahead, one whose header could not
 * be made durable) must hold no batch; otherwise something was swapped, lost or damaged. Of a
 * trimmed log the chain reaches the segment that `log.json` names, and older files are leftovers.
 */
export interface SegmentChain {
  /** Oldest first. */
  readonly headers: readonly SegmentHeader[];
  /** Numbers of files that are not part of the log, growing. */
  readonly unused: readonly number[];
  /** The unused file that can be the next segment as it is, if there is one. */
  readonly blank: number | undefined;
}

interface Found {
  readonly sequence: number;
  readonly reading: HeaderReading;
}

/** Reads the headers among the names in the directory. Throws LOG_DAMAGED, FORMAT_TOO_NEW. */
export async function readChain(
  settings: FileWalSettings,
  identity: LogIdentityFile,
  names: readonly string[],
): Promise<SegmentChain> {
  const found: Found[] = [];
  const all = segmentSequences(names);
  // A trim that was cut off left them: they are elsewhere, and no part of the log any more.
  const leftovers = all.filter((sequence) => sequence < (identity.trimmedTo?.sequence ?? 0));
  for (const sequence of all.slice(leftovers.length)) {
    const reading = await readHeader(settings, sequence);
    if (reading.kind === "header") requireOwnHeader(settings, identity, sequence, reading.header);
    found.push({ sequence, reading });
  }
  const headers = followLinks(settings, identity, found);
  const chained = new Set(headers.map((header) => header.sequence));
  const outside = found.filter(({ sequence }) => !chained.has(sequence));
  for (const { sequence } of outside) await requireNoBatches(settings, sequence);
  const newest = headers.at(-1)?.sequence ?? 0;
  const blank = outside.find(
    ({ sequence, reading }) => sequence > newest && reading.kind === "blank",
  );
  const unused = [...leftovers, ...outside.map(({ sequence }) => sequence)];
  return { headers, unused, blank: blank?.sequence };
}

async function readHeader(settings: FileWalSettings, sequence: number): Promise<HeaderReading> {
  const path = segmentPath(settings.directory, sequence);
  const file = await settings.disk.open(path, "read");
  try {
    const block = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const came = await readWhole(file, block, block.length, 0);
    // The file had its whole size before it had its name: a shorter one was cut from outside.
    if (came < block.length)
      throw damaged(settings, sequence, "the file is cut off within its header");
    const reading = decodeSegmentHeader(block);
    if (reading.kind === "newer") throw logTooNew(path, reading.format);
    return reading;
  } finally {
    await file.close();
  }
}

function requireOwnHeader(
  settings: FileWalSettings,
  identity: LogIdentityFile,
  sequence: number,
  header: SegmentHeader,
): void {
  if (header.logId !== identity.logId || header.partition !== identity.partition) {
    throw damaged(settings, sequence, "the file belongs to another log");
  }
  if (header.sequence !== sequence) {
    throw damaged(settings, sequence, `the file is segment ${header.sequence} under another name`);
  }
}

function followLinks(
  settings: FileWalSettings,
  identity: LogIdentityFile,
  found: readonly Found[],
): SegmentHeader[] {
  const bySequence = new Map<number, SegmentHeader>();
  for (const { sequence, reading } of found) {
    if (reading.kind === "header") bySequence.set(sequence, reading.header);
  }
  const chain: SegmentHeader[] = [];
  let header = bySequence.get(Math.max(0, ...bySequence.keys()));
  if (header === undefined) throw damaged(settings, 1, "no segment has a valid header");
  for (;;) {
    chain.push(header);
    const { previous }: SegmentHeader = header;
    if (previous.sequence === 0 || header.sequence === identity.trimmedTo?.sequence) break;
    const before = bySequence.get(previous.sequence);
    if (before === undefined || previous.sequence >= header.sequence) {
      throw damaged(settings, previous.sequence, "the segment is missing or its header is damaged");
    }
    if (!sameSalt(before.salt, previous.salt) || before.firstOffset > header.firstOffset) {
      throw damaged(
        settings,
        previous.sequence,
        "the segment is not the one that the next continues",
      );
    }
    header = before;
  }
  const { firstOffset } = identity.trimmedTo ?? identity;
  if (header.firstOffset !== firstOffset) {
    const what = `the log should begin at offset ${firstOffset}`;
    throw damaged(settings, header.sequence, what);
  }
  return chain.reverse();
}

async function requireNoBatches(settings: FileWalSettings, sequence: number): Promise<void> {
  if (await holdsBatches(settings, segmentPath(settings.directory, sequence))) {
    throw damaged(
      settings,
      sequence,
      "the file holds records, but its header is damaged or not linked",
    );
  }
}

function damaged(settings: FileWalSettings, sequence: number, what: string): EntError {
  const path = segmentPath(settings.directory, sequence);
  return logDamaged(`the log is damaged in segment ${sequence}: ${what}`, {
    segment: String(sequence),
    path,
  });
}
