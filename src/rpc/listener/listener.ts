import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsMaterial, TlsSource } from "../../face/tls.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";

/**
 * One port for HTTP/2 and HTTP/1.1: the first bytes of a connection tell which, and the
 * server that speaks it gets the socket with those bytes. With certificates the port speaks
 * TLS and nothing else, and the first bytes are those inside it.
 */
export interface ProtocolFace {
  take(connection: Connection, firstBytes: Buffer): void;
}

export interface ProtocolFaces {
  readonly http1: ProtocolFace;
  readonly http2: ProtocolFace;
}

export interface ListenerOptions {
  readonly connections: Connections;
  /** What speaks; a connection waits, unread, for what is still being made ready. */
  readonly faces: () => ProtocolFaces | Promise<ProtocolFaces>;
  /** The system could not accept a connection, or nothing could be made that speaks on it; the listener goes on. */
  readonly failed: (cause: unknown) => void;
  /** Undefined: plain text. */
  readonly tls: TlsSource | undefined;
}

/** How an HTTP/2 connection with prior knowledge begins; the first three bytes tell it from every method. */
const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TELLING_BYTES = 3;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server =
      options.tls === undefined
        ? createServer({ noDelay: true }, (socket) => this.#begin(socket, this.#admit(socket)))
        : this.#encrypted(options.tls);
  }

  /** Listens and resolves with the port, which is a free one for port 0. Rejects when the address is taken. */
  listen(host: string, port: number, reusePort = false): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, reusePort }, () => {
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

  /** A connection counts from its first packet; the watch ends one that does not come to terms in time. */
  #encrypted(tls: TlsSource): Server {
    const admitted = new WeakMap<Socket, Connection>();
    const server = createTlsServer(tlsOptions(tls.current));
    server.on("connection", (socket: Socket) => {
      const connection = this.#admit(socket);
      if (connection !== undefined) admitted.set(socket, connection);
    });
    server.on("secureConnection", (socket) => this.#begin(socket, admitted.get(socket)));
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    tls.onRenewed((material) => server.setSecureContext(tlsOptions(material)));
    return server;
  }

  #admit(socket: Socket): Connection | undefined {
    socket.on("error", () => socket.destroy());
    return this.#options.connections.admit(socket);
  }

  #begin(socket: Socket, connection: Connection | undefined): void {
    if (connection === undefined) return void socket.destroy();
    let seen: Buffer = Buffer.alloc(0);
    const look = (bytes: Buffer) => {
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      if (seen.length < TELLING_BYTES && isPrefaceSoFar(seen)) return;
      socket.off("data", look);
      this.#handOver(connection, seen);
    };
    socket.on("data", look);
  }

  #handOver(connection: Connection, firstBytes: Buffer): void {
    const protocol = isPrefaceSoFar(firstBytes) ? "http2" : "http1";
    const faces = this.#options.faces();
    if (!(faces instanceof Promise)) return faces[protocol].take(connection, firstBytes);
    const { socket } = connection;
    socket.pause();
    faces
      .then((ready) => {
        if (socket.destroyed) return;
        ready[protocol].take(connection, firstBytes);
        socket.resume();
      })
      .catch((cause: unknown) => {
        socket.destroy();
        this.#options.failed(cause);
      });
  }
}

/** Throws for material that is none. TLS 1.2 is the least; a client without the certificate asked for is not let in. */
function tlsOptions({ certificates, key, clientAuthorities }: TlsMaterial) {
  const clients = clientAuthorities === undefined ? {} : { ca: clientAuthorities };
  return {
    ...{ cert: certificates, key, ...clients, minVersion: "TLSv1.2" as const, noDelay: true },
    ALPNProtocols: ["h2", "http/1.1"],
    requestCert: clientAuthorities !== undefined,
    rejectUnauthorized: clientAuthorities !== undefined,
  };
}

function isPrefaceSoFar(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, HTTP2_PREFACE.length);
  return bytes.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length));
}
