import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runBinary } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { Violation } from "../bed/violation.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { DAMAGES } from "./damage.ts";
import { RipeDirectory } from "./ripe.ts";

const REASONS = [
  "OBJECT_DAMAGED",
  "OBJECT_NOT_FOUND",
  "ARCHIVE_GAP",
  "SNAPSHOT_FOREIGN",
  "LOG_TRIMMED",
] as const;

/** A file of a snapshot, or an object of the archive, is damaged, swapped or missing. */
export const damagedSnapshots: Scenario = {
  name: "damage/snapshots",
  kind: "other faults",
  cycles: 12,
  run: (run) => damageBackup("backup/snapshots", run),
};

export const damagedArchive: Scenario = {
  name: "damage/archive",
  kind: "other faults",
  cycles: 12,
  run: (run) => damageBackup("backup/archive", run),
};

/**
 * A restore makes a directory that serves everything, or names what is wrong and leaves none; and
 * a server that has lost a view makes it again all the same, since the log has its records.
 */
async function damageBackup(folder: string, { cycles, random }: ScenarioRun): Promise<Tally> {
  using directory = temporaryDirectory();
  const ripe = await RipeDirectory.make(directory.path, random);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const views = ripe.files("tenants").filter((file) => file.endsWith("canonical.db"));
    const lost = views[random.below(views.length)] ?? "";
    const objects = ripe.files(folder);
    await ripe.damaged(objects, DAMAGES, async () => {
      await restoreTells(ripe, directory.path);
      rmSync(lost);
      await ripe.servesAll([]);
    });
  }
  return { faults: cycles, acknowledged: ripe.history.acknowledged };
}

async function restoreTells(ripe: RipeDirectory, cwd: string): Promise<void> {
  const { dataDir, env } = ripe.history;
  const target = join(cwd, "restored");
  const args = ["restore", "--target-time", "latest", "--output-dir", target];
  const { exitCode, stderr } = await runBinary([...args, "--data-dir", dataDir], { cwd, env });
  if (exitCode === 0) {
    await ripe.servesAll([], { dataDir: "restored" });
    rmSync(target, { recursive: true });
    return;
  }
  if (existsSync(target)) throw new Violation("a restore that failed leaves its directory");
  if (!REASONS.some((reason) => stderr.includes(reason))) {
    throw new Violation(`a restore ended with ${exitCode}: ${stderr}`);
  }
}
