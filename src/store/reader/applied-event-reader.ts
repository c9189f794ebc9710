import type { Database } from "bun:sqlite";
import type { DecidedOutcome } from "../../record/outcome.ts";
import { decodeOutcome } from "../../record/outcome-codec.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** A remembered outcome and what tells a repetition from a reuse of its key. */
export interface RememberedOutcome extends DecidedOutcome {
  readonly requestHash: Uint8Array;
  /** Who sent the first request with the key. */
  readonly actor: string;
}

/** Outcomes by idempotency key. */
export class AppliedEventReader {
  readonly #byKey: LazyStatement;
  readonly #firstExpiry: LazyStatement;

  constructor(db: Database) {
    this.#byKey = new LazyStatement(
      db,
      `SELECT request_hash, result, wording, position, applied_at, actor FROM applied_events
       WHERE idempotency_key = ?`,
    );
    this.#firstExpiry = new LazyStatement(
      db,
      "SELECT expires_at FROM applied_events WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1",
    );
  }

  find(idempotencyKey: string): RememberedOutcome | undefined {
    const row = this.#byKey.ready.values(idempotencyKey)[0] as
      | [Uint8Array, Uint8Array, string | null, bigint, bigint, string]
      | undefined;
    if (row === undefined) return undefined;
    return {
      requestHash: row[0],
      outcome: decodeOutcome(row[1], row[2]),
      offset: Number(row[3]),
      appliedAt: Number(row[4]),
      actor: row[5],
    };
  }

  /** Log time at which the next key expires; Infinity when none does. */
  firstExpiry(): number {
    const row = this.#firstExpiry.ready.values()[0] as [bigint] | undefined;
    return row === undefined ? Number.POSITIVE_INFINITY : Number(row[0]);
  }
}
