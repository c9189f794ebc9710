import type { CancelSignal } from "../base/cancel-signal.ts";
import { messageOf } from "../base/errors.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { objectDamaged } from "../blob/errors.ts";
import { type SegmentName, segmentKey } from "./keys.ts";
import { sha256Hex } from "./segment-content.ts";
import { decodeSegmentFacts, type SegmentFacts } from "./segment-facts.ts";
import { splitHead } from "./segment-head.ts";

/** What the checksum object of a segment says. Throws OBJECT_NOT_FOUND, OBJECT_DAMAGED, naming it. */
export async function readFacts(
  store: BlobStore,
  name: SegmentName,
  signal: CancelSignal,
): Promise<SegmentFacts> {
  const key = segmentKey(name, "checksum");
  const bytes = await store.get(key, signal);
  return await naming(store.place, key, () => ofTenant(name, decodeSegmentFacts(bytes)));
}

/**
 * What a segment without a checksum object says of itself, as that object would; undefined where an
 * earlier version wrote it. Throws OBJECT_NOT_FOUND, OBJECT_DAMAGED, naming it.
 */
export async function readOwnFacts(
  store: BlobStore,
  name: SegmentName,
  signal: CancelSignal,
): Promise<SegmentFacts | undefined> {
  const key = segmentKey(name, "records");
  const object = await store.get(key, signal);
  return await naming(store.place, key, async () => {
    const headed = splitHead(object);
    if (headed === undefined) return undefined;
    const { facts, lines } = headed;
    if (lines.length !== facts.bytes || (await sha256Hex(lines)) !== facts.sha256) {
      throw new Error("its lines are not those of its head");
    }
    return ofTenant(name, { ...facts, bytes: object.length, sha256: await sha256Hex(object) });
  });
}

function ofTenant(name: SegmentName, facts: SegmentFacts): SegmentFacts {
  if (facts.tenantId !== name.tenantId) throw new Error(`it is one of ${facts.tenantId}`);
  return facts;
}

/** Whatever is thrown becomes OBJECT_DAMAGED. */
async function naming<T>(place: string, key: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw objectDamaged(place, key, messageOf(error), error);
  }
}
