import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { localPortCounts, type PortCounts } from "../../face/counts.ts";
import type { ConnectionEnd, RequestMeter } from "../call-context.ts";
import { Connection, type Exchange } from "./connection.ts";

/**
 * Every open connection of a listener. Holds three promises that neither node:http nor
 * HTTP/2 itself keeps: at most so many connections, in total and from one
 * address; no connection stays that does nothing; no exchange waits without end for a
 * client that sends or reads slowly.
 *
 * One timer a listener looks at all of them; a timer an exchange would cost the hot path
 * more than the whole watch.
 */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerPeer: number;
  readonly requestHeadTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly unreadBytes: number;
  readonly unreadBytesPerConnection: number;
}

const SWEEP_INTERVAL_MS = 1_000;

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  readonly #meter: RequestMeter;
  readonly #open = new Set<Connection>();
  readonly #counts: PortCounts;
  #cancelSweep: (() => void) | undefined;

  /** `counts` may be shared with other threads: then the limits are, too. */
  constructor(
    limits: ConnectionLimits,
    clock: Clock,
    meter: RequestMeter,
    counts: PortCounts = localPortCounts(),
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#meter = meter;
    this.#counts = counts;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.values();
  }

  start(): void {
    this.#cancelSweep = this.#clock.timer(SWEEP_INTERVAL_MS, () => {
      this.start();
      this.sweep();
    });
  }

  stop(): void {
    this.#cancelSweep?.();
  }

  /** Takes a new socket in; undefined when there are too many, and then the socket is closed. */
  admit(socket: Socket): Connection | undefined {
    const { connections, perPeer, unreadBytes } = this.#counts;
    const connection = new Connection(socket, unreadBytes, this.#clock.monotonic());
    const cause = this.#tooMany(connections.add(1), perPeer.add(connection.peer, 1));
    if (cause !== undefined) {
      this.#uncount(connection);
      this.#meter.connectionEnded(cause);
      socket.destroy();
      return undefined;
    }
    this.#open.add(connection);
    this.#meter.connectionOpened();
    socket.once("close", () => this.#forget(connection));
    return connection;
  }

  /** Whether the clients of this connection, and of all, read their answers well enough to get more. */
  acceptsMore(connection: Connection): boolean {
    return (
      connection.unreadBytes < this.#limits.unreadBytesPerConnection &&
      this.#counts.unreadBytes.total < this.#limits.unreadBytes
    );
  }

  /** Looks at every connection once. Runs by itself every second after {@link start}. */
  sweep(): void {
    const nowMs = this.#clock.monotonic();
    for (const connection of this.#open) this.#look(connection, nowMs);
  }

  #look(connection: Connection, nowMs: number): void {
    if (connection.goneByMs !== undefined) {
      if (nowMs >= connection.goneByMs) connection.socket.destroy();
      return;
    }
    if (connection.exchanges.size > 0) {
      for (const exchange of connection.exchanges) this.#lookAt(exchange, nowMs);
      return;
    }
    if (this.#isTrickling(connection, nowMs)) return this.#close(connection, "slow", nowMs);
    if (nowMs - connection.idleSinceMs < this.#idleMs(connection)) return;
    this.#close(connection, "idle", nowMs);
  }

  #lookAt(exchange: Exchange, nowMs: number): void {
    const ageMs = nowMs - exchange.sinceMs;
    const slow =
      (exchange.phase === "receiving" && ageMs >= this.#limits.requestTimeoutMs) ||
      (exchange.phase === "sending" && ageMs >= this.#limits.answerTimeoutMs);
    if (!slow) return;
    this.#meter.connectionEnded("slow");
    exchange.drop();
  }

  /** Whether the head of an HTTP/1.1 request has been on its way for too long. */
  #isTrickling(connection: Connection, nowMs: number): boolean {
    if (connection.protocol !== "http1") return false;
    if (connection.socket.bytesRead === connection.bytesReadWhenIdle) return false;
    connection.headSinceMs ??= nowMs;
    return nowMs - connection.headSinceMs >= this.#limits.requestHeadTimeoutMs;
  }

  #idleMs(connection: Connection): number {
    const { requestHeadTimeoutMs, idleTimeoutMs } = this.#limits;
    return connection.protocol === undefined ? requestHeadTimeoutMs : idleTimeoutMs;
  }

  #close(connection: Connection, cause: ConnectionEnd, nowMs: number): void {
    this.#meter.connectionEnded(cause);
    connection.goneByMs = nowMs + this.#limits.requestHeadTimeoutMs;
    connection.askToGo();
  }

  /** Both numbers are with the connection in question. */
  #tooMany(all: number, fromPeer: number): ConnectionEnd | undefined {
    if (all > this.#limits.connections) return "too_many";
    return fromPeer > this.#limits.connectionsPerPeer ? "too_many_from_peer" : undefined;
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    connection.closed();
    this.#uncount(connection);
    this.#meter.connectionClosed();
  }

  #uncount({ peer }: Connection): void {
    this.#counts.connections.add(-1);
    this.#counts.perPeer.add(peer, -1);
  }
}
