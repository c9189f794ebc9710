/**
 * A call of one message on a stream of HTTP/2: what is sent, what comes, and the first of the ways
 * in which it ends. What was answered is not looked at, but for whether it says its status.
 */
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { clearTimeout, setTimeout } from "node:timers";
import { Code, ConnectError } from "@connectrpc/connect";
import { getAbortSignalReason } from "@connectrpc/connect/protocol";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import { brokenStream, resetStream } from "./broken-stream.ts";

/** An answer as it came. */
export interface Answer {
  readonly header: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly chunks: readonly Buffer[];
  readonly trailer: IncomingHttpHeaders;
}

/** RST_STREAM's code for a call that nobody waits for any more. */
const { NGHTTP2_CANCEL: CANCEL } = constants;

/** One call, to be asked once. Its time begins when it is made; without `timeoutMs`, or with 0, it has no end. */
export class Exchange {
  readonly #session: Http2SessionManager;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #chunks: Buffer[] = [];
  readonly #whole = Promise.withResolvers<Answer>();
  #header: Answer["header"] = {};
  #trailer: IncomingHttpHeaders = {};
  #stream: ClientHttp2Stream | undefined;
  #isOver = false;

  constructor(
    session: Http2SessionManager,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
  ) {
    this.#session = session;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#aborted);
    if (timeoutMs === undefined || timeoutMs <= 0) return;
    this.#timer = setTimeout(() => {
      this.#fail(new ConnectError("the operation timed out", Code.DeadlineExceeded));
    }, timeoutMs);
  }

  /** Resolves with an answer that has ended, whatever it says. Throws {@link ConnectError}. */
  ask(path: string, fields: Record<string, string>, body: Uint8Array): Promise<Answer> {
    if (this.#signal?.aborted === true) this.#aborted();
    else {
      this.#session.request("POST", path, fields, {}).then(
        (stream) => this.#begin(stream, body),
        (reason) => this.#fail(ConnectError.from(reason)),
      );
    }
    return this.#whole.promise;
  }

  #begin(stream: ClientHttp2Stream, body: Uint8Array): void {
    this.#stream = stream;
    // Kept to the end: an error that nobody hears ends the process.
    stream.on("error", (error) => this.#fail(brokenStream(error, stream.rstCode)));
    if (this.#isOver) return stream.close(CANCEL);
    stream.on("response", (fields) => {
      this.#header = fields;
    });
    stream.on("data", (chunk: Buffer) => {
      // Of the first the session heard with the head.
      if (this.#chunks.push(chunk) > 1) this.#session.notifyResponseByteRead(stream);
    });
    stream.on("trailers", (fields) => {
      this.#trailer = fields;
    });
    // Without a status it may be an answer that was cut off, which is told with the stream's end.
    stream.on("end", () => {
      if ("grpc-status" in this.#trailer || "grpc-status" in this.#header) this.#succeed();
    });
    stream.on("close", () => {
      const reset = resetStream(stream.rstCode);
      if (reset === undefined) this.#succeed();
      else this.#fail(reset);
    });
    stream.end(body);
  }

  readonly #aborted = (): void => {
    const reason = getAbortSignalReason(this.#signal as AbortSignal);
    this.#fail(ConnectError.from(reason, Code.Canceled));
  };

  #succeed(): void {
    if (this.#isOver) return;
    this.#end();
    this.#whole.resolve({ header: this.#header, chunks: this.#chunks, trailer: this.#trailer });
  }

  #fail(error: ConnectError): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#stream?.closed === false) this.#stream.close(CANCEL);
    this.#whole.reject(error);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#aborted);
  }
}
