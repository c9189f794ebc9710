import type { Config } from "../config/options.ts";
import type { LogFields } from "./log-format.ts";

export type LogLevel = Config["logLevel"];

/** Speaks for one part of the server. */
export interface Logger {
  /** As the method that is named as the level. */
  log(level: LogLevel, message: string, fields?: LogFields): void;
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

/** From the least to the worst. */
export const LOG_LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const satisfies LogLevel[];

/** Takes a line that is to be logged, with all its fields. */
export type LogLine = (level: LogLevel, message: string, fields: LogFields) => void;

/** A logger from a level on: what is below goes no further. */
export class LevelLogger implements Logger {
  readonly #least: LogLevel;
  readonly #line: LogLine;
  readonly #fields: LogFields;

  constructor(least: LogLevel, line: LogLine, fields: LogFields = {}) {
    this.#least = least;
    this.#line = line;
    this.#fields = fields;
  }

  log(level: LogLevel, message: string, fields?: LogFields): void {
    // Before anything is built: a line below the level must cost next to nothing.
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.#least)) return;
    this.#line(level, message, { ...this.#fields, ...fields });
  }

  debug(message: string, fields?: LogFields): void {
    this.log("DEBUG", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.log("INFO", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.log("WARN", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.log("ERROR", message, fields);
  }

  with(fields: LogFields): Logger {
    return new LevelLogger(this.#least, this.#line, { ...this.#fields, ...fields });
  }
}
