import {
  checkLogPlace,
  type DistantLog,
  type ViewOptions,
  viewLog,
} from "../../server/view-log.ts";
import type { EpochLogView } from "../../wal/epochs/epoch-wal.ts";
import { nameOf } from "../distant-log.ts";
import { type Finding, failed, ok } from "./check.ts";
import { checkClock } from "./log-checks.ts";

/**
 * Whether a log that another program keeps can be reached and used, and the clock against its
 * last record. Claims nothing: a server that writes it goes on. What is in it is verified by
 * whoever reads it.
 */
export async function checkDistantLog(log: DistantLog, parts: ViewOptions): Promise<Finding[]> {
  const { clock } = parts;
  try {
    await checkLogPlace(log, parts);
    const view = await viewLog(log, parts);
    if (view === undefined) {
      return [ok("log", `no log in the ${nameOf(log)} yet`), checkClock(clock, undefined)];
    }
    try {
      const text = `in the ${nameOf(log)}, from offset ${view.start}; the next one is ${view.end}`;
      return [ok("log", text), checkClock(clock, await lastLogTime(view))];
    } finally {
      await view.close();
    }
  } catch (error) {
    return [failed("log", error), checkClock(clock, undefined)];
  }
}

async function lastLogTime(view: EpochLogView): Promise<number | undefined> {
  if (view.end === view.start) return undefined;
  for await (const records of view.read(view.end - 1)) return records.at(-1)?.logTime;
  return undefined;
}
