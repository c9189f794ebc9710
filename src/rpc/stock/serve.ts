import { nativeSignal } from "../../base/cancel-signal.ts";
import { EntError } from "../../base/errors.ts";
import { overloaded } from "../../face/interruptions.ts";
import { REQUEST_ID_HEADER } from "../../face/request-id.ts";
import type { RequestBody } from "../body.ts";
import type { Call } from "../call.ts";
import type { Protocol } from "../call-context.ts";
import type { Calls } from "../calls.ts";
import { dropUnsettableTimeout } from "../interceptors/deadline.ts";
import { type FinishedResponse, finish, grpcError, plainError } from "./finish.ts";
import { carrying, type StockRoute } from "./router.ts";
import { asText, isWebText, withoutText } from "./web-text.ts";

/** A request of any HTTP version, its head read and its rules checked. */
export interface HttpRequest {
  readonly httpVersion: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: RequestBody;
  /** The client's address. */
  readonly peer: () => string;
}

/** The way back to one client. */
export interface Transport {
  /** False when so much waits for the client to read that it gets nothing more. */
  readonly acceptsMore: boolean;
  /** Calls back, at most once, when the client goes before its answer is complete. */
  onGone(callback: () => void): void;
  /** Resolves when the answer is out, or when nobody is there to take it. Never rejects because of the client. */
  write(response: FinishedResponse): Promise<void>;
}

/** The same way back, for answers that are changed as they leave. */
export function changing(
  transport: Transport,
  change: (response: FinishedResponse) => FinishedResponse,
): Transport {
  return {
    acceptsMore: transport.acceptsMore,
    onGone: (callback) => transport.onGone(callback),
    write: (response) => transport.write(change(response)),
  };
}

export interface StockServerOptions {
  readonly routes: ReadonlyMap<string, StockRoute>;
  readonly calls: Calls;
  readonly messageBytesMax: number;
}

/** Serves requests over connect-es: route, open the call, let the library speak, finish the answer. */
export class StockServer {
  readonly #options: StockServerOptions;

  constructor(options: StockServerOptions) {
    this.#options = options;
  }

  /** Whether this path belongs to an RPC. */
  has(target: string): boolean {
    return this.#options.routes.has(pathOf(target));
  }

  async serve(request: HttpRequest, transport: Transport): Promise<void> {
    if (!isWebText(request.headers)) return this.#serve(request, transport);
    return this.#serve(withoutText(request), changing(transport, asText));
  }

  async #serve(request: HttpRequest, transport: Transport): Promise<void> {
    const route = this.#options.routes.get(pathOf(request.target));
    if (route === undefined) return this.#refuseUnknown(request, transport);
    const protocol = protocolOf(request.headers.get("content-type"));
    const call = this.#options.calls.open({
      rpc: route.rpc,
      protocol,
      thin: false,
      peer: request.peer,
      header: (name) => request.headers.get(name) ?? undefined,
      headers: () => request.headers,
    });
    if (!transport.acceptsMore) call.refuse(overloaded());
    transport.onGone(() => call.gone());
    call.onAbort((reason) => request.body.abort(reason));
    if (call.signal.reason !== undefined) request.body.abort(call.signal.reason);
    try {
      if (call.authenticating !== undefined) await call.authenticating;
      await transport.write(await this.#answer(route, request, call));
    } finally {
      call.close();
    }
  }

  /** What there is and is not is told to nobody without a credential. */
  async #refuseUnknown(request: HttpRequest, transport: Transport): Promise<void> {
    const { calls } = this.#options;
    try {
      await calls.identify(request.headers.get("authorization") ?? undefined, request.peer);
    } catch (error) {
      const status = error instanceof EntError ? undefined : 500;
      return transport.write(this.refusal(request, error, status));
    }
    return transport.write(this.refusal(request, notFound(request), 404));
  }

  /** The id of a request that becomes no call. */
  requestId(headers: Headers): string {
    return this.#options.calls.requestId(headers.get(REQUEST_ID_HEADER) ?? undefined);
  }

  /** The answer to a request that is refused before it becomes a call. */
  refusal(
    request: { readonly target: string; readonly headers: Headers },
    error: unknown,
    status?: number,
  ): FinishedResponse {
    const requestId = this.requestId(request.headers);
    const wire = this.#options.calls.errorOf(error, requestId);
    const contentType = request.headers.get("content-type") ?? "";
    const protocol = protocolOf(contentType);
    if (protocol === "connect") return plainError(wire, requestId, status);
    const answer = grpcError(wire, requestId, { protocol, contentType });
    return isWebText(request.headers) ? asText(answer) : answer;
  }

  async #answer(route: StockRoute, request: HttpRequest, call: Call): Promise<FinishedResponse> {
    const isGet = request.method === "GET";
    const { messageBytesMax } = this.#options;
    dropUnsettableTimeout(call.protocol, request.headers);
    const response = await route.handler({
      httpVersion: request.httpVersion,
      method: request.method,
      url: `http://localhost${request.target}`,
      header: request.headers,
      body: held(request.body, call),
      signal: nativeSignal(call.signal),
      contextValues: carrying(call),
    });
    return finish(response, call, { isGet, messageBytesMax });
  }
}

function protocolOf(contentType: string | null): Protocol {
  if (contentType === null) return "connect";
  const type = contentType.toLowerCase();
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}

/** The path without its query. */
function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}

/** The body, its bytes counted as held by the server while the call is open. */
async function* held(body: RequestBody, call: Call): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      call.hold(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw call.fail(error);
  }
}

function notFound(request: HttpRequest): EntError {
  const path = JSON.stringify(pathOf(request.target).slice(0, 128));
  return new EntError({
    code: "unimplemented",
    reason: "ROUTE_NOT_FOUND",
    message: `No RPC is served at ${path}.`,
    hint: "Paths are /package.Service/Method; reflection lists what is there.",
  });
}
