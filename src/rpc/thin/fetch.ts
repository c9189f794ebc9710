import type { CancelSignal } from "../../base/cancel-signal.ts";
import { clientGone } from "../../face/interruptions.ts";
import {
  answerConnect,
  type ConnectAnswer,
  type ConnectCall,
  openConnect,
  type ThinConnectOptions,
} from "./connect.ts";

/**
 * Unary Connect calls for a server that speaks `fetch`, without a stream between the request
 * and the handler. Undefined when the request is none that the thin path knows; then nothing
 * was touched.
 */
export function fetchThin(
  request: Request,
  target: string,
  peer: () => string,
  options: ThinConnectOptions,
): Promise<Response> | undefined {
  const { method, headers } = request;
  const opened = openConnect({ method, target, headers, peer }, options, true);
  return opened === undefined ? undefined : answer(request, opened, options);
}

async function answer(
  request: Request,
  opened: ConnectCall,
  options: ThinConnectOptions,
): Promise<Response> {
  const { call, length = 0 } = opened;
  const read = () => {
    call.hold(length);
    return bytesOf(request, call.signal);
  };
  request.signal.addEventListener("abort", () => call.gone());
  try {
    return responseOf(await answerConnect(opened, read, options));
  } finally {
    call.close();
  }
}

/** The whole body, unless the call ends before it has come. */
function bytesOf(request: Request, signal: CancelSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    // The platform's error says no more than that the client went in the middle of its request.
    request.bytes().then(resolve, () => reject(signal.reason ?? clientGone()));
  });
}

function responseOf({ headers, body }: ConnectAnswer): Response {
  const { ":status": status, ...rest } = headers;
  return new Response(body ?? null, {
    status: Number(status),
    headers: rest as Record<string, string>,
  });
}
