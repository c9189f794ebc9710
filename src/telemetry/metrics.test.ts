import { describe, expect, test } from "bun:test";
import { Registry, register } from "prom-client";
import { systemClock } from "../base/clock.ts";
import { CounterCell, Family, HistogramCell } from "./cells.ts";
import { COUNTERS, GAUGES, HISTOGRAMS } from "./metric-table.ts";
import { Metrics } from "./metrics.ts";

/** The page's lines that begin with the name, without it. */
async function lines(metrics: Metrics, name: string): Promise<string[]> {
  const page = await metrics.render();
  return page
    .split("\n")
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length));
}

describe("cells", () => {
  test("a histogram counts a value on a bound into that bucket, and what is beyond into the last", () => {
    const cell = new HistogramCell([1, 2]);
    for (const value of [0, 1, 1.5, 2, 3, 1000]) cell.observe(value);
    expect([...cell.counts]).toEqual([2, 2, 2]);
    expect(cell.sum).toBe(1007.5);
  });

  test("a family gives the same cell for the same values", () => {
    const family = new Family(["a", "b"], () => new CounterCell());
    expect(family.cell("x", "y")).toBe(family.cell("x", "y"));
    expect(family.cell("x", "y")).not.toBe(family.cell("xy", ""));
    expect(() => family.cell("x")).toThrow("one value for each");
  });

  test("past its limit a family counts everything new together", () => {
    const family = new Family(["a"], () => new CounterCell(), 2);
    for (const value of ["one", "two", "three", "four", "one"]) family.cell(value).add();
    const counted = [...family.entries()].map(({ values, cell }) => [values[0], cell.value]);
    expect(counted).toEqual([
      ["one", 2],
      ["two", 1],
      ["other", 2],
    ]);
  });
});

describe("the page", () => {
  test("has every metric of the table with its help, and no other", async () => {
    const page = await new Metrics(systemClock).render();
    const shown = [...page.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name, help]);
    const table = { ...COUNTERS, ...HISTOGRAMS, ...GAUGES };
    expect(shown).toEqual(Object.entries(table).map(([name, row]) => [name, row.help]));
    expect(shown.every(([name]) => name?.startsWith("entdb_"))).toBe(true);
  });

  test("shows counters and histograms by their labels, again at each scrape", async () => {
    const metrics = new Metrics(systemClock);
    const scrape = () => lines(metrics, "entdb_requests_total");
    metrics.requestStarted();
    expect(await lines(metrics, "entdb_requests_in_flight ")).toEqual(["1"]);
    metrics.requestFinished("grpc", "GetNode", "ok", "", 0.003);
    expect(await scrape()).toEqual(['{face="grpc",method="GetNode",code="ok"} 1']);
    metrics.requestStarted();
    metrics.requestFinished("grpc", "GetNode", "not_found", "NODE_NOT_FOUND", 0.2);
    expect(await scrape()).toEqual([
      '{face="grpc",method="GetNode",code="ok"} 1',
      '{face="grpc",method="GetNode",code="not_found"} 1',
    ]);
    expect(await lines(metrics, "entdb_errors_total")).toEqual(['{reason="NODE_NOT_FOUND"} 1']);
    expect(await lines(metrics, "entdb_requests_in_flight ")).toEqual(["0"]);
    const durations = await lines(metrics, "entdb_request_duration_seconds");
    expect(durations).toContain('_bucket{le="0.0025",face="grpc",method="GetNode"} 0');
    expect(durations).toContain('_bucket{le="0.005",face="grpc",method="GetNode"} 1');
    expect(durations).toContain('_bucket{le="+Inf",face="grpc",method="GetNode"} 2');
    expect(durations).toContain('_sum{face="grpc",method="GetNode"} 0.203');
    expect(durations).toContain('_count{face="grpc",method="GetNode"} 2');
  });

  test("reads 0 for what has not happened, and leaves out what nothing supplies", async () => {
    const metrics = new Metrics(systemClock);
    expect(await lines(metrics, "entdb_wal_bytes_total ")).toEqual(["0"]);
    expect(await lines(metrics, "entdb_wal_append_latency_seconds_count ")).toEqual(["0"]);
    expect(await lines(metrics, "entdb_wal_end_offset ")).toEqual([]);
  });

  test("asks gauges at each scrape, by label where there is one; one that throws is left out", async () => {
    const metrics = new Metrics(systemClock);
    let end = 7;
    metrics.sample("entdb_wal_end_offset", () => end++);
    metrics.sample("entdb_sqlite_file_bytes", () => ({ canonical: 4096, wal: 10 }));
    metrics.sample("entdb_tenants", () => {
      throw new Error("closed");
    });
    expect(await lines(metrics, "entdb_wal_end_offset ")).toEqual(["7"]);
    expect(await lines(metrics, "entdb_wal_end_offset ")).toEqual(["8"]);
    expect(await lines(metrics, "entdb_sqlite_file_bytes")).toEqual([
      '{kind="canonical"} 4096',
      '{kind="wal"} 10',
    ]);
    expect(await lines(metrics, "entdb_tenants ")).toEqual([]);
  });

  test("tells what runs, for how long and in how much memory", async () => {
    let now = 5_000;
    const metrics = new Metrics({ ...systemClock, monotonic: () => now });
    now += 2_500;
    expect(await lines(metrics, "entdb_uptime_seconds ")).toEqual(["2.5"]);
    expect(await lines(metrics, "entdb_build_info")).toEqual([
      expect.stringMatching(/^\{version="\d+\.\d+\.\d+",commit="\w+"\} 1$/),
    ]);
    expect(
      Number((await lines(metrics, "entdb_process_resident_memory_bytes "))[0]),
    ).toBeGreaterThan(0);
    expect(Number((await lines(metrics, "entdb_process_cpu_seconds_total "))[0])).toBeGreaterThan(
      0,
    );
  });

  test("escapes label values", async () => {
    const metrics = new Metrics(systemClock);
    metrics.counter("entdb_errors_total", 'a"b\nc\\').add(3);
    expect(await lines(metrics, "entdb_errors_total")).toEqual(['{reason="a\\"b\\nc\\\\"} 3']);
  });

  test("two servers do not mix, and the library's global registry stays empty", async () => {
    const [one, other] = [new Metrics(systemClock), new Metrics(systemClock)];
    one.connectionOpened();
    expect(await lines(one, "entdb_connections_open ")).toEqual(["1"]);
    expect(await lines(other, "entdb_connections_open ")).toEqual(["0"]);
    expect(register.getMetricsAsArray()).toEqual([]);
    expect(one.contentType).toBe(Registry.PROMETHEUS_CONTENT_TYPE);
  });
});

test("no label names who asked or what they asked about", () => {
  const tables = { ...COUNTERS, ...HISTOGRAMS, ...GAUGES };
  const labels = Object.values(tables).flatMap((row) => ("labels" in row ? [...row.labels] : []));
  expect([...new Set<string>(labels)].sort()).toEqual([
    "cause",
    "code",
    "commit",
    "face",
    "kind",
    "method",
    "outcome",
    "reason",
    "version",
  ]);
});
