import { overloaded } from "../../face/interruptions.ts";
import type { Call } from "../call.ts";
import { singleChunk } from "../single-chunk.ts";
import type { FinishedResponse } from "../stock/finish.ts";
import { messageTooLarge } from "../stock/protocol-refusal.ts";
import type { HttpRequest, Transport } from "../stock/serve.ts";
import {
  answerConnect,
  type ConnectAnswer,
  type ConnectCall,
  openConnect,
  type ThinConnectOptions,
} from "./connect.ts";

/**
 * Unary Connect calls over HTTP/1.1. Undefined when the request is none that the thin path
 * knows; then nothing was touched. Resolves when the answer is out, or nobody is there to take it.
 */
export function serveThinHttp1(
  request: HttpRequest,
  transport: Transport,
  options: ThinConnectOptions,
): Promise<void> | undefined {
  const opened = openConnect(request, options, false);
  return opened === undefined ? undefined : serve(request, transport, opened, options);
}

async function serve(
  { body }: HttpRequest,
  transport: Transport,
  opened: ConnectCall,
  options: ThinConnectOptions,
): Promise<void> {
  const { call } = opened;
  if (!transport.acceptsMore) call.refuse(overloaded());
  transport.onGone(() => call.gone());
  call.onAbort((reason) => body.abort(reason));
  const read = () => gathered(body, call, options.messageBytes);
  try {
    await transport.write(responseOf(await answerConnect(opened, read, options)));
  } finally {
    call.close();
  }
}

/** The whole body. Throws MESSAGE_TOO_LARGE at the first chunk too many, and OVERLOADED. */
async function gathered(
  body: AsyncIterable<Uint8Array>,
  call: Call,
  messageBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > messageBytes) throw messageTooLarge(messageBytes);
    call.hold(chunk.length);
    chunks.push(chunk);
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
}

function responseOf({ headers, body }: ConnectAnswer): FinishedResponse {
  const { ":status": status, ...rest } = headers;
  const header = new Headers(rest as Record<string, string>);
  header.set("content-length", String(body?.length ?? 0));
  const isEmpty = body === undefined || body.length === 0;
  return {
    status: Number(status),
    header,
    body: isEmpty ? undefined : singleChunk(body),
    trailer: undefined,
  };
}
