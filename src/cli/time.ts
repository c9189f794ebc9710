import { InvalidArgumentError } from "commander";

/** A time on the command line: Unix milliseconds, or a date as `2026-01-31` or `2026-01-31T12:00:00Z`. */
export function timeOf(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : dateOf(text);
  if (Number.isSafeInteger(time) && time >= 0) return time;
  throw new InvalidArgumentError(
    "Write a date (2026-01-31, 2026-01-31T12:00:00Z) or Unix milliseconds.",
  );
}

function dateOf(text: string): number {
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
}
