import type { Clock } from "../base/clock.ts";
import type { HttpApp } from "./app.ts";
import { drainApp } from "./drain.ts";

/**
 * The port of the REST face, on Bun's own server, which refuses broken HTTP by itself:
 * conflicting or repeated lengths, chunks that are none, folded headers, heads over 16 KiB,
 * versions other than 1.0 and 1.1; and it closes a connection that is silent, or whose head
 * or body trickles.
 *
 * `stop` takes no new connection, lets the requests under way finish within the grace,
 * then ends them; it resolves when the port is closed and no connection is left.
 */
export interface HttpListenerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly idleTimeoutMs: number;
  /** A connection is never idle for as long as a request on it may take. */
  readonly deadlineMs: number;
  /** How long a stop waits for requests under way. */
  readonly shutdownGraceMs: number;
  readonly clock: Clock;
  /** Lets others of this process take connections on the same port. Defaults to false. */
  readonly reusePort?: boolean;
}

export interface HttpListener {
  /** The one that was really taken. */
  readonly port: number;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Bun takes whole seconds, and no more than these. */
const IDLE_SECONDS_MAX = 255;
/** What an answer that leaves at its deadline has on top of it. */
const LEAVE_MS = 5_000;
/** The app counts bytes itself, says why it refuses, and closes; this only stops what nobody would send. */
const BODY_BYTES_MAX = 1024 ** 3;

/** Listens. Throws what the system says when the address cannot be taken. */
export function startHttpListener(app: HttpApp, options: HttpListenerOptions): HttpListener {
  const { host, idleTimeoutMs, deadlineMs } = options;
  const idleMs = Math.max(idleTimeoutMs, deadlineMs + LEAVE_MS);
  const server = Bun.serve({
    hostname: host,
    port: options.port,
    idleTimeout: Math.min(IDLE_SECONDS_MAX, Math.ceil(idleMs / 1_000)),
    maxRequestBodySize: BODY_BYTES_MAX,
    development: false,
    // Outside of development Bun would share a port that another process listens on.
    reusePort: options.reusePort ?? false,
    fetch: (request, bun) =>
      app.fetch(request, {
        address: () => bun.requestIP(request)?.address ?? "unknown",
        keepOpen: () => bun.timeout(request, 0),
        lingers: false,
      }),
    // The app never rejects; should it, nothing of why goes out.
    error: () => new Response(null, { status: 500 }),
  });
  const port = server.port ?? options.port;
  const close = async () => {
    // Takes no new connection; open ones live on until their requests are answered.
    const closed = server.stop(false);
    await drainApp(app, options);
    await server.stop(true);
    await closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    port,
    stop: () => {
      stopped ??= close();
      return stopped;
    },
  };
}
