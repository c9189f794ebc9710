/**
 * Copies of archivers' positions in the archive's own place, for whoever has no data directory
 * any more: they say what each tenant's archive ended with when they were made. The newest of a
 * log counts.
 */
import { dirname } from "node:path/posix";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { messageOf } from "../base/errors.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { objectDamaged } from "../blob/errors.ts";
import { putVerified } from "../blob/verified-put.ts";
import {
  type ArchivePosition,
  decodeArchivePosition,
  encodeArchivePosition,
} from "./archive-position.ts";
import { isPositionKey, POSITIONS_PREFIX, positionKey, positionsPrefix } from "./keys.ts";
import { sha256Hex } from "./segment-content.ts";

/** Of one log; a reader that has seen the older one's name still finds it. */
const COPIES_KEPT = 2;

/** Puts a copy of the position, reads it back, and removes those that it makes unnecessary. */
export async function putPositionCopy(
  store: BlobStore,
  position: ArchivePosition,
  signal: CancelSignal,
): Promise<void> {
  const { logId, offset } = position;
  const bytes = encodeArchivePosition(position);
  const key = positionKey(logId, offset, await sha256Hex(bytes));
  await putVerified(store, key, bytes, signal);
  const copies = await keysBehind(store, positionsPrefix(logId), signal);
  // They sort by their offsets.
  for (const older of copies.slice(0, -COPIES_KEPT)) await store.delete(older, signal);
}

/** The newest copy of each log's position. Throws OBJECT_DAMAGED, naming the object. */
export async function readPositionCopies(
  store: BlobStore,
  signal: CancelSignal,
): Promise<ArchivePosition[]> {
  const positions: ArchivePosition[] = [];
  const newest = new Map<string, string>();
  for (const key of await keysBehind(store, POSITIONS_PREFIX, signal)) {
    newest.set(dirname(key), key);
  }
  for (const key of newest.values()) {
    const bytes = await store.get(key, signal);
    try {
      positions.push(decodeArchivePosition(bytes));
    } catch (error) {
      throw objectDamaged(store.place, key, messageOf(error), error);
    }
  }
  return positions;
}

async function keysBehind(
  store: BlobStore,
  prefix: string,
  signal: CancelSignal,
): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list(prefix, signal)) {
    keys.push(...page.map(({ key }) => key).filter(isPositionKey));
  }
  return keys;
}
