/**
 * Faces in threads of their own, through whole servers: what clients see is the same with
 * none, one and two of them; what holds for the server holds for all threads together; and a
 * thread that dies or hangs takes its own connections with it and nothing else.
 */
import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { must } from "../../src/base/assert.ts";
import { startFaceThread } from "../../src/server/face-threads/face-threads.ts";
import { LOOK_INTERVAL_MS } from "../../src/server/face-threads/signs-of-life.ts";
import { openLog } from "../../src/telemetry/log.ts";
import { until } from "../contract/engine.ts";
import { parseExposition } from "../harness/exposition.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { MemoryTarget } from "../harness/memory-target.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { startTestServer } from "../harness/test-server.ts";
import { PEOPLE_SCHEMA, PROTOCOLS, Rest, type Rpc, rpcClient } from "../harness/wire.ts";

/** So many connections reach every one of two threads, but for once in ten million times. */
const CONNECTIONS = 24;
const TWO = { faceThreads: 2 };
const context = { tenantId: "acme", actor: "user:ada" };

const person = (name: string) => ({
  operation: {
    case: "createNode" as const,
    value: { typeId: 1, fields: { 1: { kind: { case: "strValue" as const, value: name } } } },
  },
});

/** Clients with a connection each. */
const clients = (grpcUrl: string, count = CONNECTIONS): Rpc[] =>
  Array.from({ length: count }, () => rpcClient("grpc", grpcUrl));

async function withPeople(grpcUrl: string): Promise<void> {
  const rest = new Rest(grpcUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
}

/** By a connection of its own. */
const fresh = (url: string, credential = "") =>
  fetch(url, {
    headers: {
      connection: "close",
      "x-tenant-id": "acme",
      "x-actor": "user:ada",
      ...(credential === "" ? {} : { authorization: `Bearer ${credential}` }),
    },
  });

describe.each([0, 1, 2])("with %d face threads", (faceThreads) => {
  test.each(PROTOCOLS)("%s reads its own writes over whatever connection", async (protocol) => {
    await using server = await startTestServer({ faceThreads });
    await withPeople(server.httpUrl);
    const url = protocol === "grpc" ? server.grpcUrl : server.httpUrl;
    for (let i = 0; i < 6; i++) {
      const write = { context, operations: [person(`p${i}`)] };
      const { results, positionToken } = await rpcClient(protocol, url).executeAtomic(write);
      const id = must(results[0], "one operation, one result").nodeId;
      const read = { context, id, consistency: { atLeast: positionToken } };
      // What was answered is there for everybody, whether or not they name a position.
      const reads = [read, { context, id }, read, { context, id }];
      const found = await Promise.all(reads.map((r) => rpcClient(protocol, url).getNode(r)));
      for (const { node } of found) expect(node?.id).toBe(id);
    }
  });

  test("a refusal says over every face what it is", async () => {
    await using server = await startTestServer({ faceThreads });
    await withPeople(server.httpUrl);
    const missing = "nd_01hzy3v7q8r9s0t1v2w3x4y5z6";
    const rest = await new Rest(server.httpUrl).get(`/v1/nodes/${missing}`);
    expect(rest).toMatchObject({
      status: 404,
      body: { error: { reason: "NODE_NOT_FOUND", details: { node_id: missing } } },
    });
    const rpc = rpcClient("grpc", server.grpcUrl).getNode({ context, id: missing });
    expect(await rpc.catch((error) => String(ConnectError.from(error)))).toContain("[not_found]");
  });

  test("a watch sees what others write, and ends when the server stops", async () => {
    await using server = await startTestServer({ faceThreads });
    await withPeople(server.httpUrl);
    const seen: string[] = [];
    const begun = Promise.withResolvers<void>();
    const watching = (async () => {
      const stream = rpcClient("grpc", server.grpcUrl).watchChanges({ context });
      for await (const { changes } of stream) {
        begun.resolve();
        for (const { nodeId } of changes) seen.push(nodeId);
      }
    })().catch((error) => ConnectError.from(error).rawMessage);
    await begun.promise;
    const made: string[] = [];
    for (const client of clients(server.grpcUrl, 5)) {
      const { results } = await client.executeAtomic({ context, operations: [person("p")] });
      made.push(must(results[0], "one result").nodeId);
    }
    await until(() => seen.length === made.length);
    expect(seen).toEqual(made);
    await server.server.stop();
    expect(await watching).toBe("The server is stopping.");
    await expect(fresh(`${server.httpUrl}/livez`)).rejects.toThrow();
  });

  test("health, metrics and the log's state are the server's", async () => {
    await using server = await startTestServer({ faceThreads });
    await withPeople(server.httpUrl);
    for (let i = 0; i < 10; i++) expect((await fresh(`${server.httpUrl}/readyz`)).status).toBe(200);
    const text = await (await fresh(`${server.grpcUrl}/metrics`)).text();
    const metrics = parseExposition(text);
    expect(metrics.value("entdb_requests_total", { method: "GET /readyz" })).toBe(10);
    expect(metrics.value("entdb_wal_end_offset")).toBeGreaterThan(0);
    const log = await new Rest(server.httpUrl).get("/admin/log");
    expect(log.body.applied_offset).toBe(log.body.end_offset);
  });

  test("a port that is taken is refused, and nothing is left open", async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, "127.0.0.1", () => {
        const address = taken.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    await expect(startTestServer({ faceThreads, httpPort: port })).rejects.toThrow();
    await new Promise((resolve) => taken.close(resolve));
    await using server = await startTestServer({ faceThreads, httpPort: port });
    await expect(startTestServer({ faceThreads, httpPort: port })).rejects.toThrow();
    expect((await fresh(`${server.httpUrl}/livez`)).status).toBe(200);
  });
});

describe("for all threads together", () => {
  test("a rate is the rate", async () => {
    const rates = { tenantRequestsPerSecond: 1, tenantRequestBurst: 5 };
    await using server = await startTestServer({ ...TWO, ...rates });
    const asked = Array.from({ length: 40 }, () => fresh(`${server.httpUrl}/v1/schema`));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    // A second or two may pass on a busy machine; each lets one more through.
    const passed = statuses.filter((status) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(5);
    expect(passed).toBeLessThan(10);
  });

  test("a tenant's own rate holds as soon as it is set", async () => {
    await using server = await startTestServer(TWO);
    await withPeople(server.httpUrl);
    const asked = () =>
      Promise.all(Array.from({ length: 16 }, () => fresh(`${server.httpUrl}/v1/schema`)));
    expect(new Set((await asked()).map(({ status }) => status))).toEqual(new Set([200]));
    const limits = { requests_per_second: 1, request_burst: 1 };
    const set = await new Rest(server.httpUrl, "other").post("/v1/tenants/acme/limits", limits);
    expect(set.status).toBe(200);
    const statuses = (await asked()).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(6);
  });

  test("so many connections are let in, and not one more", async () => {
    await using server = await startTestServer({ ...TWO, connections: 6 });
    const open = clients(server.grpcUrl, CONNECTIONS).map((client) =>
      client.health({}).then(
        () => true,
        () => false,
      ),
    );
    expect((await Promise.all(open)).filter((isIn) => isIn)).toHaveLength(6);
  });

  test("a key that was revoked is refused everywhere at once", async () => {
    await using server = await SecuredServer.start(({ httpUrl }) => withPeople(httpUrl), TWO);
    const admin = {
      authorization: `Bearer ${server.adminKey}`,
      "content-type": "application/json",
    };
    const post = async (path: string, body: object) => {
      const init = { method: "POST", headers: admin, body: JSON.stringify(body) };
      const answer = await fetch(`${server.httpUrl}${path}`, init);
      expect(answer.status).toBe(200);
      return (await answer.json()) as { secret: string; key: { key_id: string } };
    };
    for (let round = 0; round < 3; round++) {
      const made = await post("/v1/keys", { tenant_id: "acme", actor: "user:ada" });
      const ask = () =>
        Promise.all(
          Array.from({ length: CONNECTIONS }, () =>
            fresh(`${server.httpUrl}/v1/schema`, made.secret),
          ),
        );
      expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([200]));
      await post(`/v1/keys/${made.key.key_id}/revoke`, {});
      expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([401]));
    }
  });
});

async function isServedByTwoAgain(httpUrl: string): Promise<boolean> {
  const answer = await fresh(`${httpUrl}/metrics`).catch(() => undefined);
  if (answer?.status !== 200) return false;
  const metrics = parseExposition(await answer.text());
  const restarts = metrics.value("entdb_face_thread_restarts_total");
  return restarts > 0 && metrics.value("entdb_face_threads") === 2;
}

describe("a thread that dies", () => {
  test("comes back to the rates as they stand", async () => {
    const workers: Worker[] = [];
    const startThread = () => {
      const worker = startFaceThread();
      workers.push(worker);
      return worker;
    };
    const rates = { tenantRequestsPerSecond: 1_000, tenantRequestBurst: 1_000 };
    await using server = await startTestServer(
      { ...TWO, ...rates },
      { startFaceThread: startThread },
    );
    const ask = () =>
      Promise.all(Array.from({ length: CONNECTIONS }, () => fresh(`${server.httpUrl}/v1/schema`)));
    // A burst comes back in a second: a thread whose time stood further behind would refuse everything.
    expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([200]));
    must(workers[0], "a thread was started").terminate();
    while (!(await isServedByTwoAgain(server.httpUrl))) {
      // A thread that is dying may still answer, with 503, or break off.
    }
    expect(new Set((await ask()).map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("takes its connections with it, and nothing that was acknowledged", async () => {
    const workers: Worker[] = [];
    const start = () => {
      const worker = startFaceThread();
      workers.push(worker);
      return worker;
    };
    await using server = await startTestServer(
      { ...TWO, logLevel: "ERROR" },
      { startFaceThread: start },
    );
    await withPeople(server.httpUrl);
    let writing = true;
    const acknowledged: string[] = [];
    let broken = 0;
    const writers = clients(server.grpcUrl, 8).map(async (client) => {
      while (writing) {
        try {
          const write = { context, operations: [person("p")] };
          const { results } = await client.executeAtomic(write);
          acknowledged.push(must(results[0], "one result").nodeId);
        } catch {
          broken += 1;
        }
      }
    });
    for (let death = 0; death < 3; death++) {
      const before = acknowledged.length;
      await until(() => acknowledged.length >= before + 50);
      must(workers.at(-1), "a thread was started").terminate();
      await until(() => workers.length === 3 + death);
    }
    const later = acknowledged.length;
    await until(() => acknowledged.length >= later + 50);
    writing = false;
    await Promise.all(writers);
    expect(broken).toBeGreaterThan(0);
    const reader = rpcClient("grpc", server.grpcUrl);
    for (let at = 0; at < acknowledged.length; at += 500) {
      const ids = acknowledged.slice(at, at + 500);
      expect((await reader.getNodes({ context, ids })).missingIds).toEqual([]);
    }
    const scrape = async () =>
      parseExposition(await (await fresh(`${server.httpUrl}/metrics`)).text());
    let metrics = await scrape();
    // The last that was started may still be on its way.
    while (metrics.value("entdb_face_threads") !== 2) metrics = await scrape();
    expect(metrics.value("entdb_face_thread_restarts_total")).toBe(3);
  });
});

/** Face threads that a test can make hang, and whose signs of life it can wait for. */
class HangingThreads {
  readonly workers: Worker[] = [];
  readonly #signs = new Map<Worker, number>();

  readonly start = (): Worker => {
    const worker = new Worker(new URL("../harness/hanging-face-thread.ts", import.meta.url).href);
    worker.addEventListener("message", ({ data }) => {
      if (data.did === "ping") this.#signs.set(worker, (this.#signs.get(worker) ?? 0) + 1);
    });
    this.workers.push(worker);
    return worker;
  };

  /** Lets so much time pass that each thread is asked for a sign of life, and waits for this one's. */
  async askedAndAnswered(clock: FakeClock, worker: Worker): Promise<void> {
    const before = this.#signs.get(worker) ?? 0;
    clock.advance(LOOK_INTERVAL_MS);
    await until(() => (this.#signs.get(worker) ?? 0) > before);
  }
}

describe("a thread that hangs", () => {
  test("is ended and started again; its calls fail, and the others' do not wait for it", async () => {
    const clock = new FakeClock();
    const threads = new HangingThreads();
    const target = new MemoryTarget();
    const log = openLog({ level: "ERROR", format: "json", clock, target });
    await using server = await startTestServer(TWO, { clock, log, startFaceThread: threads.start });
    await withPeople(server.httpUrl);
    const [hanging, healthy] = threads.workers;
    must(hanging, "two threads were started").postMessage("hang");
    const asked = clients(server.grpcUrl).map((client) =>
      client.executeAtomic({ context, operations: [person("p")] }).then(
        () => "answered",
        (error) => ConnectError.from(error).code,
      ),
    );
    // Whoever is with the other thread is answered though time stands still.
    await Promise.any(asked);
    while (threads.workers.length === 2) {
      await threads.askedAndAnswered(clock, must(healthy, "two threads were started"));
    }
    // Broken off, or refused where nobody had taken the connection yet.
    const broken = (await Promise.all(asked)).filter((came) => came !== "answered");
    expect(broken.length).toBeGreaterThan(0);
    const goneOrRefused: unknown[] = [Code.Aborted, Code.Unavailable];
    for (const code of broken) expect(goneOrRefused).toContain(code);
    while (!(await isServedByTwoAgain(server.httpUrl))) {
      // The new thread is on its way.
    }
    const text = await (await fresh(`${server.httpUrl}/metrics`)).text();
    const metrics = parseExposition(text);
    expect(metrics.value("entdb_face_thread_hangs_total")).toBe(1);
    expect(metrics.value("entdb_face_thread_restarts_total")).toBe(1);
    expect(target.lines).toEqual([
      expect.stringContaining("the thread gave no sign of life for 10000 ms"),
    ]);
    const answers = clients(server.grpcUrl).map((client) => client.health({}));
    expect(await Promise.all(answers)).toHaveLength(CONNECTIONS);
  });
});
