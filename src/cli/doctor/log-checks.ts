import { existsSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { logDirectory } from "../../store/data-dir.ts";
import { observeLog } from "../../wal/file-wal/observe-log.ts";
import { type Finding, fail, failed, ok, warn } from "./check.ts";

/** The log, read whole: every batch, every sum, every record's place; and the clock against it. */
export async function checkLog(
  dataDir: string,
  clock: Clock,
  progress: (records: number) => Promise<void>,
): Promise<Finding[]> {
  const directory = logDirectory(dataDir, 0);
  if (!existsSync(directory)) return [ok("log", "there is none yet"), checkClock(clock, undefined)];
  const steps = observeLog({ directory, clock, thorough: true });
  let records = 0;
  let lastTime: number | undefined;
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done) {
        const text = `${records} records verified, the next offset is ${step.value?.endOffset ?? 0}`;
        const log = step.value?.tornTail
          ? warn(
              "log",
              `${text}; a torn batch stands behind them`,
              "Nothing to do: it was never acknowledged (or is being written), and a start cuts it off.",
            )
          : ok("log", text);
        return [log, checkClock(clock, lastTime)];
      }
      records += step.value.length;
      lastTime = step.value.at(-1)?.logTime ?? lastTime;
      await progress(records);
    }
  } catch (error) {
    return [failed("log", error), checkClock(clock, lastTime)];
  }
}

/** Log time never goes back and refuses to jump ahead: a clock that is wrong stops writes or dates them wrongly. */
export function checkClock(clock: Clock, lastLogTime: number | undefined): Finding {
  const now = clock.now();
  const shown = new Date(now).toISOString();
  if (now < EARLIEST) {
    return fail("clock", `it is ${shown}, which cannot be`, "Set the clock (NTP).");
  }
  if (lastLogTime === undefined) return ok("clock", shown);
  const ahead = now - lastLogTime;
  if (ahead < -60_000) {
    return warn(
      "clock",
      `${shown} is ${durationText(-ahead)} behind the log's last record`,
      "Set the clock (NTP): until it has caught up, new records carry the time of the last one.",
    );
  }
  if (ahead > DAY_MS) {
    return warn(
      "clock",
      `${shown} is ${durationText(ahead)} ahead of the log's last record`,
      "If the clock is right, start with --accept-clock; otherwise writes are refused (CLOCK_JUMP).",
    );
  }
  return ok("clock", `${shown}, ${durationText(Math.max(0, ahead))} after the log's last record`);
}

function durationText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 2 * DAY_MS) return `${(ms / 3_600_000).toFixed(1)} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

const DAY_MS = 86_400_000;
/** Older than this program: 1 January 2026. */
const EARLIEST = 1_767_225_600_000;
