/**
 * The thread in which a backup makes segments of records and records of segments, and reads snapshots back. Its jobs are done
 * one after the other. It lets others go first only once it has read a large snapshot: an
 * archive that fell behind under load would hold more and more of the log.
 */
import { systemClock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { Haste } from "../base/haste.ts";
import type { FromJobThread, ToJobThread } from "../base/job-thread.ts";
import { giveWayToOthers } from "../base/thread-priority.ts";
import { WorkPace } from "../base/work-pace.ts";
import type { BackupAnswer, BackupJob, CompareWork } from "./backup-job.ts";
import { compareFiles } from "./compare-files.ts";
import { packSegment } from "./pack-segment.ts";
import { unpackSegment } from "./unpack-segment.ts";

declare const self: {
  onmessage: (event: { data: ToJobThread<BackupJob> }) => void;
  postMessage: (message: FromJobThread<BackupAnswer>, transfer: readonly ArrayBuffer[]) => void;
};

self.onmessage = ({ data: { id, job } }) => {
  try {
    const { answer, given } = done(job);
    self.postMessage({ id, answer }, given.flatMap(ownMemory));
  } catch (error) {
    self.postMessage({ id, failed: messageOf(error) }, []);
  }
};

/** What a job came to, and which of its bytes are handed over. */
function done(job: BackupJob): {
  readonly answer: BackupAnswer;
  readonly given: readonly ArrayBufferView[];
} {
  switch (job.kind) {
    case "pack": {
      const answer = packSegment(job.segment);
      return { answer, given: [answer.bytes] };
    }
    case "unpack": {
      const answer = unpackSegment(job.segment);
      return { answer, given: Object.values(answer.records) };
    }
    case "compare":
      return { answer: compared(job), given: [] };
  }
}

/** What can be handed over instead of being copied: memory in which nothing else lies. */
function ownMemory({ buffer, byteLength }: ArrayBufferView): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

function compared({ one, other, bytesPerSecond, haste }: CompareWork): string | undefined {
  const pace = new WorkPace(bytesPerSecond, systemClock);
  const ending = new Haste(haste);
  return compareFiles(one, other, (bytes) => {
    giveWayToOthers();
    ending.throwIfEnded();
    ending.rest(pace.restAfter(bytes));
  });
}
