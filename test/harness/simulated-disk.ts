/**
 * A disk in memory that forgets like a real one. Written bytes are visible at once and
 * durable only after a sync; a file's name is durable only after its directory is synced;
 * after a failed sync the bytes still look written, count as clean, and are not on disk.
 * A power cut keeps what is durable and any part of the rest, by sectors.
 */
import { basename, dirname, join } from "node:path";
import type { Disk, DiskFile } from "../../src/wal/file-wal/disk.ts";

export interface DiskOperation {
  readonly kind:
    | "create"
    | "open"
    | "write"
    | "read"
    | "sync"
    | "rename"
    | "remove"
    | "syncDirectory";
  readonly path: string;
  /** Bytes to be written or read; 0 otherwise. */
  readonly length: number;
  /** How many operations came before. */
  readonly number: number;
}

/** What happens to an operation instead of success: an error of the system, a short write, or the end of power. */
export type DiskFault =
  | { readonly error: "EIO" | "ENOSPC" | "EROFS" | "EMFILE" }
  | { readonly takeOnly: number }
  | "power cut";

export class PowerLostError extends Error {
  override readonly name = "PowerLostError";
}

const SECTOR_BYTES = 512;

class Inode {
  bytes = Buffer.alloc(0);
  durable = Buffer.alloc(0);
  readonly dirty = new Set<number>();
  /** Its name of the moment. */
  path: string;

  constructor(path: string) {
    this.path = path;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.bytes.length)
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(end - this.bytes.length)]);
    this.bytes.set(bytes, position);
    const last = Math.floor((end - 1) / SECTOR_BYTES);
    for (let sector = Math.floor(position / SECTOR_BYTES); sector <= last; sector++)
      this.dirty.add(sector);
  }

  sync(): void {
    for (const sector of this.dirty) this.persist(sector);
    this.dirty.clear();
  }

  persist(sector: number): void {
    const start = sector * SECTOR_BYTES;
    const part = this.bytes.subarray(start, start + SECTOR_BYTES);
    const end = start + part.length;
    if (end > this.durable.length) {
      this.durable = Buffer.concat([this.durable, Buffer.alloc(end - this.durable.length)]);
    }
    this.durable.set(part, start);
  }
}

export class SimulatedDisk implements Disk {
  /** Asked before every operation. Undefined: it succeeds. */
  fault: (operation: DiskOperation) => DiskFault | undefined = () => undefined;
  /** Defects that a harness must notice: syncs that do nothing. */
  ignoreFileSyncs = false;
  ignoreDirectorySyncs = false;
  operations = 0;
  /** Files opened and not closed. */
  openFiles = 0;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #powerLost = false;

  /** A disk with the same content, all of it durable, without faults. */
  copy(): SimulatedDisk {
    const copy = new SimulatedDisk();
    for (const [path, inode] of this.#names) copy.put(path, inode.bytes);
    return copy;
  }

  /** Puts a file there, durably, from outside. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode(path);
    inode.bytes = Buffer.from(bytes);
    inode.durable = Buffer.from(bytes);
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** The file's bytes as a reader sees them; writing to them is damage. */
  bytesOf(path: string): Buffer {
    return this.#inode(path).bytes;
  }

  drop(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** The disk as the next process finds it after this one was killed: what is not durable yet may still be lost. */
  afterKill(): SimulatedDisk {
    const disk = new SimulatedDisk();
    disk.#names = this.#names;
    disk.#durableNames = this.#durableNames;
    disk.ignoreFileSyncs = this.ignoreFileSyncs;
    disk.ignoreDirectorySyncs = this.ignoreDirectorySyncs;
    this.#powerLost = true;
    return disk;
  }

  /** The disk after the power is back: durable bytes, and of the rest the sectors that `keeps` says made it. */
  afterPowerCut(keeps: () => boolean): SimulatedDisk {
    const disk = new SimulatedDisk();
    for (const [path, inode] of this.#durableNames) {
      for (const sector of inode.dirty) if (keeps()) inode.persist(sector);
      disk.put(path, inode.durable);
    }
    disk.ignoreFileSyncs = this.ignoreFileSyncs;
    disk.ignoreDirectorySyncs = this.ignoreDirectorySyncs;
    this.#powerLost = true;
    return disk;
  }

  async create(path: string): Promise<DiskFile> {
    this.#check("create", path);
    if (this.#names.has(path)) throw systemError("EEXIST", path);
    const inode = new Inode(path);
    this.#names.set(path, inode);
    return this.#file(inode);
  }

  async open(path: string): Promise<DiskFile> {
    this.#check("open", path);
    return this.#file(this.#inode(path));
  }

  list(directory: string): Promise<string[]> {
    const inside = [...this.#names.keys()].filter((path) => dirname(path) === directory);
    return Promise.resolve(inside.map((path) => basename(path)));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check("rename", to);
    const inode = this.#inode(from);
    this.#names.delete(from);
    this.#names.set(to, inode);
    inode.path = to;
  }

  async remove(path: string): Promise<void> {
    this.#check("remove", path);
    this.#inode(path);
    this.#names.delete(path);
  }

  async syncDirectory(directory: string): Promise<void> {
    this.#check("syncDirectory", directory);
    if (!this.ignoreDirectorySyncs) this.#durableNames = new Map(this.#names);
  }

  #file(inode: Inode): DiskFile {
    this.openFiles++;
    let open = true;
    const write = (bytes: Uint8Array, start: number, length: number, position: number) => {
      const fault = this.#check("write", inode.path, length);
      const taken = fault === undefined ? length : Math.min(fault, length);
      inode.write(bytes.subarray(start, start + taken), position);
      return taken;
    };
    const sync = () => {
      try {
        this.#check("sync", inode.path);
      } catch (error) {
        // The kernel marks the pages clean: a later sync has nothing to do and succeeds.
        if (!(error instanceof PowerLostError)) inode.dirty.clear();
        throw error;
      }
      if (!this.ignoreFileSyncs) inode.sync();
    };
    return {
      write,
      writeAsync: async (...args) => write(...args),
      read: async (into, start, length, position) => {
        this.#check("read", inode.path, length);
        return inode.bytes.copy(into, start, position, position + length);
      },
      sync: async () => sync(),
      syncNow: sync,
      size: () => Promise.resolve(inode.bytes.length),
      close: () => {
        if (open) this.openFiles--;
        open = false;
        return Promise.resolve();
      },
    };
  }

  /** Counts the operation and applies a fault; returns how many bytes a short write may take. */
  #check(kind: DiskOperation["kind"], path: string, length = 0): number | undefined {
    if (this.#powerLost) throw new PowerLostError("no power");
    const fault = this.fault({ kind, path, length, number: this.operations++ });
    if (fault === undefined) return undefined;
    if (fault === "power cut") {
      this.#powerLost = true;
      throw new PowerLostError("no power");
    }
    if ("takeOnly" in fault) return fault.takeOnly;
    throw systemError(fault.error, path);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError("ENOENT", path);
    return inode;
  }
}

/** Where simulated logs lie. */
export const SIMULATED_DIRECTORY = "/log";

/** The path of a simulated log's file. */
export function simulatedPath(name: string): string {
  return join(SIMULATED_DIRECTORY, name);
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code, path });
}
