import type { Database } from "bun:sqlite";
import { must } from "../../base/assert.ts";
import { CHANGE_KINDS, type ChangeKind } from "../../record/change.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Under this name `settings` says below which position changes are gone. */
export const TRIMMED_BELOW = "changes_trimmed_below";

/** One change as it was written; empty and 0 where a kind has no such thing. */
export interface ChangeRow {
  readonly position: number;
  readonly kind: ChangeKind;
  /** Log time, Unix milliseconds. */
  readonly changedAt: number;
  readonly actor: string;
  readonly nodeId: string;
  readonly typeId: number;
  readonly version: number;
  readonly edgeId: string;
  readonly edgeTypeId: number;
  readonly fromId: string;
  readonly toId: string;
  /** Of a purged node only: the principals who could read it until then. */
  readonly readers: readonly string[] | undefined;
}

const COLUMNS =
  "position, kind, changed_at, actor, node_id, type_id, version, edge_id, edge_type_id, from_id, to_id, readers";

type ChangeValues = [
  bigint,
  bigint,
  bigint,
  string,
  string | null,
  bigint | null,
  bigint | null,
  string | null,
  bigint | null,
  string | null,
  string | null,
  string | null,
];

/** Changes in the order in which they were applied. Every read is a bounded range of the primary key. */
export class ChangeReader {
  readonly #after: LazyStatement;
  readonly #ofRecord: LazyStatement;
  readonly #places: LazyStatement;
  readonly #trimmedBelow: LazyStatement;

  constructor(db: Database) {
    this.#after = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM changes WHERE position > ? ORDER BY position, seq LIMIT ?`,
    );
    this.#ofRecord = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM changes WHERE position = ? ORDER BY seq`,
    );
    this.#places = new LazyStatement(
      db,
      "SELECT position, changed_at FROM changes ORDER BY position, seq LIMIT ?",
    );
    this.#trimmedBelow = new LazyStatement(
      db,
      `SELECT value FROM settings WHERE name = '${TRIMMED_BELOW}'`,
    );
  }

  /** About so many changes of records behind the position, each record whole. Fewer: there are no more. */
  after(position: number, atLeast: number): ChangeRow[] {
    const rows = this.#after.ready.values(position, atLeast) as ChangeValues[];
    const last = rows.at(-1);
    if (last === undefined || rows.length < atLeast) return rows.map(changeOfRow);
    const cut = rows.filter((row) => row[0] !== last[0]);
    const whole = this.#ofRecord.ready.values(Number(last[0])) as ChangeValues[];
    return [...cut, ...whole].map(changeOfRow);
  }

  /** Position and log time of the oldest changes, at most so many. */
  oldest(count: number): { readonly position: number; readonly changedAt: number }[] {
    const rows = this.#places.ready.values(count) as [bigint, bigint][];
    return rows.map(([position, at]) => ({ position: Number(position), changedAt: Number(at) }));
  }

  /** Changes of records below it are not kept any more; 0: all are. */
  get trimmedBelow(): number {
    const row = this.#trimmedBelow.ready.values()[0] as [string] | undefined;
    return Number(row?.[0] ?? 0);
  }
}

function changeOfRow(row: ChangeValues): ChangeRow {
  return {
    position: Number(row[0]),
    kind: must(CHANGE_KINDS[Number(row[1]) - 1], "the table holds known kinds only"),
    changedAt: Number(row[2]),
    actor: row[3],
    nodeId: row[4] ?? "",
    typeId: Number(row[5] ?? 0n),
    version: Number(row[6] ?? 0n),
    edgeId: row[7] ?? "",
    edgeTypeId: Number(row[8] ?? 0n),
    fromId: row[9] ?? "",
    toId: row[10] ?? "",
    readers: row[11] === null ? undefined : (JSON.parse(row[11]) as string[]),
  };
}
