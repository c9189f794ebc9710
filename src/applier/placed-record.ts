import type { LoggedRecord } from "../record/codec.ts";
import type { DecidedOutcome } from "../record/outcome.ts";

/** A record of one tenant, decoded, with its place in the log. */
export interface PlacedRecord {
  readonly offset: number;
  readonly logTime: number;
  readonly record: LoggedRecord;
}

/** What a record came to, under the offset of that record (not of the first with its key). */
export interface AppliedRecord {
  readonly offset: number;
  readonly decided: DecidedOutcome;
}
