import type { Clock } from "../../base/clock.ts";
import { NOWHERE } from "../../base/roster.ts";
import { overloaded } from "../../face/interruptions.ts";
import type { OutgoingFields } from "../../http2/header-encoder.ts";
import { ErrorCode, FRAME_BYTES_DEFAULT } from "../../http2/protocol.ts";
import { fieldOf, fieldsOf, type RequestHead } from "../../http2/request-head.ts";
import type { Http2Stream, StreamReader } from "../../http2/stream.ts";
import type { Call } from "../call.ts";
import type { Calls } from "../calls.ts";
import type { Connection, Exchange, ExchangePhase } from "../listener/connection.ts";
import { messageTooLarge } from "../stock/protocol-refusal.ts";
import { addAll, addApart } from "./added.ts";
import { isWorthSqueezing, squeezed } from "./compress.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { ThinRoute, ThinStreamRoute } from "./route.ts";

/**
 * Calls straight on an HTTP/2 stream: gather the message, answer it, send what comes, with
 * no object between the stream and the handler but the call. What a streaming handler makes
 * next is asked for when the client's windows have taken what came before.
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
  stream: Http2Stream,
  connection: Connection,
  options: ThinHttp2Options,
): boolean {
  const { head } = stream;
  if (head.method !== "POST" || fieldOf(head, "origin") !== undefined) return false;
  const route = options.routes.get(head.path);
  if (route === undefined) return false;
  const dialect = dialectOf((name) => fieldOf(head, name));
  // Of several credentials the rules about heads, on the other path, say what is wrong with them.
  if (dialect === undefined || fieldsOf(head, "authorization").length > 1) return false;
  // Streams of Connect have content types of their own; with another one it is a mistake.
  if (route.kind !== "unary" && dialect.protocol !== "grpc") return false;
  const call = options.calls.open({
    rpc: route.rpc,
    protocol: dialect.protocol,
    thin: true,
    peer: () => connection.peer,
    header: (name) => joined(head, name),
    headers: () => pairsOf(head),
  });
  if (!options.acceptsMore(connection)) call.refuse(overloaded());
  new ThinExchange({ stream, connection, route, dialect, call, options }).start();
  return true;
}

/** All values of a header as one text, as a list in HTTP is written. */
function joined(head: RequestHead, name: string): string | undefined {
  const first = fieldOf(head, name);
  if (first === undefined) return undefined;
  const all = fieldsOf(head, name);
  return all.length === 1 ? first : all.join(", ");
}

/** Each header once. */
function* pairsOf(head: RequestHead): Generator<readonly [string, string]> {
  const names = new Set(head.fields.filter((_, i) => i % 2 === 0));
  for (const name of names) yield [name, joined(head, name) ?? ""];
}

interface Parts {
  readonly stream: Http2Stream;
  readonly connection: Connection;
  readonly route: ThinRoute;
  readonly dialect: Dialect;
  readonly call: Call;
  readonly options: ThinHttp2Options;
}

class ThinExchange implements Exchange, StreamReader {
  rosterPlace = NOWHERE;
  readonly #stream: Http2Stream;
  readonly #connection: Connection;
  readonly #route: ThinRoute;
  readonly #dialect: Dialect;
  readonly #call: Call;
  readonly #options: ThinHttp2Options;
  #first: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #receivedBytes = 0;
  #unreadBytes = 0;
  /** Everything that answers the call was given to the stream. */
  #isAnswered = false;
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
    const { authenticating, refusal } = this.#call;
    this.#stream.onClosed = () => this.#closed();
    if (authenticating === undefined) return this.#begin(refusal);
    // Meanwhile the body waits in the stream's window.
    void authenticating.then(() => {
      if (!this.#stream.isClosed) this.#begin(this.#call.refusal);
    });
  }

  #begin(refusal: Call["refusal"]): void {
    this.#stream.read(this);
    if (refusal !== undefined) return this.#refuse(refusal);
    // A client that sends slowly is told when its time is up, not only when it has sent.
    this.#call.onAbort((reason) => {
      if (this.phase === "receiving") this.#refuse(reason);
    });
  }

  drop(): void {
    this.#enter("dropped");
    this.#stream.reset(ErrorCode.cancel);
  }

  data(chunk: Uint8Array): void {
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

  end(): void {
    if (this.phase !== "receiving") return;
    this.#enter("answering");
    this.#answer().catch(() => this.drop());
  }

  #closed(): void {
    this.#countUnread(-this.#unreadBytes);
    this.#connection.end(this, this.#options.clock.monotonic());
    if (!this.#isAnswered) this.#call.gone();
    this.#call.close();
  }

  async #answer(): Promise<void> {
    const route = this.#route;
    if (route.kind === "server_streaming") return await this.#answerInPieces(route);
    const dialect = this.#dialect;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      const message = dialect.unframe(this.#body());
      bytes = await route.answer(message, dialect.format, this.#call);
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

  async #answerInPieces(route: ThinStreamRoute): Promise<void> {
    const stream = this.#stream;
    try {
      const message = this.#dialect.unframe(this.#body());
      for await (const piece of route.answer(message, this.#call)) {
        if (stream.isClosed) return;
        this.#respond();
        await this.#sendPiece(piece);
        if (stream.isClosed) return;
      }
    } catch (error) {
      return this.#fail(error);
    }
    this.#respond();
    this.#endWith(this.#dialect.trailers);
  }

  /** Resolves when the windows have taken it. The watch looks how long the client takes for each frame. */
  async #sendPiece(piece: Uint8Array): Promise<void> {
    const stream = this.#stream;
    this.#countUnread(piece.length);
    for (let at = 0; at < piece.length; at += FRAME_BYTES_DEFAULT) {
      if (stream.write(piece.subarray(at, at + FRAME_BYTES_DEFAULT))) continue;
      this.#enter("sending");
      await stream.drained();
      this.#enter("answering");
    }
    this.#countUnread(-this.#unreadBytes);
  }

  #countUnread(bytes: number): void {
    this.#unreadBytes += bytes;
    this.#connection.countUnread(bytes);
  }

  /** The head of a stream's answer goes out with its first message, and then says what the handler added. */
  #respond(): void {
    if (this.#stream.hasResponded) return;
    const headers = this.#dialect.headers(this.#call.requestId);
    addApart(headers, {}, this.#call);
    this.#stream.respond(headers);
  }

  #endWith(trailers: OutgoingFields | undefined): void {
    this.#enter("sending");
    this.#isAnswered = true;
    this.#stream.end(undefined, addApart({}, trailers ?? {}, this.#call));
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
    this.#fail(error);
    void this.#stream.drained().then(() => {
      if (!this.#stream.hasRemoteEnded) this.#stream.reset(ErrorCode.noError);
    });
  }

  #fail(thrown: unknown): void {
    const error = this.#call.fail(thrown);
    const { headers, body, trailers } = this.#dialect.failure(error, this.#call.requestId);
    if (this.#stream.hasResponded) return this.#endWith(trailers);
    if (body !== undefined) {
      addAll(headers, this.#call, this.#dialect);
      return this.#send(headers, body);
    }
    if (this.#call.added !== undefined) {
      return this.#send(headers, NO_BYTES, addApart(headers, trailers, this.#call));
    }
    // One frame says everything: what gRPC calls Trailers-Only.
    this.#stream.respond({ ...headers, ...trailers }, true);
  }

  #send(headers: OutgoingFields, bytes: Uint8Array, trailers?: OutgoingFields): void {
    const stream = this.#stream;
    this.#enter("sending");
    this.#isAnswered = true;
    this.#countUnread(bytes.length);
    stream.respond(headers);
    stream.end(bytes, trailers);
  }

  #enter(phase: ExchangePhase): void {
    this.phase = phase;
    this.sinceMs = this.#options.clock.monotonic();
  }
}

const NO_BYTES = new Uint8Array(0);
