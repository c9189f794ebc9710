import type { Disk, DiskFile } from "../../../../src/wal/file-wal/disk.ts";
import { systemDisk as real } from "../../../../src/wal/file-wal/system-disk.ts";

/** A disk that takes a part of what it is given, as kernels may. Nothing is broken by it. */
export const systemDisk: Disk = {
  ...real,
  open: async (path, mode) => takingParts(await real.open(path, mode)),
  create: async (path) => takingParts(await real.create(path)),
};

/** Of small writes any part; segments are filled in pieces that do not take for ever. */
function takingParts(file: DiskFile): DiskFile {
  const part = (length: number) => 1 + Math.floor(Math.random() * length);
  return {
    write: (bytes, start, length, position) => file.write(bytes, start, part(length), position),
    writeAsync: (bytes, start, length, position) =>
      file.writeAsync(bytes, start, part(length), position),
    read: (into, start, length, position) => file.read(into, start, part(length), position),
    sync: () => file.sync(),
    syncNow: () => file.syncNow(),
    size: () => file.size(),
    close: () => file.close(),
  };
}
