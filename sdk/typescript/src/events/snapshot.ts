/**
 * States of aggregates, so that loading one need not begin at its first event. A snapshot is a
 * shortcut and never the truth: of another version than the program's it is left aside.
 */

/** The state of an aggregate behind one of its events. */
export interface Snapshot {
  readonly aggregateId: string;
  readonly aggregateType: string;
  /** Of the last event that it holds. */
  readonly aggregateNonce: number;
  /** Of the state's form, as the program counts it. */
  readonly version: number;
  /** JSON. */
  readonly state: unknown;
}

/** Keeps the newest snapshot of each aggregate. */
export interface SnapshotStore {
  load(aggregateType: string, aggregateId: string): Promise<Snapshot | undefined>;
  /** What it throws goes to `onSnapshotError`; the repository's `save` succeeds, since its events are recorded by then. */
  save(snapshot: Snapshot): Promise<void>;
}

/** In memory, for tests and for caches that go with their process. */
export class MemorySnapshotStore implements SnapshotStore {
  readonly #byAggregate = new Map<string, string>();

  async load(aggregateType: string, aggregateId: string): Promise<Snapshot | undefined> {
    const text = this.#byAggregate.get(keyOf(aggregateType, aggregateId));
    return text === undefined ? undefined : (JSON.parse(text) as Snapshot);
  }

  async save(snapshot: Snapshot): Promise<void> {
    const key = keyOf(snapshot.aggregateType, snapshot.aggregateId);
    this.#byAggregate.set(key, JSON.stringify(snapshot));
  }
}

function keyOf(aggregateType: string, aggregateId: string): string {
  return JSON.stringify([aggregateType, aggregateId]);
}
