/**
 * gRPC and Connect over HTTP/2, for Node and Bun.
 *
 * A connection carries a bounded number of calls at once; when all are taken another one is
 * opened. So a thousand calls need no queue, and a watch that stays open keeps nobody out. A
 * connection on which a call waited for its answer in vain gets no more calls: networks drop
 * connections without telling either side.
 */
import { setTimeout } from "node:timers";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { deadlineTold } from "../deadline.ts";
import { type ClientTransport, SilentStream, type TransportFactory } from "../transport.ts";
import { grpcUnary } from "./grpc-unary.ts";

/** What TLS needs besides what the runtime trusts. Each is PEM. */
export interface TlsOptions {
  /** Authorities to trust instead of the runtime's. */
  readonly ca?: string;
  /** The client's certificate and its key, where the server asks for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** How a transport over HTTP/2 behaves. */
export interface Http2TransportOptions {
  /**
   * Calls at once on one connection. Must not be more than the server takes, which is 250 by
   * default. Defaults to 200.
   */
  readonly callsPerConnection?: number;
  /** When a connection without calls is probed, in milliseconds. Defaults to 30 s. */
  readonly pingIntervalMs?: number;
  /** When a connection without calls is closed, in milliseconds. Defaults to 4 minutes. */
  readonly idleTimeoutMs?: number;
  /** For `https://` endpoints. */
  readonly tls?: TlsOptions;
}

const CALLS_PER_CONNECTION = 200;
const PING_INTERVAL_MS = 30_000;
/** Shorter than the server's own, so that it is the client who closes. */
const IDLE_TIMEOUT_MS = 4 * 60_000;
/** How long a connection that is to end may still say why it has ended already. */
const LINGER_MS = 250;

/** gRPC, over HTTP/2: to the server's port for gRPC. */
export function grpcTransport(options: Http2TransportOptions = {}): TransportFactory {
  return pooled(options, (baseUrl, sessionManager) => {
    const { stream } = createGrpcTransport({ baseUrl, sessionManager });
    return { stream, unary: grpcUnary(baseUrl, sessionManager) };
  });
}

/** Connect with protobuf, over HTTP/2: to the server's port for gRPC. */
export function connectTransport(options: Http2TransportOptions = {}): TransportFactory {
  return pooled(options, (baseUrl, sessionManager) =>
    createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true, sessionManager }),
  );
}

type Make = (baseUrl: string, sessionManager: Http2SessionManager) => Transport;

interface Connection {
  readonly transport: Transport;
  readonly session: Http2SessionManager;
  calls: number;
  /** Gets no more calls, and is closed when the last one has ended. */
  retired: boolean;
}

function pooled(options: Http2TransportOptions, make: Make): TransportFactory {
  return ({ endpoint }) => new ConnectionPool(endpoint, options, make);
}

class ConnectionPool implements ClientTransport {
  readonly #endpoint: string;
  readonly #options: Http2TransportOptions;
  readonly #make: Make;
  readonly #connections: Connection[] = [];

  constructor(endpoint: string, options: Http2TransportOptions, make: Make) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#make = make;
  }

  readonly connect: Transport = deadlineTold({
    unary: async (...call) => {
      const connection = this.#take();
      try {
        return await connection.transport.unary(...call);
      } catch (error) {
        if (isUnanswered(error)) this.#retire(connection);
        throw error;
      } finally {
        this.#giveBack(connection);
      }
    },
    stream: async (...call) => {
      const [, signal] = call;
      const connection = this.#take();
      try {
        const response = await connection.transport.stream(...call);
        const ended = () => this.#streamEnded(connection, signal);
        return { ...response, message: watched(response.message, ended) };
      } catch (error) {
        this.#streamEnded(connection, signal);
        throw error;
      }
    },
  });

  close(): void {
    for (const { session } of this.#connections.splice(0)) abortSoon(session);
  }

  #take(): Connection {
    const most = this.#options.callsPerConnection ?? CALLS_PER_CONNECTION;
    let connection = this.#connections.find(({ calls }) => calls < most);
    if (connection === undefined) {
      const times = {
        pingIntervalMs: this.#options.pingIntervalMs ?? PING_INTERVAL_MS,
        idleConnectionTimeoutMs: this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      };
      const session = new Http2SessionManager(this.#endpoint, times, this.#options.tls);
      connection = {
        session,
        transport: this.#make(this.#endpoint, session),
        calls: 0,
        retired: false,
      };
      this.#connections.push(connection);
    }
    connection.calls += 1;
    return connection;
  }

  #streamEnded(connection: Connection, signal: AbortSignal | undefined): void {
    if (signal?.reason instanceof SilentStream) this.#retire(connection);
    this.#giveBack(connection);
  }

  #giveBack(connection: Connection): void {
    connection.calls -= 1;
    if (connection.retired && connection.calls === 0) abortSoon(connection.session);
  }

  /** It gets no more calls; those under way go on. It may be dead without anybody having said so. */
  #retire(connection: Connection): void {
    const at = this.#connections.indexOf(connection);
    if (at >= 0) this.#connections.splice(at, 1);
    connection.retired = true;
  }
}

/**
 * Ends a connection, after what the runtime may still have to say of it. A connection that is
 * already dying says so a moment later, and its manager stops listening when it is aborted: the
 * error would end the process. Nothing waits for this, and it keeps no process alive.
 */
function abortSoon(session: Http2SessionManager): void {
  setTimeout(() => session.abort(), LINGER_MS).unref();
}

/** The messages of a stream, which says when it has ended. */
async function* watched<T>(messages: AsyncIterable<T>, ended: () => void): AsyncGenerator<T> {
  try {
    yield* messages;
  } finally {
    ended();
  }
}

/** Whether time ran out before the server said anything. */
function isUnanswered(error: unknown): boolean {
  const { code, details } = ConnectError.from(error);
  return code === Code.DeadlineExceeded && details.length === 0;
}
