import type { Database } from "bun:sqlite";
import type { Grant } from "../record/access.ts";
import { DEFAULT_AGGREGATE_GRANTS } from "../record/event.ts";
import type { Viewer } from "../record/viewer.ts";
import { AggregateReader } from "./reader/aggregate-reader.ts";

/**
 * Who may read events: the one predicate that every read of them goes by. Grants are those of
 * an aggregate's type, and by default everybody of the tenant may.
 */
export class AggregateVisibility {
  readonly #aggregates: AggregateReader;

  constructor(db: Database) {
    this.#aggregates = new AggregateReader(db);
  }

  /** The types whose aggregates the viewer may not read: mostly none. */
  hiddenFrom(viewer: Viewer): ReadonlySet<string> {
    if (viewer.seesAll) return NONE;
    const set = this.#aggregates.allGrants();
    if (set.size === 0) return NONE;
    const hidden = [...set].filter(([, grants]) => !mayRead(grants, viewer));
    return new Set(hidden.map(([type]) => type));
  }

  /** What holds for a type, and whether nothing was set for it. */
  grantsOf(aggregateType: string): {
    readonly grants: readonly Grant[];
    readonly isDefault: boolean;
  } {
    const set = this.#aggregates.grantsOf(aggregateType);
    return { grants: set ?? DEFAULT_AGGREGATE_GRANTS, isDefault: set === undefined };
  }
}

const NONE: ReadonlySet<string> = new Set();

function mayRead(grants: readonly Grant[], viewer: Viewer): boolean {
  return heldBy(grants, viewer).length > 0;
}

/** The grants that hold now for somebody whom the viewer stands for. */
export function heldBy(grants: readonly Grant[], viewer: Viewer): readonly Grant[] {
  return grants.filter(
    ({ principal, expiresAt }) =>
      (expiresAt === 0 || expiresAt > viewer.now) && viewer.principals.includes(principal),
  );
}
