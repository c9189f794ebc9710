import { create, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import {
  type BidiStreamRequest,
  BidiStreamRequestSchema,
  BidiStreamResponseSchema,
  type ClientStreamRequest,
  ClientStreamRequestSchema,
  ClientStreamResponseSchema,
  type ConformancePayload,
  type ConformancePayload_RequestInfo,
  ConformancePayload_RequestInfoSchema,
  ConformancePayloadSchema,
  ConformanceService,
  type Header,
  HeaderSchema,
  IdempotentUnaryRequestSchema,
  IdempotentUnaryResponseSchema,
  type ServerStreamRequest,
  ServerStreamRequestSchema,
  ServerStreamResponseSchema,
  type StreamResponseDefinition,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
  UnaryResponseSchema,
  type Error as WireError,
} from "../../gen/connectrpc/conformance/v1/conformance_pb.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { CallContext } from "../../src/rpc/call-context.ts";
import { timeoutMs } from "../../src/rpc/interceptors/deadline.ts";
import {
  biDiStreaming,
  clientStreaming,
  type RpcMethod,
  serverStreaming,
  unary,
} from "../../src/rpc/methods.ts";

/**
 * The service of the conformance suite: every answer is what the request asks for, with
 * what the handler saw of the call. Written against the same table of methods as the
 * product's own services.
 */
export function conformanceMethods(): RpcMethod[] {
  const { method } = ConformanceService;
  return [
    unary(method.unary, async (request, call) => {
      const seen = [anyPack(UnaryRequestSchema, request)];
      const payload = await answerOnce(request.responseDefinition, seen, call);
      return create(UnaryResponseSchema, { payload });
    }),
    unary(method.idempotentUnary, async (request, call) => {
      const seen = [anyPack(IdempotentUnaryRequestSchema, request)];
      const payload = await answerOnce(request.responseDefinition, seen, call);
      return create(IdempotentUnaryResponseSchema, { payload });
    }),
    clientStreaming(method.clientStream, clientStream),
    serverStreaming(method.serverStream, serverStream),
    biDiStreaming(method.bidiStream, bidiStream),
  ];
}

async function clientStream(requests: AsyncIterable<ClientStreamRequest>, call: CallContext) {
  const seen: Any[] = [];
  let definition: UnaryResponseDefinition | undefined;
  for await (const request of requests) {
    if (seen.length === 0) definition = request.responseDefinition;
    seen.push(anyPack(ClientStreamRequestSchema, request));
  }
  const payload = await answerOnce(definition, seen, call);
  return create(ClientStreamResponseSchema, { payload });
}

async function* serverStream(request: ServerStreamRequest, call: CallContext) {
  const definition = request.responseDefinition;
  addTo(call, definition);
  const seen = [anyPack(ServerStreamRequestSchema, request)];
  for (const [index, data] of (definition?.responseData ?? []).entries()) {
    await delay(definition, call);
    yield response(ServerStreamResponseSchema, data, index === 0 ? info(call, seen) : undefined);
  }
  fail(definition, call, seen);
}

async function* bidiStream(requests: AsyncIterable<BidiStreamRequest>, call: CallContext) {
  let definition: StreamResponseDefinition | undefined;
  let fullDuplex = false;
  let seen: Any[] = [];
  let isFirst = true;
  let sent = 0;
  for await (const request of requests) {
    seen.push(anyPack(BidiStreamRequestSchema, request));
    if (isFirst) {
      isFirst = false;
      definition = request.responseDefinition;
      fullDuplex = request.fullDuplex;
      addTo(call, definition);
    }
    if (!fullDuplex) continue;
    const data = definition?.responseData[sent];
    if (data === undefined) break;
    await delay(definition, call);
    const facts = sent === 0 ? info(call, seen) : onlyRequests(seen);
    yield response(BidiStreamResponseSchema, data, facts);
    sent += 1;
    seen = [];
  }
  for (const data of definition?.responseData.slice(sent) ?? []) {
    await delay(definition, call);
    yield response(BidiStreamResponseSchema, data, sent === 0 ? info(call, seen) : undefined);
    sent += 1;
  }
  fail(definition, call, seen);
}

/** One answer, or the error that the definition asks for. */
async function answerOnce(
  definition: UnaryResponseDefinition | undefined,
  seen: Any[],
  call: CallContext,
): Promise<ConformancePayload> {
  addTo(call, definition);
  await delay(definition, call);
  const requestInfo = info(call, seen);
  const asked = definition?.response;
  if (asked?.case === "error") throw errorOf(asked.value, requestInfo);
  const data = asked?.case === "responseData" ? asked.value : new Uint8Array();
  return create(ConformancePayloadSchema, { data, requestInfo });
}

/** A stream's error; only one that comes before any answer tells what was seen. */
function fail(definition: StreamResponseDefinition | undefined, call: CallContext, seen: Any[]) {
  if (definition?.error === undefined) return;
  const isAlone = definition.responseData.length === 0;
  throw errorOf(definition.error, isAlone ? info(call, seen) : undefined);
}

function errorOf(wanted: WireError, seen: ConformancePayload_RequestInfo | undefined) {
  const error = new ConnectError(wanted.message ?? "", wanted.code as number);
  for (const { typeUrl, value } of wanted.details) {
    error.details.push({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value });
  }
  if (seen !== undefined) {
    error.details.push({ desc: ConformancePayload_RequestInfoSchema, value: seen });
  }
  return error;
}

type WithPayload = Message & { payload?: ConformancePayload };

function response<S extends DescMessage>(
  schema: S,
  data: Uint8Array,
  requestInfo: ConformancePayload_RequestInfo | undefined,
): MessageShape<S> {
  const message = create(schema);
  const payload = create(ConformancePayloadSchema, { data });
  if (requestInfo !== undefined) payload.requestInfo = requestInfo;
  (message as WithPayload).payload = payload;
  return message;
}

function info(call: CallContext, requests: Any[]): ConformancePayload_RequestInfo {
  const seen = onlyRequests(requests);
  seen.requestHeaders = [...call.headers()].map(([name, value]) =>
    create(HeaderSchema, { name, value: [value] }),
  );
  const timeout = askedTimeoutMs(call);
  if (timeout !== undefined) seen.timeoutMs = BigInt(Math.trunc(timeout));
  // Only Connect's GET comes without a content type; what its query says is none of a handler's business.
  if (call.header("content-type") === undefined) seen.connectGetInfo = GET_WITHOUT_QUERY;
  return seen;
}

const GET_WITHOUT_QUERY = create(ConformancePayload_RequestInfoSchema, { connectGetInfo: {} })
  .connectGetInfo as NonNullable<ConformancePayload_RequestInfo["connectGetInfo"]>;

function onlyRequests(requests: Any[]): ConformancePayload_RequestInfo {
  return create(ConformancePayload_RequestInfoSchema, { requests });
}

function askedTimeoutMs(call: CallContext): number | undefined {
  const protocol = call.header("grpc-timeout") === undefined ? "connect" : "grpc";
  const ms = timeoutMs(protocol, (name) => call.header(name), Number.POSITIVE_INFINITY);
  return Number.isFinite(ms) ? ms : undefined;
}

function addTo(
  call: CallContext,
  definition:
    | { readonly responseHeaders: Header[]; readonly responseTrailers: Header[] }
    | undefined,
): void {
  for (const { name, value } of definition?.responseHeaders ?? []) {
    for (const each of value) call.answerHeaders.append(name, each);
  }
  for (const { name, value } of definition?.responseTrailers ?? []) {
    for (const each of value) call.answerTrailers.append(name, each);
  }
}

async function delay(
  definition: { readonly responseDelayMs: number } | undefined,
  call: CallContext,
): Promise<void> {
  const ms = definition?.responseDelayMs ?? 0;
  if (ms > 0) await systemClock.sleep(ms, call.signal);
  call.signal.throwIfAborted();
}
