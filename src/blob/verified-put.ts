import { type FileHandle, open } from "node:fs/promises";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { EntError } from "../base/errors.ts";
import type { BlobStore } from "./blob-store.ts";
import { objectDamaged } from "./errors.ts";

/** Puts bytes and reads them back. Resolves only when the place has just shown every one of them. Throws OBJECT_DAMAGED. */
export async function putVerified(
  store: BlobStore,
  key: string,
  bytes: Uint8Array,
  signal: CancelSignal,
): Promise<void> {
  await store.put(key, bytes, signal);
  const there = await store.get(key, signal);
  if (Buffer.compare(there, bytes) !== 0) throw notAsStored(store, key);
}

/** Reads an object back and holds it against a file. Resolves with the SHA-256 of both in hexadecimal; undefined: they are not the same. */
export type ReadBack = (
  store: BlobStore,
  key: string,
  path: string,
  signal: CancelSignal,
) => Promise<string | undefined>;

/**
 * As {@link putVerified}, for a local file of any size, which nobody may change any more. Resolves
 * with its SHA-256 in hexadecimal.
 */
export async function putFileVerified(
  store: BlobStore,
  key: string,
  path: string,
  signal: CancelSignal,
  readBack: ReadBack = streamedBack,
): Promise<string> {
  await store.putFile(key, path, signal);
  const sha256 = await readBack(store, key, path, signal);
  if (sha256 === undefined) throw notAsStored(store, key);
  return sha256;
}

/** Reads an object back part by part. `paced` may hold parts up. */
export async function streamedBack(
  store: BlobStore,
  key: string,
  path: string,
  signal: CancelSignal,
  paced: (parts: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (parts) => parts,
): Promise<string | undefined> {
  const hash = new Bun.CryptoHasher("sha256");
  const file = await open(path);
  try {
    let at = 0;
    for await (const part of paced(store.stream(key, signal))) {
      if (!(await isInFile(file, at, part))) return undefined;
      hash.update(part);
      at += part.length;
    }
    return at === (await file.stat()).size ? hash.digest("hex") : undefined;
  } finally {
    await file.close();
  }
}

async function isInFile(file: FileHandle, at: number, part: Uint8Array): Promise<boolean> {
  const own = Buffer.allocUnsafe(part.length);
  for (let read = 0; read < own.length; ) {
    const { bytesRead } = await file.read(own, read, own.length - read, at + read);
    if (bytesRead === 0) return false;
    read += bytesRead;
  }
  return own.equals(part);
}

function notAsStored(store: BlobStore, key: string): EntError {
  return objectDamaged(store.place, key, "it does not hold the bytes that were just stored");
}
