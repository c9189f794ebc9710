import { join } from "node:path";
import { ArchiveReader } from "../../../src/backup/archive-reader.ts";
import { ArchiveTails } from "../../../src/backup/archive-tails.ts";
import { BackupThread } from "../../../src/backup/backup-thread.ts";
import { restoreDirectory } from "../../../src/backup/restorer.ts";
import { SnapshotShelf } from "../../../src/backup/snapshot-shelf.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { openDirectoryBlobStore } from "../../../src/blob/directory-blob-store.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { WrongAnswerError } from "../graph-database.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { archiveLog, writePeopleLog } from "../people-log.ts";
import type { Probe } from "../report.ts";

/**
 * A whole data directory made out of an archive in a directory, without a snapshot: every record
 * is read, verified, decoded and applied. Timed from the call until all of it is on disk under its name.
 */
export async function probeRestore({ smoke, rounds }: BenchOptions): Promise<readonly Probe[]> {
  const people = smoke ? 500 : 1_000_000;
  using place = temporaryDirectory();
  const dataDir = join(place.path, "data");
  const store = await openDirectoryBlobStore({
    directory: join(place.path, "backup"),
    random: systemRandom,
  });
  await writePeopleLog(dataDir, people);
  await archiveLog(dataDir, store);
  const thread = new BackupThread({ clock: systemClock });
  const sources = {
    shelf: new SnapshotShelf(store),
    archive: new ArchiveReader(store, new ArchiveTails(), thread),
    log: undefined,
  };
  const machine = { clock: systemClock, random: systemRandom, progress: () => undefined };
  const perSecond: number[] = [];
  for (let round = 0; round < Math.min(rounds, 2); round++) {
    using target = temporaryDirectory();
    const directory = join(target.path, "restored");
    const request = { directory, tenantId: undefined, targetTime: undefined, dryRun: false };
    const start = performance.now();
    const { views } = await restoreDirectory(
      request,
      sources,
      machine,
      new AbortController().signal,
    );
    const seconds = (performance.now() - start) / 1000;
    const records = views.reduce((sum, view) => sum + view.records, 0);
    if (records < people) throw new WrongAnswerError(`${records} of ${people} were restored`);
    perSecond.push(records / seconds);
  }
  thread.close();
  return [
    {
      probe: "restore",
      what: `Restore: ${people.toLocaleString("en-US")} records out of the archive into a new data directory`,
      unit: "records/s",
      samples: perSecond.length,
      value: spreadOf(perSecond),
      goal: "≥ 50,000",
    },
  ];
}
