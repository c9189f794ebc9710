import type { Database } from "bun:sqlite";
import { type ChangeKind, changeKindNumber } from "../../record/change.ts";
import type { Edge, Node } from "../../record/graph.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { TRIMMED_BELOW } from "../reader/change-reader.ts";

/** Where a change stands, when it was, and who did it. */
export interface ChangePlace {
  readonly position: number;
  /** Counts the changes of one record, from 0. */
  readonly seq: number;
  /** Log time, Unix milliseconds. */
  readonly changedAt: number;
  readonly actor: string;
}

/** The statements that change `changes`. One insert an effect: they are part of every write. */
export class ChangeWriter {
  readonly #node: LazyStatement;
  readonly #edge: LazyStatement;
  readonly #schema: LazyStatement;
  readonly #trim: LazyStatement;
  readonly #trimmedBelow: LazyStatement;

  constructor(db: Database) {
    this.#node = new LazyStatement(
      db,
      `INSERT INTO changes
         (position, seq, kind, changed_at, actor, node_id, type_id, version, readers)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#edge = new LazyStatement(
      db,
      `INSERT INTO changes
         (position, seq, kind, changed_at, actor, edge_id, edge_type_id, from_id, to_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#schema = new LazyStatement(
      db,
      "INSERT INTO changes (position, seq, kind, changed_at, actor) VALUES (?, ?, ?, ?, ?)",
    );
    this.#trim = new LazyStatement(db, "DELETE FROM changes WHERE position < ?");
    this.#trimmedBelow = new LazyStatement(
      db,
      `INSERT INTO settings (name, value) VALUES ('${TRIMMED_BELOW}', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
  }

  /** `readers`: of a purged node, those who could read it until now. */
  node(
    at: ChangePlace,
    kind: ChangeKind,
    node: Pick<Node, "id" | "typeId" | "version">,
    readers: readonly string[] | undefined,
  ): void {
    this.#node.ready.run(
      at.position,
      at.seq,
      changeKindNumber(kind),
      at.changedAt,
      at.actor,
      node.id,
      node.typeId,
      node.version,
      readers === undefined ? null : JSON.stringify(readers),
    );
  }

  edge(at: ChangePlace, kind: ChangeKind, edge: Edge): void {
    this.#edge.ready.run(
      at.position,
      at.seq,
      changeKindNumber(kind),
      at.changedAt,
      at.actor,
      edge.id,
      edge.edgeTypeId,
      edge.fromId,
      edge.toId,
    );
  }

  schema(at: ChangePlace): void {
    const kind = changeKindNumber("schema_changed");
    this.#schema.ready.run(at.position, at.seq, kind, at.changedAt, at.actor);
  }

  /** Removes the changes of every record below it, and remembers that they are gone. */
  trimBelow(position: number): void {
    this.#trim.ready.run(position);
    this.#trimmedBelow.ready.run(String(position));
  }
}
