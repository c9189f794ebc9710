import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { REQUEST_ID_HEADER } from "../../face/request-id.ts";
import { StreamBody } from "../body.ts";
import type { FinishedResponse } from "../stock/finish.ts";
import { changing, type HttpRequest, type StockServer, type Transport } from "../stock/serve.ts";
import type { ThinConnectOptions } from "../thin/connect.ts";
import { serveThinHttp1 } from "../thin/http1.ts";
import type { Connection } from "./connection.ts";
import { RPC_CORS } from "./cors.ts";
import { type AnswerSink, firstOf, HttpExchange } from "./exchange.ts";
import { type HttpPolicy, type RequestHead, refusalOf } from "./http-rules.ts";
import { isForMounted, type MountedFace, serveMounted } from "./mounted.ts";

/**
 * HTTP/1.1: Connect and gRPC-Web, from browsers, curl and proxies. Speaks on sockets that
 * the listener hands over.
 */
export interface Http1Options {
  readonly stock: StockServer;
  readonly clock: Clock;
  readonly policy: HttpPolicy;
  readonly requestHeadBytes: number;
  readonly acceptsMore: (connection: Connection) => boolean;
  readonly isStopping: () => boolean;
  /** Answers what is no RPC; undefined: nobody does. */
  readonly mounted: MountedFace | undefined;
  /** Undefined: every call goes the stock path. */
  readonly thin: ThinConnectOptions | undefined;
}

export class Http1Face {
  readonly #options: Http1Options;
  readonly #server: Server;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(options: Http1Options) {
    this.#options = options;
    // The listener's watch keeps time for every connection (connections.ts), so node's own
    // clocks are off; Host is judged by http-rules.ts.
    this.#server = createServer({
      maxHeaderSize: options.requestHeadBytes,
      requireHostHeader: false,
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    this.#server.on("request", (request, response) => this.#serve(request, response));
    const refuse = (socket: Socket, status: number) => refuseSocket(socket, status, options.clock);
    this.#server.on("connect", (_request, socket) => refuse(socket as Socket, 405));
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      refuse(socket as Socket, error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400);
    });
  }

  /** Takes a socket over, with the bytes that were read to find out its protocol. */
  take(connection: Connection, firstBytes: Uint8Array): void {
    connection.protocol = "http1";
    this.#connections.set(connection.socket, connection);
    this.#server.emit("connection", connection.socket);
    connection.socket.emit("data", firstBytes);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    const sink = new Http1Sink(request, response, this.#options.clock);
    const exchange = new HttpExchange(sink, connection, this.#options);
    request.once("end", () => exchange.received());
    response.once("close", () => exchange.closed());
    serve(request, exchange, sink, { ...this.#options, peer: () => connection.peer }).catch(() =>
      sink.drop(),
    );
  }
}

/** Throws nothing: what goes wrong ends the connection. */
async function serve(
  request: IncomingMessage,
  exchange: HttpExchange,
  sink: Http1Sink,
  options: Http1Options & { readonly peer: () => string },
): Promise<void> {
  const { stock, policy, peer, mounted, thin } = options;
  const head = requestHead(request);
  const headers = headersOf(request);
  const { httpVersion, method, target } = head;
  const asked: HttpRequest = { httpVersion, method, target, headers, body: sink.body, peer };
  if (options.isStopping()) sink.lastOne();
  const isOldest = httpVersion === "1.0";
  if (mounted !== undefined && !isOldest && isForMounted(target, headers.get("content-type"))) {
    return serveMounted(mounted, asked, exchange, stock);
  }
  const origin = headers.get("origin");
  const refusal = refusalOf(head, policy);
  if (refusal !== undefined) {
    // Whoever sends such a head may mean something else by what follows it.
    sink.lastOne();
    return exchange.write(stock.refusal({ ...head, headers }, refusal.error, refusal.status));
  }
  if (head.method === "OPTIONS") return exchange.write(preflight(origin, stock.requestId(headers)));
  const transport = origin === null ? exchange : withOrigin(exchange, origin);
  const answered = thin === undefined ? undefined : serveThinHttp1(asked, transport, thin);
  await (answered ?? stock.serve(asked, transport));
}

class Http1Sink implements AnswerSink {
  readonly #clock: Clock;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly body: StreamBody;

  constructor(request: IncomingMessage, response: ServerResponse, clock: Clock) {
    this.#clock = clock;
    this.#request = request;
    this.#response = response;
    this.body = bodyOf(request);
    response.on("error", () => this.drop());
  }

  get isGone(): boolean {
    return this.#response.destroyed || this.#response.socket?.destroyed === true;
  }

  /** Closes the connection after this answer. */
  lastOne(): void {
    this.#response.shouldKeepAlive = false;
  }

  head(answer: FinishedResponse, alone: boolean): void {
    // What is left of a body that nobody wants would have to be read before the next request.
    if (!this.body.ended) this.lastOne();
    this.#response.writeHead(answer.status, [...answer.header].flat());
    // Without a body it leaves when the client has sent everything, or was waited for long enough.
    if (alone) this.#finish(answer);
  }

  write(chunk: Uint8Array): boolean {
    return this.#response.write(chunk);
  }

  drained(): Promise<void> {
    return firstOf(this.#response, "drain", "close");
  }

  async end(answer: FinishedResponse): Promise<void> {
    // A client that still sends has its answer; what it is waited for with is its connection.
    if (!this.body.ended) return this.#finish(answer);
    const ended = firstOf(this.#response, "finish", "close");
    this.#end(answer);
    await ended;
  }

  onGone(callback: () => void): void {
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) callback();
    });
  }

  drop(): void {
    this.#request.socket.destroy();
  }

  /** Ends the answer, and with it the connection of a client that still sends: not before it has sent everything, or was waited for long enough. */
  #finish(answer: FinishedResponse): void {
    if (this.body.ended) return this.#end(answer);
    let waiting = true;
    const done = () => {
      if (!waiting) return;
      waiting = false;
      cancel();
      if (!this.isGone) this.#end(answer);
    };
    const { discardedBodyMs, discardedBodyBytes } = limits;
    const cancel = this.#clock.timer(discardedBodyMs, done);
    this.body.discard(discardedBodyBytes, done);
  }

  #end(answer: FinishedResponse): void {
    if (answer.trailer !== undefined) this.#response.addTrailers([...answer.trailer]);
    this.#response.end();
  }
}

function bodyOf(request: IncomingMessage): StreamBody {
  const body = new StreamBody(request);
  const leave = () => body.leave();
  request.on("data", (chunk: Uint8Array) => body.push(chunk));
  // The runtime says "end" also of a body that was cut off.
  request.on("end", () => (request.complete ? body.finish() : leave()));
  request.on("aborted", leave).on("close", leave).on("error", leave);
  return body;
}

function requestHead(request: IncomingMessage): RequestHead {
  return {
    httpVersion: request.httpVersion,
    method: request.method ?? "",
    target: request.url ?? "",
    values: (name) => request.headersDistinct[name] ?? [],
  };
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2)
    headers.append(raw[i] as string, raw[i + 1] as string);
  return headers;
}

function preflight(origin: string | null, requestId: string): FinishedResponse {
  const header = new Headers(
    origin === null ? { allow: "GET, POST" } : RPC_CORS.preflightHeaders(origin),
  );
  header.set(REQUEST_ID_HEADER, requestId);
  return { status: 204, header, body: undefined, trailer: undefined };
}

function withOrigin(transport: Transport, origin: string): Transport {
  return changing(transport, (response) => {
    RPC_CORS.allow(response.header, origin);
    return response;
  });
}

/** An answer to what is no request that anybody could serve; what its client goes on to send is thrown away for a while. */
function refuseSocket(socket: Socket, status: number, clock: Clock): void {
  if (!socket.writable) return void socket.destroy();
  const cut = () => void socket.destroy();
  const rest = new StreamBody(socket);
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Uint8Array) => rest.push(chunk));
  rest.discard(limits.discardedBodyBytes, cut);
  socket.once("close", clock.timer(limits.discardedBodyMs, cut));
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
