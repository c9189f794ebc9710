/**
 * Shows the cells to Prometheus. Loaded by the first scrape, because the library takes longer
 * to load than the rest of a start may take. It uses a registry of its own, never the
 * library's global one.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CounterCell, Family, HistogramCell, LabelValues } from "./cells.ts";
import { COUNTERS, GAUGES, HISTOGRAMS, type HistogramRow, type MetricRow } from "./metric-table.ts";

/** What a gauge reads: one number, or one for each value of its only label. */
export type Sample = number | Readonly<Record<string, number>>;

export interface Exposed {
  readonly counters: Readonly<Record<string, Family<CounterCell>>>;
  readonly histograms: Readonly<Record<string, Family<HistogramCell>>>;
  /** Undefined while nothing supplies the gauge, which is then left out. */
  sample(gauge: string): Sample | undefined;
  readonly buildInfo: { readonly version: string; readonly commit: string };
}

/** A registry that reads the cells and samples the gauges whenever its metrics are taken. */
export function makeRegistry(exposed: Exposed): Registry {
  const registry = new Registry();
  const registers = [registry];
  for (const [name, row] of rows<MetricRow>(COUNTERS)) {
    const family = exposed.counters[name];
    new Counter({
      ...{ name, help: row.help, labelNames: [...(row.labels ?? [])], registers },
      collect() {
        this.reset();
        for (const { values, cell } of family?.entries() ?? []) {
          this.inc(labelled(row.labels ?? [], values), cell.value);
        }
      },
    });
  }
  for (const [name, row] of rows<HistogramRow>(HISTOGRAMS)) {
    new CellHistogram(name, row, exposed.histograms[name], registry);
  }
  for (const [name, row] of rows<MetricRow>(GAUGES)) exposeGauge(name, row, exposed, registry);
  return registry;
}

function exposeGauge(name: string, row: MetricRow, exposed: Exposed, registry: Registry): void {
  const labels = row.labels ?? [];
  new Gauge({
    ...{ name, help: row.help, labelNames: [...labels], registers: [registry] },
    collect() {
      this.reset();
      if (name === "entdb_build_info") return this.set({ ...exposed.buildInfo }, 1);
      const sample = exposed.sample(name);
      if (sample === undefined) return labels.length === 0 ? this.remove() : undefined;
      if (typeof sample === "number") return this.set(sample);
      for (const [value, number] of Object.entries(sample)) {
        this.set(labelled(labels, [value]), number);
      }
    },
  });
}

/**
 * A histogram whose observations were made in cells. The library offers no way to hand over
 * counted buckets: all its readers go through `getForPromString`, which its types do not
 * declare. Its version is pinned, and the tests read what it writes.
 */
class CellHistogram extends Histogram {
  readonly #name: string;
  readonly #row: HistogramRow;
  readonly #family: Family<HistogramCell> | undefined;

  constructor(
    name: string,
    row: HistogramRow,
    family: Family<HistogramCell> | undefined,
    registry: Registry,
  ) {
    super({
      ...{ name, help: row.help, labelNames: [...(row.labels ?? [])] },
      ...{ buckets: [...row.buckets], registers: [registry] },
    });
    this.#name = name;
    this.#row = row;
    this.#family = family;
  }

  getForPromString() {
    const values = [...(this.#family?.entries() ?? [])].flatMap(({ values, cell }) =>
      exposeHistogram(this.#name, labelled(this.#row.labels ?? [], values), cell),
    );
    return Promise.resolve({
      ...{ name: this.#name, help: this.#row.help },
      ...{ type: "histogram", aggregator: "sum", values },
    });
  }
}

/** The lines of one cell: buckets that each count what the smaller ones count too, sum, count. */
function exposeHistogram(name: string, sharedLabels: Record<string, string>, cell: HistogramCell) {
  let count = 0;
  const buckets = [...cell.counts].map((inBucket, index) => {
    count += inBucket;
    const le = cell.bounds[index] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: cell.sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ];
}

function labelled(names: readonly string[], values: LabelValues): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

function rows<Row>(table: Readonly<Record<string, Row>>): [string, Row][] {
  return Object.entries(table);
}
