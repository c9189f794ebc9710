/**
 * Full-text search over nodes, as a read worker runs it: every match is looked at, as the best
 * can only be known then, access is judged before a match counts, and only the page's nodes are
 * read whole. Yields between slices; run it in one read transaction.
 */
import type { Database } from "bun:sqlite";
import { EntError } from "../../base/errors.ts";
import { limitDetails } from "../../base/limits.ts";
import type { Node } from "../../record/graph.ts";
import type { Viewer } from "../../record/viewer.ts";
import { slotColumn, typeWord } from "../migrations/search-tables.ts";
import { readable } from "../visibility.ts";
import { NODE_COLUMNS, type NodeRowValues, nodeOfRow } from "./node-reader.ts";

export interface SearchWork {
  /** From `parseSearch`. */
  readonly match: string;
  /** Empty: all types. */
  readonly typeIds: readonly number[];
  /** With one type; empty: all its searchable fields. */
  readonly fieldIds: readonly number[];
  readonly viewer: Viewer;
  /** The hit behind which to begin; undefined: the first. */
  readonly after: SearchPlace | undefined;
  readonly limit: number;
  /** Matches that may be looked at; beyond it LIMIT_EXCEEDED. */
  readonly scanRows: number;
}

export interface SearchPlace {
  readonly score: number;
  readonly id: string;
}

export interface FoundNode {
  readonly node: Node;
  readonly score: number;
  readonly highlights: readonly { readonly fieldId: number; readonly text: string }[];
}

const SLICE_ROWS = 500;
/** Words of a field that a highlight shows. */
const SNIPPET_WORDS = 24;

/** The wanted hits: best first, equally good ones by id. Throws LIMIT_EXCEEDED past the scan budget. */
export function* searchNodes(db: Database, work: SearchWork): Generator<void, FoundNode[]> {
  if (!hasIndex(db)) return [];
  const columns = columnsOf(db);
  const match = matchOf(work, columns);
  const best: Candidate[] = [];
  let looked = 0;
  for (const candidate of candidatesOf(db, match, work.viewer)) {
    looked += 1;
    if (looked > work.scanRows) throw tooManyMatches(work.scanRows);
    if (isBehind(candidate, work.after)) keep(best, candidate, work.limit);
    if (looked % SLICE_ROWS === 0) yield;
  }
  best.sort(compare);
  best.length = Math.min(best.length, work.limit);
  return best.map((candidate) => hitOf(db, match, candidate, columns));
}

interface Candidate extends SearchPlace {
  readonly row: bigint;
}

/** Slot by field id, by type id. */
type Columns = ReadonlyMap<number, ReadonlyMap<number, number>>;

/** A tenant without a searchable field has no index. */
function hasIndex(db: Database): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'node_search'";
  return db.query(sql).values().length > 0;
}

function columnsOf(db: Database): Columns {
  const columns = new Map<number, Map<number, number>>();
  const rows = db.query("SELECT type_id, field_id, slot FROM search_columns").values();
  for (const [typeId, fieldId, slot] of rows as [bigint, bigint, bigint][]) {
    const ofType = columns.get(Number(typeId)) ?? new Map<number, number>();
    columns.set(Number(typeId), ofType.set(Number(fieldId), Number(slot)));
  }
  return columns;
}

/** `match` holds quoted words only; what is put around it are names of columns and numbers of types. */
function matchOf({ match, typeIds, fieldIds }: SearchWork, columns: Columns): string {
  if (typeIds.length === 0) return `- type : (${match})`;
  const parts = typeIds.flatMap((typeId) => {
    const slots = [...(columns.get(typeId) ?? [])]
      .filter(([fieldId]) => fieldIds.length === 0 || fieldIds.includes(fieldId))
      .map(([, slot]) => slotColumn(slot));
    return slots.length === 0
      ? []
      : [`(type : "${typeWord(typeId)}" AND {${slots.join(" ")}} : (${match}))`];
  });
  return parts.length === 0 ? `type : "none"` : parts.join(" OR ");
}

/** Its weight of 0 keeps the column `type` out of the score. */
const MATCHES = `SELECT r.row, r.node_id, bm25(node_search, 0.0) FROM node_search
    JOIN search_rows r ON r.row = node_search.rowid
    JOIN nodes n ON n.id = r.node_id
  WHERE node_search MATCH ?`;

function* candidatesOf(db: Database, match: string, viewer: Viewer): Generator<Candidate> {
  const condition = readable(viewer);
  const sql = `${MATCHES} AND ${condition.sql}`;
  const statement = db.prepare(sql);
  try {
    for (const found of statement.iterate(match, ...condition.parameters)) {
      const [row, id, rank] = Object.values(found as object) as [bigint, string, number];
      yield { row, id, score: -rank };
    }
  } finally {
    statement.finalize();
  }
}

function compare(a: SearchPlace, b: SearchPlace): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function isBehind(candidate: SearchPlace, after: SearchPlace | undefined): boolean {
  return after === undefined || compare(after, candidate) < 0;
}

/** Keeps the best in no order, and cuts them down now and then: a page is short and matches are many. */
function keep(best: Candidate[], candidate: Candidate, limit: number): void {
  best.push(candidate);
  if (best.length < 2 * limit + SLICE_ROWS) return;
  best.sort(compare);
  best.length = limit;
}

function hitOf(db: Database, match: string, candidate: Candidate, columns: Columns): FoundNode {
  const row = db
    .query(`SELECT ${NODE_COLUMNS} FROM nodes n WHERE n.id = ?`)
    .values(candidate.id)[0] as NodeRowValues;
  const node = nodeOfRow(row);
  const highlights = [...(columns.get(node.typeId) ?? [])].flatMap(([fieldId, slot]) => {
    const text = snippetOf(db, match, candidate.row, slot);
    return text.includes("\u0002") ? [{ fieldId, text }] : [];
  });
  return { node, score: candidate.score, highlights };
}

/** `type` is the index's column 0, so a slot's number is its column's. */
function snippetOf(db: Database, match: string, row: bigint, slot: number): string {
  const found = db
    .query(
      `SELECT snippet(node_search, ?, char(2), char(3), '…', ${SNIPPET_WORDS})
       FROM node_search WHERE node_search MATCH ? AND rowid = ?`,
    )
    .values(slot, match, row)[0] as [string | null] | undefined;
  return found?.[0] ?? "";
}

function tooManyMatches(rows: number): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "LIMIT_EXCEEDED",
    message: `The search matches more than ${rows} nodes.`,
    hint: "Search for more or rarer words, or in one type.",
    details: limitDetails("scanRows", rows),
  });
}
