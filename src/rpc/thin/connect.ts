/**
 * Unary Connect calls whose whole body is read before anything is done: what the thin paths
 * of HTTP/1.1 and of `fetch` have in common.
 */
import type { OutgoingFields } from "../../http2/header-encoder.ts";
import type { Call } from "../call.ts";
import type { Calls } from "../calls.ts";
import { addAll } from "./added.ts";
import { isWorthSqueezing, squeezed } from "./compress.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { ThinRoute, ThinUnaryRoute } from "./route.ts";

export interface ThinConnectOptions {
  readonly routes: ReadonlyMap<string, ThinRoute>;
  readonly calls: Calls;
  readonly messageBytes: number;
  readonly compressMinBytes: number;
}

/** A request before its body. */
export interface ConnectRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  /** The client's address. */
  readonly peer: () => string;
}

/** A call of the thin path; whoever opened it closes it, once. */
export interface ConnectCall {
  readonly call: Call;
  /** Of the body, as the client told it; undefined: it comes in chunks. */
  readonly length: number | undefined;
  readonly route: ThinUnaryRoute;
  readonly dialect: Dialect;
}

/** The status is among the headers, as `:status`. */
export interface ConnectAnswer {
  readonly headers: OutgoingFields;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Undefined when the request is none that the thin path knows; then nothing was touched. With
 * `needsLength` a body in chunks is none: whoever cannot measure it while it comes must know.
 */
export function openConnect(
  request: ConnectRequest,
  options: ThinConnectOptions,
  needsLength: boolean,
): ConnectCall | undefined {
  if (request.method !== "POST") return undefined;
  const route = options.routes.get(request.target);
  if (route?.kind !== "unary") return undefined;
  const header = (name: string) => request.headers.get(name) ?? undefined;
  const dialect = dialectOf(header);
  if (dialect?.protocol !== "connect") return undefined;
  const length = lengthOf(header("content-length"));
  if (length !== undefined ? length > options.messageBytes : needsLength) return undefined;
  const call = options.calls.open({
    rpc: route.rpc,
    protocol: "connect",
    thin: true,
    peer: request.peer,
    header,
    headers: () => request.headers,
  });
  return { call, length, route, dialect };
}

/** Reads the body, which counts its bytes with `Call.hold`, has the handler answer, and frames what comes of it, errors too. Never rejects. */
export async function answerConnect(
  { call, route, dialect }: ConnectCall,
  read: () => Promise<Uint8Array>,
  { compressMinBytes }: ThinConnectOptions,
): Promise<ConnectAnswer> {
  try {
    if (call.authenticating !== undefined) await call.authenticating;
    call.admit();
    const body = await route.answer(await read(), dialect.format, call);
    const headers = dialect.headers(call.requestId);
    addAll(headers, call, dialect);
    const accepted = call.header("accept-encoding");
    if (!isWorthSqueezing(body.length, accepted, compressMinBytes)) return { headers, body };
    return { body: await squeezed(body, headers), headers };
  } catch (error) {
    const { headers, body } = dialect.failure(call.fail(error), call.requestId);
    addAll(headers, call, dialect);
    return { headers, body };
  }
}

function lengthOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
