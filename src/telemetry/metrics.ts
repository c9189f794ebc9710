/**
 * The numbers of this server. One instance belongs to one server and is handed to whatever
 * counts; nothing is global, so that two servers in one process do not mix.
 *
 * Counting is cheap (tens of nanoseconds) and never fails; reading (`render`) is what costs.
 */
import { buildInfo } from "../base/build-info.ts";
import type { Clock } from "../base/clock.ts";
import { CounterCell, Family, HistogramCell, type LabelValues, type Observed } from "./cells.ts";
import type { Sample } from "./exposition.ts";
import {
  COUNTERS,
  type CounterName,
  type GaugeName,
  HISTOGRAMS,
  type HistogramName,
  type MetricRow,
} from "./metric-table.ts";

/** How a request came in. */
export type Face = "grpc" | "grpc-web" | "connect" | "rest";

/** What there is to count about one method on one face, found once and then kept. */
interface RequestCells {
  readonly duration: HistogramCell;
  readonly codes: Map<string, CounterCell>;
}

/** Requests and connections at one moment. */
export interface UnderWay {
  readonly requests: number;
  readonly connections: number;
}

/** What one thread has counted, as plain data. */
export interface CountedMetrics {
  readonly counters: readonly {
    readonly name: CounterName;
    readonly values: LabelValues;
    readonly value: number;
  }[];
  readonly histograms: readonly ({
    readonly name: HistogramName;
    readonly values: LabelValues;
  } & Observed)[];
  readonly now: UnderWay;
}

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export class Metrics {
  /** Of what `render` gives. */
  readonly contentType = CONTENT_TYPE;
  readonly #counters: Record<CounterName, Family<CounterCell>>;
  readonly #histograms: Record<HistogramName, Family<HistogramCell>>;
  readonly #samplers = new Map<string, () => Sample>();
  readonly #requests = new Map<Face, Map<string, RequestCells>>();
  #rendering: Promise<() => Promise<string>> | undefined;
  #requestsInFlight = 0;
  #connectionsOpen = 0;

  constructor(clock: Clock) {
    this.#counters = mapRows(COUNTERS, (row: MetricRow) => {
      return new Family(row.labels ?? [], () => new CounterCell());
    });
    this.#histograms = mapRows(HISTOGRAMS, (row) => {
      const labels: readonly string[] = "labels" in row ? row.labels : [];
      return new Family(labels, () => new HistogramCell(row.buckets));
    });
    const started = clock.monotonic();
    this.sample("entdb_uptime_seconds", () => (clock.monotonic() - started) / 1000);
    this.sample("entdb_process_resident_memory_bytes", () => process.memoryUsage.rss());
    this.sample("entdb_process_heap_bytes", () => process.memoryUsage().heapUsed);
    this.sample("entdb_requests_in_flight", () => this.#requestsInFlight);
    this.sample("entdb_connections_open", () => this.#connectionsOpen);
  }

  /** The cell to count in; look it up once where counts come often. Values in the table's order. */
  counter(name: CounterName, ...labelValues: string[]): CounterCell {
    return this.#counters[name].cell(...labelValues);
  }

  /** The cell to observe in. Durations are in seconds. */
  histogram(name: HistogramName, ...labelValues: string[]): HistogramCell {
    return this.#histograms[name].cell(...labelValues);
  }

  /** Says what a gauge reads from now on. It is called at each scrape and must not block. */
  sample(name: GaugeName, read: () => Sample): void {
    this.#samplers.set(name, read);
  }

  requestStarted(): void {
    this.#requestsInFlight++;
  }

  /**
   * A request that started is over. `method` comes from the server's own list, never from what
   * a client wrote; `code` is "ok" or the error's code; `reason` is empty when it went well.
   */
  requestFinished(face: Face, method: string, code: string, reason: string, seconds: number): void {
    this.#requestsInFlight--;
    const cells = this.#requestCells(face, method);
    cells.duration.observe(seconds);
    let counter = cells.codes.get(code);
    if (counter === undefined) {
      counter = this.counter("entdb_requests_total", face, method, code);
      cells.codes.set(code, counter);
    }
    counter.add();
    if (reason !== "") this.counter("entdb_errors_total", reason).add();
  }

  connectionOpened(): void {
    this.#connectionsOpen++;
  }

  connectionClosed(): void {
    this.#connectionsOpen--;
  }

  /** What was counted since the last time, for the metrics of another thread, which {@link absorb} it. */
  drain(): CountedMetrics {
    const counters = Object.entries(this.#counters).flatMap(([name, family]) =>
      [...family.entries()].flatMap(({ values, cell }) => {
        const { value } = cell;
        cell.value = 0;
        return value === 0 ? [] : [{ name: name as CounterName, values, value }];
      }),
    );
    const histograms = Object.entries(this.#histograms).flatMap(([name, family]) =>
      [...family.entries()].flatMap(({ values, cell }) => {
        const taken = cell.take();
        return taken === undefined ? [] : [{ name: name as HistogramName, values, ...taken }];
      }),
    );
    const now = { requests: this.#requestsInFlight, connections: this.#connectionsOpen };
    return { counters, histograms, now };
  }

  /** Adds what the metrics of another thread have drained, and says how many are under way there instead of `before`. */
  absorb({ counters, histograms, now }: CountedMetrics, before: UnderWay): void {
    for (const { name, values, value } of counters) this.counter(name, ...values).add(value);
    for (const { name, values, ...taken } of histograms) {
      this.histogram(name, ...values).give(taken);
    }
    this.#requestsInFlight += now.requests - before.requests;
    this.#connectionsOpen += now.connections - before.connections;
  }

  /** Everything in Prometheus' text format. The first call loads the library that writes it. */
  async render(): Promise<string> {
    this.#rendering ??= this.#loadRenderer();
    this.#countProcessorTime();
    return await (await this.#rendering)();
  }

  /** The system counts it; the cell follows. */
  #countProcessorTime(): void {
    const cell = this.counter("entdb_process_cpu_seconds_total");
    const { user, system } = process.cpuUsage();
    cell.add((user + system) / 1e6 - cell.value);
  }

  async #loadRenderer(): Promise<() => Promise<string>> {
    const { makeRegistry } = await import("./exposition.ts");
    const registry = makeRegistry({
      counters: this.#counters,
      histograms: this.#histograms,
      sample: (gauge) => this.#sampled(gauge),
      buildInfo,
    });
    return () => registry.metrics();
  }

  /** A scrape during a stop may ask what is closed already; the page then lacks that line only. */
  #sampled(gauge: string): Sample | undefined {
    try {
      return this.#samplers.get(gauge)?.();
    } catch {
      return undefined;
    }
  }

  #requestCells(face: Face, method: string): RequestCells {
    const known = this.#requests.get(face)?.get(method);
    if (known !== undefined) return known;
    const methods = this.#requests.get(face) ?? new Map<string, RequestCells>();
    this.#requests.set(face, methods);
    const duration = this.histogram("entdb_request_duration_seconds", face, method);
    const cells = { duration, codes: new Map<string, CounterCell>() };
    methods.set(method, cells);
    return cells;
  }
}

function mapRows<Table extends Readonly<Record<string, unknown>>, To>(
  table: Table,
  make: (row: Table[keyof Table]) => To,
): Record<keyof Table, To> {
  const entries = Object.entries(table) as [keyof Table, Table[keyof Table]][];
  return Object.fromEntries(entries.map(([name, row]) => [name, make(row)])) as Record<
    keyof Table,
    To
  >;
}
