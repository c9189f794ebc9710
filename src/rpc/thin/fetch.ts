import type { OutgoingHttpHeaders } from "node:http2";
import { clientGone } from "../../face/interruptions.ts";
import type { Call, Calls } from "../calls.ts";
import { addAll } from "./added.ts";
import { isWorthSqueezing, squeezed } from "./compress.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { ThinRoute } from "./route.ts";

/** Unary Connect calls for a server that speaks `fetch`, without a stream between the request and the handler. */
export interface ThinFetchOptions {
  readonly routes: ReadonlyMap<string, ThinRoute>;
  readonly calls: Calls;
  readonly messageBytes: number;
  readonly compressMinBytes: number;
}

/** Undefined when the request is none that the thin path knows; then nothing was touched. */
export function fetchThin(
  request: Request,
  path: string,
  peer: () => string,
  options: ThinFetchOptions,
): Promise<Response> | undefined {
  if (request.method !== "POST") return undefined;
  const route = options.routes.get(path);
  if (route === undefined) return undefined;
  const header = (name: string) => request.headers.get(name) ?? undefined;
  const dialect = dialectOf(header);
  if (dialect?.protocol !== "connect") return undefined;
  // Without its length told, a body has to be measured while it comes: the stock path does that.
  const length = lengthOf(header("content-length"));
  if (length === undefined || length > options.messageBytes) return undefined;
  const call = options.calls.open({
    rpc: route.rpc,
    protocol: "connect",
    thin: true,
    peer,
    header,
    headers: () => request.headers,
  });
  return answer(request, length, { route, dialect, call, options });
}

function lengthOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

async function answer(
  request: Request,
  length: number,
  parts: {
    readonly route: ThinRoute;
    readonly dialect: Dialect;
    readonly call: Call;
    readonly options: ThinFetchOptions;
  },
): Promise<Response> {
  const { route, dialect, call, options } = parts;
  request.signal.addEventListener("abort", () => call.gone());
  try {
    if (call.authenticating !== undefined) await call.authenticating;
    call.admit();
    call.hold(length);
    const body = await bytesOf(request, call.signal);
    const bytes = await route.answer(body, dialect.format, call);
    const headers = dialect.headers(call.requestId);
    addAll(headers, call, dialect);
    const accepted = call.header("accept-encoding");
    if (!isWorthSqueezing(bytes.length, accepted, options.compressMinBytes)) {
      return responseOf(headers, bytes);
    }
    return responseOf(headers, await squeezed(bytes, headers));
  } catch (error) {
    const { headers, body } = dialect.failure(call.fail(error), call.requestId);
    addAll(headers, call, dialect);
    return responseOf(headers, body);
  } finally {
    call.close();
  }
}

/** The whole body, unless the call ends before it has come. */
function bytesOf(request: Request, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    // The platform's error says no more than that the client went in the middle of its request.
    request.bytes().then(resolve, () => reject(signal.reason ?? clientGone()));
  });
}

function responseOf(
  headers: OutgoingHttpHeaders,
  body: Uint8Array<ArrayBuffer> | undefined,
): Response {
  const { ":status": status, ...rest } = headers;
  return new Response(body ?? null, {
    status: Number(status),
    headers: rest as Record<string, string>,
  });
}
