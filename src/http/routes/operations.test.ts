/** Probes, metrics and what operators do. */
import { describe, expect, test } from "bun:test";
import { RestApp } from "../../../test/harness/rest-app.ts";
import type { Health } from "../../engine/health.ts";

const nobody = { "x-tenant-id": "", "x-actor": "" };

describe("probes", () => {
  test("/livez answers with a constant body", async () => {
    const { status, text, headers } = await new RestApp().get("/livez", nobody);
    expect([status, text]).toEqual([200, '{"status":"alive"}']);
    expect(headers.has("x-entdb-position")).toBe(false);
  });

  test("/readyz says whether requests are taken", async () => {
    expect(await new RestApp().get("/readyz", nobody)).toMatchObject({ status: 200 });
    const notYet = new RestApp({ ready: () => false });
    expect(await notYet.get("/readyz", nobody)).toMatchObject({
      status: 503,
      text: '{"status":"not_ready"}',
    });
  });

  test("/health is 503 when unhealthy", async () => {
    const healthy: Health = {
      status: "healthy",
      components: { wal: "connected", sqlite: "ok" },
      applierLagMs: 1.6,
      version: "1.2.3",
    };
    const ask = (health: Health) =>
      new RestApp({ engine: { health: () => health } }).get("/health", nobody);
    const well = await ask(healthy);
    expect([well.status, well.json]).toEqual([
      200,
      {
        status: "healthy",
        components: { wal: "connected", sqlite: "ok" },
        applier_lag_ms: 2,
        version: "1.2.3",
      },
    ]);
    expect(await ask({ ...healthy, status: "unhealthy" })).toMatchObject({ status: 503 });
  });

  test("/metrics is Prometheus' text, or nothing when turned off", async () => {
    const app = new RestApp({ metricsText: async () => "entdb_up 1\n" });
    const { text, headers } = await app.get("/metrics", nobody);
    expect(text).toBe("entdb_up 1\n");
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await new RestApp().get("/metrics", nobody)).toMatchObject({ status: 404 });
  });
});

describe("operators", () => {
  test("GET /admin/log", async () => {
    const app = new RestApp({
      engine: {
        logState: () => ({
          logId: "l",
          topic: "entdb-wal",
          partition: 0,
          endOffset: 9,
          appliedOffset: 8,
          checkpointOffset: 7,
          startOffset: 2,
          tenantsBehind: [{ tenantId: "acme", trouble: "halted", offset: 5, message: "m" }],
        }),
      },
    });
    expect((await app.get("/admin/log", nobody)).json).toEqual({
      log_id: "l",
      topic: "entdb-wal",
      partition: 0,
      end_offset: 9,
      applied_offset: 8,
      checkpoint_offset: 7,
      start_offset: 2,
      tenants_behind: [{ tenant_id: "acme", trouble: "halted", offset: 5, message: "m" }],
    });
  });

  test("POST rebuild and retry, with an empty body or none", async () => {
    const asked: string[] = [];
    const app = new RestApp({
      engine: {
        rebuildTenant: async (tenantId) => {
          asked.push(`rebuild ${tenantId}`);
          return {
            records: 3,
            contentHashBefore: "a",
            contentHashAfter: "a",
            outcomeDigestBefore: "b",
            outcomeDigestAfter: "b",
          };
        },
        retryTenant: async (tenantId) => {
          asked.push(`retry ${tenantId}`);
          return { resumed: false, message: "still halted" };
        },
      },
    });
    expect((await app.send("POST", "/admin/tenants/acme/rebuild", nobody)).json).toEqual({
      records: 3,
      content_hash_before: "a",
      content_hash_after: "a",
      outcome_digest_before: "b",
      outcome_digest_after: "b",
    });
    expect((await app.post("/admin/tenants/acme/retry", {})).json).toEqual({
      resumed: false,
      message: "still halted",
    });
    expect(asked).toEqual(["rebuild acme", "retry acme"]);
    expect((await app.post("/admin/tenants/_system/rebuild", {})).reason).toBe("INVALID_TENANT_ID");
    expect((await app.post("/admin/tenants/acme/retry", { force: true })).reason).toBe(
      "INVALID_REQUEST",
    );
    expect(await app.get("/admin/tenants/acme/retry")).toMatchObject({ status: 405 });
  });

  test("a rebuild has the long deadline, and a connection that may be silent so long", async () => {
    let aborted: boolean | undefined;
    const app = new RestApp({
      options: { deadlineMs: 0, longDeadlineMs: 3_600_000 },
      engine: {
        rebuildTenant: async (_tenantId, signal) => {
          aborted = signal.aborted;
          throw new Error("far enough");
        },
      },
    });
    let kept = 0;
    const headers = { host: "localhost" };
    const response = await app.app.fetch(
      new Request("http://localhost/admin/tenants/acme/rebuild", { method: "POST", headers }),
      { address: () => "127.0.0.1", keepOpen: () => kept++, lingers: true },
    );
    expect(aborted).toBe(false);
    expect([kept, response.headers.get("connection")]).toEqual([1, "close"]);
  });
});
