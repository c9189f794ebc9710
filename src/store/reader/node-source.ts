import type { Database, Statement } from "bun:sqlite";
import { must } from "../../base/assert.ts";
import type { Access, Bound } from "../../query/access.ts";
import type { PathOrder } from "../../query/plan.ts";
import type { Viewer } from "../../record/viewer.ts";
import type { Value } from "../../schema/value.ts";
import { type IndexValue, indexValue } from "../index-value.ts";
import { readable } from "../visibility.ts";
import { NODE_COLUMNS } from "./node-reader.ts";

/**
 * The SQL that walks one access of a query. Texts are put together from the constants
 * below; everything that a client sent is a parameter.
 *
 * Rows that the viewer may not read are given too, and say so ({@link isReadable}): whoever
 * takes them counts what has been looked at, and passes them over.
 */
export interface SourceRequest {
  readonly viewer: Viewer;
  readonly typeId: number;
  readonly access: Access;
  readonly includeDeleted: boolean;
  /** In which direction to walk; undefined: any, the rows are sorted later. */
  readonly order: PathOrder | undefined;
  /** Values of the last row that has been given; the walk goes on behind it. Needs `order`. */
  readonly after: readonly Value[] | undefined;
  /** Only the ids, for counting: an index is then read without its nodes. */
  readonly idsOnly: boolean;
}

type Parameter = IndexValue | number;

interface Piece {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** Whether the viewer may read the node of this row. */
export function isReadable(row: readonly unknown[]): boolean {
  return row.at(-1) === 1n;
}

/** The first `limit` rows at once, as values of `NODE_COLUMNS` or (ids only) the id alone, and then {@link isReadable}. */
export function firstRowsOf(db: Database, request: SourceRequest, limit: number): unknown[][] {
  const rows: unknown[][] = [];
  for (const { sql, parameters } of piecesOf(request)) {
    if (rows.length >= limit) break;
    const limited = `${sql} LIMIT ?`;
    // Kept by the connection: the texts of walks along an index are few.
    rows.push(...db.query(limited).values(...parameters, limit - rows.length));
  }
  return rows;
}

/** Row after row, as {@link firstRowsOf} gives them. */
export function* rowsOf(db: Database, request: SourceRequest): Generator<unknown[]> {
  let statement: Statement | undefined;
  let prepared = "";
  try {
    // Pieces of one access mostly have one text: each node of many has its own piece.
    for (const { sql, parameters } of piecesOf(request)) {
      if (sql !== prepared) statement?.finalize();
      if (sql !== prepared || statement === undefined) statement = db.prepare(sql);
      prepared = sql;
      for (const row of statement.iterate(...parameters)) {
        yield Object.values(row as Record<string, unknown>);
      }
    }
  } finally {
    statement?.finalize();
  }
}

function piecesOf(request: SourceRequest): Piece[] {
  const { access } = request;
  switch (access.by) {
    case "ids":
      return idPieces(request, access.ids);
    case "type":
      return [typePiece(request, access)];
    case "values":
      return valuePieces(request, access);
    case "range":
      return [rangePiece(request, access)];
  }
}

/** What a row is made of, and the values of its `?`, which stand before those of the conditions. */
function columnsOf(request: SourceRequest, id = "n.id"): Piece {
  const { sql, parameters } = readable(request.viewer);
  const columns = request.idsOnly ? id : NODE_COLUMNS;
  return { sql: `${columns}, ${sql} AS readable`, parameters };
}

const NOT_DELETED = "n.deleted = 0";
const DELETED = "n.deleted = 1";

function idPieces(request: SourceRequest, ids: readonly string[]): Piece[] {
  const columns = columnsOf(request);
  const live = request.includeDeleted ? "" : ` AND ${NOT_DELETED}`;
  const sql = `SELECT ${columns.sql} FROM nodes n WHERE n.id = ? AND n.type_id = ?${live}`;
  const afterId = lastId(request.after);
  const descending = request.order?.idDescending ?? false;
  const wanted = ids.filter(
    (id) => afterId === undefined || (descending ? id < afterId : id > afterId),
  );
  if (descending) wanted.reverse();
  return wanted.map((id) => ({ sql, parameters: [...columns.parameters, id, request.typeId] }));
}

/** Deleted nodes have an index of their own; SQLite merges the two walks where an order is asked for. */
function typePiece(request: SourceRequest, access: Access & { by: "type" }): Piece {
  const columns = columnsOf(request);
  const conditions = ["n.type_id = ?"];
  const parameters: Parameter[] = [...columns.parameters, request.typeId];
  const descending = request.order?.idDescending ?? false;
  addBounds("n.id", access, conditions, parameters);
  const afterId = lastId(request.after);
  if (afterId !== undefined) {
    conditions.push(descending ? "n.id < ?" : "n.id > ?");
    parameters.push(afterId);
  }
  const where = conditions.join(" AND ");
  const live = `SELECT ${columns.sql} FROM nodes n INDEXED BY live_nodes WHERE ${where} AND ${NOT_DELETED}`;
  const deleted = `SELECT ${columns.sql} FROM nodes n INDEXED BY deleted_nodes WHERE ${where} AND ${DELETED}`;
  const order = ` ORDER BY 1${descending ? " DESC" : ""}`;
  if (!request.includeDeleted) return { sql: live + order, parameters };
  const both = `${live} UNION ALL ${deleted}`;
  const ordered = request.order === undefined ? both : both + order;
  return { sql: ordered, parameters: [...parameters, ...parameters] };
}

/** One walk for each value, in their order: the index gives the ids of a value in order. */
function valuePieces(request: SourceRequest, access: Access & { by: "values" }): Piece[] {
  const byValue = request.order?.by === "value";
  const ascending = access.values.map(stored);
  const values = request.order?.valueDescending ? ascending.reverse() : ascending;
  const after = byValue
    ? stored(must(request.after?.[0] ?? access.values[0], "a value"))
    : undefined;
  const from =
    byValue && request.after !== undefined ? values.findIndex((value) => same(value, after)) : 0;
  return values.slice(Math.max(from, 0)).map((value, i) => {
    const goesOn = request.after !== undefined && (!byValue || i === 0);
    return valuePiece(request, access, value, goesOn ? lastId(request.after) : undefined);
  });
}

function valuePiece(
  request: SourceRequest,
  access: Access & { by: "values" },
  value: IndexValue,
  afterId: string | undefined,
): Piece {
  const { table, key } = indexOf(access.unique);
  const descending = request.order?.idDescending ?? false;
  const conditions = ["v.type_id = ?", `v.${key} = ?`, "v.value = ?"];
  const { sql: from, parameters: first } = selectFrom(request, table);
  const parameters: Parameter[] = [...first, request.typeId, access.fieldId, value];
  if (afterId !== undefined) {
    conditions.push(descending ? "v.node_id < ?" : "v.node_id > ?");
    parameters.push(afterId);
  }
  const sql = `${from} WHERE ${conditions.join(" AND ")}
    ORDER BY v.node_id${descending ? " DESC" : ""}`;
  return { sql, parameters };
}

function rangePiece(request: SourceRequest, access: Access & { by: "range" }): Piece {
  const { table, key } = indexOf(access.unique);
  const conditions = ["v.type_id = ?", `v.${key} = ?`];
  const { sql: from, parameters: first } = selectFrom(request, table);
  const parameters: Parameter[] = [...first, request.typeId, access.fieldId];
  addBounds("v.value", access, conditions, parameters);
  const descending = request.order?.valueDescending ?? false;
  const [value] = request.after ?? [];
  const afterId = lastId(request.after);
  if (value !== undefined && afterId !== undefined) {
    conditions.push(`(v.value, v.node_id) ${descending ? "<" : ">"} (?, ?)`);
    parameters.push(stored(value), afterId);
  }
  const turn = descending ? " DESC" : "";
  const sql = `${from} WHERE ${conditions.join(" AND ")}
    ORDER BY v.value${turn}, v.node_id${turn}`;
  return { sql, parameters };
}

function selectFrom(request: SourceRequest, table: string): Piece {
  const { sql, parameters } = columnsOf(request, "v.node_id");
  const from = `SELECT ${sql} FROM ${table} v`;
  // An index alone does not say who owns the node.
  if (request.idsOnly && request.viewer.seesAll) return { sql: from, parameters };
  // CROSS JOIN holds SQLite to walking the index and looking up each node.
  return { sql: `${from} CROSS JOIN nodes n ON n.id = v.node_id`, parameters };
}

function indexOf(unique: boolean): { table: string; key: string } {
  return unique
    ? { table: "unique_values", key: "key_id" }
    : { table: "field_values", key: "field_id" };
}

function addBounds(
  column: string,
  range: { readonly lower: Bound | undefined; readonly upper: Bound | undefined },
  conditions: string[],
  parameters: Parameter[],
): void {
  if (range.lower !== undefined) {
    conditions.push(`${column} ${range.lower.inclusive ? ">=" : ">"} ?`);
    parameters.push(stored(range.lower.value));
  }
  if (range.upper !== undefined) {
    conditions.push(`${column} ${range.upper.inclusive ? "<=" : "<"} ?`);
    parameters.push(stored(range.upper.value));
  }
}

function stored(value: Value): IndexValue {
  return must(indexValue(value), "an index holds only kinds that it can");
}

function same(a: IndexValue, b: IndexValue | undefined): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return a === b;
}

/** A place ends with the row's id. */
function lastId(place: readonly Value[] | undefined): string | undefined {
  const last = place?.at(-1);
  return last?.kind === "ref" ? last.value : undefined;
}
