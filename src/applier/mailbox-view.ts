import type { PlacedMailEffect } from "../store/mail-effect.ts";
import type { MailboxProgress, MailboxStore } from "../store/mailbox-store.ts";
import { MailboxWriter } from "../store/writer/mailbox-writer.ts";

/** Items that one transaction may touch: what fits between two requests. */
const SLICE_ITEMS = 64;
/** What a row counts that touches the items of one node. */
const NODE_ITEMS = 8;

/**
 * A tenant's mailboxes as the drain writes them: rows of the outbox in their order, effects and
 * place in one SQLite transaction, so that every row is done once, whatever happens in between.
 *
 * Invariant: the progress held here equals what is committed.
 */
export class MailboxView {
  readonly #store: MailboxStore;
  readonly #writer: MailboxWriter;
  #progress: MailboxProgress;

  constructor(store: MailboxStore) {
    this.#store = store;
    this.#writer = new MailboxWriter(store.writeConnection);
    this.#progress = store.progress;
  }

  get progress(): MailboxProgress {
    return this.#progress;
  }

  /**
   * Does the rows as far as one transaction goes; they are those right behind {@link progress}.
   * What is thrown is trouble with the file; nothing of them has then been done.
   */
  apply(rows: readonly PlacedMailEffect[]): void {
    const db = this.#store.writeConnection;
    db.run("BEGIN IMMEDIATE");
    try {
      const next = this.#applyAll(rows);
      this.#writer.advance(next.place, next.partCount);
      db.run("COMMIT");
      this.#progress = next;
    } catch (error) {
      if (db.inTransaction) db.run("ROLLBACK");
      throw error;
    }
  }

  #applyAll(rows: readonly PlacedMailEffect[]): MailboxProgress {
    let { place, partCount } = this.#progress;
    let items = 0;
    for (const row of rows) {
      if (items >= SLICE_ITEMS) break;
      const part = this.#writer.apply(row, partCount);
      if (part !== undefined) return { place, partCount: part };
      place = { position: row.position, seq: row.seq };
      partCount = 0;
      items += itemsOf(row);
    }
    return { place, partCount };
  }
}

function itemsOf({ effect }: PlacedMailEffect): number {
  if (effect.kind === "delivered") return effect.recipients.length;
  return "itemIds" in effect ? effect.itemIds.length : NODE_ITEMS;
}
