import { InvalidArgumentError } from "commander";

/**
 * A time on the command line: Unix milliseconds, a date, which begins with UTC's day, or a date and
 * a time of the day with its zone. Without a zone one reader would mean his own and another UTC.
 */
export function timeOf(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : dateOf(text);
  if (Number.isSafeInteger(time) && time >= 0) return time;
  throw new InvalidArgumentError(
    ZONELESS.test(text)
      ? `Name its time zone: ${text}Z for UTC, or ${text}+01:00.`
      : "Write a date (2026-01-31), a time with its zone (2026-01-31T12:00:00Z, 2026-01-31T13:00+01:00) or Unix milliseconds.",
  );
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ZONED = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S*(?:Z|[+-]\d{2}:?\d{2})$/i;
const ZONELESS = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

function dateOf(text: string): number {
  return DAY.test(text) || ZONED.test(text) ? Date.parse(text) : Number.NaN;
}
