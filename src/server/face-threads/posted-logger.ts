import { errorToData } from "../../base/error-data.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { LogFields } from "../../telemetry/log-format.ts";
import type { FromFaceThread } from "./messages.ts";

type Level = (FromFaceThread & { did: "log" })["level"];

/** Has the server's thread log: one log, whose level and lines are its own affair. */
export class PostedLogger implements Logger {
  readonly #area: string;
  readonly #post: (message: FromFaceThread) => void;
  readonly #fields: LogFields;

  constructor(area: string, post: (message: FromFaceThread) => void, fields: LogFields = {}) {
    this.#area = area;
    this.#post = post;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  with(fields: LogFields): Logger {
    return new PostedLogger(this.#area, this.#post, { ...this.#fields, ...fields });
  }

  #log(level: Level, message: string, given: LogFields = {}): void {
    const { cause, ...fields } = { ...this.#fields, ...given };
    const data = cause === undefined ? undefined : errorToData(cause);
    this.#post({ did: "log", level, area: this.#area, message, fields, cause: data });
  }
}
