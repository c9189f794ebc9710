import type { Database } from "bun:sqlite";
import type { Node } from "../../record/graph.ts";
import { decodeFields } from "../../record/value-codec.ts";
import type { IndexValue } from "../index-value.ts";
import { LazyStatement } from "../lazy-statement.ts";

export const NODE_COLUMNS =
  "n.id, n.type_id, n.owner_actor, n.version, n.created_at, n.updated_at, n.deleted, n.fields";

/** A row of `NODE_COLUMNS`, in their order. */
export type NodeRowValues = [string, bigint, string, bigint, bigint, bigint, bigint, Uint8Array];

export function nodeOfRow(row: NodeRowValues): Node {
  return {
    id: row[0],
    typeId: Number(row[1]),
    ownerActor: row[2],
    version: Number(row[3]),
    createdAt: Number(row[4]),
    updatedAt: Number(row[5]),
    deleted: row[6] !== 0n,
    fields: decodeFields(row[7]),
  };
}

/** Nodes by key. Each look-up is a few steps down one or two B-trees. */
export class NodeReader {
  readonly #byId: LazyStatement;
  readonly #idByUnique: LazyStatement;

  constructor(db: Database) {
    this.#byId = new LazyStatement(db, `SELECT ${NODE_COLUMNS} FROM nodes n WHERE n.id = ?`);
    this.#idByUnique = new LazyStatement(
      db,
      "SELECT node_id FROM unique_values WHERE type_id = ? AND key_id = ? AND value = ?",
    );
  }

  /** The node, deleted or not; undefined when there is none with this id. */
  find(id: string): Node | undefined {
    const row = this.#byId.ready.values(id)[0] as NodeRowValues | undefined;
    return row === undefined ? undefined : nodeOfRow(row);
  }

  /** The id of the live node that holds this value of a unique field or composite key (`compositeKeyId`). */
  findIdByUnique(typeId: number, keyId: number, value: IndexValue): string | undefined {
    const row = this.#idByUnique.ready.values(typeId, keyId, value)[0] as [string] | undefined;
    return row?.[0];
  }
}
