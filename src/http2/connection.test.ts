/** The rules that h2spec does not look at: windows and turns, what is bounded, how it ends. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ABANDONED_MAX, Http2Connection } from "./connection.ts";
import { UNPAID_MAX } from "./control-frames.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import { headersBytesMax, type OutgoingFields, writeHeaders } from "./header-encoder.ts";
import { writeFrameHead } from "./out-buffer.ts";
import { ErrorCode, FRAME_HEAD_BYTES, FrameType, PREFACE, u32 } from "./protocol.ts";
import type { Http2Stream } from "./stream.ts";

const END_STREAM = 1;
const END_HEADERS = 4;
const CALL = { ":method": "POST", ":scheme": "http", ":path": "/a", ":authority": "localhost" };
const INITIAL_WINDOW_SIZE = 4;
const NOTHING = Buffer.alloc(0);

interface Got {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A client that says what it likes, and what it was told. */
class TestClient {
  readonly got: Got[] = [];
  readonly streams: Http2Stream[] = [];
  /** Whether the socket takes more. */
  takes = true;
  ended = false;
  destroyed = false;
  readonly connection: Http2Connection;
  readonly #reader = new FrameReader((type, flags, stream, payload) => {
    this.got.push({ type, flags, stream, payload: Buffer.from(payload) });
  });
  readonly #decoder = new HeaderDecoder(1_000_000);
  nowMs = 0;
  #together: Buffer[] | undefined;

  constructor(serve: (stream: Http2Stream) => void = () => undefined) {
    this.connection = new Http2Connection({
      line: {
        write: (bytes) => {
          this.#reader.feed(Buffer.from(bytes), 0);
          return this.takes;
        },
        end: () => {
          this.ended = true;
        },
        destroy: () => {
          this.destroyed = true;
        },
      },
      serve: (stream) => {
        this.streams.push(stream);
        serve(stream);
      },
      concurrentStreams: 10,
      headBytesMax: 4_096,
      monotonic: () => this.nowMs,
    });
    this.connection.receive(PREFACE);
    this.send(FrameType.settings, 0, 0);
  }

  send(type: number, flags: number, stream: number, payload: Uint8Array = NOTHING): void {
    const bytes = Buffer.alloc(FRAME_HEAD_BYTES + payload.length);
    bytes.set(payload, writeFrameHead(bytes, 0, payload.length, type, flags, stream));
    if (this.#together === undefined) this.connection.receive(bytes);
    else this.#together.push(bytes);
  }

  /** Everything that is sent meanwhile arrives at once. */
  together(send: () => void): void {
    this.#together = [];
    send();
    const bytes = Buffer.concat(this.#together);
    this.#together = undefined;
    this.connection.receive(bytes);
  }

  call(stream: number, ends = true, more: OutgoingFields = {}): void {
    const fields = { ...CALL, ...more };
    const block = Buffer.alloc(headersBytesMax(fields));
    const flags = END_HEADERS | (ends ? END_STREAM : 0);
    this.send(FrameType.headers, flags, stream, block.subarray(0, writeHeaders(fields, block, 0)));
  }

  setting(name: number, value: number): void {
    const payload = Buffer.alloc(6);
    payload.writeUInt16BE(name, 0);
    payload.writeUInt32BE(value, 2);
    this.send(FrameType.settings, 0, 0, payload);
  }

  widen(stream: number, bytes: number): void {
    this.send(FrameType.windowUpdate, 0, stream, u32(bytes));
  }

  of(type: number, stream?: number): Got[] {
    return this.got.filter(
      (frame) => frame.type === type && (stream === undefined || frame.stream === stream),
    );
  }

  body(stream: number): Buffer {
    return Buffer.concat(this.of(FrameType.data, stream).map(({ payload }) => payload));
  }

  fields(index: number): readonly string[] {
    const frame = this.of(FrameType.headers)[index] as Got;
    return this.#decoder.decode(frame.payload).fields;
  }

  /** Of the GOAWAY, if there was one. */
  get goneWith(): number | undefined {
    return this.of(FrameType.goaway)[0]?.payload.readUInt32BE(4);
  }

  /** What is sent outside of its own frames goes out with the turn. */
  async turn(): Promise<void> {
    await new Promise((resolve) => process.nextTick(resolve));
  }
}

const resetCode = (frame: Got | undefined) => frame?.payload.readUInt32BE(0);

describe("an answer", () => {
  test("goes as far as the stream's window, then as far as the client widens it", () => {
    const client = new TestClient();
    client.setting(INITIAL_WINDOW_SIZE, 10);
    client.call(1);
    const [stream] = client.streams;
    stream?.respond({ ":status": 200 });
    stream?.end(Buffer.from("0123456789abcdefghij"), { "grpc-status": "0" });
    client.widen(1, 5);
    expect(client.body(1).toString()).toBe("0123456789abcde");
    expect(client.of(FrameType.headers)).toHaveLength(1);
    client.widen(1, 100);
    expect(client.body(1).toString()).toBe("0123456789abcdefghij");
    expect(client.of(FrameType.headers)).toHaveLength(2);
    expect(client.got.at(-1)?.flags).toBe(END_HEADERS | END_STREAM);
  });

  test("waits for a window that was taken back to become whole again", () => {
    const client = new TestClient();
    client.call(1);
    const [stream] = client.streams;
    stream?.respond({ ":status": 200 });
    stream?.write(Buffer.alloc(1_000));
    client.setting(INITIAL_WINDOW_SIZE, 500);
    stream?.write(Buffer.alloc(1_000));
    client.widen(1, 500);
    expect(client.body(1)).toHaveLength(1_000);
    client.widen(1, 1);
    expect(client.body(1)).toHaveLength(1_001);
  });

  test("takes turns with the others, a frame each", () => {
    const client = new TestClient();
    client.takes = false;
    for (const id of [1, 3]) {
      client.call(id);
      client.streams.at(-1)?.respond({ ":status": 200 });
    }
    client.connection.drained();
    for (const stream of client.streams) stream.write(Buffer.alloc(30_000));
    client.takes = true;
    client.connection.drained();
    const order = client.of(FrameType.data).map(({ stream }) => stream);
    expect(order).toEqual([1, 3, 1, 3]);
  });

  test("says when everything of it is on its way", async () => {
    const client = new TestClient();
    client.setting(INITIAL_WINDOW_SIZE, 1);
    client.call(1);
    const stream = client.streams[0] as Http2Stream;
    stream.respond({ ":status": 200 });
    expect(stream.write(Buffer.from("ab"))).toBe(false);
    let drained = false;
    const waiting = stream.drained().then(() => {
      drained = true;
    });
    expect(drained).toBe(false);
    client.widen(1, 1);
    await waiting;
    expect(stream.write(NOTHING)).toBe(true);
  });

  test("is nothing any more when the client has gone, and nobody waits for it", async () => {
    const client = new TestClient();
    client.setting(INITIAL_WINDOW_SIZE, 0);
    client.call(1);
    const stream = client.streams[0] as Http2Stream;
    let completed: boolean | undefined;
    stream.onClosed = (whole) => {
      completed = whole;
    };
    stream.respond({ ":status": 200 });
    stream.write(Buffer.from("a"));
    const drained = stream.drained();
    client.send(FrameType.rstStream, 0, 1, u32(ErrorCode.cancel));
    await drained;
    expect(completed).toBe(false);
    stream.end(Buffer.from("b"), undefined);
    stream.reset(ErrorCode.cancel);
    expect(client.of(FrameType.rstStream)).toHaveLength(0);
  });

  test("of many at once is whole, whatever the windows", () => {
    const plan = fc.record({
      window: fc.integer({ min: 0, max: 100 }),
      bodies: fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 8 }),
      steps: fc.array(fc.record({ stream: fc.nat(7), bytes: fc.integer({ min: 1, max: 90 }) }), {
        maxLength: 60,
      }),
    });
    fc.assert(
      fc.property(plan, ({ window, bodies, steps }) => {
        const client = new TestClient();
        client.setting(INITIAL_WINDOW_SIZE, window);
        bodies.forEach((body, i) => {
          client.call(2 * i + 1);
          const stream = client.streams[i] as Http2Stream;
          stream.respond({ ":status": 200 });
          for (let at = 0; at < body.length; at += 50) stream.write(body.subarray(at, at + 50));
          stream.end(undefined, { "grpc-status": "0" });
        });
        for (const { stream, bytes } of steps) {
          if (stream < bodies.length) client.widen(2 * stream + 1, bytes);
        }
        bodies.forEach((body, i) => {
          client.widen(2 * i + 1, 1_000);
          expect(client.body(2 * i + 1)).toEqual(Buffer.from(body));
          expect(client.of(FrameType.headers, 2 * i + 1)).toHaveLength(2);
        });
      }),
    );
  });
});

describe("a request", () => {
  test("is read from its beginning by whoever begins to read late", () => {
    const client = new TestClient();
    client.call(1, false);
    client.send(FrameType.data, 0, 1, Buffer.from("early "));
    client.send(FrameType.data, END_STREAM, 1, Buffer.from("late"));
    let text = "";
    client.streams[0]?.read({
      data: (chunk) => {
        text += Buffer.from(chunk).toString();
      },
      end: () => {
        text += ".";
      },
    });
    expect(text).toBe("early late.");
  });

  test("that nobody reads may fill its window and no more", () => {
    const client = new TestClient();
    client.call(1, false);
    const piece = Buffer.alloc(16_384);
    for (let sent = 0; sent < 17; sent++) client.send(FrameType.data, 0, 1, piece);
    expect(client.of(FrameType.windowUpdate, 1)).toHaveLength(0);
    expect(resetCode(client.of(FrameType.rstStream)[0])).toBe(ErrorCode.flowControlError);
  });

  test("that is read slowly is not widened before it goes on", () => {
    const client = new TestClient();
    client.call(1, false);
    const stream = client.streams[0] as Http2Stream;
    stream.read({ data: () => undefined, end: () => undefined });
    stream.pause();
    for (let sent = 0; sent < 10; sent++) client.send(FrameType.data, 0, 1, Buffer.alloc(16_384));
    expect(client.of(FrameType.windowUpdate, 1)).toHaveLength(0);
    stream.resume();
    client.send(FrameType.ping, 0, 0, Buffer.alloc(8));
    expect(resetCode(client.of(FrameType.windowUpdate, 1)[0])).toBe(163_840);
  });

  test.each<[string, OutgoingFields, boolean]>([
    ["a body that was promised and is not there", { "content-length": "5" }, true],
    ["a length that is no number", { "content-length": "five" }, false],
    ["a header of connections", { connection: "close" }, false],
    ["a header in capitals", { Accept: "text" }, false],
    ["another te than trailers", { te: "gzip" }, false],
    ["an unknown header that begins with a colon", { ":color": "red" }, false],
  ])("with %s is reset", (_what, fields, ends) => {
    const client = new TestClient();
    client.call(1, ends, fields);
    expect(client.streams).toHaveLength(0);
    expect(resetCode(client.of(FrameType.rstStream)[0])).toBe(ErrorCode.protocolError);
    client.call(3);
    expect(client.streams).toHaveLength(1);
  });

  test("with a longer head than is taken is told so, and the next one is served", () => {
    const client = new TestClient();
    client.call(1, true, { "x-long": "y".repeat(5_000) });
    expect(client.fields(0)).toContain("431");
    client.call(3);
    expect(client.streams).toHaveLength(1);
  });

  test("beyond those that may be open at once is refused, and may be sent again", () => {
    const client = new TestClient();
    for (let i = 0; i < 11; i++) client.call(2 * i + 1);
    expect(client.streams).toHaveLength(10);
    expect(resetCode(client.of(FrameType.rstStream, 21)[0])).toBe(ErrorCode.refusedStream);
  });
});

describe("the connection", () => {
  test.each([
    ["pings", FrameType.ping, 0, new Uint8Array(8)],
    ["settings", FrameType.settings, 0, NOTHING],
    ["priorities", FrameType.priority, 1, new Uint8Array(5)],
    ["window updates", FrameType.windowUpdate, 0, u32(1)],
  ])(
    "ends for a client that floods it with %s, and not for one that takes its time",
    (_, ...frame) => {
      const [type, stream, payload] = frame;
      const client = new TestClient();
      for (let i = 0; i < 3 * UNPAID_MAX; i++) {
        if (i % 1_000 === 0) client.nowMs += 101;
        client.send(type, 0, stream, payload);
      }
      expect(client.goneWith).toBeUndefined();
      for (let i = 0; i <= UNPAID_MAX; i++) client.send(type, 0, stream, payload);
      expect(client.goneWith).toBe(ErrorCode.enhanceYourCalm);
      expect(client.ended).toBe(true);
    },
  );

  test("goes on with a client that widens its windows for each piece of a long body it sends", () => {
    const client = new TestClient();
    client.call(1, false);
    for (let i = 0; i < 2 * UNPAID_MAX; i++) {
      client.send(FrameType.data, 0, 1, Buffer.of(1));
      client.send(FrameType.windowUpdate, 0, 0, u32(1));
      client.send(FrameType.windowUpdate, 0, 1, u32(1));
    }
    expect(client.goneWith).toBeUndefined();
  });

  test("ends for a client that opens streams only to cancel them, and not for one that takes its time", () => {
    const client = new TestClient();
    let stream = -1;
    const cancel = () => {
      stream += 2;
      client.call(stream);
      client.send(FrameType.rstStream, 0, stream, u32(ErrorCode.cancel));
    };
    for (let i = 0; i < 3 * ABANDONED_MAX; i++) {
      if (i % 100 === 0) client.nowMs += 101;
      cancel();
    }
    expect(client.goneWith).toBeUndefined();
    for (let i = 0; i <= ABANDONED_MAX; i++) cancel();
    expect(client.goneWith).toBe(ErrorCode.enhanceYourCalm);
    expect(client.ended).toBe(true);
    expect(client.streams.length).toBeLessThanOrEqual(4 * ABANDONED_MAX);
  });

  test("hands on no stream that the same bytes take back, and the others in their order", () => {
    const bodies: string[] = [];
    const client = new TestClient((stream) => {
      const pieces: Uint8Array[] = [];
      const data = (piece: Uint8Array) => void pieces.push(piece);
      const end = () => void bodies.push(`${stream.id} ${Buffer.concat(pieces)}`);
      stream.read({ data, end });
    });
    client.together(() => {
      for (const stream of [1, 3, 5, 7]) client.call(stream, false);
      client.send(FrameType.data, 0, 5, Buffer.from("fi"));
      client.send(FrameType.rstStream, 0, 3, u32(ErrorCode.cancel));
      client.send(FrameType.data, END_STREAM, 5, Buffer.from("ve"));
      client.send(FrameType.data, END_STREAM, 1, Buffer.from("one"));
      client.send(FrameType.rstStream, 0, 7, u32(ErrorCode.cancel));
    });
    expect(client.streams.map(({ id }) => id)).toEqual([1, 5]);
    expect(bodies).toEqual(["1 one", "5 five"]);
    expect(client.of(FrameType.rstStream)).toEqual([]);
  });

  test("hands on nothing of bytes that end it", () => {
    const client = new TestClient();
    client.together(() => {
      client.call(1, false);
      client.send(FrameType.windowUpdate, 0, 0, u32(0));
    });
    expect(client.goneWith).toBe(ErrorCode.protocolError);
    expect(client.streams).toEqual([]);
  });

  test("goes on for one that cancels now and then", () => {
    const client = new TestClient((stream) => {
      if (stream.id % 4 === 1) stream.respond({ ":status": 200 }, true);
    });
    for (let i = 0; i < 5_000; i++) {
      client.call(2 * i + 1);
      if (i % 2 === 1) client.send(FrameType.rstStream, 0, 2 * i + 1, u32(ErrorCode.cancel));
    }
    expect(client.goneWith).toBeUndefined();
    expect(client.streams).toHaveLength(5_000);
  });

  test("holds bounded acknowledgements for a client that does not read", () => {
    const client = new TestClient();
    client.takes = false;
    for (let i = 0; i < 100_000 && !client.destroyed; i++) {
      // Slowly enough: it is what is held that ends it, not how much is asked.
      client.nowMs += 1;
      client.send(FrameType.ping, 0, 0, Buffer.alloc(8));
    }
    expect(client.destroyed).toBe(true);
  });

  test("asked to end, finishes what has begun, refuses what begins, then closes", async () => {
    const client = new TestClient();
    client.call(1);
    client.connection.close();
    await client.turn();
    expect(client.goneWith).toBe(ErrorCode.noError);
    client.call(3);
    expect(resetCode(client.of(FrameType.rstStream, 3)[0])).toBe(ErrorCode.refusedStream);
    expect(client.ended).toBe(false);
    client.streams[0]?.respond({ ":status": 200 }, true);
    expect(client.fields(0)).toEqual([":status", "200"]);
    expect(client.ended).toBe(true);
  });

  test("takes what was on its way to a stream that it has reset, and ends for what was not", () => {
    const client = new TestClient();
    client.call(1, false);
    client.streams[0]?.reset(ErrorCode.noError);
    client.send(FrameType.data, 0, 1, Buffer.from("on its way"));
    client.call(1);
    expect(client.goneWith).toBeUndefined();
    client.call(3);
    client.streams[1]?.respond({ ":status": 200 }, true);
    client.call(3);
    expect(client.goneWith).toBe(ErrorCode.streamClosed);
  });

  test("knows that what follows the client's own reset was not on its way", () => {
    const client = new TestClient();
    client.call(1, false);
    client.streams[0]?.reset(ErrorCode.noError);
    client.send(FrameType.rstStream, 0, 1, u32(ErrorCode.cancel));
    client.send(FrameType.data, 0, 1, Buffer.from("too late"));
    expect(client.of(FrameType.rstStream, 1).map(resetCode)).toEqual([
      ErrorCode.noError,
      ErrorCode.streamClosed,
    ]);
    client.call(3, false);
    client.streams[1]?.reset(ErrorCode.noError);
    client.send(FrameType.rstStream, 0, 3, u32(ErrorCode.cancel));
    client.call(3);
    expect(client.goneWith).toBe(ErrorCode.streamClosed);
  });

  test("that is lost takes every stream with it", () => {
    const client = new TestClient();
    const closed: boolean[] = [];
    for (const id of [1, 3]) {
      client.call(id);
      const stream = client.streams.at(-1) as Http2Stream;
      stream.onClosed = (completed) => closed.push(completed);
    }
    client.connection.lost();
    expect(closed).toEqual([false, false]);
  });
});
