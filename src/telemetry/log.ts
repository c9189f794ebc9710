/**
 * The log of this server: structured lines on stderr, at a level and in a format that the
 * configuration names. Events are logged, requests are not: at the default level no line is
 * written for a request that went as it should.
 *
 * LogTape dispatches the records. Its configuration is one for the whole process, so every
 * open log has a category of its own in it, and two servers in one process do not mix.
 */
import {
  configureSync,
  getLogger,
  type LogLevel as LibraryLevel,
  type Sink,
} from "@logtape/logtape";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/options.ts";
import { descriptorTarget, type LineTarget, LineWriter } from "./line-writer.ts";
import { LogFormat } from "./log-format.ts";
import { LevelLogger, LOG_LEVELS, type Logger, type LogLevel } from "./logger.ts";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: Config["logFormat"];
  readonly clock: Clock;
  /** Values that must never appear in a line. */
  readonly secrets?: readonly string[];
  /** Defaults to stderr. */
  readonly target?: LineTarget;
}

export interface Log {
  /** The logger of one part: "wal", "applier", "rpc". */
  logger(area: string): Logger;
  /** Writes everything that waits, at once; for a process that ends without waiting. */
  flushSync(): void;
  /** Resolves when everything has been written; what is logged later is lost. Idempotent. */
  close(): Promise<void>;
}

const LIBRARY_LEVELS = {
  DEBUG: "debug",
  INFO: "info",
  WARN: "warning",
  ERROR: "error",
} as const satisfies Record<LogLevel, LibraryLevel>;

const STDERR = 2;
const ROOT = "entdb";

interface OpenLog {
  readonly level: LibraryLevel;
  readonly sink: Sink;
}

/** Every open log by its own category. */
const openLogs = new Map<string, OpenLog>();
let opened = 0;

/** Opens a log. Close it: until then it is part of the process's logging. */
export function openLog(options: LogOptions): Log {
  const { clock, level } = options;
  const format = new LogFormat(options.format, options.secrets);
  const dropped = (count: number) =>
    format.line({
      ...{ time: clock.now(), level: "WARN", area: "log", fields: { count } },
      message: "Lines were dropped: nobody read them as fast as they came.",
    });
  const writer = new LineWriter(options.target ?? descriptorTarget(STDERR), clock, dropped);
  const id = String(opened++);
  openLogs.set(id, {
    level: LIBRARY_LEVELS[level],
    sink: ({ level: of, category, message, properties, timestamp }) => {
      const entry = { time: timestamp, level: nameOf(of), area: category[2] ?? "" };
      writer.write(format.line({ ...entry, message: String(message[0]), fields: properties }));
    },
  });
  applyConfiguration();
  return {
    logger: (area) =>
      new LevelLogger(level, (of, message, properties) =>
        getLogger([ROOT, id, area]).emit({
          ...{ level: LIBRARY_LEVELS[of], timestamp: clock.now(), properties },
          ...{ message: [message], rawMessage: message },
        }),
      ),
    flushSync: () => writer.flushSync(),
    close: async () => {
      if (openLogs.delete(id)) applyConfiguration();
      await writer.drain();
    },
  };
}

function applyConfiguration(): void {
  configureSync({
    reset: true,
    sinks: Object.fromEntries([...openLogs].map(([id, { sink }]) => [id, sink])),
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
      ...[...openLogs].map(([id, { level }]) => ({
        category: [ROOT, id],
        lowestLevel: level,
        sinks: [id],
      })),
    ],
  });
}

function nameOf(level: LibraryLevel): string {
  return LOG_LEVELS.find((name) => LIBRARY_LEVELS[name] === level) ?? level;
}
