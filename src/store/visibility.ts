/**
 * Who may see what: the one predicate that every read goes by, whether it gets, lists, walks,
 * counts, searches or watches. A node may be read by its owner, by whom a grant names that
 * has not expired (every permission implies reading), and by who holds the right to all data.
 *
 * Invariant: what is tested here row by row and what `readers` lists by principal are the
 * same nodes. `readers` only ever narrows down where to look; it holds expired rows too.
 */
import type { Database } from "bun:sqlite";
import type { Node } from "../record/graph.ts";
import type { Viewer } from "../record/viewer.ts";
import { LazyStatement } from "./lazy-statement.ts";

/** A condition of SQL with the values of its `?`, in their order. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

const EVERYTHING: Condition = { sql: "1", parameters: [] };

/**
 * Whether the viewer may read the row of `nodes` that the query calls `n`. The text is one of
 * two, so that statements can be kept. Belongs where rows are picked, before LIMIT and counts.
 *
 * It looks through the grants of the node, which are few, and not for each of the viewer's
 * principals, which may be many: 0.6 µs a row however many groups the viewer is in. The plus
 * keeps SQLite from the other way.
 */
export function readable(viewer: Viewer): Condition {
  if (viewer.seesAll) return EVERYTHING;
  return {
    sql: READABLE,
    parameters: [ownName(viewer), principalsJson(viewer.principals), viewer.now],
  };
}

const READABLE = `(n.owner_actor = ? OR EXISTS (
  SELECT 1 FROM grants g WHERE g.node_id = n.id
     AND +g.principal IN (SELECT value FROM json_each(?))
     AND (g.expires_at IS NULL OR g.expires_at > ?)))`;

/** What {@link canRead} asks. */
export interface VisibilityReads {
  readonly visibility: VisibilityReader;
}

/** Whether the viewer may read the node; of the viewer's own nodes without a look at the file. */
export function canRead(
  reads: VisibilityReads,
  viewer: Viewer,
  node: Pick<Node, "id" | "ownerActor">,
): boolean {
  if (viewer.seesAll || node.ownerActor === ownName(viewer)) return true;
  return reads.visibility.isGranted(viewer, node.id);
}

/** Whether something that expires then (null: never) still holds for the viewer. */
function holds(expiresAt: bigint | null, viewer: Viewer): boolean {
  return expiresAt === null || expiresAt > viewer.now;
}

/** Who may read one node: the same predicate, looked up once to judge many viewers. */
export class Audience {
  readonly #ownerActor: string;
  readonly #grants: readonly GrantRow[];

  constructor(ownerActor: string, grants: readonly GrantRow[]) {
    this.#ownerActor = ownerActor;
    this.#grants = grants;
  }

  includes(viewer: Viewer): boolean {
    return this.#ownerActor === ownName(viewer) || anyHolds(this.#grants, viewer);
  }
}

/** A principal, and when what it was granted expires (null: never). */
type GrantRow = readonly [principal: string, expiresAt: bigint | null];

function anyHolds(grants: readonly GrantRow[], viewer: Viewer): boolean {
  return grants.some(
    ([principal, expiresAt]) =>
      holds(expiresAt, viewer) && namesOf(viewer.principals).has(principal),
  );
}

/** The statements behind the predicate. */
export class VisibilityReader {
  readonly #ownerOf: LazyStatement;
  readonly #grantsOf: LazyStatement;
  readonly #readableBy: LazyStatement;
  readonly #lapsedMail: LazyStatement;

  constructor(db: Database) {
    this.#ownerOf = new LazyStatement(db, "SELECT owner_actor FROM nodes WHERE id = ?");
    this.#grantsOf = new LazyStatement(
      db,
      "SELECT principal, expires_at FROM grants WHERE node_id = ?",
    );
    this.#readableBy = new LazyStatement(
      db,
      `SELECT node_id, expires_at FROM readers WHERE principal = ? AND type_id = ?
       ORDER BY node_id LIMIT ?`,
    );
    this.#lapsedMail = new LazyStatement(
      db,
      `SELECT node_id FROM readers WHERE principal = ? AND expires_at <= ?
         AND node_id IN (SELECT node_id FROM mailed_nodes)`,
    );
  }

  /** Whether a grant lets the viewer read the node. Ask {@link canRead} instead, which knows owners. */
  isGranted(viewer: Viewer, nodeId: string): boolean {
    return anyHolds(this.#grantsOf.ready.values(nodeId) as [string, bigint | null][], viewer);
  }

  /** Who may read the node; undefined for one that there is not. Whoever sees all data is in no audience. */
  audienceOf(nodeId: string): Audience | undefined {
    const row = this.#ownerOf.ready.values(nodeId)[0] as [string] | undefined;
    if (row === undefined) return undefined;
    return new Audience(row[0], this.#grantsOf.ready.values(nodeId) as [string, bigint | null][]);
  }

  /**
   * The ids of all nodes of the type that the viewer may read, deleted ones among them,
   * ascending; undefined when that takes a look at more than `most` rows.
   */
  readableIds(viewer: Viewer, typeId: number, most: number): string[] | undefined {
    const ids = new Set<string>();
    let left = most;
    for (const principal of viewer.principals) {
      const rows = this.#readableBy.ready.values(principal, typeId, left + 1) as [
        string,
        bigint | null,
      ][];
      left -= rows.length;
      if (left < 0) return undefined;
      for (const [id, expiresAt] of rows) if (holds(expiresAt, viewer)) ids.add(id);
    }
    return [...ids].sort();
  }

  /** The nodes with mail that were granted to the actor until a time that has come: their items are not to be shown. */
  lapsedMail(actor: string, now: number): string[] {
    return (this.#lapsedMail.ready.values(actor, now) as [string][]).map(([id]) => id);
  }
}

/** The actor itself stands first among what stands for it. */
function ownName(viewer: Viewer): string {
  return viewer.principals[0] ?? "";
}

const jsonOf = new WeakMap<readonly string[], string>();
const namesIn = new WeakMap<readonly string[], ReadonlySet<string>>();

function principalsJson(principals: readonly string[]): string {
  const known = jsonOf.get(principals);
  if (known !== undefined) return known;
  const json = JSON.stringify(principals);
  jsonOf.set(principals, json);
  return json;
}

function namesOf(principals: readonly string[]): ReadonlySet<string> {
  const known = namesIn.get(principals);
  if (known !== undefined) return known;
  const names = new Set(principals);
  namesIn.set(principals, names);
  return names;
}
