import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Clock } from "../../base/clock.ts";
import { StreamBody } from "../body.ts";
import type { FinishedResponse } from "../stock/finish.ts";
import type { HttpRequest, StockServer } from "../stock/serve.ts";
import { serveThin, type ThinHttp2Options } from "../thin/http2.ts";
import type { Connection } from "./connection.ts";
import { type AnswerSink, firstOf, HttpExchange } from "./exchange.ts";
import { learnHeaderTable, sayInFull } from "./header-table.ts";
import { type HttpPolicy, type RequestHead, refusalOf } from "./http-rules.ts";
import { isForMounted, type MountedFace, serveMounted } from "./mounted.ts";

/**
 * HTTP/2, with prior knowledge or agreed upon in TLS: gRPC, and Connect and gRPC-Web from
 * whoever likes.
 *
 * A stream may be reset by its client at any moment. On this runtime touching a stream
 * that has gone throws, and uncaught that ends the process: every touch looks first, and
 * is guarded besides, for the moment between.
 */
export interface Http2Options {
  readonly stock: StockServer;
  readonly clock: Clock;
  readonly policy: HttpPolicy;
  readonly requestHeadBytes: number;
  readonly concurrentStreams: number;
  readonly acceptsMore: (connection: Connection) => boolean;
  /** Undefined: every call goes the stock path. */
  readonly thin: ThinHttp2Options | undefined;
  /** Answers what is no RPC; undefined: nobody does. */
  readonly mounted: MountedFace | undefined;
}

/**
 * Megabytes, as node counts them. Answers beyond it are lost without a word, so it is out
 * of reach: what waits for a slow client is bounded by `unreadBytesPerConnection`.
 */
const SESSION_MEMORY_MB = 16_384;

export class Http2Face {
  readonly #options: Http2Options;
  readonly #server: Http2Server;
  readonly #connections = new WeakMap<ServerHttp2Session, Connection>();
  #taking: Connection | undefined;

  constructor(options: Http2Options) {
    this.#options = options;
    this.#server = createServer({
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: {
        enablePush: false,
        maxConcurrentStreams: options.concurrentStreams,
        maxHeaderListSize: options.requestHeadBytes,
      },
    });
    this.#server.on("session", (session) => this.#begin(session));
    this.#server.on("sessionError", () => undefined);
    this.#server.on("stream", (stream: ServerHttp2Stream, headers, _flags, raw) =>
      this.#serve(stream, headers, raw),
    );
  }

  /** Takes a socket over. The bytes read so far are emitted again: put back, they would be lost. */
  take(connection: Connection, firstBytes: Uint8Array): void {
    connection.protocol = "http2";
    this.#taking = connection;
    this.#server.emit("connection", connection.socket);
    this.#taking = undefined;
    connection.socket.emit("data", firstBytes);
  }

  #begin(session: ServerHttp2Session): void {
    const connection = this.#taking;
    if (connection === undefined) return session.destroy();
    this.#connections.set(session, connection);
    connection.askToGo = () => session.close();
    learnHeaderTable(session, connection);
    session.on("error", () => connection.socket.destroy());
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): void {
    const connection = this.#connections.get(stream.session as ServerHttp2Session);
    if (connection === undefined) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    if (!connection.remembersHeaders) sayInFull(stream);
    const { thin } = this.#options;
    // Of several the runtime keeps the first: the rules about heads are to see them all.
    const credentials = valuesIn(raw, "authorization");
    const plain = credentials.length <= 1;
    if (thin !== undefined && plain && serveThin(stream, headers, connection, thin)) return;
    const sink = new Http2Sink(stream);
    const exchange = new HttpExchange(sink, connection, this.#options);
    stream.once("end", () => exchange.received());
    stream.once("close", () => exchange.closed());
    const head = requestHead(headers, credentials, connection.isEncrypted);
    const { httpVersion, method, target } = head;
    const peer = () => connection.peer;
    const asked = {
      httpVersion,
      method,
      target,
      headers: headersOf(headers),
      body: sink.body,
      peer,
    };
    serve(asked, head, exchange, this.#options).catch(() => sink.drop());
  }
}

async function serve(
  asked: HttpRequest,
  head: RequestHead,
  exchange: HttpExchange,
  { stock, policy, mounted }: Http2Options,
): Promise<void> {
  if (mounted !== undefined && isForMounted(asked.target, asked.headers.get("content-type"))) {
    return serveMounted(mounted, asked, exchange, stock);
  }
  const refusal = refusalOf(head, policy);
  if (refusal !== undefined) {
    return exchange.write(stock.refusal(asked, refusal.error, refusal.status));
  }
  await stock.serve(asked, exchange);
}

class Http2Sink implements AnswerSink {
  readonly #stream: ServerHttp2Stream;
  readonly body: StreamBody;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    this.body = new StreamBody(stream, () => !stream.aborted);
    stream.on("error", () => undefined);
  }

  get isGone(): boolean {
    return this.#stream.destroyed === true || this.#stream.closed;
  }

  head(answer: FinishedResponse, alone: boolean): void {
    const headers = outgoing(answer.header, answer.status);
    const { trailer } = answer;
    if (alone && trailer === undefined) {
      this.#stream.respond(headers, { endStream: true });
      return this.#letGo();
    }
    this.#stream.respond(headers, { waitForTrailers: trailer !== undefined });
    if (trailer === undefined) return;
    // Never all in one frame, though gRPC allows it: clients would take headers for trailers.
    this.#stream.once("wantTrailers", () => {
      if (!this.isGone) this.#stream.sendTrailers(Object.fromEntries(trailer));
    });
    if (!alone) return;
    this.#stream.once("finish", () => this.#letGo());
    this.#stream.end();
  }

  write(chunk: Uint8Array): boolean {
    return this.#stream.write(chunk);
  }

  drained(): Promise<void> {
    return firstOf(this.#stream, "drain", "close");
  }

  async end(): Promise<void> {
    const ended = firstOf(this.#stream, "finish", "close");
    this.#stream.end();
    await ended;
    this.#letGo();
  }

  onGone(callback: () => void): void {
    this.#stream.once("close", () => {
      if (this.#stream.aborted || !this.#stream.writableFinished) callback();
    });
  }

  drop(): void {
    if (!this.isGone) this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  /** A client that still sends though it has its answer is told to stop. */
  #letGo(): void {
    if (!this.body.ended && !this.isGone) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

/** Plain HTTP/2 is not spoken by browsers, so the Host rule, which is about them, has nothing to judge there. */
function requestHead(
  headers: IncomingHttpHeaders,
  credentials: readonly string[],
  isEncrypted: boolean,
): RequestHead {
  const values = (name: string): readonly string[] => {
    if (name === "host") return [isEncrypted ? authorityOf(headers) : "localhost"];
    if (name === "authorization") return credentials;
    const value = headers[name];
    return value === undefined ? [] : [value].flat();
  };
  return {
    httpVersion: "2.0",
    method: headers[":method"] ?? "",
    target: headers[":path"] ?? "",
    values,
  };
}

/** Every value of a header, names and values in turn as they were sent. */
function valuesIn(raw: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i] === name) values.push(raw[i + 1] as string);
  }
  return values;
}

function authorityOf(headers: IncomingHttpHeaders): string {
  return headers[":authority"] ?? headers.host ?? "";
}

/** With the name that the client called, which HTTP/1.1 says in Host. */
function headersOf(incoming: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  if (incoming.host === undefined) headers.set("host", authorityOf(incoming));
  for (const [name, value] of Object.entries(incoming)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const each of [value].flat()) headers.append(name, each);
  }
  return headers;
}

function outgoing(headers: Headers, status: number): OutgoingHttpHeaders {
  const object: OutgoingHttpHeaders = { ":status": status };
  for (const [name, value] of headers) object[name] = value;
  return object;
}
