import type { BlobStore } from "../blob/blob-store.ts";
import { objectDamaged } from "../blob/errors.ts";
import { type SegmentName, segmentKey } from "./keys.ts";
import { decodeSegmentFacts, type SegmentFacts } from "./segment-facts.ts";

/** What the checksum object of a segment says. Throws OBJECT_NOT_FOUND, OBJECT_DAMAGED, naming it. */
export async function readFacts(
  store: BlobStore,
  name: SegmentName,
  signal: AbortSignal,
): Promise<SegmentFacts> {
  const key = segmentKey(name, "checksum");
  const bytes = await store.get(key, signal);
  try {
    const facts = decodeSegmentFacts(bytes);
    if (facts.tenantId !== name.tenantId) throw new Error(`it is one of ${facts.tenantId}`);
    return facts;
  } catch (error) {
    const what = error instanceof Error ? error.message : "it cannot be read";
    throw objectDamaged(store.place, key, what, error);
  }
}
