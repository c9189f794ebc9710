/**
 * Full-text search over nodes, as a read worker runs it: every match is looked at, as the best
 * can only be known then, access is judged before a match is scored, and only the page's nodes
 * are read whole. What may not be read counts towards the budget and towards nothing else.
 *
 * Yields between slices; run it in one read transaction.
 */
import type { Database } from "bun:sqlite";
import { EntError } from "../../base/errors.ts";
import { limitDetails } from "../../base/limits.ts";
import type { Node } from "../../record/graph.ts";
import type { Viewer } from "../../record/viewer.ts";
import { slotColumn, typeWord } from "../migrations/search-tables.ts";
import { readable } from "../visibility.ts";
import { CLOSE, OPEN, SNIPPET_WORDS, scoreOf } from "./marked-text.ts";
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

/** Rows of a slice, and the characters of their texts: whichever comes first ends it. */
const SLICE_ROWS = 500;
const SLICE_CHARS = 1024 * 1024;

/** The wanted hits: best first, equally good ones by id. Throws LIMIT_EXCEEDED past the scan budget. */
export function* searchNodes(db: Database, work: SearchWork): Generator<void, FoundNode[]> {
  if (!hasIndex(db)) return [];
  const columns = columnsOf(db);
  const slots = slotsOf(work, columns);
  if (slots.size === 0) return [];
  const match = matchOf(work, columns);
  const best: Candidate[] = [];
  let looked = 0;
  let chars = 0;
  for (const { row, id, marked } of matchesOf(db, match, slots, work.viewer)) {
    looked += 1;
    if (looked > work.scanRows) throw tooManyMatches(work.scanRows);
    if (marked !== null) {
      const candidate = { row, id, score: scoreOf(marked) };
      if (isBehind(candidate, work.after)) keep(best, candidate, work.limit);
      chars += marked.length;
    }
    if (looked % SLICE_ROWS !== 0 && chars < SLICE_CHARS) continue;
    chars = 0;
    yield;
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

/** Where the texts stand that are searched; `type` is the index's column 0, so a slot's number is its column's. */
function slotsOf({ typeIds, fieldIds }: SearchWork, columns: Columns): Set<number> {
  const types = typeIds.length === 0 ? [...columns.keys()] : typeIds;
  return new Set(types.flatMap((typeId) => slotsOfType(typeId, fieldIds, columns)));
}

function slotsOfType(typeId: number, fieldIds: readonly number[], columns: Columns): number[] {
  return [...(columns.get(typeId) ?? [])]
    .filter(([fieldId]) => fieldIds.length === 0 || fieldIds.includes(fieldId))
    .map(([, slot]) => slot);
}

/** `match` holds quoted words only; what is put around it are names of columns and numbers of types. */
function matchOf({ match, typeIds, fieldIds }: SearchWork, columns: Columns): string {
  if (typeIds.length === 0) return `- type : (${match})`;
  const parts = typeIds.flatMap((typeId) => {
    const slots = slotsOfType(typeId, fieldIds, columns).map(slotColumn);
    return slots.length === 0
      ? []
      : [`(type : "${typeWord(typeId)}" AND {${slots.join(" ")}} : (${match}))`];
  });
  return parts.join(" OR ");
}

interface Match {
  readonly row: bigint;
  readonly id: string;
  /** The texts that were searched, with what was found marked; null: the viewer may not read them. */
  readonly marked: string | null;
}

const MATCHES = `FROM node_search
    JOIN search_rows r ON r.row = node_search.rowid
    JOIN nodes n ON n.id = r.node_id
  WHERE node_search MATCH ?`;

function* matchesOf(
  db: Database,
  match: string,
  slots: ReadonlySet<number>,
  viewer: Viewer,
): Generator<Match> {
  const texts = [...slots].map((slot) => `highlight(node_search, ${slot}, '${OPEN}', '${CLOSE}')`);
  const marked = `concat_ws(char(10), ${texts.join(", ")})`;
  const condition = readable(viewer);
  const sql = `SELECT r.row, r.node_id AS id, CASE WHEN ${condition.sql} THEN ${marked} END AS marked
    ${MATCHES}`;
  const statement = db.prepare(sql);
  try {
    for (const found of statement.iterate(...condition.parameters, match)) yield found as Match;
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
    return text.includes(OPEN) ? [{ fieldId, text }] : [];
  });
  return { node, score: candidate.score, highlights };
}

function snippetOf(db: Database, match: string, row: bigint, slot: number): string {
  const found = db
    .query(
      `SELECT snippet(node_search, ?, '${OPEN}', '${CLOSE}', '…', ${SNIPPET_WORDS})
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
