/**
 * The load generator for `eventstore.v1`: h2load sends one and the same message, and an append is
 * never the same as the one before. A process of its own, HTTP/2 by hand, no client library.
 *
 *     bun event-load.ts append <url> <run> <in flight> <events per request> <seconds|calls> <n>
 *     bun event-load.ts subscribe <url> <events>
 *
 * Prints what it measured as JSON; ends with 1 when anything was refused.
 */
import { type ClientHttp2Session, connect } from "node:http2";
import {
  APPEND_PATH,
  appendRequest,
  framed,
  SUBSCRIBE_PATH,
  subscribeRequest,
} from "../events/append-frame.ts";
import { AggregatePool } from "../events/event-side.ts";
import { type Budget, closedLoop } from "../measure.ts";

/** So many connections at the most; further callers are streams on them. */
const CONNECTIONS = 8;

function open(session: ClientHttp2Session, path: string, body: Uint8Array) {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(framed(body));
  return stream;
}

function call(session: ClientHttp2Session, path: string, body: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = open(session, path, body);
    let status: unknown;
    stream.on("trailers", (trailers) => {
      status = trailers["grpc-status"];
    });
    stream.on("data", () => undefined);
    stream.once("error", reject);
    stream.once("close", () => {
      if (status === "0") resolve();
      else reject(new Error(`${path}: grpc-status ${String(status)}`));
    });
  });
}

async function append(args: readonly string[]): Promise<unknown> {
  const [url = "", run = "", inFlight = "1", events = "1", unit = "calls", amount = "1"] = args;
  const callers = Number(inFlight);
  const sessions = Array.from({ length: Math.min(callers, CONNECTIONS) }, () => connect(url));
  const pool = new AggregatePool(run, callers);
  const count = Number(events);
  const budget: Budget =
    unit === "seconds" ? { seconds: Number(amount) } : { calls: Number(amount) };
  const ask = (n: number) =>
    pool.use(async (aggregate) => {
      const session = sessions[n % sessions.length] as ClientHttp2Session;
      await call(session, APPEND_PATH, appendRequest(aggregate, count));
      aggregate.head += count;
    });
  const measured = await closedLoop(ask, callers, budget);
  for (const session of sessions) session.destroy();
  return measured;
}

/** Counts the frames of events without a look inside; a keep-alive's is empty. */
async function subscribe([url = "", events = "0"]: readonly string[]): Promise<unknown> {
  const session = connect(url);
  const wanted = Number(events);
  const start = performance.now();
  const stream = open(session, SUBSCRIBE_PATH, subscribeRequest());
  let rest: Uint8Array = new Uint8Array(0);
  let seen = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 5) {
      const length = bytes.readUInt32BE(at + 1);
      if (bytes.length - at < 5 + length) break;
      at += 5 + length;
      if (length > 0) seen += 1;
    }
    rest = bytes.subarray(at);
    if (seen >= wanted) break;
  }
  const seconds = (performance.now() - start) / 1_000;
  session.destroy();
  return { seconds, events: seen };
}

const [mode, ...args] = process.argv.slice(2);
console.log(JSON.stringify(await (mode === "subscribe" ? subscribe(args) : append(args))));
process.exit(0);
