/**
 * Subscriptions to events over real sockets, by protobuf written by hand. Goal: history and what
 * comes are one stream, each event once and in order, wherever it begins, whatever its client
 * and its server go through. Method: writers that never rest while streams begin, stall and break.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createClient } from "@connectrpc/connect";
import { EventStoreService } from "../../gen/entdb/v1/events_pb.ts";
import { turn } from "../../src/base/turn.ts";
import { message, number, RawGrpc, type RawMessage, text } from "../harness/raw-grpc.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { transportOf } from "../harness/wire.ts";

const APPEND = "/eventstore.v1.EventStore/Append";
const SUBSCRIBE = "/eventstore.v1.EventStore/Subscribe";
const READ = "/eventstore.v1.EventStore/ReadStream";
const OK = 0;
const PERMISSION_DENIED = 7;
const UNAVAILABLE = 14;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** Appends so many events at the head of an aggregate, one request. */
async function append(
  grpc: RawGrpc,
  aggregate: string,
  head: number,
  count = 1,
  payload = new Uint8Array(10),
): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => {
    const nonce = head + 1 + i;
    const meta = message(text(1, `${aggregate}/${nonce}`), number(4, nonce), text(5, "a.b"));
    return [6, message([1, meta], [2, payload])] as const;
  });
  const where = [text(1, "acme"), text(2, aggregate), text(3, "T"), number(4, head)];
  const { status } = await grpc.unary(APPEND, message(...where, ...events));
  expect(status).toBe(OK);
}

function subscribe(grpc: RawGrpc, from: number, prefix = "") {
  const stream = grpc.open(SUBSCRIBE, message(text(1, "acme"), text(2, prefix), number(3, from)));
  return { ...stream, nonces: () => noncesOf(stream.messages) };
}

function noncesOf(messages: readonly RawMessage[]): number[] {
  return messages
    .filter(({ fields }) => fields.length > 0)
    .map((each) => Number(each.message(1).message(1).number(17)));
}

const numbered = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

describe("a server that runs", () => {
  let server: TestServer;
  let grpc: RawGrpc;
  beforeAll(async () => {
    server = await startTestServer();
    grpc = new RawGrpc(server.grpcUrl);
  });
  afterAll(async () => {
    grpc[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  test("from every place, with and without a prefix, while two aggregates grow", async () => {
    const last = 400;
    const half = last / 2;
    await append(grpc, "A", 0, half / 2);
    await append(grpc, "B", 0, half / 2);
    const starts = [0, 1, half / 2, half, half + 1, half + 50, last];
    const streams = starts.flatMap((from) => [
      { from, isOurs: () => true, stream: subscribe(grpc, from) },
      // Live, A has the odd nonces.
      {
        from,
        isOurs: (nonce: number) => (nonce > half ? nonce % 2 === 1 : nonce <= half / 2),
        stream: subscribe(grpc, from, "A"),
      },
    ]);
    for (let head = half / 2; head < last / 2; head++) {
      await append(grpc, "A", head);
      await append(grpc, "B", head);
    }
    for (const { from, isOurs, stream } of streams) {
      const wanted = numbered(Math.max(1, from), last).filter(isOurs);
      await until(() => stream.nonces().length >= wanted.length);
      await until(() => stream.messages.at(-1)?.fields.length === 0);
      expect(stream.nonces()).toEqual(wanted);
      stream.leave();
    }
  });

  test("one who does not read slows nobody, and misses nothing", async () => {
    const { head: before } = await headOf(grpc);
    // A connection of its own: streams of one connection share its window.
    using other = new RawGrpc(server.grpcUrl);
    const slow = subscribe(other, before + 1, "big");
    slow.pause();
    const quick = subscribe(grpc, before + 1, "big");
    const payload = new Uint8Array(1_000_000).fill(7);
    for (let head = 0; head < 24; head++) await append(grpc, "big", head, 1, payload);
    await until(() => quick.nonces().length >= 24);
    slow.resume();
    await until(() => slow.nonces().length >= 24);
    expect(slow.nonces()).toEqual(numbered(before + 1, before + 24));
    expect(slow.messages.filter(({ fields }) => fields.length > 0)).toEqual(
      quick.messages.filter(({ fields }) => fields.length > 0),
    );
    slow.leave();
    quick.leave();
  });
});

test("who is cut off by restarts, and cuts himself off, goes on behind the last nonce", async () => {
  using directory = temporaryDirectory();
  const random = new SeededRandom(7);
  const start = () => startTestServer({ wal: "file", dataDir: directory.path });
  const seen: number[] = [];
  const total = 120;
  let head = 0;
  for (let life = 0; life < 4; life++) {
    await using server = await start();
    using grpc = new RawGrpc(server.grpcUrl);
    const end = ((life + 1) * total) / 4;
    while (head < end) {
      const stream = subscribe(grpc, seen.length + 1);
      const next = Math.min(end, head + 1 + random.below(12));
      for (; head < next; head++) await append(grpc, "A", head);
      const enough = seen.length + random.below(head - seen.length + 1);
      await until(() => seen.length + stream.nonces().length >= enough);
      seen.push(...stream.nonces());
      stream.leave();
    }
    const last = subscribe(grpc, seen.length + 1);
    await until(() => last.messages.length > 0);
    const stopping = server.server.stop();
    const { status } = await last.ended;
    expect([OK, UNAVAILABLE]).toContain(status);
    seen.push(...last.nonces());
    await stopping;
  }
  await using server = await start();
  using grpc = new RawGrpc(server.grpcUrl);
  const rest = subscribe(grpc, seen.length + 1);
  await until(() => seen.length + rest.nonces().length >= total);
  expect([...seen, ...rest.nonces()]).toEqual(numbered(1, total));
});

test("with credentials the credential decides: tenant, actor, and what is granted", async () => {
  await using server = await SecuredServer.start(async ({ grpcUrl }) => {
    using trusted = new RawGrpc(grpcUrl);
    await append(trusted, "A", 0, 2);
  });
  using grpc = new RawGrpc(server.grpcUrl);
  const bearer = async (claims: Record<string, unknown>) => ({
    authorization: `Bearer ${await server.token(claims)}`,
  });
  const bob = await bearer({ sub: "user:bob" });
  const store = createClient(EventStoreService, transportOf("grpc", server.grpcUrl, "2"));
  const grants = {
    aggregateType: "T",
    grants: [{ principal: "user:bob", permission: 2 }],
  };
  const admin = await bearer({ roles: ["admin"] });
  await store.setAggregateGrants({ grants }, { headers: admin });
  const read = async (headers: Record<string, string>, tenant = "acme") => {
    const request = message(text(1, tenant), text(2, "A"), number(5, 1));
    const { status, messages } = await grpc.unary(READ, request, headers);
    return [status, messages[0]?.messages(1).length];
  };
  expect(await read(bob)).toEqual([OK, 2]);
  expect(await read(await bearer({ sub: "user:eve" }))).toEqual([OK, 0]);
  expect(await read(bob, "other")).toEqual([PERMISSION_DENIED, undefined]);
  expect(await read({ ...bob, "x-actor": "user:eve" })).toEqual([PERMISSION_DENIED, undefined]);
  // The actor that an event names is not who asks.
  const meta = message(text(1, "e"), number(4, 3), text(5, "a.b"), text(11, "user:bob"));
  const where = [text(1, "acme"), text(2, "A"), text(3, "T"), number(4, 2)];
  const forged = message(...where, [6, message([1, meta])]);
  const eve = await grpc.unary(APPEND, forged, await bearer({ sub: "user:eve" }));
  expect(eve.status).toBe(PERMISSION_DENIED);
  expect((await grpc.unary(APPEND, forged, bob)).status).toBe(OK);
});

/** The tenant's last global nonce. */
async function headOf(grpc: RawGrpc): Promise<{ readonly head: number }> {
  const stream = subscribe(grpc, 0);
  await until(() => stream.messages.at(-1)?.fields.length === 0);
  const head = stream.nonces().at(-1) ?? 0;
  stream.leave();
  return { head };
}
