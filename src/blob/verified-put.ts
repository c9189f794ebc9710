import type { EntError } from "../base/errors.ts";
import type { BlobStore } from "./blob-store.ts";
import { objectDamaged } from "./errors.ts";
import { fileSha256, streamSha256 } from "./same-bytes.ts";

/** Puts bytes and reads them back. Resolves only when the place has just shown every one of them. Throws OBJECT_DAMAGED. */
export async function putVerified(
  store: BlobStore,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  await store.put(key, bytes, signal);
  const there = await store.get(key, signal);
  if (Buffer.compare(there, bytes) !== 0) throw notAsStored(store, key);
}

/** As {@link putVerified}, for a local file of any size. Resolves with its SHA-256 in hexadecimal. */
export async function putFileVerified(
  store: BlobStore,
  key: string,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  await store.putFile(key, path, signal);
  const there = await streamSha256(store.stream(key, signal));
  if (there !== (await fileSha256(path))) throw notAsStored(store, key);
  return there;
}

function notAsStored(store: BlobStore, key: string): EntError {
  return objectDamaged(store.place, key, "it does not hold the bytes that were just stored");
}
