import { type Job, WorkQueue as Real } from "../../../../src/backup/work-queue.ts";
import type { CancelSignal } from "../../../../src/base/cancel-signal.ts";

/** What an upload takes now and then. */
const UPLOAD_MS = 2_000;

/** Holds up no position: the archive's is ahead of what is still to be uploaded, which takes a while. */
export class WorkQueue extends Real {
  override get lowestOffset(): number {
    return Number.POSITIVE_INFINITY;
  }

  override add(job: Job): void {
    const run = async (signal: CancelSignal) => {
      await Bun.sleep(UPLOAD_MS);
      await job.run(signal);
    };
    super.add({ ...job, run });
  }
}
