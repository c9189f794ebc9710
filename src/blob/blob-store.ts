import type { CancelSignal } from "../base/cancel-signal.ts";

/**
 * Named objects in a place that outlives this machine's disk, or at least this data directory.
 *
 * What every implementation guarantees (held by `test/contract/blob-store.ts`):
 *
 * 1. **Written once.** A key's bytes never change: `put` of the same bytes again is a success,
 *    of other bytes OBJECT_ALREADY_EXISTS, whoever was first. So a put whose outcome is unknown
 *    is simply made again.
 * 2. **Whole or not there.** No reader ever meets a part of an object, whatever crashed.
 * 3. **Durable before answered**, as far as the place can promise it (a directory: fsync of
 *    the file and of every directory entry that leads to it).
 * 4. **What was put is seen** by every later `get`, `find` and `list`.
 * 5. **Errors have names**: OBJECT_NOT_FOUND, OBJECT_ALREADY_EXISTS, STORAGE_ACCESS_DENIED,
 *    BUCKET_NOT_FOUND, STORAGE_UNAVAILABLE and STORAGE_TIMEOUT (both retryable). Every call
 *    rejects with its signal's reason when that aborts first, and does not outlive it for long.
 *
 * A put is not proof that the place kept what it was sent: who needs proof reads back
 * (`verified-put.ts`).
 *
 * Keys are parts of [A-Za-z0-9._:-], divided by `/`; no part begins with a dot, and no key is
 * another one followed by `/`. A store may write `-` for `:`: both then name one object, and
 * lists show the `-`.
 */
export interface BlobStore {
  /** The place, for people: "s3://bucket", or the directory's path. */
  readonly place: string;

  /** Stores bytes under a key that is free or holds the same bytes. */
  put(key: string, bytes: Uint8Array, signal: CancelSignal): Promise<void>;

  /** As `put`, with the bytes of a local file of any size, which must not change any more: what is stored may be that very file. */
  putFile(key: string, path: string, signal: CancelSignal): Promise<void>;

  /** The whole object, for objects that fit into memory. */
  get(key: string, signal: CancelSignal): Promise<Uint8Array>;

  /** The object in parts of any size, in order. A reader that stops early leaves nothing open. */
  stream(key: string, signal: CancelSignal): AsyncIterable<Uint8Array>;

  /** Where the object lies as a file, if it does: for whoever reads it in another thread. */
  fileOf?(key: string): string;

  /** What is known of an object without reading it; undefined when there is none. */
  find(key: string, signal: CancelSignal): Promise<BlobInfo | undefined>;

  /**
   * The objects whose keys begin with `prefix`, in pages, in the order of their keys' bytes;
   * with `after`, those behind that key. What is put or deleted meanwhile may be among them or not.
   */
  list(prefix: string, signal: CancelSignal, after?: string): AsyncIterable<readonly BlobInfo[]>;

  /**
   * The names that stand directly behind `prefix`, which ends in `/`, and before another `/`,
   * in pages, in the order of the keys: for `archive/` those of tenants, without looking at objects.
   */
  listFolders(prefix: string, signal: CancelSignal): AsyncIterable<readonly string[]>;

  /** Resolves when there is no such object (any more). */
  delete(key: string, signal: CancelSignal): Promise<void>;

  /**
   * Resolves when nothing is behind `prefix`, which ends in `/`, any more: no object, and no
   * folder that a crash left of them. What is put meanwhile may stay.
   */
  deleteAll(prefix: string, signal: CancelSignal): Promise<void>;

  /** Resolves when the place answers and lets us in; what health asks. */
  check(signal: CancelSignal): Promise<void>;

  /** Lets go of connections. Nothing may be under way. */
  close(): void;
}

export interface BlobInfo {
  readonly key: string;
  readonly bytes: number;
}
