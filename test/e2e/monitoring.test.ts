/**
 * What `deploy/` gives to Prometheus and Grafana, held against what a running server exposes:
 * every expression asks for metrics and labels that exist, every alert has a section in
 * docs/operations.md. And that these metrics, and health, tell the truth: of a server whose
 * backup works, and of one whose bucket cannot be reached.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { OPTIONS } from "../../src/config/options.ts";
import { type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { type Exposition, parseExposition } from "../harness/exposition.ts";
import { problemsOf } from "../harness/promql.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";

const ROOT = join(import.meta.dir, "..", "..");
const PROMETHEUS = join(ROOT, "deploy", "prometheus");
const LOOK_MS = 50;

const place = temporaryDirectory();
/** Its backup works. */
let well: ServerProcess;
/** Its bucket is behind a port at which nobody listens. */
let cutOff: ServerProcess;
let exposed: Exposition;

async function start(dataDir: string, env: Record<string, string>): Promise<ServerProcess> {
  const settings = { ENTDB_ARCHIVE_INTERVAL: "1s", ...env };
  const server = await startServerProcess({ cwd: place.path, dataDir, env: settings });
  const rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  expect((await rest.atomic("first", couple("first"))).status).toBe(200);
  expect((await rest.get("/v1/nodes/nonsense")).status).toBe(400);
  return server;
}

async function scrape(server: ServerProcess): Promise<Exposition> {
  return parseExposition(await (await fetch(`${server.httpUrl}/metrics`)).text());
}

/** Scrapes until it holds. The test's own time-out ends it otherwise. */
async function scrapeUntil(
  server: ServerProcess,
  holds: (now: Exposition) => boolean,
): Promise<Exposition> {
  for (;;) {
    const now = await scrape(server);
    if (holds(now)) return now;
    await Bun.sleep(LOOK_MS);
  }
}

beforeAll(async () => {
  const bucket = {
    ENTDB_S3_BUCKET: "entdb",
    ENTDB_S3_ENDPOINT: "http://127.0.0.1:1",
    ENTDB_S3_ACCESS_KEY_ID: "key",
    ENTDB_S3_SECRET_ACCESS_KEY: "hidden-away",
  };
  [well, cutOff] = await Promise.all([start("well", {}), start("cut-off", bucket)]);
  expect((await new Rest(cutOff.httpUrl).post("/admin/snapshot", {})).status).toBe(503);
  exposed = await scrapeUntil(cutOff, (now) =>
    Boolean(now.metrics.get("entdb_archive_failures_total")?.labels.has("reason")),
  );
});
afterAll(async () => {
  await well?.kill();
  await cutOff?.kill();
  place[Symbol.dispose]();
});

describe("metrics and health", () => {
  test("of a server whose backup works", async () => {
    const rest = new Rest(well.httpUrl);
    expect((await rest.post("/admin/snapshot", {})).status).toBe(200);
    const now = await scrapeUntil(well, (one) => one.value("entdb_archive_lag_events") === 0);
    expect(now.value("entdb_wal_available")).toBe(1);
    expect(now.value("entdb_wal_append_latency_seconds_count")).toBeGreaterThan(1);
    expect(now.value("entdb_wal_append_latency_seconds_sum")).toBeGreaterThan(0);
    expect(now.value("entdb_applier_lag_seconds")).toBe(0);
    expect(now.value("entdb_applier_lag_records")).toBe(0);
    expect(now.value("entdb_archive_available")).toBe(1);
    expect(now.value("entdb_archive_segments_total")).toBeGreaterThan(0);
    expect(now.value("entdb_snapshot_age_hours")).toBeLessThan(0.1);
    expect(now.value("entdb_snapshot_duration_seconds_count")).toBeGreaterThan(0);
    expect(now.value("entdb_errors_total", { reason: "INVALID_ID" })).toBe(1);
    const { status, body } = await rest.get("/health");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "healthy",
      components: { wal: "connected", sqlite: "ok", archive: "ok", snapshots: "ok" },
      applier_lag_ms: 0,
    });
    expect(Date.now() - Date.parse(body.last_snapshot)).toBeLessThan(3_600_000);
  });

  test("of a server whose bucket cannot be reached: it serves, and says so", async () => {
    const rest = new Rest(cutOff.httpUrl);
    expect((await rest.atomic("more", couple("more"))).status).toBe(200);
    const now = await scrapeUntil(
      cutOff,
      (one) => one.value("entdb_archive_failures_total", { reason: "STORAGE_UNAVAILABLE" }) > 1,
    );
    expect(now.value("entdb_archive_available")).toBe(0);
    expect(now.value("entdb_archive_lag_events")).toBe(now.value("entdb_wal_end_offset"));
    expect(now.value("entdb_snapshot_failures_total")).toBeGreaterThan(0);
    expect(now.value("entdb_wal_available")).toBe(1);
    const { status, body } = await rest.get("/health");
    expect({ status, word: body.status }).toEqual({ status: 200, word: "healthy" });
    expect(body.components.s3).toContain("s3://entdb");
    expect(body.last_snapshot).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain("hidden-away");
  });
});

describe("an expression", () => {
  test.each([
    ["entdb_wal_available == 0", []],
    ["entdb_no_such_metric > 0", ["entdb_no_such_metric, which is not exposed"]],
    ['{job="entdb"} > 0', ["metrics without a name"]],
    ['entdb_errors_total{cause="x"} > 0', ["the label cause"]],
    ["sum by (tenant) (entdb_tenants)", ["groups by tenant"]],
    ["rate(entdb_tenants[5m])", ["entdb_tenants, which is a gauge"]],
    ["entdb_wal_append_latency_seconds > 1", ["which is not exposed"]],
    ["sum(entdb_tenants", ["is not PromQL"]],
    ["1 > 0", ["asks for no metric"]],
  ])("%s is judged by what there is", (expression, wrong) => {
    const found = problemsOf(expression, exposed);
    expect(found).toHaveLength(wrong.length);
    for (const [i, part] of wrong.entries()) expect(found[i]).toContain(part);
  });
});

const text = v.pipe(v.string(), v.minLength(1));
const duration = v.pipe(v.string(), v.regex(/^\d+[smhd]$/));
const alertsShape = v.strictObject({
  groups: v.array(
    v.strictObject({
      name: text,
      rules: v.array(
        v.strictObject({
          alert: v.pipe(v.string(), v.regex(/^Entdb[A-Z]\w+$/)),
          expr: text,
          for: v.optional(duration),
          labels: v.strictObject({ severity: v.picklist(["page", "ticket"]) }),
          annotations: v.strictObject({ summary: text, runbook: text }),
        }),
      ),
    }),
  ),
});
type Alert = v.InferOutput<typeof alertsShape>["groups"][number]["rules"][number];

function alerts(): Alert[] {
  const { groups } = v.parse(alertsShape, yaml(join(PROMETHEUS, "alerts.yaml")));
  return groups.flatMap(({ rules }) => rules);
}

function yaml(path: string): unknown {
  return Bun.YAML.parse(readFileSync(path, "utf8"));
}

describe("deploy/prometheus", () => {
  test("asks only for what a server exposes", () => {
    expect(alerts().length).toBeGreaterThan(10);
    for (const { alert, expr, annotations } of alerts()) {
      expect([alert, problemsOf(expr, exposed)]).toEqual([alert, []]);
      for (const [, label] of annotations.summary.matchAll(/\{\{ \$labels\.(\w+) \}\}/g)) {
        expect(["job", "instance"]).toContain(label ?? "");
      }
    }
  });

  test("has an alert for each of the four that must be watched", () => {
    const asked = alerts()
      .map(({ expr }) => expr)
      .join("\n");
    for (const metric of [
      "entdb_wal_append_latency_seconds",
      "entdb_applier_lag_seconds",
      "entdb_archive_lag_events",
      "entdb_snapshot_age_hours",
    ]) {
      expect(asked).toContain(metric);
    }
  });

  test("has a section in docs/operations.md for every alert, and no section without one", () => {
    const page = readFileSync(join(ROOT, "docs", "operations.md"), "utf8");
    const sections = [...page.matchAll(/^### (Entdb\w+)$/gm)].map(([, name]) => name ?? "");
    expect(sections.sort()).toEqual(
      alerts()
        .map(({ alert }) => alert)
        .sort(),
    );
    for (const { alert, annotations } of alerts()) {
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    }
  });

  test("scrapes the port and the path that a server has, with its alerts", () => {
    const config = v.parse(
      v.strictObject({
        global: v.strictObject({ scrape_interval: duration, evaluation_interval: duration }),
        rule_files: v.array(text),
        scrape_configs: v.array(
          v.strictObject({
            job_name: v.literal("entdb"),
            metrics_path: v.literal("/metrics"),
            authorization: v.strictObject({ type: v.literal("Bearer"), credentials_file: text }),
            static_configs: v.array(v.strictObject({ targets: v.array(text) })),
          }),
        ),
      }),
      yaml(join(PROMETHEUS, "prometheus.yaml")),
    );
    for (const file of config.rule_files) expect(existsSync(join(PROMETHEUS, file))).toBe(true);
    expect(config.scrape_configs[0]?.static_configs).toEqual([
      { targets: [`127.0.0.1:${OPTIONS.httpPort.default}`] },
    ]);
  });
});

const datasource = v.strictObject({
  type: v.literal("prometheus"),
  uid: v.literal("$" + "{datasource}"),
});
const dashboardShape = v.object({
  title: text,
  uid: text,
  schemaVersion: v.number(),
  templating: v.object({
    list: v.array(v.object({ name: text, query: text, datasource: v.optional(datasource) })),
  }),
  panels: v.array(
    v.object({
      id: v.number(),
      type: v.picklist(["timeseries", "stat"]),
      title: text,
      description: text,
      datasource,
      gridPos: v.strictObject({ x: v.number(), y: v.number(), w: v.number(), h: v.number() }),
      fieldConfig: v.object({ defaults: v.object({ unit: text }) }),
      targets: v.array(v.strictObject({ refId: text, expr: text, legendFormat: text })),
    }),
  ),
});

describe("deploy/grafana", () => {
  const file = join(ROOT, "deploy", "grafana", "entdb.json");
  const { panels, templating } = v.parse(dashboardShape, JSON.parse(readFileSync(file, "utf8")));
  const prometheusText = (expr: string) => expr.replaceAll("$__rate_interval", "5m");

  test("asks only for what a server exposes, also where it names a series", () => {
    expect(panels.length).toBeGreaterThan(10);
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const asked = prometheusText(expr);
        expect([title, problemsOf(asked, exposed)]).toEqual([title, []]);
        for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          expect([title, problemsOf(`sum by (${label}) (${asked})`, exposed)]).toEqual([title, []]);
        }
      }
    }
  });

  test("has variables that it uses, of metrics that there are", () => {
    const names = templating.list.map(({ name }) => name);
    const used = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name)),
    );
    expect(names.sort()).toEqual(["datasource", "instance", "job"]);
    expect([...new Set(used)].sort()).toEqual(["__rate_interval", "instance", "job"]);
    for (const { query } of templating.list) {
      const [, asked] = /^label_values\((.*), \w+\)$/.exec(query) ?? [];
      if (asked !== undefined) expect(problemsOf(asked, exposed)).toEqual([]);
    }
  });

  test("lays out panels beside each other", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});
