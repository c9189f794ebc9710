import { createServer, type Server, type Socket } from "node:net";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";

/**
 * One port for HTTP/2 and HTTP/1.1: the first bytes of a connection tell which, and the
 * server that speaks it gets the socket with those bytes.
 */
export interface ProtocolFace {
  take(connection: Connection, firstBytes: Uint8Array): void;
}

export interface ListenerOptions {
  readonly connections: Connections;
  readonly http1: ProtocolFace;
  readonly http2: ProtocolFace;
  /** The system could not accept a connection; the listener goes on. */
  readonly failed: (cause: unknown) => void;
}

/** How an HTTP/2 connection with prior knowledge begins; the first three bytes tell it from every method. */
const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TELLING_BYTES = 3;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Listens and resolves with the port, which is a free one for port 0. Rejects when the address is taken. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", reject);
        // Nobody listening to it, an error of accepting would end the process.
        this.#server.on("error", (cause) => this.#options.failed(cause));
        this.#options.connections.start();
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Takes no more connections. */
  close(): void {
    this.#server.close();
  }

  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const connection = this.#options.connections.admit(socket);
    if (connection === undefined) return;
    let seen: Buffer = Buffer.alloc(0);
    const look = (bytes: Buffer) => {
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      if (seen.length < TELLING_BYTES && isPrefaceSoFar(seen)) return;
      socket.off("data", look);
      const face = isPrefaceSoFar(seen) ? this.#options.http2 : this.#options.http1;
      face.take(connection, seen);
    };
    socket.on("data", look);
  }
}

function isPrefaceSoFar(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, HTTP2_PREFACE.length);
  return bytes.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length));
}
