import type { Database } from "bun:sqlite";
import type { Edge } from "../../record/graph.ts";
import { encodeFields } from "../../record/value-codec.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** The statements that change `edges`. Nothing is decided here. */
export class EdgeWriter {
  readonly #insert: LazyStatement;
  readonly #update: LazyStatement;
  readonly #delete: LazyStatement;
  readonly #deleteFrom: LazyStatement;
  readonly #deleteTo: LazyStatement;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      `INSERT INTO edges (from_id, edge_type_id, to_id, id, created_at, updated_at, fields)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = new LazyStatement(
      db,
      "UPDATE edges SET updated_at = ?, fields = ? WHERE from_id = ? AND edge_type_id = ? AND to_id = ?",
    );
    this.#delete = new LazyStatement(
      db,
      "DELETE FROM edges WHERE from_id = ? AND edge_type_id = ? AND to_id = ?",
    );
    this.#deleteFrom = new LazyStatement(db, "DELETE FROM edges WHERE from_id = ?");
    this.#deleteTo = new LazyStatement(db, "DELETE FROM edges WHERE to_id = ?");
  }

  insert(edge: Edge): void {
    this.#insert.ready.run(
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
    this.#update.ready.run(
      edge.updatedAt,
      encodeFields(edge.fields),
      edge.fromId,
      edge.edgeTypeId,
      edge.toId,
    );
  }

  delete(edge: Pick<Edge, "fromId" | "edgeTypeId" | "toId">): void {
    this.#delete.ready.run(edge.fromId, edge.edgeTypeId, edge.toId);
  }

  /** Removes every edge that leaves or enters the node. */
  deleteAllOf(nodeId: string): void {
    this.#deleteFrom.ready.run(nodeId);
    this.#deleteTo.ready.run(nodeId);
  }
}
