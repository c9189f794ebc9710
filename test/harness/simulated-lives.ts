/**
 * Eight lives of a log on a disk in memory that forgets like a real one: writers write, operations
 * fail or fall short, at some operation the process is killed or the power goes, and the log is
 * opened again. A seed makes all of it: moments, faults, and which unsynced sectors made it.
 */
import type { Wal } from "../../src/wal/wal.ts";
import { FakeClock } from "./fake-clock.ts";
import { SeededRandom } from "./seeded-random.ts";
import { type DiskFault, type DiskOperation, SimulatedDisk } from "./simulated-disk.ts";
import { appendText, openSimulatedLog, textsOf } from "./simulated-log.ts";

/** What the writers know of all runs so far. */
class Ledger {
  readonly acknowledged = new Map<number, string>();
  readonly refused = new Set<string>();
  #sent = 0;

  next(random: SeededRandom): string {
    const length = random.float() < 0.1 ? random.below(6_000) : random.below(200);
    return `${this.#sent++} ${"x".repeat(length)}`;
  }

  /** What is wrong with a log that holds these records; undefined when all is well. */
  complaint(texts: readonly string[]): string | undefined {
    for (const [offset, text] of this.acknowledged) {
      if (texts[offset] !== text)
        return `offset ${offset}: ${text.slice(0, 9)} acknowledged, ${texts[offset]?.slice(0, 9)} found`;
    }
    if (new Set(texts).size !== texts.length) return "a record is there twice";
    const refused = texts.find((text) => this.refused.has(text));
    return refused === undefined ? undefined : `refused, yet there: ${refused.slice(0, 9)}`;
  }
}

/** Syncs that do nothing: then losses must be found. */
export interface Defects {
  readonly ignoreFileSyncs?: boolean;
  readonly ignoreDirectorySyncs?: boolean;
}

/** Eight lives of one log. Returns what is wrong in the end, if anything. */
export async function lives(seed: number, defects: Defects = {}): Promise<string | undefined> {
  const random = new SeededRandom(seed);
  const ledger = new Ledger();
  let disk = Object.assign(new SimulatedDisk(), defects);
  for (let life = 0; life < 8; life++) {
    disk.fault = fate(random);
    const complaint = await oneLife(disk, random, ledger);
    if (complaint !== undefined) return `life ${life}: ${complaint}`;
    disk = random.float() < 0.5 ? disk.afterKill() : disk.afterPowerCut(() => random.float() < 0.5);
  }
  const wal = await openSimulatedLog(disk, { seed: random.below(1e9) }).catch(
    (error: unknown) => error,
  );
  if (wal instanceof Error) return `it does not open any more: ${wal.message}`;
  const last = wal as Wal;
  const complaint = ledger.complaint(await textsOf(last));
  await last.close();
  return complaint;
}

/** Faults for one life: now and then an operation fails or falls short, and at some operation the power goes. */
function fate(random: SeededRandom): (operation: DiskOperation) => DiskFault | undefined {
  const end = random.below(400);
  const failing = random.float() < 0.5 ? 0.03 : 0;
  return ({ kind, number }) => {
    if (number >= end) return "power cut";
    const dice = random.float();
    if (kind === "write" && dice < 0.1) return { takeOnly: 1 + random.below(300) };
    if (kind === "read" || kind === "open" || dice > 0.1 + failing || dice < 0.1) return undefined;
    return { error: kind === "sync" ? "EIO" : "ENOSPC" };
  };
}

/** Opens, compares, and appends until the power goes or enough is done. */
async function oneLife(
  disk: SimulatedDisk,
  random: SeededRandom,
  ledger: Ledger,
): Promise<string | undefined> {
  const clock = new FakeClock();
  const opened = await openSimulatedLog(disk, { clock, seed: random.below(1e9) }).catch(
    (error: unknown) => error,
  );
  if (opened instanceof Error) {
    const expected = "reason" in opened && opened.reason === "LOG_UNAVAILABLE";
    return expected ? undefined : opened.message;
  }
  const wal = opened as Wal;
  const complaint = await textsOf(wal).then(
    (texts) => ledger.complaint(texts),
    () => undefined,
  );
  if (complaint !== undefined) return complaint;
  const count = random.below(40);
  await Promise.all(Array.from({ length: 4 }, () => writer(wal, random, ledger, count)));
  clock.advance(1_000);
  if (random.float() < 0.3) await wal.close().catch(() => undefined);
  return undefined;
}

async function writer(
  wal: Wal,
  random: SeededRandom,
  ledger: Ledger,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const text = ledger.next(random);
    const outcome = await appendText(wal, text).catch((error: unknown) => error);
    if (!(outcome instanceof Error))
      ledger.acknowledged.set((outcome as { offset: number }).offset, text);
    else if ("reason" in outcome && outcome.reason !== "OUTCOME_UNKNOWN") ledger.refused.add(text);
  }
}
