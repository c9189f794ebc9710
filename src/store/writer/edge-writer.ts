import type { Database, Statement } from "bun:sqlite";
import type { Edge } from "../../record/graph.ts";
import { encodeFields } from "../../record/value-codec.ts";

/** The statements that change `edges`. Nothing is decided here. */
export class EdgeWriter {
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  readonly #deleteFrom: Statement;
  readonly #deleteTo: Statement;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO edges (from_id, edge_type_id, to_id, id, created_at, updated_at, fields)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = db.prepare(
      "UPDATE edges SET updated_at = ?, fields = ? WHERE from_id = ? AND edge_type_id = ? AND to_id = ?",
    );
    this.#delete = db.prepare(
      "DELETE FROM edges WHERE from_id = ? AND edge_type_id = ? AND to_id = ?",
    );
    this.#deleteFrom = db.prepare("DELETE FROM edges WHERE from_id = ?");
    this.#deleteTo = db.prepare("DELETE FROM edges WHERE to_id = ?");
  }

  insert(edge: Edge): void {
    this.#insert.run(
      edge.fromId,
      edge.edgeTypeId,
      edge.toId,
      edge.id,
      edge.createdAt,
      edge.updatedAt,
      encodeFields(edge.fields),
    );
  }

  update(edge: Edge): void {
    this.#update.run(
      edge.updatedAt,
      encodeFields(edge.fields),
      edge.fromId,
      edge.edgeTypeId,
      edge.toId,
    );
  }

  delete(edge: Pick<Edge, "fromId" | "edgeTypeId" | "toId">): void {
    this.#delete.run(edge.fromId, edge.edgeTypeId, edge.toId);
  }

  /** Removes every edge that leaves or enters the node. */
  deleteAllOf(nodeId: string): void {
    this.#deleteFrom.run(nodeId);
    this.#deleteTo.run(nodeId);
  }
}
