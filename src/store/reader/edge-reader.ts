/**
 * Edges by id, by their ends, and in the order of an index: edge type, then the other end's id.
 *
 * An edge is hidden while one of its ends is deleted: lists leave hidden edges out, look-ups
 * by key find them, because a hidden edge still holds its (type, from, to).
 */
import type { Database } from "bun:sqlite";
import type { Direction, Edge } from "../../record/graph.ts";
import { decodeFields } from "../../record/value-codec.ts";
import { LazyStatement } from "../lazy-statement.ts";

const EDGE_COLUMNS =
  "e.id, e.edge_type_id, e.from_id, e.to_id, e.created_at, e.updated_at, e.fields";
type EdgeRowValues = [string, bigint, string, string, bigint, bigint, Uint8Array];

function edgeOfRow(row: EdgeRowValues): Edge {
  return {
    id: row[0],
    edgeTypeId: Number(row[1]),
    fromId: row[2],
    toId: row[3],
    createdAt: Number(row[4]),
    updatedAt: Number(row[5]),
    fields: decodeFields(row[6]),
  };
}

/** Where a page of edges begins: behind this edge type and other end. */
export interface EdgePlace {
  readonly edgeTypeId: number;
  readonly otherId: string;
}

/** The statements that read `edges`. */
export class EdgeReader {
  readonly #byId: LazyStatement;
  readonly #byEnds: LazyStatement;
  readonly #firstFrom: LazyStatement;
  readonly #lists: Record<Direction, { all: LazyStatement; ofType: LazyStatement }>;

  constructor(db: Database) {
    this.#byId = new LazyStatement(db, `SELECT ${EDGE_COLUMNS} FROM edges e WHERE e.id = ?`);
    this.#byEnds = new LazyStatement(
      db,
      `SELECT ${EDGE_COLUMNS} FROM edges e WHERE e.from_id = ? AND e.edge_type_id = ? AND e.to_id = ?`,
    );
    this.#firstFrom = new LazyStatement(
      db,
      `SELECT ${EDGE_COLUMNS} FROM edges e WHERE e.from_id = ? AND e.edge_type_id = ? LIMIT 1`,
    );
    this.#lists = { out: prepareLists(db, "out"), in: prepareLists(db, "in") };
  }

  /** The edge, hidden or not. */
  find(id: string): Edge | undefined {
    const row = this.#byId.ready.values(id)[0] as EdgeRowValues | undefined;
    return row && edgeOfRow(row);
  }

  /** The edge, hidden or not. */
  findByEnds(edgeTypeId: number, fromId: string, toId: string): Edge | undefined {
    const row = this.#byEnds.ready.values(fromId, edgeTypeId, toId)[0] as EdgeRowValues | undefined;
    return row && edgeOfRow(row);
  }

  /** Any edge of the type that leaves the node, hidden or not. */
  findAnyFrom(edgeTypeId: number, fromId: string): Edge | undefined {
    const row = this.#firstFrom.ready.values(fromId, edgeTypeId)[0] as EdgeRowValues | undefined;
    return row && edgeOfRow(row);
  }

  /**
   * At most `limit` edges of the node behind `after`, of one type or (0) of all, whose
   * other end is live. Whether the node itself is live is the caller's question.
   */
  list(
    nodeId: string,
    direction: Direction,
    edgeTypeId: number,
    after: EdgePlace | undefined,
    limit: number,
  ): Edge[] {
    const statements = this.#lists[direction];
    const otherId = after?.otherId ?? "";
    const rows =
      edgeTypeId === 0
        ? statements.all.ready.values(nodeId, after?.edgeTypeId ?? 0, otherId, limit)
        : statements.ofType.ready.values(nodeId, edgeTypeId, otherId, limit);
    return (rows as EdgeRowValues[]).map(edgeOfRow);
  }
}

/** Every text below is a constant: the direction picks the end that is given and the index that orders. */
function prepareLists(
  db: Database,
  direction: Direction,
): { all: LazyStatement; ofType: LazyStatement } {
  const [given, other, index] =
    direction === "out"
      ? ["e.from_id", "e.to_id", ""]
      : ["e.to_id", "e.from_id", "INDEXED BY edges_by_target"];
  const list = (place: string) =>
    `SELECT ${EDGE_COLUMNS} FROM edges e ${index} WHERE ${given} = ?1 AND ${place}
       AND EXISTS (SELECT 1 FROM nodes n WHERE n.id = ${other} AND n.deleted = 0)
     ORDER BY e.edge_type_id, ${other} LIMIT ?4`;
  const ofType = list(`e.edge_type_id = ?2 AND ${other} > ?3`);
  const all = list(`(e.edge_type_id, ${other}) > (?2, ?3)`);
  return { all: new LazyStatement(db, all), ofType: new LazyStatement(db, ofType) };
}
