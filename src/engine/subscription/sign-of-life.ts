import { invalid } from "../../base/errors.ts";

/** How often a subscriber may be given a sign of life while nothing else comes, milliseconds. */
export interface SignOfLifeRange {
  readonly defaultMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** How often it is given one who asked for so many milliseconds in this field; 0: as is usual. Throws INVALID_REQUEST. */
export function signOfLifeMs(askedMs: number, field: string, range: SignOfLifeRange): number {
  const { defaultMs, minMs, maxMs } = range;
  if (askedMs === 0) return defaultMs;
  if (askedMs >= minMs && askedMs <= maxMs) return askedMs;
  throw invalid(
    "INVALID_REQUEST",
    `A sign of life every ${askedMs} ms cannot be had.`,
    `Ask for ${minMs} to ${maxMs} ms, or for 0: the default.`,
    { field },
  );
}
