/**
 * The statements that change a tenant's mailboxes. The caller makes the transaction; what an
 * effect comes to depends on nothing but the effect and the file, so that the same outbox
 * makes the same mailboxes, in whatever slices it is worked through.
 */
import type { Database } from "bun:sqlite";
import { base32 } from "../../base/ids.ts";
import { sha256 } from "../../base/sha256.ts";
import { LazyStatement } from "../lazy-statement.ts";
import type { MailEffect, MailPlace, PlacedMailEffect } from "../mail-effect.ts";
import { ownerToken } from "../owner-token.ts";

/** Items that one go of a change to a whole mailbox touches. */
const PART_ITEMS = 200;
/** What changes came to is remembered for so many of the newest. */
const COUNTS_KEPT = 10_000;
/** Older ones are cleared away only so often. */
const COUNTS_STEP = 1_000;

type ItemRow = [item: bigint, owner: string, read: bigint];

export class MailboxWriter {
  readonly #insertItem: LazyStatement;
  readonly #insertText: LazyStatement;
  readonly #updateText: LazyStatement;
  readonly #deleteText: LazyStatement;
  readonly #deleteItem: LazyStatement;
  readonly #setSnippet: LazyStatement;
  readonly #ofNode: LazyStatement;
  readonly #byId: LazyStatement;
  readonly #before: LazyStatement;
  readonly #unreadBefore: LazyStatement;
  readonly #readBefore: LazyStatement;
  readonly #setRead: LazyStatement;
  readonly #addUnread: LazyStatement;
  readonly #dropNoUnread: LazyStatement;
  readonly #addCount: LazyStatement;
  readonly #clearCounts: LazyStatement;
  readonly #advance: LazyStatement;
  #countsAdded = 0;

  constructor(db: Database) {
    const lazy = (sql: string) => new LazyStatement(db, sql);
    this.#insertItem = lazy(
      `INSERT INTO items (id, owner, position, seq, node_id, type_id, delivered_at, read,
         snippet, thread, metadata, sender)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?) RETURNING item`,
    );
    this.#insertText = lazy("INSERT INTO mail_text (rowid, owner, text) VALUES (?, ?, ?)");
    this.#updateText = lazy("UPDATE mail_text SET text = ? WHERE rowid = ?");
    this.#deleteText = lazy("DELETE FROM mail_text WHERE rowid = ?");
    this.#deleteItem = lazy("DELETE FROM items WHERE item = ?");
    this.#setSnippet = lazy("UPDATE items SET snippet = ? WHERE item = ?");
    this.#ofNode = lazy("SELECT item, owner, read FROM items WHERE node_id = ? ORDER BY item");
    this.#byId = lazy("SELECT item, owner, read FROM items WHERE id = ? AND owner = ?");
    const before = "SELECT item, owner, read FROM items WHERE owner = ? AND position < ?";
    const part = `ORDER BY position, seq LIMIT ${PART_ITEMS}`;
    this.#before = lazy(`${before} ${part}`);
    this.#unreadBefore = lazy(`${before} AND read = 0 ${part}`);
    this.#readBefore = lazy(`${before} AND read = 1 ${part}`);
    this.#setRead = lazy("UPDATE items SET read = ? WHERE item = ?");
    this.#addUnread = lazy(
      `INSERT INTO unread_counts (owner, unread) VALUES (?1, ?2)
       ON CONFLICT (owner) DO UPDATE SET unread = unread + ?2`,
    );
    this.#dropNoUnread = lazy("DELETE FROM unread_counts WHERE owner = ? AND unread = 0");
    this.#addCount = lazy("INSERT INTO change_counts (position, seq, count) VALUES (?, ?, ?)");
    this.#clearCounts = lazy(
      `DELETE FROM change_counts WHERE (position, seq) <= (
         SELECT position, seq FROM change_counts
         ORDER BY position DESC, seq DESC LIMIT 1 OFFSET ${COUNTS_KEPT})`,
    );
    this.#advance = lazy(
      "UPDATE mailbox_state SET position = ?, seq = ?, part_count = ? WHERE only_row = 1",
    );
  }

  /**
   * Does what the row says. Returns undefined when all of it is done; else how many items have
   * been changed by it so far, to be handed back as `doneBefore` the next time.
   */
  apply(placed: PlacedMailEffect, doneBefore: number): number | undefined {
    const { effect } = placed;
    switch (effect.kind) {
      case "delivered":
        this.#deliver(placed, effect);
        return undefined;
      case "node_changed":
        for (const [item] of this.#rows(this.#ofNode, effect.nodeId)) {
          this.#setSnippet.ready.run(effect.snippet, item);
          this.#updateText.ready.run(effect.text, item);
        }
        return undefined;
      case "node_gone":
        for (const row of this.#rows(this.#ofNode, effect.nodeId)) this.#remove(row);
        return undefined;
      case "readers_lost":
        for (const row of this.#rows(this.#ofNode, effect.nodeId)) {
          if (effect.principals.includes(row[1])) this.#remove(row);
        }
        return undefined;
      case "marked":
      case "removed":
        return this.#change(placed, effect, doneBefore);
    }
  }

  /** Says that everything up to this row is in here, and what was done of the one behind it. */
  advance(place: MailPlace, partCount: number): void {
    this.#advance.ready.run(place.position, place.seq, partCount);
  }

  #deliver(place: MailPlace, effect: MailEffect & { kind: "delivered" }): void {
    const metadata = JSON.stringify(effect.metadata);
    for (const owner of effect.recipients) {
      const [row] = this.#insertItem.ready.values(
        itemId(place, owner),
        owner,
        place.position,
        place.seq,
        effect.nodeId,
        effect.typeId,
        effect.deliveredAt,
        effect.snippet,
        effect.thread,
        metadata,
        effect.sender,
      ) as [[bigint]];
      this.#insertText.ready.run(row[0], ownerToken(owner), effect.text);
      this.#addUnread.ready.run(owner, 1);
    }
  }

  #change(
    place: MailPlace,
    effect: MailEffect & { kind: "marked" | "removed" },
    doneBefore: number,
  ): number | undefined {
    const { owner, itemIds, beforeOffset } = effect;
    let done = doneBefore;
    for (const id of itemIds) {
      for (const row of this.#rows(this.#byId, id, owner)) done += this.#changeOne(effect, row);
    }
    if (beforeOffset > 0) {
      const rows = this.#rows(this.#toChange(effect), owner, beforeOffset);
      for (const row of rows) done += this.#changeOne(effect, row);
      // Those that are done are not found again, so the next go takes the next ones.
      if (rows.length === PART_ITEMS) return done;
    }
    this.#addCount.ready.run(place.position, place.seq, done);
    this.#countsAdded += 1;
    if (this.#countsAdded % COUNTS_STEP === 0) this.#clearCounts.ready.run();
    return undefined;
  }

  #toChange(effect: MailEffect & { kind: "marked" | "removed" }): LazyStatement {
    if (effect.kind === "removed") return this.#before;
    return effect.read ? this.#unreadBefore : this.#readBefore;
  }

  /** How many items that changes: 1 or 0. */
  #changeOne(effect: MailEffect & { kind: "marked" | "removed" }, row: ItemRow): number {
    if (effect.kind === "removed") {
      this.#remove(row);
      return 1;
    }
    const [item, owner, read] = row;
    if ((read !== 0n) === effect.read) return 0;
    this.#setRead.ready.run(effect.read ? 1 : 0, item);
    this.#countUnread(owner, effect.read ? -1 : 1);
    return 1;
  }

  #remove([item, owner, read]: ItemRow): void {
    this.#deleteText.ready.run(item);
    this.#deleteItem.ready.run(item);
    if (read === 0n) this.#countUnread(owner, -1);
  }

  #countUnread(owner: string, change: 1 | -1): void {
    this.#addUnread.ready.run(owner, change);
    if (change < 0) this.#dropNoUnread.ready.run(owner);
  }

  #rows(statement: LazyStatement, ...parameters: (string | number)[]): ItemRow[] {
    return statement.ready.values(...parameters) as ItemRow[];
  }
}

/** Made from the record, the row of it, and the recipient: the same after every rebuild. */
function itemId({ position, seq }: MailPlace, owner: string): string {
  return `mi_${base32(sha256(Buffer.from(`${position}/${seq}/${owner}`)).subarray(0, 16))}`;
}
