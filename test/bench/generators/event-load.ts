/**
 * The load generator for event stores: h2load sends one and the same message, and an append is
 * never the same as the one before. A process of its own, HTTP/2 by hand, no client library; the
 * same for every store.
 *
 *     bun event-load.ts append <entdb|umadb> <url> <run> <in flight> <events per request> <seconds|calls> <n>
 *     bun event-load.ts subscribe <url> <events>
 *     bun event-load.ts read <url> <aggregate> <times>
 *
 * Prints what it measured as JSON; ends with 1 when anything was refused.
 */
import {
  ENTDB_APPEND,
  READ_PATH,
  readRequest,
  SUBSCRIBE_PATH,
  subscribeRequest,
  UMADB_APPEND,
} from "../events/append-frame.ts";
import { AggregatePool, PAYLOAD } from "../events/event-side.ts";
import { type Budget, closedLoop } from "../measure.ts";
import { BareHttp2 } from "./bare-http2.ts";

/** So many connections at the most; further callers are streams on them. */
const CONNECTIONS = 8;

async function append(args: readonly string[]): Promise<unknown> {
  const [store, url = "", run = "", inFlight = "1", events = "1", unit, amount = "1"] = args;
  const wire = store === "umadb" ? UMADB_APPEND : ENTDB_APPEND;
  const callers = Number(inFlight);
  const lines = Array.from({ length: Math.min(callers, CONNECTIONS) }, () => new BareHttp2(url));
  const pool = new AggregatePool(run, callers);
  const count = Number(events);
  const budget: Budget =
    unit === "seconds" ? { seconds: Number(amount) } : { calls: Number(amount) };
  const ask = (n: number) =>
    pool.use(async (aggregate) => {
      const line = lines[n % lines.length] as BareHttp2;
      const answer = await line.call(wire.path, wire.request(aggregate, count));
      wire.advance(aggregate, count, answer);
    });
  return await closedLoop(ask, callers, budget);
}

/** Counts the frames of events without a look inside; a keep-alive's is empty. */
async function subscribe([url = "", events = "0"]: readonly string[]): Promise<unknown> {
  const wanted = Number(events);
  const frames = new EventFrames();
  const start = performance.now();
  await new Promise<void>((resolve) => {
    new BareHttp2(url).stream(SUBSCRIBE_PATH, subscribeRequest(), (chunk) => {
      frames.feed(chunk);
      if (frames.events >= wanted) resolve();
    });
  });
  return { seconds: (performance.now() - start) / 1_000, events: frames.events };
}

/** One caller reads an aggregate again and again. */
async function read([
  url = "",
  aggregateId = "",
  times = "1",
]: readonly string[]): Promise<unknown> {
  const line = new BareHttp2(url);
  const request = readRequest(aggregateId);
  const ask = async () => {
    const answer = await line.call(READ_PATH, request);
    if (answer.length < PAYLOAD.length) throw new Error(`${aggregateId} has no events`);
  };
  return await closedLoop(ask, 1, { calls: Number(times) });
}

const FRAME_HEAD_BYTES = 5;

/** Steps from one gRPC frame to the next, whatever the chunks. */
class EventFrames {
  events = 0;
  /** Of the frame at hand: bytes of its payload that are still to come. */
  #left = 0;
  #head: Buffer = Buffer.alloc(0);

  feed(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#head.length > 0) {
      bytes = Buffer.concat([this.#head, chunk]);
      this.#head = Buffer.alloc(0);
    }
    let at = Math.min(this.#left, bytes.length);
    this.#left -= at;
    while (at < bytes.length) {
      if (bytes.length - at < FRAME_HEAD_BYTES) {
        this.#head = bytes.subarray(at);
        return;
      }
      const length = bytes.readUInt32BE(at + 1);
      if (length > 0) this.events += 1;
      at += FRAME_HEAD_BYTES;
      const here = Math.min(length, bytes.length - at);
      this.#left = length - here;
      at += here;
    }
  }
}

const MODES = { append, subscribe, read };
const [mode = "append", ...args] = process.argv.slice(2);
console.log(JSON.stringify(await MODES[mode as keyof typeof MODES](args)));
process.exit(0);
