import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Clock } from "../../base/clock.ts";
import { overloaded } from "../../face/interruptions.ts";
import type { Call, Calls } from "../calls.ts";
import type { Connection, Exchange, ExchangePhase } from "../listener/connection.ts";
import { messageTooLarge } from "../stock/protocol-refusal.ts";
import { addAll, addApart } from "./added.ts";
import { isWorthSqueezing, squeezed } from "./compress.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { ThinRoute } from "./route.ts";

/**
 * Unary calls straight on an HTTP/2 stream: gather the message, answer it, send it, with
 * no object between the stream and the handler but the call.
 *
 * A stream may go at any moment: every use of it goes through `#touch`.
 */
export interface ThinHttp2Options {
  readonly routes: ReadonlyMap<string, ThinRoute>;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly messageBytes: number;
  readonly compressMinBytes: number;
  readonly acceptsMore: (connection: Connection) => boolean;
}

/** Serves the stream if it is a call that the thin path knows; false: nothing was touched. */
export function serveThin(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  connection: Connection,
  options: ThinHttp2Options,
): boolean {
  if (headers[":method"] !== "POST" || headers.origin !== undefined) return false;
  const dialect = dialectOf((name) => textOf(headers[name]));
  if (dialect === undefined) return false;
  const route = options.routes.get(headers[":path"] ?? "");
  if (route === undefined) return false;
  const { rpc } = route;
  const { protocol } = dialect;
  const header = (name: string) => textOf(headers[name]);
  const call = options.calls.open({
    rpc,
    protocol,
    thin: true,
    peer: () => connection.peer,
    header,
    headers: () => pairsOf(headers),
  });
  if (!options.acceptsMore(connection)) call.refuse(overloaded());
  new ThinExchange({ stream, connection, route, dialect, call, options }).start();
  return true;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}

function* pairsOf(headers: IncomingHttpHeaders): Generator<readonly [string, string]> {
  for (const [name, value] of Object.entries(headers)) {
    const text = textOf(value);
    if (text !== undefined && !name.startsWith(":")) yield [name, text];
  }
}

interface Parts {
  readonly stream: ServerHttp2Stream;
  readonly connection: Connection;
  readonly route: ThinRoute;
  readonly dialect: Dialect;
  readonly call: Call;
  readonly options: ThinHttp2Options;
}

class ThinExchange implements Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly #connection: Connection;
  readonly #route: ThinRoute;
  readonly #dialect: Dialect;
  readonly #call: Call;
  readonly #options: ThinHttp2Options;
  #first: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #receivedBytes = 0;
  #unreadBytes = 0;
  phase: ExchangePhase = "receiving";
  sinceMs: number;

  constructor({ stream, connection, route, dialect, call, options }: Parts) {
    this.#stream = stream;
    this.#connection = connection;
    this.#route = route;
    this.#dialect = dialect;
    this.#call = call;
    this.#options = options;
    this.sinceMs = options.clock.monotonic();
    connection.begin(this);
  }

  start(): void {
    const stream = this.#stream;
    stream.on("error", () => undefined);
    stream.on("close", () => this.#closed());
    const { authenticating } = this.#call;
    if (authenticating === undefined) return this.#begin();
    void authenticating.then(() => {
      if (!this.#isGone) this.#begin();
    });
  }

  #begin(): void {
    const stream = this.#stream;
    const { refusal } = this.#call;
    if (refusal !== undefined) return this.#refuse(refusal);
    // A client that sends slowly is told when its time is up, not only when it has sent.
    this.#call.onAbort((reason) => {
      if (this.phase === "receiving") this.#refuse(reason);
    });
    stream.on("data", (chunk: Uint8Array) => this.#take(chunk));
    stream.on("end", () => this.#received());
  }

  drop(): void {
    this.#enter("dropped");
    this.#touch(() => this.#stream.close(constants.NGHTTP2_CANCEL));
  }

  get #isGone(): boolean {
    return this.#stream.destroyed === true || this.#stream.closed;
  }

  #take(chunk: Uint8Array): void {
    if (this.phase !== "receiving") return;
    this.#receivedBytes += chunk.length;
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [chunk];
    else this.#more.push(chunk);
    const { messageBytes } = this.#options;
    const bytesMax = messageBytes + this.#dialect.frameBytes;
    if (this.#receivedBytes > bytesMax || this.#dialect.promisedBytes(this.#first) > messageBytes) {
      return this.#refuse(messageTooLarge(messageBytes));
    }
    try {
      this.#call.hold(chunk.length);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #received(): void {
    // The runtime says "end" too when a stream was reset in the middle of its message.
    if (this.phase !== "receiving" || this.#stream.aborted) return;
    this.#enter("answering");
    this.#answer().catch(() => this.drop());
  }

  async #answer(): Promise<void> {
    const dialect = this.#dialect;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      const message = dialect.unframe(this.#body());
      bytes = await this.#route.answer(message, dialect.format, this.#call);
    } catch (error) {
      return this.#fail(error);
    }
    const headers = dialect.headers(this.#call.requestId);
    let { trailers } = dialect;
    if (trailers === undefined) addAll(headers, this.#call, dialect);
    else trailers = addApart(headers, trailers, this.#call);
    if (this.#isWorthSqueezing(bytes)) bytes = await squeezed(bytes, headers);
    this.#send(headers, dialect.frame(bytes), trailers);
  }

  #isWorthSqueezing(bytes: Uint8Array): boolean {
    if (this.#dialect.protocol === "grpc") return false;
    const accepted = this.#call.header("accept-encoding");
    return isWorthSqueezing(bytes.length, accepted, this.#options.compressMinBytes);
  }

  #body(): Uint8Array {
    const first = this.#first ?? NO_BYTES;
    return this.#more === undefined ? first : Buffer.concat([first, ...this.#more]);
  }

  /** Answers before the body has arrived, and lets the client know that nobody reads the rest. */
  #refuse(error: unknown): void {
    this.#enter("answering");
    const stream = this.#stream;
    stream.once("finish", () => this.#touch(() => stream.close(constants.NGHTTP2_NO_ERROR)));
    this.#fail(error);
  }

  #fail(thrown: unknown): void {
    const error = this.#call.fail(thrown);
    const { headers, body, trailers } = this.#dialect.failure(error, this.#call.requestId);
    if (body !== undefined) {
      addAll(headers, this.#call, this.#dialect);
      return this.#send(headers, body);
    }
    if (this.#call.added !== undefined) {
      return this.#send(headers, NO_BYTES, addApart(headers, trailers, this.#call));
    }
    // One frame says everything: what gRPC calls Trailers-Only.
    this.#touch(() => this.#stream.respond({ ...headers, ...trailers }, { endStream: true }));
  }

  #send(headers: OutgoingHttpHeaders, bytes: Uint8Array, trailers?: OutgoingHttpHeaders): void {
    const stream = this.#stream;
    this.#enter("sending");
    this.#unreadBytes = bytes.length;
    this.#connection.countUnread(bytes.length);
    this.#touch(() => {
      stream.respond(headers, { waitForTrailers: trailers !== undefined });
      if (trailers !== undefined) {
        stream.once("wantTrailers", () => this.#touch(() => stream.sendTrailers(trailers)));
      }
      stream.end(bytes);
    });
  }

  /** Uncaught, what the runtime throws for a stream that has just gone would end the process. */
  #touch(use: () => void): void {
    if (this.#isGone) return;
    try {
      use();
    } catch {
      this.#stream.destroy();
    }
  }

  #closed(): void {
    this.#connection.countUnread(-this.#unreadBytes);
    this.#connection.end(this, this.#options.clock.monotonic());
    if (this.phase !== "sending") this.#call.gone();
    this.#call.close();
  }

  #enter(phase: ExchangePhase): void {
    this.phase = phase;
    this.sinceMs = this.#options.clock.monotonic();
  }
}

const NO_BYTES = new Uint8Array(0);
