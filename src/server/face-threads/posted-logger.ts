import { errorToData } from "../../base/error-data.ts";
import { LevelLogger, type Logger, type LogLevel } from "../../telemetry/logger.ts";
import type { FromFaceThread } from "./messages.ts";

/** Has the server's thread log what is at the level or above: one log, whose lines are its own affair. */
export function postedLogger(
  area: string,
  least: LogLevel,
  post: (message: FromFaceThread) => void,
): Logger {
  return new LevelLogger(least, (level, message, { cause, ...fields }) => {
    const data = cause === undefined ? undefined : errorToData(cause);
    post({ did: "log", level, area, message, fields, cause: data });
  });
}
