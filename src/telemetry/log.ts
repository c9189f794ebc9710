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
import { type LogFields, LogFormat } from "./log-format.ts";

export type LogLevel = Config["logLevel"];

/** Speaks for one part of the server. */
export interface Logger {
  /** For whoever looks for a fault: may be one per request. */
  debug(message: string, fields?: LogFields): void;
  /** Something that an operator wants to know happened: a start, a new tenant, a checkpoint. */
  info(message: string, fields?: LogFields): void;
  /** Something is not as it should be, and the server deals with it. */
  warn(message: string, fields?: LogFields): void;
  /** Something that somebody must look at. */
  error(message: string, fields?: LogFields): void;
  /** The same part, with fields that every line then has (`request_id`). */
  with(fields: LogFields): Logger;
}

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
const LEVELS = Object.keys(LIBRARY_LEVELS) as LogLevel[];

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
    logger: (area) => new AreaLogger([ROOT, id, area], level, clock, {}),
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
  return LEVELS.find((name) => LIBRARY_LEVELS[name] === level) ?? level;
}

class AreaLogger implements Logger {
  readonly #category: readonly [string, string, string];
  readonly #minimum: LogLevel;
  readonly #clock: Clock;
  readonly #fields: LogFields;

  constructor(
    category: readonly [string, string, string],
    minimum: LogLevel,
    clock: Clock,
    fields: LogFields,
  ) {
    this.#category = category;
    this.#minimum = minimum;
    this.#clock = clock;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("DEBUG", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("INFO", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("WARN", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("ERROR", message, fields);
  }

  with(fields: LogFields): Logger {
    const all = { ...this.#fields, ...fields };
    return new AreaLogger(this.#category, this.#minimum, this.#clock, all);
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    // Before anything is built: a line below the level must cost next to nothing.
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.#minimum)) return;
    getLogger(this.#category).emit({
      level: LIBRARY_LEVELS[level],
      message: [message],
      rawMessage: message,
      timestamp: this.#clock.now(),
      properties: { ...this.#fields, ...fields },
    });
  }
}
