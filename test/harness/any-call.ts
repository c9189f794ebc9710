import {
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

/** What came of a call of any RPC. */
export interface CallAnswer {
  /** "ok", or the reason of the refusal. */
  readonly reason: string;
  readonly code: Code | "ok";
  /** The first message as JSON text; of a refusal its sentence and details but for the request id. */
  readonly text: string;
}

/** Calls any RPC, and of a stream takes the first message. */
export async function callAny(
  transport: Transport,
  method: DescMethod,
  init: object,
  headers: Readonly<Record<string, string>>,
): Promise<CallAnswer> {
  const abort = new AbortController();
  try {
    const message = await firstAnswer(transport, method, init, headers, abort.signal);
    const text = message === undefined ? "" : JSON.stringify(toJson(method.output, message));
    return { reason: "ok", code: "ok", text };
  } catch (error) {
    return refusalOf(ConnectError.from(error));
  } finally {
    abort.abort();
  }
}

async function firstAnswer(
  transport: Transport,
  method: DescMethod,
  init: object,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Message | undefined> {
  const message = init as Record<string, unknown>;
  if (method.methodKind === "unary") {
    const kind = method as DescMethodUnary;
    return (await transport.unary(kind, signal, undefined, headers, message)).message;
  }
  const kind = method as DescMethodStreaming;
  const stream = await transport.stream(kind, signal, undefined, headers, once(message));
  for await (const first of stream.message) return first;
  return undefined;
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function refusalOf(error: ConnectError): CallAnswer {
  const [info] = error.findDetails(ErrorInfoSchema);
  const { request_id: _, ...facts } = info?.metadata ?? {};
  return {
    reason: info?.reason ?? Code[error.code],
    code: error.code,
    text: JSON.stringify([error.rawMessage, info?.reason, facts]),
  };
}
