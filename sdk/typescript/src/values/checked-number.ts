/** Numbers and moments that a caller gives besides the values of fields. */
import { InvalidArgumentError } from "../errors/refusals.ts";

/** Throws {@link InvalidArgumentError} unless it is a time that a timer can be set for. */
export function checkedTimeout(name: string, ms: number): number {
  if (Number.isFinite(ms) && ms > 0 && ms < 2 ** 31) return ms;
  throw refused(`${name} is ${ms}.`, "Give a number of milliseconds above 0 and below 2^31.");
}

/** Throws {@link InvalidArgumentError} unless it is a number from `least` on. */
export function checkedNumber(name: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw refused(`${name} is ${value}.`, `Give a number from ${least} on.`);
}

/** As the wire has it. Throws {@link InvalidArgumentError} unless it is a whole number from 0 on. */
export function wireCount(name: string, value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw refused(`${name} is ${value}.`, "Give a whole number from 0 on.");
}

/** As the wire has it; 0 for none. Throws {@link InvalidArgumentError} for a Date that is none. */
export function wireMoment(name: string, moment: Date | undefined): bigint {
  if (moment === undefined) return 0n;
  const ms = moment.getTime();
  if (Number.isInteger(ms)) return BigInt(ms);
  throw refused(`${name} is no moment.`, "Give a valid Date.");
}

function refused(message: string, hint: string): InvalidArgumentError {
  return new InvalidArgumentError({ reason: "INVALID_REQUEST", message, hint });
}
