import type { Grant } from "../record/access.ts";
import type { AggregateReader } from "../store/reader/aggregate-reader.ts";

/** More types than any application has; all are forgotten then. */
const REMEMBERED_TYPES = 10_000;

/**
 * What was granted on aggregates, by type, remembered so that an append need not look.
 *
 * Invariant: equal to what the file holds. Whoever changes that, or takes a change back, says so
 * by `forget`.
 */
export class AggregateGrantsMemory {
  readonly #aggregates: AggregateReader;
  readonly #known = new Map<string, readonly Grant[] | undefined>();

  constructor(aggregates: AggregateReader) {
    this.#aggregates = aggregates;
  }

  /** Undefined: nothing was set for the type. */
  of(aggregateType: string): readonly Grant[] | undefined {
    if (this.#known.has(aggregateType)) return this.#known.get(aggregateType);
    const grants = this.#aggregates.grantsOf(aggregateType);
    if (this.#known.size >= REMEMBERED_TYPES) this.#known.clear();
    this.#known.set(aggregateType, grants);
    return grants;
  }

  forget(): void {
    this.#known.clear();
  }
}
