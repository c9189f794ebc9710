import type { DiskFile } from "./disk.ts";

/** How a batch is synced. */
export class SyncPolicy {
  /** Syncs the file. Undefined: done, on this thread. Throws or rejects with what the system says. */
  sync(file: DiskFile, _alone: boolean): Promise<void> | undefined {
    return file.sync();
  }
}
