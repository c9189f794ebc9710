/**
 * HTTP/2, with prior knowledge or agreed upon in TLS: gRPC, and Connect and gRPC-Web from
 * whoever likes. The protocol is our own (`http2/`); here it meets the socket, the rules of
 * HTTP, and the two paths.
 */
import type { Clock } from "../../base/clock.ts";
import { Http2Connection } from "../../http2/connection.ts";
import type { OutgoingFields } from "../../http2/header-encoder.ts";
import { ErrorCode } from "../../http2/protocol.ts";
import { fieldOf, fieldsOf, type RequestHead as Http2Head } from "../../http2/request-head.ts";
import type { Http2Stream } from "../../http2/stream.ts";
import { StreamBody } from "../body.ts";
import type { FinishedResponse } from "../stock/finish.ts";
import type { HttpRequest, StockServer } from "../stock/serve.ts";
import { serveThin, type ThinHttp2Options } from "../thin/http2.ts";
import type { Connection } from "./connection.ts";
import { type AnswerSink, HttpExchange } from "./exchange.ts";
import { type HttpPolicy, type RequestHead, refusalOf } from "./http-rules.ts";
import { isForMounted, type MountedFace, serveMounted } from "./mounted.ts";

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

/** What a client gets to read why its connection ends. */
const LAST_WORDS_MS = 1_000;

export class Http2Face {
  readonly #options: Http2Options;

  constructor(options: Http2Options) {
    this.#options = options;
  }

  /** Takes a socket over, with the bytes that were read to find out its protocol. */
  take(connection: Connection, firstBytes: Buffer): void {
    connection.protocol = "http2";
    const { socket } = connection;
    const { clock, concurrentStreams, requestHeadBytes } = this.#options;
    const http2 = new Http2Connection({
      line: {
        write: (bytes) => socket.write(bytes),
        end: () => {
          socket.end();
          // A client that does not go by itself is cut off.
          connection.goneByMs ??= clock.monotonic() + LAST_WORDS_MS;
        },
        destroy: () => socket.destroy(),
      },
      serve: (stream) => this.#serve(stream, connection),
      concurrentStreams,
      headBytesMax: requestHeadBytes,
      monotonic: () => clock.monotonic(),
    });
    connection.askToGo = () => http2.close();
    socket.on("data", (chunk: Buffer) => http2.receive(chunk));
    socket.on("drain", () => http2.drained());
    socket.on("end", () => http2.lost());
    socket.on("close", () => http2.lost());
    http2.receive(firstBytes);
  }

  #serve(stream: Http2Stream, connection: Connection): void {
    const { thin } = this.#options;
    if (thin !== undefined && serveThin(stream, connection, thin)) return;
    const body = new StreamBody(stream);
    const sink = new Http2Sink(stream, body);
    const exchange = new HttpExchange(sink, connection, this.#options);
    stream.onClosed = (completed) => {
      body.leave();
      if (!completed) sink.gone();
      exchange.closed();
    };
    stream.read({
      data: (chunk) => body.push(chunk),
      end: () => {
        body.finish();
        exchange.received();
      },
    });
    const head = ruledHead(stream.head, connection.isEncrypted);
    const { httpVersion, method, target } = head;
    const headers = headersOf(stream.head);
    const asked = { httpVersion, method, target, headers, body, peer: () => connection.peer };
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
  readonly #stream: Http2Stream;
  readonly #body: StreamBody;
  #onGone: (() => void) | undefined;

  constructor(stream: Http2Stream, body: StreamBody) {
    this.#stream = stream;
    this.#body = body;
  }

  get isGone(): boolean {
    return this.#stream.isClosed;
  }

  head({ header, status, trailer }: FinishedResponse, alone: boolean): void {
    const fields = outgoing(header, status);
    this.#stream.respond(fields, alone && trailer === undefined);
    if (!alone) return;
    // Never all in one frame, though gRPC allows it: clients would take headers for trailers.
    if (trailer !== undefined) this.#stream.end(undefined, Object.fromEntries(trailer));
    this.#letGo();
  }

  write(chunk: Uint8Array): boolean {
    return this.#stream.write(chunk);
  }

  drained(): Promise<void> {
    return this.#stream.drained();
  }

  async end({ trailer }: FinishedResponse): Promise<void> {
    this.#stream.end(undefined, trailer && Object.fromEntries(trailer));
    await this.#stream.drained();
    this.#letGo();
  }

  onGone(callback: () => void): void {
    this.#onGone = callback;
  }

  /** The client has gone before its answer was complete. */
  gone(): void {
    this.#onGone?.();
  }

  drop(): void {
    this.#stream.reset(ErrorCode.cancel);
  }

  /** A client that still sends though it has its answer is told to stop. */
  #letGo(): void {
    if (!this.#body.ended) this.#stream.reset(ErrorCode.noError);
  }
}

/** Plain HTTP/2 is not spoken by browsers, so the Host rule, which is about them, has nothing to judge there. */
function ruledHead(head: Http2Head, isEncrypted: boolean): RequestHead {
  return {
    httpVersion: "2.0",
    method: head.method,
    target: head.path,
    values: (name) =>
      name === "host" ? [isEncrypted ? authorityOf(head) : "localhost"] : fieldsOf(head, name),
  };
}

function authorityOf(head: Http2Head): string {
  return head.authority === "" ? (fieldOf(head, "host") ?? "") : head.authority;
}

/** With the name that the client called, which HTTP/1.1 says in Host. */
function headersOf(head: Http2Head): Headers {
  const headers = new Headers();
  const { fields } = head;
  for (let i = 0; i < fields.length; i += 2) {
    headers.append(fields[i] as string, fields[i + 1] as string);
  }
  if (!headers.has("host")) headers.set("host", head.authority);
  return headers;
}

function outgoing(headers: Headers, status: number): OutgoingFields {
  return { ":status": status, ...Object.fromEntries(headers) };
}
