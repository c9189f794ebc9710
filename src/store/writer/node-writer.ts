import type { Database } from "bun:sqlite";
import { encodeFields } from "../../record/value-codec.ts";
import type { Fields } from "../../schema/value.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** A node's row as the applier writes it. */
export interface NodeRow {
  readonly id: string;
  readonly typeId: number;
  readonly ownerActor: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deleted: boolean;
  readonly fields: Fields;
}

/** The statements that change `nodes`. Nothing is decided here. */
export class NodeWriter {
  readonly #insert: LazyStatement;
  readonly #update: LazyStatement;
  readonly #purge: LazyStatement;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      `INSERT INTO nodes (id, type_id, owner_actor, version, created_at, updated_at, deleted, fields)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.#update = new LazyStatement(
      db,
      "UPDATE nodes SET version = ?, updated_at = ?, deleted = ?, fields = ? WHERE id = ?",
    );
    this.#purge = new LazyStatement(db, "DELETE FROM nodes WHERE id = ?");
  }

  /** False, with nothing written, when the id is taken. */
  insert(row: NodeRow): boolean {
    const { changes } = this.#insert.ready.run(
      row.id,
      row.typeId,
      row.ownerActor,
      row.version,
      row.createdAt,
      row.updatedAt,
      encodeFields(row.fields),
    );
    return changes === 1;
  }

  /** Writes version, time of update, deletion and fields of the row with this id. */
  update(row: NodeRow): void {
    this.#update.ready.run(
      row.version,
      row.updatedAt,
      row.deleted ? 1 : 0,
      encodeFields(row.fields),
      row.id,
    );
  }

  purge(id: string): void {
    this.#purge.ready.run(id);
  }
}
