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
