/**
 * Edges by id, by their ends, and in the order of an index: edge type, then the other end's id.
 *
 * An edge is hidden while one of its ends is deleted, and from whoever may not read one of
 * them. Pages tell hidden edges apart; look-ups by key find them, because a hidden edge still
 * holds its (type, from, to).
 */
import type { Database } from "bun:sqlite";
import type { Direction, Edge } from "../../record/graph.ts";
import { decodeFields } from "../../record/value-codec.ts";
import type { Viewer } from "../../record/viewer.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { readable } from "../visibility.ts";

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

/** The edges of a node on one side, as somebody sees them. */
export interface EdgesOfNode {
  readonly nodeId: string;
  readonly direction: Direction;
  /** 0: all types. */
  readonly edgeTypeId: number;
  readonly viewer: Viewer;
}

/** Some edges of a node, one after the other. */
export interface EdgeRun {
  /** Those whose other end is live and may be read. */
  readonly edges: readonly Edge[];
  /** How many there are, hidden ones among them. */
  readonly looked: number;
  /** The last of them, hidden or not; undefined: there are none. */
  readonly last: EdgePlace | undefined;
}

/** The statements that read `edges`. */
export class EdgeReader {
  readonly #byId: LazyStatement;
  readonly #byEnds: LazyStatement;
  readonly #firstFrom: LazyStatement;
  readonly #db: Database;

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
    this.#db = db;
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
   * The next `rows` edges of the node behind `after`, hidden or not: so many rows of an index
   * and no more. Whether the node itself is live and may be read is the caller's question.
   */
  run(of: EdgesOfNode, after: EdgePlace | undefined, rows: number): EdgeRun {
    const { nodeId, direction, edgeTypeId, viewer } = of;
    const seen = readable(viewer);
    const place =
      edgeTypeId === 0
        ? [after?.edgeTypeId ?? 0, after?.otherId ?? ""]
        : [edgeTypeId, after?.otherId ?? ""];
    // Kept by the connection: there are eight texts.
    const found = this.#db
      .query(runText(direction, edgeTypeId === 0, seen.sql))
      .values(...seen.parameters, nodeId, ...place, rows) as [...EdgeRowValues, bigint][];
    const last = found.at(-1);
    return {
      edges: found.filter((row) => row[7] === 1n).map((row) => edgeOfRow(row as never)),
      looked: found.length,
      last: last && {
        edgeTypeId: Number(last[1]),
        otherId: direction === "out" ? last[3] : last[2],
      },
    };
  }
}

/** Every part is a constant: the direction picks the end that is given and the index that orders. */
function runText(direction: Direction, allTypes: boolean, seen: string): string {
  const [given, other, index] =
    direction === "out"
      ? ["e.from_id", "e.to_id", ""]
      : ["e.to_id", "e.from_id", "INDEXED BY edges_by_target"];
  const behind = allTypes
    ? `(e.edge_type_id, ${other}) > (?, ?)`
    : `e.edge_type_id = ? AND ${other} > ?`;
  return `SELECT ${EDGE_COLUMNS},
      EXISTS (SELECT 1 FROM nodes n WHERE n.id = ${other} AND n.deleted = 0 AND ${seen})
    FROM edges e ${index} WHERE ${given} = ? AND ${behind}
    ORDER BY e.edge_type_id, ${other} LIMIT ?`;
}
