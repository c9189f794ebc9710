/**
 * Objects in memory: for tests, and for a server that keeps nothing. The whole contract of
 * {@link BlobStore}, with "durable" meaning "as long as this process lives".
 */
import { readFile } from "node:fs/promises";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { assertKey, assertPrefix } from "./blob-key.ts";
import type { BlobInfo, BlobStore } from "./blob-store.ts";
import { deleteListed } from "./delete-listed.ts";
import { objectExists, objectNotFound } from "./errors.ts";

const PAGE_OBJECTS = 1_000;

export class MemoryBlobStore implements BlobStore {
  readonly place = "memory";
  readonly #objects = new Map<string, Uint8Array>();

  async put(key: string, bytes: Uint8Array, signal: CancelSignal): Promise<void> {
    assertKey(key);
    signal.throwIfAborted();
    const there = this.#objects.get(key);
    if (there === undefined) this.#objects.set(key, new Uint8Array(bytes));
    else if (Buffer.compare(there, bytes) !== 0) throw objectExists(this.place, key);
  }

  async putFile(key: string, path: string, signal: CancelSignal): Promise<void> {
    await this.put(key, await readFile(path), signal);
  }

  async get(key: string, signal: CancelSignal): Promise<Uint8Array> {
    assertKey(key);
    signal.throwIfAborted();
    const there = this.#objects.get(key);
    if (there === undefined) throw objectNotFound(this.place, key);
    return new Uint8Array(there);
  }

  async *stream(key: string, signal: CancelSignal): AsyncGenerator<Uint8Array> {
    yield await this.get(key, signal);
  }

  async find(key: string, signal: CancelSignal): Promise<BlobInfo | undefined> {
    assertKey(key);
    signal.throwIfAborted();
    const there = this.#objects.get(key);
    return there && { key, bytes: there.length };
  }

  async *list(
    prefix: string,
    signal: CancelSignal,
    after = "",
  ): AsyncGenerator<readonly BlobInfo[]> {
    const keys = this.#keys(prefix).filter((key) => key > after);
    for (let at = 0; at < keys.length; at += PAGE_OBJECTS) {
      signal.throwIfAborted();
      const page = keys.slice(at, at + PAGE_OBJECTS);
      yield page.flatMap((key) => {
        const bytes = this.#objects.get(key)?.length;
        return bytes === undefined ? [] : [{ key, bytes }];
      });
    }
    signal.throwIfAborted();
  }

  async *listFolders(prefix: string, signal: CancelSignal): AsyncGenerator<readonly string[]> {
    signal.throwIfAborted();
    const behind = this.#keys(prefix).map((key) => key.slice(prefix.length).split("/"));
    const names = behind.filter((parts) => parts.length > 1).map(([name = ""]) => name);
    if (names.length > 0) yield [...new Set(names)];
  }

  async delete(key: string, signal: CancelSignal): Promise<void> {
    assertKey(key);
    signal.throwIfAborted();
    this.#objects.delete(key);
  }

  async deleteAll(prefix: string, signal: CancelSignal): Promise<void> {
    await deleteListed(this, prefix, signal);
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Nothing is open.
  }

  #keys(prefix: string): string[] {
    assertPrefix(prefix);
    // All characters of a key are ASCII, so the order of UTF-16 units is that of bytes.
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
