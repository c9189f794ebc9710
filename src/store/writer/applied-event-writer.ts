import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";

/** One remembered outcome. */
export interface AppliedEvent {
  readonly idempotencyKey: string;
  /** Who sent it: nobody else is told what became of it. */
  readonly actor: string;
  readonly requestHash: Uint8Array;
  /** The decision, as `record/outcome-codec.ts` encodes it. */
  readonly result: Uint8Array;
  readonly wording: string | null;
  readonly position: number;
  readonly appliedAt: number;
  /** Log time from which on the key is forgotten; null: never. */
  readonly expiresAt: number | null;
}

/** The statements that change `applied_events`. */
export class AppliedEventWriter {
  readonly #insert: LazyStatement;
  readonly #expire: LazyStatement;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      `INSERT INTO applied_events
         (idempotency_key, actor, request_hash, result, wording, position, applied_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#expire = new LazyStatement(db, "DELETE FROM applied_events WHERE expires_at <= ?");
  }

  insert(event: AppliedEvent): void {
    this.#insert.ready.run(
      event.idempotencyKey,
      event.actor,
      event.requestHash,
      event.result,
      event.wording,
      event.position,
      event.appliedAt,
      event.expiresAt,
    );
  }

  /** Forgets every key that has expired at this log time. */
  expire(logTime: number): void {
    this.#expire.ready.run(logTime);
  }
}
