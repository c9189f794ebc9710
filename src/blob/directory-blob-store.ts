/**
 * Objects as files under one directory, a folder for each part of a key. A file gets its name
 * only when its bytes are synced, by a hard link, which fails when the name is taken; then
 * every directory that leads to it is synced. What a crash leaves behind lies in `.incoming`,
 * which no key can name, and goes at the next opening.
 *
 * A full or read-only disk is STORAGE_UNAVAILABLE or STORAGE_ACCESS_DENIED, and leaves nothing.
 */
import { constants, createReadStream } from "node:fs";
import { copyFile, link, mkdir, open, rm, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { syncDirectory, systemErrorCode } from "../base/durable-file.ts";
import type { Random } from "../base/random.ts";
import { assertKey, assertPrefix } from "./blob-key.ts";
import type { BlobInfo, BlobStore } from "./blob-store.ts";
import { deleteListed } from "./delete-listed.ts";
import { type DirectoryErrors, directoryErrors } from "./directory-errors.ts";
import { foldersIn, walkFiles } from "./directory-walk.ts";
import { objectExists, objectNotFound } from "./errors.ts";
import { sameBytes } from "./same-bytes.ts";

const PAGE_OBJECTS = 1_000;
const INCOMING = ".incoming";
/** How often a put starts again because a delete took away the folder that it had just made. */
const ATTEMPTS = 10;
/**
 * What is seen where somebody removes folders that have become empty: on the way down or before
 * the link (ENOENT), or between making a folder and looking at what was in its place (EEXIST).
 */
const GONE_BETWEEN: ReadonlySet<string> = new Set(["ENOENT", "EEXIST"]);

export interface DirectoryBlobStoreOptions {
  /** Made when it is not there. */
  readonly directory: string;
  readonly random: Random;
}

/** The directory as somebody sees it who changes nothing, while a server may be writing to it. Puts and deletes are not for them. */
export function observeDirectoryBlobStore(options: DirectoryBlobStoreOptions): BlobStore {
  return new DirectoryBlobStore(options);
}

/** Opens the directory for its one writer, and clears what a crash left. Throws STORAGE_UNAVAILABLE, STORAGE_ACCESS_DENIED. */
export async function openDirectoryBlobStore(
  options: DirectoryBlobStoreOptions,
): Promise<BlobStore> {
  const store = new DirectoryBlobStore(options);
  await store.prepare();
  return store;
}

class DirectoryBlobStore implements BlobStore {
  readonly place: string;
  readonly #directory: string;
  readonly #incoming: string;
  readonly #random: Random;
  readonly #errors: DirectoryErrors;

  constructor({ directory, random }: DirectoryBlobStoreOptions) {
    this.place = directory;
    this.#directory = directory;
    this.#incoming = join(directory, INCOMING);
    this.#random = random;
    this.#errors = directoryErrors(directory);
  }

  async prepare(): Promise<void> {
    await this.#errors.naming("be opened", async () => {
      await rm(this.#incoming, { recursive: true, force: true });
      await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
      await syncDirectory(this.#directory);
      await syncDirectory(dirname(this.#directory));
    });
  }

  async put(key: string, bytes: Uint8Array, signal: CancelSignal): Promise<void> {
    await this.#place(key, signal, async (temporary) => {
      const handle = await open(temporary, "wx", 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  async putFile(key: string, path: string, signal: CancelSignal): Promise<void> {
    await this.#place(key, signal, async (temporary) => {
      // A gigabyte that lies on this disk need not be written to it again.
      if (!(await isLinked(path, temporary, NOT_TO_BE_LINKED))) {
        await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      }
      const handle = await open(temporary, "r+");
      try {
        await handle.chmod(0o600);
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  /** Lets `write` make a file, and gives it the key's name unless that is taken. */
  async #place(
    key: string,
    signal: CancelSignal,
    write: (temporary: string) => Promise<void>,
  ): Promise<void> {
    const path = this.#pathOf(key);
    signal.throwIfAborted();
    await this.#errors.naming(`store ${key}`, async () => {
      const name = Buffer.from(this.#random.bytes(12)).toString("hex");
      const temporary = join(this.#incoming, name);
      try {
        await write(temporary);
        signal.throwIfAborted();
        const isNew = await this.#link(temporary, path);
        if (!(isNew || (await sameBytes(temporary, path)))) throw objectExists(this.place, key);
        // Also what is there already may have been linked by somebody who crashed before this.
        await this.#syncUp(dirname(path));
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  /** Whether the name was free. */
  async #link(temporary: string, path: string): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        return await isLinked(temporary, path, TAKEN);
      } catch (error) {
        const code = systemErrorCode(error) ?? "";
        if (!GONE_BETWEEN.has(code) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #syncUp(folder: string): Promise<void> {
    for (let at = folder; at.length > this.#directory.length; at = dirname(at)) {
      await syncDirectory(at);
    }
    await syncDirectory(this.#directory);
  }

  async get(key: string, signal: CancelSignal): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this.stream(key, signal)) parts.push(part);
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  async *stream(key: string, signal: CancelSignal): AsyncGenerator<Uint8Array> {
    const path = this.#pathOf(key);
    signal.throwIfAborted();
    const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
    try {
      for await (const part of file) {
        signal.throwIfAborted();
        yield part;
      }
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") throw objectNotFound(this.place, key);
      throw this.#errors.named(`read ${key}`, error);
    } finally {
      file.destroy();
    }
  }

  fileOf(key: string): string {
    return this.#pathOf(key);
  }

  async find(key: string, signal: CancelSignal): Promise<BlobInfo | undefined> {
    const path = this.#pathOf(key);
    signal.throwIfAborted();
    try {
      const found = await stat(path);
      return found.isFile() ? { key, bytes: found.size } : undefined;
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw this.#errors.named(`look for ${key}`, error);
    }
  }

  async *list(
    prefix: string,
    signal: CancelSignal,
    after = "",
  ): AsyncGenerator<readonly BlobInfo[]> {
    assertPrefix(prefix);
    signal.throwIfAborted();
    const range = { prefix: fileKey(prefix), after: fileKey(after) };
    let page: BlobInfo[] = [];
    try {
      for await (const found of walkFiles(this.#directory, range)) {
        signal.throwIfAborted();
        page.push(found);
        if (page.length < PAGE_OBJECTS) continue;
        yield page;
        page = [];
      }
    } catch (error) {
      throw this.#errors.named("be listed", error);
    }
    if (page.length > 0) yield page;
  }

  async *listFolders(prefix: string, signal: CancelSignal): AsyncGenerator<readonly string[]> {
    assertPrefix(prefix);
    signal.throwIfAborted();
    const folder = join(this.#directory, fileKey(prefix));
    const names = await this.#errors.naming("be listed", async () => {
      const found = await foldersIn(folder);
      if (found.length === 0) await stat(this.#directory);
      return found;
    });
    if (names.length > 0)
      yield names
        .map((name) => `${name}/`)
        .sort()
        .map(bare);
  }

  async delete(key: string, signal: CancelSignal): Promise<void> {
    const path = this.#pathOf(key);
    signal.throwIfAborted();
    await this.#errors.naming(`delete ${key}`, async () => {
      try {
        await unlink(path);
      } catch (error) {
        if (systemErrorCode(error) === "ENOENT") return;
        throw error;
      }
      await this.#settleFolders(dirname(path));
    });
  }

  async deleteAll(prefix: string, signal: CancelSignal): Promise<void> {
    await deleteListed(this, prefix, signal);
    const folder = join(this.#directory, fileKey(prefix.slice(0, -1)));
    await this.#errors.naming(`delete ${prefix}`, async () => {
      await removeEmptyFolders(folder);
      await this.#settleFolders(folder);
    });
  }

  /** Removes folders that hold nothing any more, and syncs the first one that stays. */
  async #settleFolders(folder: string): Promise<void> {
    let at = folder;
    while (at.length > this.#directory.length) {
      if (!(await isRemoved(at)) && (await isSynced(at))) return;
      at = dirname(at);
    }
    await syncDirectory(at);
  }

  async check(signal: CancelSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#errors.naming("be reached", async () => {
      await stat(this.#directory);
    });
  }

  close(): void {
    // No file stays open between calls.
  }

  #pathOf(key: string): string {
    assertKey(key);
    return join(this.#directory, fileKey(key));
  }
}

/** Colons are not for every file system, nor for every tool that copies files. */
function fileKey(key: string): string {
  return key.replaceAll(":", "-");
}

/** What the system says of a file that cannot have a second name in this place: that of another disk, of another owner, or where files have one name. */
const NOT_TO_BE_LINKED = new Set(["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** What it says where something has the name already. */
const TAKEN = new Set(["EEXIST"]);

/** Whether the file has a second name now; false where the system says one of these. */
async function isLinked(path: string, name: string, unless: ReadonlySet<string>): Promise<boolean> {
  try {
    await link(path, name);
    return true;
  } catch (error) {
    if (unless.has(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
}

/** Removes the folders in this one that hold nothing: a crash between the last file's end and theirs leaves them. */
async function removeEmptyFolders(folder: string): Promise<void> {
  for (const name of await foldersIn(folder)) {
    const inner = join(folder, name);
    await removeEmptyFolders(inner);
    await isRemoved(inner);
  }
}

/** Whether the folder is gone: it was empty, or somebody else was quicker. */
async function isRemoved(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "ENOENT";
  }
}

/** Whether the folder was still there to be synced. */
async function isSynced(folder: string): Promise<boolean> {
  try {
    await syncDirectory(folder);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function bare(folder: string): string {
  return folder.slice(0, -1);
}
