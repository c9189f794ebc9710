/**
 * All nodes of a type and all edges, page by page in the order of their keys, for work that
 * must look at every one and may be interrupted behind any. A place is the key of the last row
 * that was looked at; the empty one is before all of them.
 */
import type { Database } from "bun:sqlite";
import type { Edge, Node } from "../../record/graph.ts";
import { decodeFields } from "../../record/value-codec.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { NODE_COLUMNS, type NodeRowValues, nodeOfRow } from "./node-reader.ts";

/** The key of an edge. */
export type EdgeKey = Pick<Edge, "fromId" | "edgeTypeId" | "toId">;

/** How many rows were counted, and the place of the last. Fewer than asked for: there are no more. */
export interface Counted {
  readonly rows: number;
  readonly after: string;
}

export class RowWalk {
  readonly #live: LazyStatement;
  readonly #all: LazyStatement;
  readonly #countLive: LazyStatement;
  readonly #countAll: LazyStatement;
  readonly #edges: LazyStatement;
  readonly #edgeKeys: LazyStatement;
  readonly #countIndex: Readonly<Record<"unique" | "field", LazyStatement>>;

  constructor(db: Database) {
    const live = `FROM nodes n INDEXED BY live_nodes
      WHERE n.type_id = ?1 AND n.deleted = 0 AND n.id > ?2`;
    const deleted = `FROM nodes n INDEXED BY deleted_nodes
      WHERE n.type_id = ?1 AND n.deleted = 1 AND n.id > ?2`;
    const liveOnly = (columns: string) => `SELECT ${columns} ${live} ORDER BY n.id LIMIT ?3`;
    const both = (columns: string) =>
      `SELECT ${columns} ${live} UNION ALL SELECT ${columns} ${deleted} ORDER BY 1 LIMIT ?3`;
    this.#live = new LazyStatement(db, liveOnly(NODE_COLUMNS));
    this.#all = new LazyStatement(db, both(NODE_COLUMNS));
    this.#countLive = new LazyStatement(db, countOf(liveOnly("n.id AS id")));
    this.#countAll = new LazyStatement(db, countOf(both("n.id AS id")));
    const edges = (columns: string) => `SELECT ${columns} FROM edges
      WHERE (from_id, edge_type_id, to_id) > (?, ?, ?)
      ORDER BY from_id, edge_type_id, to_id LIMIT ?`;
    this.#edges = new LazyStatement(
      db,
      edges("from_id, edge_type_id, to_id, id, created_at, updated_at, fields"),
    );
    this.#edgeKeys = new LazyStatement(db, edges("from_id, edge_type_id, to_id"));
    const index = (table: string, key: string) =>
      new LazyStatement(
        db,
        `SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE type_id = ? AND ${key} = ? LIMIT ?)`,
      );
    this.#countIndex = {
      unique: index("unique_values", "key_id"),
      field: index("field_values", "field_id"),
    };
  }

  /** Live nodes of the type, or also deleted ones, behind the place. */
  nodes(typeId: number, withDeleted: boolean, after: string, limit: number): Node[] {
    const statement = withDeleted ? this.#all : this.#live;
    return (statement.ready.values(typeId, after, limit) as NodeRowValues[]).map(nodeOfRow);
  }

  countNodes(typeId: number, withDeleted: boolean, after: string, limit: number): Counted {
    const statement = withDeleted ? this.#countAll : this.#countLive;
    const [row] = statement.ready.values(typeId, after, limit) as [[bigint, string | null]];
    return { rows: Number(row[0]), after: row[1] ?? after };
  }

  edges(after: string, limit: number): Edge[] {
    const rows = this.#edges.ready.values(...partsOf(after), limit) as EdgeRow[];
    return rows.map(([fromId, typeId, toId, id, createdAt, updatedAt, fields]) => ({
      id,
      edgeTypeId: Number(typeId),
      fromId,
      toId,
      createdAt: Number(createdAt),
      updatedAt: Number(updatedAt),
      fields: decodeFields(fields),
    }));
  }

  edgeKeys(after: string, limit: number): EdgeKey[] {
    const rows = this.#edgeKeys.ready.values(...partsOf(after), limit) as EdgeKeyRow[];
    return rows.map(([fromId, typeId, toId]) => ({ fromId, edgeTypeId: Number(typeId), toId }));
  }

  countEdges(after: string, limit: number): Counted {
    const rows = this.#edgeKeys.ready.values(...partsOf(after), limit) as EdgeKeyRow[];
    const last = rows.at(-1);
    return { rows: rows.length, after: last === undefined ? after : last.join(SEPARATOR) };
  }

  /** Entries of one field or key in an index, at most `limit`. */
  countEntries(unique: boolean, typeId: number, keyId: number, limit: number): number {
    const statement = this.#countIndex[unique ? "unique" : "field"];
    const [row] = statement.ready.values(typeId, keyId, limit) as [[bigint]];
    return Number(row[0]);
  }
}

type EdgeKeyRow = [string, bigint, string];
type EdgeRow = [...EdgeKeyRow, string, bigint, bigint, Uint8Array];

const SEPARATOR = "/";

/** The place of an edge. */
export function placeOfEdge({ fromId, edgeTypeId, toId }: EdgeKey): string {
  return [fromId, edgeTypeId, toId].join(SEPARATOR);
}

/** The edge type and the node that it leaves, of an edge's place; undefined for the empty place. */
export function leavingEnd(place: string): { fromId: string; edgeTypeId: number } | undefined {
  if (place === "") return undefined;
  const [fromId, edgeTypeId] = partsOf(place);
  return { fromId, edgeTypeId };
}

function partsOf(place: string): [fromId: string, edgeTypeId: number, toId: string] {
  const [fromId = "", edgeTypeId = "0", toId = ""] = place.split(SEPARATOR);
  return [fromId, Number(edgeTypeId), toId];
}

function countOf(rows: string): string {
  return `SELECT count(*), max(id) FROM (${rows})`;
}
