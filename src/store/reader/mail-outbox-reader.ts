import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import type { MailEffect, MailPlace, PlacedMailEffect } from "../mail-effect.ts";

/** What a tenant's mailboxes must still be told. */
export class MailOutboxReader {
  readonly #behind: LazyStatement;
  readonly #any: LazyStatement;
  readonly #trimmed: LazyStatement;

  constructor(db: Database) {
    this.#behind = new LazyStatement(
      db,
      `SELECT position, seq, effect FROM mail_outbox WHERE (position, seq) > (?, ?)
       ORDER BY position, seq LIMIT ?`,
    );
    this.#any = new LazyStatement(db, "SELECT 1 FROM mail_outbox LIMIT 1");
    this.#trimmed = new LazyStatement(db, "SELECT position, seq FROM mail_outbox_trimmed");
  }

  /** The first rows behind this place, in order. */
  list(after: MailPlace, limit: number): PlacedMailEffect[] {
    const rows = this.#behind.ready.values(after.position, after.seq, limit);
    return (rows as [bigint, bigint, string][]).map(([position, seq, effect]) => ({
      position: Number(position),
      seq: Number(seq),
      effect: JSON.parse(effect) as MailEffect,
    }));
  }

  /** Whether there is any row, told or not. */
  get hasRows(): boolean {
    return this.#any.ready.values().length > 0;
  }

  /** The last row that has left the outbox; undefined: none ever did. */
  get trimmed(): MailPlace | undefined {
    const row = this.#trimmed.ready.values()[0] as [bigint, bigint] | undefined;
    return row && { position: Number(row[0]), seq: Number(row[1]) };
  }
}
