import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { compareMailPlaces, type MailPlace, type PlacedMailEffect } from "../mail-effect.ts";

/** Rows that leave the outbox in one go. */
const TRIM_ROWS = 1_000;

/** The statements that fill and empty the outbox, and say which nodes items may be of. */
export class MailOutboxWriter {
  readonly #db: Database;
  readonly #insert: LazyStatement;
  readonly #addNode: LazyStatement;
  readonly #removeNode: LazyStatement;
  readonly #findNode: LazyStatement;
  readonly #anyNode: LazyStatement;
  readonly #lastOfMany: LazyStatement;
  readonly #trim: LazyStatement;
  readonly #setTrimmed: LazyStatement;
  /** Undefined: not looked yet. What was written and taken back leaves it true, which only costs a look. */
  #anyMailed: boolean | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#insert = new LazyStatement(
      db,
      "INSERT INTO mail_outbox (position, seq, effect) VALUES (?, ?, ?)",
    );
    this.#addNode = new LazyStatement(db, "INSERT INTO mailed_nodes (node_id) VALUES (?)");
    this.#removeNode = new LazyStatement(db, "DELETE FROM mailed_nodes WHERE node_id = ?");
    this.#findNode = new LazyStatement(db, "SELECT 1 FROM mailed_nodes WHERE node_id = ?");
    this.#anyNode = new LazyStatement(db, "SELECT 1 FROM mailed_nodes LIMIT 1");
    this.#lastOfMany = new LazyStatement(
      db,
      `SELECT position, seq FROM mail_outbox ORDER BY position, seq LIMIT 1 OFFSET ${TRIM_ROWS - 1}`,
    );
    this.#trim = new LazyStatement(db, "DELETE FROM mail_outbox WHERE (position, seq) <= (?, ?)");
    this.#setTrimmed = new LazyStatement(
      db,
      `INSERT INTO mail_outbox_trimmed (only_row, position, seq) VALUES (1, ?, ?)
       ON CONFLICT (only_row) DO UPDATE SET position = excluded.position, seq = excluded.seq`,
    );
  }

  insert({ position, seq, effect }: PlacedMailEffect): void {
    this.#insert.ready.run(position, seq, JSON.stringify(effect));
  }

  addMailedNode(nodeId: string): void {
    this.#anyMailed = true;
    this.#addNode.ready.run(nodeId);
  }

  removeMailedNode(nodeId: string): void {
    this.#removeNode.ready.run(nodeId);
  }

  /** Whether there may be items of this node. A tenant that never sent any does not look. */
  isMailed(nodeId: string): boolean {
    this.#anyMailed ??= this.#anyNode.ready.values().length > 0;
    return this.#anyMailed && this.#findNode.ready.values(nodeId).length > 0;
  }

  /**
   * Removes rows up to and including `place`, a bounded number at a time, in a transaction of
   * its own. Returns whether there may be more.
   */
  trim(place: MailPlace): boolean {
    return this.#db.transaction(() => {
      const row = this.#lastOfMany.ready.values()[0] as [bigint, bigint] | undefined;
      const many = row && { position: Number(row[0]), seq: Number(row[1]) };
      const isMore = many !== undefined && compareMailPlaces(many, place) < 0;
      const upTo = isMore ? many : place;
      const { changes } = this.#trim.ready.run(upTo.position, upTo.seq);
      if (changes > 0) this.#setTrimmed.ready.run(upTo.position, upTo.seq);
      return isMore;
    })();
  }
}
