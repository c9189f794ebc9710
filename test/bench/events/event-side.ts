/** A store of events that the benchmark appends to: every side is asked for the same. */
export interface EventSide extends AsyncDisposable {
  readonly name: string;
  /** Appends so many events behind the head that the caller knows, which must be the aggregate's. */
  append(aggregate: BenchAggregate, count: number): Promise<void>;
}

/** An aggregate that one caller at a time appends to. */
export interface BenchAggregate {
  readonly id: string;
  head: number;
}

/** Of every event of the benchmark. */
export const PAYLOAD: Uint8Array = new Uint8Array(200).fill(0x61);
export const EVENT_TYPE = "account.credited";
export const AGGREGATE_TYPE = "Account";

/** Hands out aggregates, each to one caller at a time. */
export class AggregatePool {
  readonly #free: BenchAggregate[];

  constructor(run: string, count: number) {
    this.#free = Array.from({ length: count }, (_, i) => ({
      id: `${AGGREGATE_TYPE}-${run}-${i}`,
      head: 0,
    }));
  }

  async use(work: (aggregate: BenchAggregate) => Promise<void>): Promise<void> {
    const aggregate = this.#free.pop();
    if (aggregate === undefined) throw new Error("more callers than aggregates");
    await work(aggregate);
    this.#free.push(aggregate);
  }
}
