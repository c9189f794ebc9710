/**
 * A process of its own that writes a log at a steady rate and archives it into a directory, and
 * tells how far the archive was behind and what the process held: so that nothing else that a
 * benchmark does is counted. One line of JSON on standard output.
 */
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { openDirectoryBlobStore } from "../../src/blob/directory-blob-store.ts";
import { RECORD_TYPE } from "../../src/wal/wal.ts";
import { followLog, openLog, peopleRecords } from "./people-log.ts";

/** What the process has seen. */
export interface Followed {
  readonly recordsPerSecond: number;
  /** Seconds of writing that were not archived, at most and at the end. */
  readonly behindSeconds: number;
  /** Resident bytes after a third of the time, and at the end: highest of the seconds around. */
  readonly earlyBytes: number;
  readonly lateBytes: number;
}

const TICK_MS = 20;
/** Of a machine that does not keep up it is asked how fast it is, not whether it refuses. */
const AT_ONCE_MAX = 10_000;

async function follow(dataDir: string, perSecond: number, seconds: number): Promise<Followed> {
  const store = await openDirectoryBlobStore({
    directory: join(dataDir, "backup"),
    random: systemRandom,
  });
  const next = await peopleRecords(dataDir);
  await using log = await openLog(dataDir);
  const { wal } = log;
  const archiver = await followLog(wal, dataDir, store);
  const start = systemClock.monotonic();
  const begun = wal.end;
  const resident: number[] = [];
  let behind = 0;
  let written = 0;
  const elapsed = () => (systemClock.monotonic() - start) / 1000;
  while (elapsed() < seconds) {
    const due = Math.min(Math.floor(elapsed() * perSecond) - written, AT_ONCE_MAX);
    await Promise.all(Array.from({ length: due }, () => wal.append(RECORD_TYPE.record, next())));
    written += due;
    behind = Math.max(behind, (wal.end - Math.max(archiver.offset, begun)) / perSecond);
    resident.push(process.memoryUsage.rss());
    await systemClock.sleep(TICK_MS);
  }
  const recordsPerSecond = written / elapsed();
  await archiver.stop();
  const third = Math.floor(resident.length / 3);
  return {
    recordsPerSecond,
    behindSeconds: behind,
    earlyBytes: Math.max(...resident.slice(third / 2, third)),
    lateBytes: Math.max(...resident.slice(-third / 2)),
  };
}

const [dataDir = "", perSecond, seconds] = process.argv.slice(2);
console.log(JSON.stringify(await follow(dataDir, Number(perSecond), Number(seconds))));
