/**
 * Search in one mailbox, as a read worker runs it. Only the newest matches are ranked, so that a
 * search for a common word in a large mailbox looks at no more than one for a rare word.
 *
 * Yields between slices; run it in one read transaction.
 */
import type { Database } from "bun:sqlite";
import { ownerToken } from "../owner-token.ts";
import { ITEM_COLUMNS, type ItemRowValues, itemOfRow, type MailItem } from "./mailbox-reader.ts";
import { CLOSE, OPEN, SNIPPET_WORDS, scoreOf } from "./marked-text.ts";

export interface MailSearchWork {
  readonly owner: string;
  /** From `parseSearch`. */
  readonly match: string;
  /** Nodes whose items are passed over. */
  readonly withoutNodes: readonly string[];
  /** The hit behind which to begin; undefined: the first. */
  readonly after: MailHitPlace | undefined;
  readonly limit: number;
}

/** A place in the order of hits: best first, and of equally good ones the newest. */
export interface MailHitPlace {
  readonly score: number;
  readonly position: number;
  readonly seq: number;
}

export interface MailHit {
  readonly item: MailItem;
  readonly score: number;
  /** A piece of the text; what was found stands between U+0002 and U+0003. */
  readonly highlight: string;
}

/** Matches that are ranked, and the characters of their texts: whichever comes first ends it. */
const RANKED_ITEMS = 500;
const RANKED_CHARS = 4 * 1024 * 1024;
const SLICE_ITEMS = 100;

interface Candidate {
  /** Grows with every delivery, so of two the greater is the newer. */
  readonly item: bigint;
  readonly score: number;
}

/** The wanted hits, in their order. */
export function* searchMailbox(db: Database, work: MailSearchWork): Generator<void, MailHit[]> {
  const match = `owner : "${ownerToken(work.owner)}" AND text : (${work.match})`;
  const candidates: Candidate[] = [];
  const passedOver = itemsOf(db, work);
  const statement = db.prepare(
    `SELECT rowid AS item, highlight(mail_text, 1, '${OPEN}', '${CLOSE}') AS marked
     FROM mail_text WHERE mail_text MATCH ? ORDER BY rowid DESC LIMIT ${RANKED_ITEMS}`,
  );
  try {
    let chars = 0;
    for (const row of statement.iterate(match)) {
      const { item, marked } = row as { item: bigint; marked: string };
      if (!passedOver.has(item)) candidates.push({ item, score: scoreOf(marked) });
      chars += marked.length;
      if (chars > RANKED_CHARS) break;
      if (candidates.length % SLICE_ITEMS === 0) yield;
    }
  } finally {
    statement.finalize();
  }
  return candidates
    .filter(behind(db, work))
    .sort((a, b) => b.score - a.score || Number(b.item - a.item))
    .slice(0, work.limit)
    .map((candidate) => hitOf(db, match, candidate));
}

/** The items of nodes that are passed over. */
function itemsOf(db: Database, { owner, withoutNodes }: MailSearchWork): ReadonlySet<bigint> {
  if (withoutNodes.length === 0) return new Set();
  const rows = db
    .query("SELECT item FROM items WHERE owner = ? AND node_id IN (SELECT value FROM json_each(?))")
    .values(owner, JSON.stringify(withoutNodes)) as [bigint][];
  return new Set(rows.map(([item]) => item));
}

/** Whether a candidate comes behind the place that the search goes on from, be its item still there or not. */
function behind(db: Database, { owner, after }: MailSearchWork): (candidate: Candidate) => boolean {
  if (after === undefined) return () => true;
  const [older] = db
    .query(
      `SELECT item FROM items WHERE owner = ? AND (position, seq) < (?, ?)
       ORDER BY position DESC, seq DESC LIMIT 1`,
    )
    .values(owner, after.position, after.seq) as [bigint][];
  const newestBehind = older?.[0] ?? 0n;
  return ({ score, item }) =>
    score < after.score || (score === after.score && item <= newestBehind);
}

function hitOf(db: Database, match: string, { item, score }: Candidate): MailHit {
  const rows = db
    .query(
      `SELECT ${ITEM_COLUMNS}, snippet(mail_text, 1, '${OPEN}', '${CLOSE}', '…', ${SNIPPET_WORDS})
       FROM mail_text JOIN items i ON i.item = mail_text.rowid
       WHERE mail_text MATCH ? AND mail_text.rowid = ?`,
    )
    .values(match, item);
  const row = rows[0] as [...ItemRowValues, string];
  return { item: itemOfRow(row.slice(0, 11) as ItemRowValues), score, highlight: row[11] };
}
