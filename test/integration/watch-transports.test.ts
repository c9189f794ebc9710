/**
 * Watching over real sockets: gRPC, Connect and gRPC-Web over HTTP/1.1 and 2, both ports, and
 * server-sent events. What comes is the same everywhere; an end has its reason; a client that
 * leaves, or does not read, costs nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { ConnectError } from "@connectrpc/connect";
import { ChangeKind, type WatchChangesResponse } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { eventsOf, type ServerEvent } from "../../src/cli/server-events.ts";
import type { Changes } from "../../src/engine/changes.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type HttpListener, startHttpListener } from "../../src/http/listener.ts";
import { GRAPH_SCHEMA, NAME, TASK, TITLE, USER } from "../harness/graph-schema.ts";
import { createNode, str, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { RestApp } from "../harness/rest-app.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import { scriptedEngine } from "../harness/scripted-engine.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import { type Protocol, type Rpc, rpcClient } from "../harness/wire.ts";

let at: TestPartition;
let alice: TenantClient;
let face: TestFace;
let http: HttpListener;
const context = { tenantId: "acme", actor: "user:alice" };
const QUERY = "tenant_id=acme&actor=user:alice";

beforeAll(async () => {
  at = await TestPartition.open({ clock: systemClock });
  alice = at.tenant("acme");
  await alice.register(GRAPH_SCHEMA);
  face = await startFace({ behind: at.engine });
  const connectFetch = async (request: Request) => await face.face.fetchHandler(request);
  const { app } = new RestApp({ behind: at.engine, connectFetch });
  const listening = { ...limits, host: "127.0.0.1", port: 0, clock: systemClock };
  http = startHttpListener(app, listening);
});

afterAll(async () => {
  await http.stop();
  await face[Symbol.asyncDispose]();
  await at[Symbol.asyncDispose]();
});

const urlOf = ({ port }: HttpListener) => `http://127.0.0.1:${port}`;

const noWatchers = () => until(() => at.engine.changes.count === 0);

/** A watch that is read in the background. */
class Stream {
  readonly responses: WatchChangesResponse[] = [];
  readonly ended: Promise<unknown>;
  readonly #abort = new AbortController();

  constructor(rpc: Rpc, request: object = {}) {
    const stream = rpc.watchChanges({ context, ...request }, { signal: this.#abort.signal });
    this.ended = this.#read(stream).catch((error: unknown) => error);
  }

  get told(): string[] {
    const changes = this.responses.flatMap((response) => response.changes);
    return changes.map(({ kind, nodeId }) => `${ChangeKind[kind]} ${nodeId}`);
  }

  async begun(): Promise<this> {
    await until(() => this.responses.length > 0);
    return this;
  }

  leave(): void {
    this.#abort.abort();
  }

  async #read(stream: AsyncIterable<WatchChangesResponse>): Promise<void> {
    for await (const response of stream) this.responses.push(response);
  }
}

function reasonOf(error: unknown): string | undefined {
  return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason;
}

const DOORS: readonly [protocol: Protocol, version: "1.1" | "2", port: "rpc" | "rest"][] = [
  ["grpc", "2", "rpc"],
  ["connect", "1.1", "rpc"],
  ["connect", "2", "rpc"],
  ["connect-json", "1.1", "rpc"],
  ["grpc-web", "1.1", "rpc"],
  ["grpc-web", "2", "rpc"],
  ["connect", "1.1", "rest"],
  ["grpc-web", "1.1", "rest"],
];

describe.each(DOORS)("%s over HTTP/%s on the %s port", (protocol, version, port) => {
  const client = () => rpcClient(protocol, port === "rpc" ? face.url : urlOf(http), version);

  test("history, then live, then from the last position again", async () => {
    const a = await alice.make(createNode(USER, { [NAME]: str("a") }));
    const stream = await new Stream(client(), {
      fromBeginning: true,
      typeIds: [USER],
      withNodes: true,
    }).begun();
    await until(() => stream.told.includes(`NODE_CREATED ${a}`));
    const receipt = await alice.execute([updateNode(a, { [NAME]: str("b") })]);
    await until(() => stream.told.at(-1) === `NODE_UPDATED ${a}`);
    const last = stream.responses.at(-1);
    const [change] = last?.changes ?? [];
    expect(change).toMatchObject({ typeId: USER, version: 2n, actor: "user:alice" });
    expect(change?.node?.fields[NAME]?.kind).toEqual({ case: "strValue", value: "b" });
    expect(last?.positionToken).toEqual(receipt.positionToken);
    expect(last?.walPosition).toBe(receipt.walPosition);
    stream.leave();
    await noWatchers();
    await alice.one(updateNode(a));
    const after = last?.positionToken;
    const again = await new Stream(client(), { after }).begun();
    await until(() => again.told.length > 0);
    expect(again.told).toEqual([`NODE_UPDATED ${a}`]);
    again.leave();
    await noWatchers();
  });

  test("what is refused has its reason", async () => {
    const refused = async (request: object) => reasonOf(await new Stream(client(), request).ended);
    expect(await refused({ typeIds: [77] })).toBe("TYPE_UNKNOWN");
    expect(await refused({ after: new Uint8Array([1]) })).toBe("INVALID_POSITION");
    expect(await refused({ heartbeatMs: 10 })).toBe("INVALID_REQUEST");
    expect(await refused({ context: { tenantId: "nobody", actor: "user:a" } })).toBe(
      "TENANT_NOT_FOUND",
    );
  });
});

describe("server-sent events", () => {
  /** Events as they come; leaving ends the request. */
  async function listen(query: string, headers: Record<string, string> = {}) {
    const abort = new AbortController();
    const url = `${urlOf(http)}/v1/watch?${QUERY}&${query}`;
    const response = await fetch(url, { headers, signal: abort.signal });
    const events: ServerEvent[] = [];
    const ended = (async () => {
      for await (const event of eventsOf(response)) events.push(event);
    })().catch(() => undefined);
    return { response, events, ended, leave: () => abort.abort() };
  }

  test("have ids to come back with, names of types, and nodes by the names of their fields", async () => {
    const a = await alice.make(createNode(USER, { [NAME]: str("a") }));
    const watching = await listen("types=User,2&with_nodes=true&from_beginning=true");
    const { headers, status } = watching.response;
    expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(headers.get("cache-control")).toBe("no-store");
    await until(() => watching.events.some(({ data }) => data.includes(a)));
    const task = await alice.execute([createNode(TASK, { [TITLE]: str("t") })]);
    const id = task.results[0]?.nodeId ?? "";
    await until(() => watching.events.at(-1)?.data.includes(id) === true);
    watching.leave();
    await watching.ended;
    await noWatchers();
    expect(watching.events[0]).toMatchObject({ event: "heartbeat", retry: 2_000 });
    const last = watching.events.at(-1);
    expect(last?.event).toBe("change");
    expect(last?.id).toBe(Buffer.from(task.positionToken).toString("base64url"));
    const { changes, wal_position } = JSON.parse(last?.data ?? "");
    expect(wal_position).toBe(task.walPosition);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ kind: "node_created", node_id: id, type_id: TASK });
    expect(changes[0].node.payload).toEqual({ title: "t", status: "todo", effort: 1 });

    await alice.one(updateNode(a));
    const lastId = { "last-event-id": last?.id ?? "" };
    const again = await listen("from_beginning=true&after=", lastId);
    await until(() => again.events.length > 1);
    expect(again.events[1]?.data).toContain(`"node_updated"`);
    again.leave();
    await noWatchers();
  });

  test("are refused with a status and the envelope", async () => {
    const refused = async (query: string, headers: Record<string, string> = {}) => {
      const { response } = await listen(query, headers);
      return response.status;
    };
    expect(await refused("types=Nothing")).toBe(400);
    expect(await refused("heartbeat_ms=1")).toBe(400);
    expect(await refused("after=AAAA")).toBe(400);
    expect(await refused("", { "last-event-id": "AAAA" })).toBe(400);
    const nobody = await fetch(`${urlOf(http)}/v1/watch?tenant_id=nobody&actor=user:a`);
    expect(nobody.status).toBe(404);
    expect(await nobody.text()).toContain('"TENANT_NOT_FOUND"');
    await noWatchers();
  });

  test("of HEAD are none, and hold no place", async () => {
    const response = await fetch(`${urlOf(http)}/v1/watch?${QUERY}`, { method: "HEAD" });
    expect(response.status).toBe(200);
    await noWatchers();
  });
});

describe("a client that does not read", () => {
  /** Asks, and never reads a byte of the answer. */
  async function deaf(port: number, head: string, body = ""): Promise<Socket> {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.pause();
    socket.write(`${head}\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return socket;
  }

  const message = JSON.stringify({ context, fromBeginning: true, withNodes: true });
  const envelope = `\0${String.fromCharCode(0, 0, 0, message.length)}${message}`;
  const connectHead =
    "POST /entdb.v1.EntDBService/WatchChanges HTTP/1.1\r\nContent-Type: application/connect+json";

  /** The engine, counting the batches that each watcher has taken. */
  function counting(taken: number[]): Engine {
    const watch: Changes["watch"] = async function* (...request) {
      const watcher = taken.push(0) - 1;
      for await (const batch of at.engine.changes.watch(...request)) {
        taken[watcher] = (taken[watcher] ?? 0) + 1;
        yield batch;
      }
    };
    const { engine } = at;
    const getSchema: Engine["getSchema"] = (...request) => engine.getSchema(...request);
    return { ...scriptedEngine(), getSchema, changes: { watch } };
  }

  test("holds what fits into its socket, not what there is, and nobody waits for it", async () => {
    const text = "x".repeat(60_000);
    const batch = Array.from({ length: 50 }, () => createNode(USER, { [NAME]: str(text) }));
    for (let i = 0; i < 20; i++) await alice.execute(batch);
    const taken: number[] = [];
    await using own = await startFace({ behind: counting(taken) });
    const { app } = new RestApp({ behind: counting(taken) });
    const listening = { ...limits, host: "127.0.0.1", port: 0, clock: systemClock };
    const rest = startHttpListener(app, listening);
    const all = "from_beginning=true&with_nodes=true";
    const sse = await deaf(rest.port, `GET /v1/watch?${QUERY}&${all} HTTP/1.1`);
    const rpc = await deaf(own.port, connectHead, envelope);
    await until(() => taken.length === 2 && Math.min(...taken) > 1);
    const quick = await new Stream(rpcClient("connect", own.url), { fromBeginning: true }).begun();
    const task = await alice.make(createNode(TASK, { [TITLE]: str("t") }));
    await until(() => quick.told.includes(`NODE_CREATED ${task}`));
    expect(taken[2]).toBeGreaterThan(20);
    for (const count of taken.slice(0, 2)) expect(count).toBeLessThan(taken[2] as number);
    // 3 MB each: some fit into the buffers of two sockets.
    const large = (taken[2] as number) - 20;
    for (const count of taken.slice(0, 2)) expect(count - large).toBeLessThan(8);
    quick.leave();
    sse.destroy();
    rpc.destroy();
    await noWatchers();
    await rest.stop();
  });
});

describe("a stop of the server", () => {
  test("ends every stream with SERVER_STOPPING, at once", async () => {
    await using own = await startFace({ behind: at.engine });
    const { app } = new RestApp({ behind: at.engine });
    const listening = { ...limits, host: "127.0.0.1", port: 0, clock: systemClock };
    const rest = startHttpListener(app, { ...listening, shutdownGraceMs: 60_000 });
    const streams = await Promise.all([
      new Stream(rpcClient("grpc", own.url)).begun(),
      new Stream(rpcClient("connect", own.url)).begun(),
      new Stream(rpcClient("grpc-web", own.url)).begun(),
    ]);
    const sse = await fetch(`${urlOf(rest)}/v1/watch?${QUERY}`);
    const text = sse.text();
    await until(() => at.engine.changes.count === 4);
    await Promise.all([own.listener.stop(60_000), rest.stop()]);
    for (const { ended } of streams) expect(reasonOf(await ended)).toBe("SERVER_STOPPING");
    expect(await text).toContain('event: end\ndata: {"error":{"code":"SERVICE_UNAVAILABLE"');
    expect(await text).toContain("SERVER_STOPPING");
    await noWatchers();
  });
});
