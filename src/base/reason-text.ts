import type { ErrorCode } from "./errors.ts";

export interface ReasonText {
  /** The codes that the reason comes with, the usual one first. */
  readonly codes: readonly [ErrorCode, ...ErrorCode[]];
  /** What it means, one sentence. */
  readonly meaning: string;
  /** What to do next, one sentence. */
  readonly next: string;
}

export function text(
  codes: ErrorCode | ReasonText["codes"],
  meaning: string,
  next: string,
): ReasonText {
  return { codes: typeof codes === "string" ? [codes] : codes, meaning, next };
}
