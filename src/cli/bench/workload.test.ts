import { describe, expect, test } from "bun:test";
import { recordedContext } from "../../../test/harness/cli-context.ts";
import { isJsonObject, type JsonObject, objectsIn, parseJson } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import { RestClient } from "../rest-client.ts";
import { Workload } from "./workload.ts";

interface Asked {
  readonly path: string;
  readonly body: JsonObject;
}

/** A workload against a server that answers as it is told; what it was asked, in order. */
function workload(answer: (asked: Asked) => JsonObject): { load: Workload; asked: Asked[] } {
  const asked: Asked[] = [];
  const send = (url: string, { body }: BunFetchRequestInit) => {
    const parsed = typeof body === "string" ? parseJson(body) : {};
    const request = { path: new URL(url).pathname, body: isJsonObject(parsed) ? parsed : {} };
    asked.push(request);
    return Promise.resolve(new Response(stringifyJson(answer(request))));
  };
  const who = { tenantId: "acme", actor: "user:ada", credential: undefined };
  const target = { url: "http://127.0.0.1:1", timeoutMs: 1000, ...who };
  const client = new RestClient(target, recordedContext().clock, send);
  return { load: new Workload(client, "run"), asked };
}

function appended(nonce: number): JsonObject {
  return { results: [{ last_aggregate_nonce: nonce }], applied: true };
}

const WRONG = { exitCode: 1, reason: "INTERNAL" };

describe("a write", () => {
  const created = { node_id: "nd_1", version: 1, created: true };

  test("has a key of its own each time", async () => {
    const { load, asked } = workload(() => ({ results: [created], applied: true }));
    await load.call("write", 0);
    await load.call("write", 1);
    const keys = asked.map(({ body }) => body["idempotency_key"]);
    expect(new Set(keys).size).toBe(2);
  });

  test.each<[string, JsonObject]>([
    ["nothing", {}],
    ["no node", { results: [{ created: true }], applied: true }],
    ["a node that was there", { results: [{ ...created, created: false }], applied: true }],
    ["one that is not applied", { results: [created], applied: false }],
  ])("answered with %s fails the run", async (_what, answer) => {
    const { load } = workload(() => answer);
    await expect(load.call("write", 0)).rejects.toMatchObject(WRONG);
  });
});

describe("a read", () => {
  const nodes = new Map<string, JsonObject>();

  function store({ body }: Asked): JsonObject {
    const results = objectsIn(body["operations"]).map(({ payload = null }) => {
      const id = `nd_${nodes.size}`;
      nodes.set(id, { id, payload });
      return { node_id: id, created: true };
    });
    return { results, applied: true };
  }

  test("asks for the nodes that were written, in turn, and takes what was written", async () => {
    const { load, asked } = workload((request) =>
      request.path === "/v1/atomic"
        ? store(request)
        : (nodes.get(request.path.replace("/v1/nodes/", "")) ?? {}),
    );
    await load.prepare();
    for (let n = 0; n <= nodes.size; n++) await load.call("read", 0);
    const read = asked.filter(({ path }) => path !== "/v1/atomic").map(({ path }) => path);
    expect(new Set(read).size).toBe(nodes.size);
    expect(read.at(-1)).toBe(read[0] ?? "");
  });

  test.each<[string, JsonObject]>([
    ["another node", { id: "nd_7", payload: { label: "entdb bench", number: 0 } }],
    ["other fields", { id: "nd_0", payload: { label: "entdb bench", number: 1 } }],
    ["no fields", { id: "nd_0" }],
  ])("answered with %s fails the run", async (_what, answer) => {
    nodes.clear();
    const { load } = workload((request) =>
      request.path === "/v1/atomic" ? store(request) : answer,
    );
    await load.prepare();
    await expect(load.call("read", 0)).rejects.toMatchObject(WRONG);
  });
});

describe("an append", () => {
  test("is 200 bytes behind the head of its caller's own aggregate", async () => {
    const heads = new Map<string, number>();
    const { load, asked } = workload(({ body }) => {
      const [append = {}] = objectsIn(body["appends"]);
      const id = String(append["aggregate_id"]);
      heads.set(id, (heads.get(id) ?? 0) + 1);
      return appended(heads.get(id) ?? 0);
    });
    for (const caller of [0, 1, 0]) await load.call("append", caller);
    const appends = asked.flatMap(({ body }) => objectsIn(body["appends"]));
    expect(appends.map(({ aggregate_id: id }) => id)).toEqual(["run-0", "run-1", "run-0"]);
    expect(appends.map(({ expected_nonce: nonce }) => nonce)).toEqual(["none", "none", "1"]);
    for (const { events } of appends) {
      const [event = {}] = objectsIn(events);
      expect(stringifyJson(event["payload"] ?? null)).toHaveLength(200);
    }
  });

  test.each<[string, JsonObject]>([
    ["another head", appended(2)],
    ["one that is not applied", { ...appended(1), applied: false }],
  ])("answered with %s fails the run", async (_what, answer) => {
    const { load } = workload(() => answer);
    await expect(load.call("append", 0)).rejects.toMatchObject(WRONG);
  });
});
