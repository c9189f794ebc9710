/**
 * Where numbers are counted: plain cells, looked up once and kept by whoever counts often. A
 * count costs an addition, an observation a short scan; the Prometheus library sees them only
 * when somebody scrapes (exposition.ts).
 *
 * The number of cells of a metric is bounded: past the limit every new set of label values
 * shares one cell whose labels all read "other", whatever a client sends.
 */
import { assert } from "../base/assert.ts";
import { limits } from "../base/limits.ts";

export type LabelValues = readonly string[];

/** Grows only. */
export class CounterCell {
  value = 0;

  /** Counts one, or as many as given; never negative. */
  add(amount = 1): void {
    this.value += amount;
  }
}

/** Counts observations in buckets; the last bucket takes what no bound holds. */
export class HistogramCell {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.sum += value;
  }

  /** Everything observed, which is then no longer in this cell; undefined for nothing. */
  take(): Observed | undefined {
    if (this.counts.every((count) => count === 0)) return undefined;
    const taken = { counts: [...this.counts], sum: this.sum };
    this.counts.fill(0);
    this.sum = 0;
    return taken;
  }

  /** Adds what was observed in another cell of the same buckets. */
  give({ counts, sum }: Observed): void {
    for (const [bucket, count] of counts.entries()) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
    }
    this.sum += sum;
  }
}

/** What a histogram holds. */
export interface Observed {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** The cells of one metric, by their label values in the order of the label names. */
export class Family<Cell> {
  readonly labels: readonly string[];
  readonly #make: () => Cell;
  readonly #cells = new Map<string, { readonly values: LabelValues; readonly cell: Cell }>();
  readonly #maxCells: number;

  constructor(labels: readonly string[], make: () => Cell, maxCells: number = limits.metricCells) {
    this.labels = labels;
    this.#make = make;
    this.#maxCells = maxCells;
    // A metric without labels is there from the start, so that it reads 0 and not "unknown".
    if (labels.length === 0) this.cell();
  }

  /** The cell of these values, the same one each time. Keep it where it is needed often. */
  cell(...values: string[]): Cell {
    assert(values.length === this.labels.length, `one value for each of ${this.labels.join()}`);
    const key = values.join("\0");
    const known = this.#cells.get(key);
    if (known !== undefined) return known.cell;
    if (this.#cells.size >= this.#maxCells) return this.#other();
    const cell = this.#make();
    this.#cells.set(key, { values, cell });
    return cell;
  }

  /** Every cell with its values, in order of first use. */
  entries(): Iterable<{ readonly values: LabelValues; readonly cell: Cell }> {
    return this.#cells.values();
  }

  #other(): Cell {
    const values = this.labels.map(() => "other");
    const key = values.join("\0");
    const entry = this.#cells.get(key) ?? { values, cell: this.#make() };
    this.#cells.set(key, entry);
    return entry.cell;
  }
}
