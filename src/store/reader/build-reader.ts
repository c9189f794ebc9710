import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";

/**
 * How far a schema has been applied to existing rows. `count` finds out how many rows there
 * are, `build` goes forward, `undo` takes everything back behind a refusal, `clean` removes
 * rows of indexes that the new schema, already in force, does not have.
 */
export interface BuildState {
  /** Offset of the record that brought the schema. */
  readonly position: number;
  readonly phase: "count" | "build" | "undo" | "clean";
  /** Place of the pass in the plan. */
  readonly step: number;
  /** The last row that the pass has done with; empty: none; {@link ALL_ROWS}: every one. */
  readonly after: string;
  /** With `undo`: the last row of the pass that was taken back. */
  readonly undone: string;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** "indexes of node type 2 (Task)", in words for people. */
  readonly doing: string;
  /** With `undo`: the rejection, as `record/outcome-codec.ts` encodes it. */
  readonly result: Uint8Array | null;
  readonly wording: string | null;
  /** With `undo`: ids that the record's creates proposed, and those that they were answered with. */
  readonly replaced: readonly (readonly [string, string])[];
  readonly drops: readonly DroppedIndex[];
  /** New fields that rows hold already, though the schema that has them is not in force. */
  readonly hidden: readonly HiddenField[];
}

/** A field of a node type or an edge type. */
export interface HiddenField {
  readonly of: "node" | "edge";
  readonly typeId: number;
  readonly fieldId: number;
}

/** Rows of an index that the schema has no longer. */
export interface DroppedIndex {
  readonly unique: boolean;
  readonly typeId: number;
  /** Field id, or a composite key's id made negative. */
  readonly keyId: number;
}

export const ALL_ROWS = "*";

/** What a view says of a schema that is being built. */
export class BuildReader {
  readonly #find: LazyStatement;

  constructor(db: Database) {
    this.#find = new LazyStatement(
      db,
      `SELECT position, phase, step, after, undone, rows_done, rows_total, doing, result, wording,
         replaced, drops, hidden FROM schema_build`,
    );
  }

  /** Undefined when nothing is being built. */
  find(): BuildState | undefined {
    const row = this.#find.ready.values()[0] as BuildRow | undefined;
    if (row === undefined) return undefined;
    return {
      position: Number(row[0]),
      phase: row[1],
      step: Number(row[2]),
      after: row[3],
      undone: row[4],
      rowsDone: Number(row[5]),
      rowsTotal: Number(row[6]),
      doing: row[7],
      result: row[8],
      wording: row[9],
      replaced: JSON.parse(row[10]),
      drops: JSON.parse(row[11]),
      hidden: JSON.parse(row[12]),
    };
  }
}

type BuildRow = [
  bigint,
  BuildState["phase"],
  bigint,
  string,
  string,
  bigint,
  bigint,
  string,
  Uint8Array | null,
  string | null,
  string,
  string,
  string,
];
