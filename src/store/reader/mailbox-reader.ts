import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import type { MailPlace } from "../mail-effect.ts";

/** An item as it stands in a tenant's `mailbox.db`. */
export interface MailItem {
  /** "mi_" and 26 characters, made from record and recipient. */
  readonly id: string;
  readonly nodeId: string;
  readonly typeId: number;
  readonly deliveredAt: number;
  readonly read: boolean;
  readonly snippet: string;
  readonly thread: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly sender: string;
  /** By which items are in order: the row of the outbox that it came of. */
  readonly place: MailPlace;
}

/** Which items of a mailbox; what is undefined does not matter. */
export interface MailSelection {
  readonly owner: string;
  readonly unreadOnly: boolean;
  readonly typeId: number | undefined;
  readonly thread: string | undefined;
  /** Nodes whose items are passed over. */
  readonly withoutNodes: readonly string[];
  /** Older than the item at this place. */
  readonly before: MailPlace | undefined;
  readonly limit: number;
}

export const ITEM_COLUMNS = `i.id, i.node_id, i.type_id, i.delivered_at, i.read, i.snippet, i.thread,
  i.metadata, i.sender, i.position, i.seq`;

export type ItemRowValues = [
  id: string,
  nodeId: string,
  typeId: bigint,
  deliveredAt: bigint,
  read: bigint,
  snippet: string,
  thread: string,
  metadata: string,
  sender: string,
  position: bigint,
  seq: bigint,
];

export function itemOfRow(row: ItemRowValues): MailItem {
  return {
    id: row[0],
    nodeId: row[1],
    typeId: Number(row[2]),
    deliveredAt: Number(row[3]),
    read: row[4] !== 0n,
    snippet: row[5],
    thread: row[6],
    metadata: new Map(JSON.parse(row[7]) as [string, string][]),
    sender: row[8],
    place: { position: Number(row[9]), seq: Number(row[10]) },
  };
}

/** Whether an index gives exactly these items in their order, so that no more rows are looked at than are answered. */
export function isBounded({ unreadOnly, typeId, thread, withoutNodes }: MailSelection): boolean {
  if (withoutNodes.length > 0) return false;
  const conditions = [unreadOnly, typeId !== undefined, thread !== undefined];
  return conditions.filter((isAsked) => isAsked).length <= 1;
}

/** Items, newest first. Walks the index of the narrowest condition and looks at the others row by row. */
export function listItems(db: Database, selection: MailSelection): MailItem[] {
  const { owner, unreadOnly, typeId, thread, before, limit } = selection;
  const conditions = ["i.owner = ?"];
  const parameters: (string | number)[] = [owner];
  if (thread !== undefined) {
    conditions.push("i.thread = ?", "i.thread <> ''");
    parameters.push(thread);
  }
  if (typeId !== undefined) {
    conditions.push("i.type_id = ?");
    parameters.push(typeId);
  }
  if (unreadOnly) conditions.push("i.read = 0");
  if (selection.withoutNodes.length > 0) {
    conditions.push("i.node_id NOT IN (SELECT value FROM json_each(?))");
    parameters.push(JSON.stringify(selection.withoutNodes));
  }
  if (before !== undefined) {
    conditions.push("(i.position, i.seq) < (?, ?)");
    parameters.push(before.position, before.seq);
  }
  const sql = `SELECT ${ITEM_COLUMNS} FROM items i INDEXED BY ${indexOf(selection)}
    WHERE ${conditions.join(" AND ")} ORDER BY i.position DESC, i.seq DESC LIMIT ?`;
  const rows = db.query(sql).values(...parameters, limit) as ItemRowValues[];
  return rows.map(itemOfRow);
}

function indexOf({ unreadOnly, typeId, thread }: MailSelection): string {
  if (thread !== undefined) return "items_by_thread";
  if (unreadOnly) return "unread_items";
  return typeId === undefined ? "items_of_owner" : "items_by_type";
}

/** The look-ups in mailboxes that a request's own turn may make. */
export class MailboxReader {
  readonly #db: Database;
  readonly #unread: LazyStatement;
  readonly #unreadOf: LazyStatement;
  readonly #count: LazyStatement;

  constructor(db: Database) {
    this.#db = db;
    this.#unread = new LazyStatement(db, "SELECT unread FROM unread_counts WHERE owner = ?");
    this.#unreadOf = new LazyStatement(
      db,
      `SELECT COUNT(*) FROM items
       WHERE owner = ? AND read = 0 AND node_id IN (SELECT value FROM json_each(?))`,
    );
    this.#count = new LazyStatement(
      db,
      "SELECT count FROM change_counts WHERE position = ? AND seq = ?",
    );
  }

  /** To be called in a request's own turn for a selection that {@link isBounded} only. */
  list(selection: MailSelection): MailItem[] {
    return listItems(this.#db, selection);
  }

  /** But for items of these nodes. */
  unreadCount(owner: string, withoutNodes: readonly string[]): number {
    const row = this.#unread.ready.values(owner)[0] as [bigint] | undefined;
    const all = Number(row?.[0] ?? 0n);
    if (withoutNodes.length === 0) return all;
    const [passedOver] = this.#unreadOf.ready.values(owner, JSON.stringify(withoutNodes));
    return all - Number(passedOver?.[0]);
  }

  /** How many items a change was of; undefined when that is not remembered any more. */
  changeCount({ position, seq }: MailPlace): number | undefined {
    const row = this.#count.ready.values(position, seq)[0] as [bigint] | undefined;
    return row && Number(row[0]);
  }
}
