import type { EntError } from "../base/errors.ts";
import { clientGone } from "../face/interruptions.ts";
import type { RequestBody } from "./body.ts";
import type { FinishedResponse } from "./stock/finish.ts";
import type { StockServer, Transport } from "./stock/serve.ts";
import type { ThinConnectOptions } from "./thin/connect.ts";
import { fetchThin } from "./thin/fetch.ts";

/**
 * Connect and gRPC-Web for a server that speaks `fetch` (Bun.serve): RPCs beside REST on
 * one port. Host, Origin and CORS are that server's business. Native gRPC needs trailers,
 * which fetch cannot send, so it is not served here.
 */
export type FetchHandler = (
  request: Request,
  /** The client's address. Defaults to one that says it is not known. */
  peer?: () => string,
) => Promise<Response> | undefined;

export function fetchHandlerOf(
  stock: StockServer,
  thin: ThinConnectOptions | undefined,
): FetchHandler {
  return (request, peer = unknownPeer) => {
    const target = targetOf(request.url);
    if (!stock.has(target)) return undefined;
    const answered = thin === undefined ? undefined : fetchThin(request, target, peer, thin);
    if (answered !== undefined) return answered;
    return new Promise((resolve, reject) => {
      const transport = new FetchTransport(request, resolve);
      const { method, headers } = request;
      stock
        .serve(
          {
            httpVersion: "1.1",
            method,
            target,
            headers: new Headers(headers),
            body: new WebBody(request.body),
            peer,
          },
          transport,
        )
        .catch(reject);
    });
  };
}

const unknownPeer = () => "unknown";

/** Path and query, cut out of the URL: parsing it would cost more than all else here. */
function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? "/" : url.slice(start);
}

class FetchTransport implements Transport {
  readonly acceptsMore = true;
  readonly #request: Request;
  readonly #resolve: (response: Response) => void;
  #gone: () => void = () => undefined;

  constructor(request: Request, resolve: (response: Response) => void) {
    this.#request = request;
    this.#resolve = resolve;
  }

  onGone(callback: () => void): void {
    this.#gone = callback;
    this.#request.signal.addEventListener("abort", callback, { once: true });
  }

  /** Resolves when the last chunk has been handed to the server, or its reader has gone. */
  write(response: FinishedResponse): Promise<void> {
    const { status, header, body } = response;
    if (body === undefined) {
      this.#resolve(new Response(null, { status, headers: header }));
      return Promise.resolve();
    }
    return new Promise((done) => {
      const stream = streamOf(body, done, () => {
        this.#gone();
        done();
      });
      this.#resolve(new Response(stream, { status, headers: header }));
    });
  }
}

function streamOf(
  body: AsyncIterable<Uint8Array>,
  ended: () => void,
  canceled: () => void,
): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await chunks.next();
      if (chunk.done !== true) return controller.enqueue(chunk.value);
      controller.close();
      ended();
    },
    async cancel() {
      canceled();
      await chunks.return?.();
    },
  });
}

/** The body of a `Request`. */
class WebBody implements RequestBody {
  readonly #reader:
    | { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> }
    | undefined;
  #error: EntError | undefined;

  constructor(body: Request["body"]) {
    this.#reader = body?.getReader();
  }

  abort(error: EntError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#reader?.cancel().catch(() => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#reader === undefined) return;
    for (;;) {
      // When reading fails, the client has gone in the middle of its request.
      const chunk = await this.#reader.read().catch(() => undefined);
      if (this.#error !== undefined) throw this.#error;
      if (chunk === undefined) throw clientGone();
      if (chunk.value === undefined) return;
      yield chunk.value;
    }
  }
}
