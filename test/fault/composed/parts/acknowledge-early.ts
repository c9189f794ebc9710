import type { Disk, DiskFile } from "../../../../src/wal/file-wal/disk.ts";
import { systemDisk as real } from "../../../../src/wal/file-wal/system-disk.ts";

/** A disk that says "written" and "synced" at once and writes a while later. */
const LATER_MS = 30;

export const systemDisk: Disk = {
  ...real,
  open: async (path, mode) => writingLater(await real.open(path, mode)),
  create: async (path) => writingLater(await real.create(path)),
};

function writingLater(file: DiskFile): DiskFile {
  let isClosed = false;
  return {
    write: (bytes, start, length, position) => {
      const copy = bytes.slice(start, start + length);
      setTimeout(() => isClosed || file.write(copy, 0, length, position), LATER_MS);
      return length;
    },
    writeAsync: (bytes, start, length, position) => file.writeAsync(bytes, start, length, position),
    read: (into, start, length, position) => file.read(into, start, length, position),
    sync: () => Promise.resolve(),
    syncNow: () => undefined,
    size: () => file.size(),
    close: () => {
      isClosed = true;
      return file.close();
    },
  };
}
