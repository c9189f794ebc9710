import type { Clock } from "../../base/clock.ts";
import type { Connections } from "./connections.ts";
import type { Listener } from "./listener.ts";

/** How often a stopping listener looks whether it is done. */
const LOOK_INTERVAL_MS = 20;
/** What aborted calls get to answer and clients to read it, beyond the grace. */
const LAST_WORDS_MS = 500;

/**
 * Stops a listener: no more connections, no more calls, every client asked to go (GOAWAY,
 * Connection: close), what is under way finishes; after `graceMs` it is aborted, and what
 * is then still there is destroyed. Resolves when no connection is left.
 */
export async function drain(
  parts: {
    readonly listener: Listener;
    readonly connections: Connections;
    readonly calls: { stop(): void; abortAll(): void };
    readonly clock: Clock;
  },
  graceMs: number,
): Promise<void> {
  const { listener, connections, calls, clock } = parts;
  listener.close();
  calls.stop();
  for (const connection of connections) {
    if (connection.protocol === "http2" || connection.exchanges.size === 0) connection.askToGo();
  }
  await emptied(connections, clock, graceMs);
  calls.abortAll();
  await emptied(connections, clock, LAST_WORDS_MS);
  for (const connection of connections) connection.socket.destroy();
  await emptied(connections, clock, LAST_WORDS_MS);
  connections.stop();
}

async function emptied(connections: Connections, clock: Clock, withinMs: number): Promise<void> {
  const untilMs = clock.monotonic() + withinMs;
  while (connections.size > 0 && clock.monotonic() < untilMs) await clock.sleep(LOOK_INTERVAL_MS);
}
