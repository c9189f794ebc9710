import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Count } from "../../base/counts.ts";
import { type Enrolled, Roster } from "../../base/roster.ts";

/** Something under way on a connection: one request and its answer. */
export interface Exchange extends Enrolled {
  readonly phase: ExchangePhase;
  /** When the phase began, on the monotonic clock. */
  readonly sinceMs: number;
  /** Ends it at once, whatever it was doing. */
  drop(): void;
}

/**
 * `sending` is waiting for the client to read. `answering` has no limit of its own: the
 * call's deadline is its limit. `dropped` waits for the runtime to let go.
 */
export type ExchangePhase = "receiving" | "answering" | "sending" | "dropped";

/** A connection and what is under way on it. */
export class Connection {
  readonly socket: Socket;
  readonly peer: string;
  readonly exchanges = new Roster<Exchange>();
  /** Of all connections together. */
  readonly #unreadTotal: Count;
  #closed = false;
  /** Undefined until the first bytes tell. */
  protocol: "http1" | "http2" | undefined;
  /** When nothing was under way any more. */
  idleSinceMs: number;
  /** What had arrived when the connection fell idle. */
  bytesReadWhenIdle = 0;
  /** HTTP/1.1: when the watch first saw that a head had begun but not ended. */
  headSinceMs: number | undefined;
  /** Bytes of answers that the client has not read. */
  unreadBytes = 0;
  /** Asks the client to go, as its protocol does that. */
  askToGo: () => void = () => this.socket.destroy();
  /** Asked to go: closed when it is still there at this moment. */
  goneByMs: number | undefined;

  constructor(socket: Socket, unreadTotal: Count, nowMs: number) {
    this.socket = socket;
    this.peer = socket.remoteAddress ?? "unknown";
    this.#unreadTotal = unreadTotal;
    this.idleSinceMs = nowMs;
  }

  /** Whether TLS is spoken on it. */
  get isEncrypted(): boolean {
    return this.socket instanceof TLSSocket;
  }

  begin(exchange: Exchange): void {
    this.exchanges.add(exchange);
  }

  end(exchange: Exchange, nowMs: number): void {
    this.exchanges.delete(exchange);
    if (this.exchanges.size > 0) return;
    this.idleSinceMs = nowMs;
    this.headSinceMs = undefined;
    this.bytesReadWhenIdle = this.socket.bytesRead;
  }

  /** Counts bytes of an answer that wait for the client; negative when it has read them. */
  countUnread(bytes: number): void {
    if (this.#closed) return;
    this.unreadBytes += bytes;
    this.#unreadTotal.add(bytes);
  }

  /** The socket has closed: nothing waits for its client any more, whatever exchanges still say. */
  closed(): void {
    this.countUnread(-this.unreadBytes);
    this.#closed = true;
  }
}
