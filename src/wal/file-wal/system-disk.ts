import { constants, fdatasync, fdatasyncSync, writeSync } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";
import { syncDirectory } from "../../base/durable-file.ts";
import type { Disk, DiskFile } from "./disk.ts";

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
