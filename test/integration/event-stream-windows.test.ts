/**
 * Streams of events against the windows of HTTP/2, on both paths: an engine that always has more,
 * and a client that gives each byte of room by hand. What a client does not take is not read for
 * it; taking little is slow and no crime, taking nothing is; what ends a stream ends its reading.
 */
import { describe, expect, test } from "bun:test";
import { turn } from "../../src/base/turn.ts";
import type { EventBatch, EventStore } from "../../src/engine/events.ts";
import type { StoredEvent } from "../../src/record/event.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { message, text } from "../harness/raw-grpc.ts";
import { END_STREAM, envelope, FRAME, type RawHttp2, rawHttp2 } from "../harness/raw-socket.ts";
import { eventually, startFace } from "../harness/rpc-face.ts";
import { unscriptedPart } from "../harness/scripted-engine.ts";

const SUBSCRIBE = "/eventstore.v1.EventStore/Subscribe";
const PAYLOAD = new Uint8Array(200);
const BATCH = 128;
const ANSWER_TIMEOUT_MS = 30_000;
const CANCEL = Buffer.from([0, 0, 0, 8]);

/** Batches of 128 events without end. */
function endless() {
  const seen = { batches: 0, ended: 0 };
  async function* subscribe(_caller: unknown, _request: unknown, signal: AbortSignal) {
    try {
      while (!signal.aborted) {
        seen.batches += 1;
        yield batchFrom((seen.batches - 1) * BATCH + 1);
        await turn();
      }
    } finally {
      seen.ended += 1;
    }
  }
  const events = unscriptedPart<EventStore>(refuse, { subscribe });
  return { engine: { events }, seen };
}

function refuse(): never {
  throw new Error("only subscriptions are scripted");
}

function batchFrom(first: number): EventBatch {
  const events = Array.from({ length: BATCH }, (_, i) => eventAt(first + i));
  return { events, upToGlobalNonce: first + BATCH - 1 };
}

function eventAt(nonce: number): StoredEvent {
  const names = { eventId: `e${nonce}`, eventType: "a.b", aggregateId: "T-1", aggregateType: "T" };
  const places = { aggregateNonce: nonce, globalNonce: nonce, recordedAt: 1 };
  return { ...names, ...places, metadata: new Uint8Array(0), payload: PAYLOAD, tags: [] };
}

/** A stream whose client has opened no window yet. */
async function shutStream(port: number): Promise<RawHttp2> {
  const client = await rawHttp2(port, Buffer.from([0, 4, 0, 0, 0, 0]));
  client.headers(1, SUBSCRIBE);
  client.frame(FRAME.data, END_STREAM, 1, envelope(message(text(1, "acme"))));
  await client.untilFrame(FRAME.headers, 1);
  return client;
}

function open(client: RawHttp2, bytes: number): void {
  const room = Buffer.alloc(4);
  room.writeUInt32BE(bytes);
  client.frame(FRAME.window, 0, 0, room);
  client.frame(FRAME.window, 0, 1, room);
}

function bytesOf(client: RawHttp2): number {
  const data = client.frames().filter(({ type }) => type === FRAME.data);
  return data.reduce((sum, { payload }) => sum + payload.length, 0);
}

/** Time passes, and what is due happens. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advance(1_000);
    await turn();
  }
}

describe.each(["stock", "thin"])("a stream of events, %s", (path) => {
  test("is not read on while its client takes nothing, and is then dropped", async () => {
    const clock = new FakeClock();
    const { engine, seen } = endless();
    await using face = await startFace({ clock, engine, thin: path === "thin" });
    using client = await shutStream(face.port);
    await pass(clock, ANSWER_TIMEOUT_MS - 2_000);
    expect([seen.batches, seen.ended, bytesOf(client)]).toEqual([1, 0, 0]);
    await pass(clock, 5_000);
    await client.untilFrame(FRAME.reset, 1);
    await eventually(() => face.seen.calls.length === 1, "the end of the call");
    expect([face.seen.ended, seen.ended]).toEqual([["slow"], 1]);
  });

  test("lives on while its client takes a little now and then", async () => {
    const clock = new FakeClock();
    const { engine, seen } = endless();
    await using face = await startFace({ clock, engine, thin: path === "thin" });
    using client = await shutStream(face.port);
    let given = 0;
    // Less than a batch at once, and a batch takes longer than a client may take for nothing.
    for (let i = 0; i < 8; i++) {
      open(client, 16_384);
      given += 16_384;
      await eventually(() => bytesOf(client) === given, "what there is room for");
      await pass(clock, 20_000);
    }
    expect([face.seen.ended, seen.ended]).toEqual([[], 0]);
    expect(seen.batches).toBeLessThan(8);
  });

  test("counts nothing as left unread that its client has room for", async () => {
    const { engine } = endless();
    const limits = { unreadBytes: 300_000 };
    await using face = await startFace({ engine, thin: path === "thin", limits });
    using client = await shutStream(face.port);
    open(client, 1_000_000);
    await eventually(() => bytesOf(client) === 1_000_000, "everything that there is room for");
    using next = await shutStream(face.port);
    open(next, 1_000);
    await eventually(() => bytesOf(next) === 1_000, "another's first bytes");
  });

  test("ends its reading when its client goes, and holds nothing back from others", async () => {
    const { engine, seen } = endless();
    await using face = await startFace({
      ...{ engine, thin: path === "thin" },
      limits: { unreadBytes: 100_000 },
    });
    // Each leaves some 40 KB unread; that is given back with the stream.
    for (let i = 1; i <= 5; i++) {
      using client = await shutStream(face.port);
      open(client, 1_000);
      await eventually(() => bytesOf(client) === 1_000, "the first bytes");
      client.frame(FRAME.reset, 0, 1, CANCEL);
      await eventually(() => seen.ended === i, "the end of the reading");
      await eventually(() => face.seen.calls.length === i, "the end of the call");
    }
    expect(face.seen.calls.map(({ code, thin }) => [code, thin])).toEqual(
      Array.from({ length: 5 }, () => ["canceled", path === "thin"]),
    );
    expect(face.seen.faults).toEqual([]);
  });
});
