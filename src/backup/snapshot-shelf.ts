/**
 * The snapshots that are stored: which there are, what they say of themselves, and their files.
 *
 * A snapshot counts once its manifest stands: what has none is on its way, or was cut off. No
 * byte is handed out that is not the one that the manifest states; what does not verify is an
 * error that names the object.
 */
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { syncDirectory } from "../base/durable-file.ts";
import { messageOf } from "../base/errors.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { parseSnapshotId, snapshotId, snapshotKey, snapshotsPrefix } from "./keys.ts";
import {
  decodeManifest,
  idOf,
  MANIFEST_FILE,
  type Manifest,
  type SnapshotFile,
} from "./manifest.ts";
import { snapshotDamaged, snapshotForeign, snapshotNotFound } from "./snapshot-errors.ts";

/** Holds parts up that come in the background, for the sake of others. */
export type Pacing = (
  parts: AsyncIterable<Uint8Array>,
  signal: CancelSignal,
) => AsyncIterable<Uint8Array>;

const asTheyCome: Pacing = (parts) => parts;

/** Synced as often while a file grows: one that is synced only at its end holds up whoever syncs then. */
const SYNC_BYTES = 8 * 1024 * 1024;

export class SnapshotShelf {
  readonly #store: BlobStore;
  readonly #pacing: Pacing;

  constructor(store: BlobStore, pacing = asTheyCome) {
    this.#store = store;
    this.#pacing = pacing;
  }

  get place(): string {
    return this.#store.place;
  }

  /** The tenants of which there are snapshots, whole or not, in the order of their names. */
  async *tenants(signal: CancelSignal): AsyncGenerator<string> {
    for await (const page of this.#store.listFolders("snapshots/", signal)) yield* page;
  }

  /** The ids of a tenant's snapshots, oldest first, whole or not. */
  async ids(tenantId: string, signal: CancelSignal): Promise<string[]> {
    const times: number[] = [];
    for await (const page of this.#store.listFolders(snapshotsPrefix(tenantId), signal)) {
      times.push(...page.map(parseSnapshotId).filter((time) => time !== undefined));
    }
    return times.sort((a, b) => a - b).map(snapshotId);
  }

  /** A tenant's whole snapshots, oldest first. Throws OBJECT_DAMAGED, SNAPSHOT_FOREIGN. */
  async list(tenantId: string, signal: CancelSignal): Promise<Manifest[]> {
    const manifests: Manifest[] = [];
    for (const id of await this.ids(tenantId, signal)) {
      const manifest = await this.find(tenantId, id, signal);
      if (manifest !== undefined) manifests.push(manifest);
    }
    return manifests;
  }

  /** Undefined when there is no whole snapshot of this id. Throws as {@link list}. */
  async find(tenantId: string, id: string, signal: CancelSignal): Promise<Manifest | undefined> {
    const key = snapshotKey(tenantId, id, MANIFEST_FILE);
    if (!(await this.hasManifest(tenantId, id, signal))) return undefined;
    const bytes = await this.#store.get(key, signal);
    const manifest = this.#decode(key, bytes);
    if (manifest.tenantId !== tenantId) {
      throw snapshotForeign(key, `is one of tenant ${manifest.tenantId}`);
    }
    if (idOf(manifest) !== id) throw snapshotForeign(key, `is the one of ${idOf(manifest)}`);
    return manifest;
  }

  /** Whether the snapshot was finished, whatever its manifest says. */
  async hasManifest(tenantId: string, id: string, signal: CancelSignal): Promise<boolean> {
    const key = snapshotKey(tenantId, id, MANIFEST_FILE);
    return (await this.#store.find(key, signal)) !== undefined;
  }

  /** As {@link find}. Throws SNAPSHOT_NOT_FOUND. Colons and hyphens of the id are alike. */
  async get(tenantId: string, id: string, signal: CancelSignal): Promise<Manifest> {
    const time = parseSnapshotId(id);
    const manifest =
      time === undefined ? undefined : await this.find(tenantId, snapshotId(time), signal);
    if (manifest === undefined) throw snapshotNotFound(this.place, tenantId, id);
    return manifest;
  }

  /**
   * Brings a snapshot's files into a directory, which is made, verified and synced. `onBytes` is
   * told of each part. Throws OBJECT_NOT_FOUND, OBJECT_DAMAGED; then the directory has gone again.
   */
  async fetch(
    manifest: Manifest,
    directory: string,
    signal: CancelSignal,
    onBytes: (bytes: number) => void = () => undefined,
  ): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    try {
      for (const file of manifest.files) {
        await this.#fetchFile(manifest, file, directory, signal, onBytes);
      }
      await syncDirectory(directory);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Removes a snapshot, its manifest first. */
  async remove(tenantId: string, id: string, signal: CancelSignal): Promise<void> {
    await this.#store.delete(snapshotKey(tenantId, id, MANIFEST_FILE), signal);
    await this.#store.deleteAll(snapshotKey(tenantId, id, ""), signal);
  }

  async #fetchFile(
    manifest: Manifest,
    { name, bytes, sha256 }: SnapshotFile,
    directory: string,
    signal: CancelSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const key = snapshotKey(manifest.tenantId, idOf(manifest), name);
    const hash = new Bun.CryptoHasher("sha256");
    let came = 0;
    let unsynced = 0;
    const target = await open(join(directory, name), "wx", 0o600);
    try {
      for await (const part of this.#pacing(this.#store.stream(key, signal), signal)) {
        hash.update(part);
        for (let at = 0; at < part.length; ) {
          at += (await target.write(part, at, part.length - at)).bytesWritten;
        }
        came += part.length;
        unsynced += part.length;
        if (unsynced >= SYNC_BYTES) {
          await target.datasync();
          unsynced = 0;
        }
        onBytes(part.length);
      }
      await target.sync();
    } finally {
      await target.close();
    }
    if (came === bytes && hash.digest("hex") === sha256) return;
    throw snapshotDamaged(this.place, key, "its bytes are not those of its manifest");
  }

  #decode(key: string, bytes: Uint8Array): Manifest {
    try {
      return decodeManifest(bytes);
    } catch (error) {
      throw snapshotDamaged(this.place, key, messageOf(error), error);
    }
  }
}
