import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../../src/base/random.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { EngineDatabase, loadEngine, openBenchPartition } from "../databases/entdb-engine.ts";
import { WrongAnswerError } from "../graph-database.ts";
import { closedLoop, spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { newPersonOf } from "../people.ts";
import type { Probe } from "../report.ts";

/**
 * A start that finds a log and no views: every record is verified, decoded and applied anew.
 * Timed from the call to the moment that everything can be read.
 */
export async function probeRecovery({ smoke, rounds }: BenchOptions): Promise<readonly Probe[]> {
  const records = smoke ? 500 : 200_000;
  using original = temporaryDirectory();
  await writeRecords(original.path, records);
  const perSecond: number[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    using copy = temporaryDirectory();
    copyLog(original.path, copy.path);
    const start = performance.now();
    const partition = await openBenchPartition(copy.path);
    const seconds = (performance.now() - start) / 1000;
    const { endOffset, appliedOffset } = partition.engine.logState();
    await partition.stop();
    if (appliedOffset !== endOffset || endOffset < records) {
      throw new WrongAnswerError(`${appliedOffset} of ${endOffset} records were applied`);
    }
    perSecond.push(endOffset / seconds);
  }
  return [
    {
      probe: "recovery",
      what: `Recovery: a log of ${records.toLocaleString("en-US")} records replayed into new views`,
      unit: "records/s",
      samples: perSecond.length,
      value: spreadOf(perSecond),
      goal: "≥ 50,000",
    },
  ];
}

async function writeRecords(path: string, records: number): Promise<void> {
  const partition = await openBenchPartition(path);
  try {
    await loadEngine(partition.engine, 0);
    const database = new EngineDatabase(partition.engine);
    const run = Buffer.from(systemRandom.bytes(4)).toString("hex");
    const write = async (n: number) => {
      await database.createPerson(`${run}-${n}`, newPersonOf(n));
    };
    await closedLoop(write, 128, { calls: records });
  } finally {
    await partition.stop();
  }
}

/** A data directory with the log and nothing else: no views, no checkpoint. */
function copyLog(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of ["format.json", "log"]) {
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}
