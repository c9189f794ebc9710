import type { Database, Statement } from "bun:sqlite";
import { encodeFields } from "../../record/value-codec.ts";
import type { Fields } from "../../schema/value.ts";

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
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #purge: Statement;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO nodes (id, type_id, owner_actor, version, created_at, updated_at, deleted, fields)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.#update = db.prepare(
      "UPDATE nodes SET version = ?, updated_at = ?, deleted = ?, fields = ? WHERE id = ?",
    );
    this.#purge = db.prepare("DELETE FROM nodes WHERE id = ?");
  }

  /** False, with nothing written, when the id is taken. */
  insert(row: NodeRow): boolean {
    const { changes } = this.#insert.run(
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
    this.#update.run(
      row.version,
      row.updatedAt,
      row.deleted ? 1 : 0,
      encodeFields(row.fields),
      row.id,
    );
  }

  purge(id: string): void {
    this.#purge.run(id);
  }
}
