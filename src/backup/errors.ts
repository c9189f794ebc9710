import { EntError } from "../base/errors.ts";

/** The errors of the archive, spelled once. `place` names the store for people. */

/** An object that others show must have been there is not. */
export function objectMissing(place: string, key: string, why: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "OBJECT_NOT_FOUND",
    message: `${key} is missing in ${place}: ${why}`,
    hint: "Put the object back, for instance from an older version of it that the storage keeps, or restore from a snapshot behind it.",
    details: { place, key },
  });
}

/**
 * The newest objects of a tenant's archive are not there any more: `key` is the last of them, up
 * to and including the record at `lastOffset`; what is left ends with the one at `end`, where
 * that is known.
 */
export function archiveTailMissing(
  place: string,
  key: string,
  lastOffset: number,
  end?: number,
): EntError {
  const left = end === undefined ? "" : `, and what is left ends with the one at ${end}`;
  return new EntError({
    code: "not_found",
    reason: "OBJECT_NOT_FOUND",
    message: `${key} is missing in ${place}: the tenant was archived up to and including the record at ${lastOffset}${left}`,
    hint: "Put the object back, and those before it that are gone with it, for instance from older versions that the storage keeps. Where the archive was moved, all of it has to be.",
    details: {
      place,
      key,
      archived_to: String(lastOffset),
      ...(end !== undefined && { left_to: String(end) }),
    },
  });
}

/** Records that were archived are in no object. `key` is the first object behind them. */
export function archiveGap(
  place: string,
  key: string,
  after: number | undefined,
  expected: number | undefined,
): EntError {
  const wanted = after === undefined ? "the tenant's first record" : `the record at ${after}`;
  const found = expected === undefined ? "nothing" : `the one at ${expected}`;
  return new EntError({
    code: "data_loss",
    reason: "ARCHIVE_GAP",
    message: `records are missing in ${place} before ${key}: it continues ${wanted}, but what stands before it ends with ${found}`,
    hint: "Put the objects back that stood before it, or restore from a snapshot behind them.",
    details: { place, key },
  });
}

/** Records below what the archive still has were dropped when their time was over. */
export function archiveTrimmed(place: string, from: number, start: number): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "LOG_TRIMMED",
    message: `records from offset ${from} on are wanted, and the archive in ${place} begins at ${start}`,
    hint: "Begin with a snapshot whose position lies behind that.",
    details: { place, from: String(from), start: String(start) },
  });
}

/** The place holds records of another log under offsets that this one gives too. */
export function archiveOfAnotherLog(place: string, key: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "OBJECT_ALREADY_EXISTS",
    message: `${place} is the archive of another log (${key}), whose offsets this one gives again`,
    hint: "Name another bucket or directory for this server; to go on with that archive, restore from it.",
    details: { place, key },
  });
}
