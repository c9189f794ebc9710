import { constants, fdatasync, fdatasyncSync, writeSync } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";
import { syncDirectory } from "../../base/durable-file.ts";

/**
 * Every operation on files that the log's durability rests on, behind a seam where a test
 * can make a write fall short or a sync fail. Errors are the system's own, with `code`
 * (ENOSPC, EIO…) kept as it came.
 */
export interface Disk {
  /** Creates a file that must not exist yet, readable and writable by the owner alone. */
  create(path: string): Promise<DiskFile>;
  /** Opens an existing file; refuses to follow a symbolic link. */
  open(path: string, mode: "read" | "write"): Promise<DiskFile>;
  /** The names in a directory, in no order. */
  list(directory: string): Promise<string[]>;
  /** Replaces `to`. Durable only after {@link syncDirectory}. */
  rename(from: string, to: string): Promise<void>;
  /** Durable only after {@link syncDirectory}. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(directory: string): Promise<void>;
}

export interface DiskFile {
  /** Writes at the position from the calling thread (a copy into the page cache). Returns how many bytes were taken: may be fewer. */
  write(bytes: Uint8Array, start: number, length: number, position: number): number;
  /** As {@link write}, on a pool thread. */
  writeAsync(bytes: Uint8Array, start: number, length: number, position: number): Promise<number>;
  /** Reads at the position into `into`. Returns how many bytes came: 0 at the end of the file, perhaps fewer than asked before. */
  read(into: Uint8Array, start: number, length: number, position: number): Promise<number>;
  /** fdatasync on a pool thread. */
  sync(): Promise<void>;
  /** fdatasync on the calling thread, which it blocks. */
  syncNow(): void;
  size(): Promise<number>;
  /** Nothing may be under way on the file. */
  close(): Promise<void>;
}

/** The file system of the machine. */
export const systemDisk: Disk = {
  async create(path) {
    return new SystemFile(
      await open(path, READ_WRITE | constants.O_CREAT | constants.O_EXCL, 0o600),
    );
  },
  async open(path, mode) {
    return new SystemFile(await open(path, mode === "read" ? READ_ONLY : READ_WRITE));
  },
  list: (directory) => readdir(directory),
  rename: (from, to) => rename(from, to),
  remove: (path) => unlink(path),
  syncDirectory,
};

const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW;
const READ_WRITE = constants.O_RDWR | constants.O_NOFOLLOW;

class SystemFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  write(bytes: Uint8Array, start: number, length: number, position: number): number {
    return writeSync(this.#handle.fd, bytes, start, length, position);
  }

  async writeAsync(
    bytes: Uint8Array,
    start: number,
    length: number,
    position: number,
  ): Promise<number> {
    return (await this.#handle.write(bytes, start, length, position)).bytesWritten;
  }

  async read(into: Uint8Array, start: number, length: number, position: number): Promise<number> {
    return (await this.#handle.read(into, start, length, position)).bytesRead;
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#handle.fd, (error) => (error ? reject(error) : resolve()));
    });
  }

  syncNow(): void {
    fdatasyncSync(this.#handle.fd);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Writes all of `bytes[start, end)`, however little each call takes. Throws what the system throws. */
export async function writeWhole(
  file: DiskFile,
  bytes: Uint8Array,
  position: number,
  start = 0,
  end: number = bytes.length,
): Promise<void> {
  for (let at = start; at < end; ) {
    const taken = await file.writeAsync(bytes, at, end - at, position + at - start);
    if (taken <= 0) throw new NoProgressError();
    at += taken;
  }
}

/** Reads until `length` bytes or the end of the file. Returns how many came. */
export async function readWhole(
  file: DiskFile,
  into: Uint8Array,
  length: number,
  position: number,
): Promise<number> {
  let have = 0;
  while (have < length) {
    const came = await file.read(into, have, length - have, position + have);
    if (came === 0) break;
    have += came;
  }
  return have;
}

/** A write that took nothing and named no error: not seen on Linux, but a loop must end. */
export class NoProgressError extends Error {
  override readonly name = "NoProgressError";

  constructor() {
    super("the system took no bytes of a write");
  }
}
