import {
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { must } from "../../base/assert.ts";
import type { Call } from "../call.ts";
import { TIMER_MS_MAX } from "../interceptors/deadline.ts";
import { type AnyTypes, jsonOptions } from "../json-text.ts";
import { pathOf, type RpcMethod } from "../methods.ts";

/**
 * The stock path: connect-es speaks the protocols (gRPC, gRPC-Web, Connect; protobuf and
 * JSON; gzip and brotli; streams), our table of methods answers. Everything that the thin
 * path does not take comes here.
 */
export interface StockRoute {
  readonly rpc: RpcMethod;
  readonly handler: UniversalHandler;
}

export interface StockLimits {
  /** Of a message, after decompression too. */
  readonly messageBytes: number;
  /** Answers shorter than this are not compressed. */
  readonly compressMinBytes: number;
  readonly anyTypes?: AnyTypes | undefined;
}

const CALL = createContextKey<Call | undefined>(undefined, { description: "the open call" });

/** Routes by path. */
export function stockRoutes(
  methods: readonly RpcMethod[],
  limits: StockLimits,
): ReadonlyMap<string, StockRoute> {
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    compressMinBytes: limits.compressMinBytes,
    readMaxBytes: limits.messageBytes,
    // Calls cut long wishes down themselves (interceptors/deadline.ts); this is the library's own fence.
    maxTimeoutMs: TIMER_MS_MAX,
    jsonOptions: jsonOptions(limits.anyTypes),
    requestGate: (context) => callOf(context).admit(),
  });
  for (const rpc of methods) register(router, rpc);
  const byPath = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return new Map(
    methods.map((rpc) => {
      const path = pathOf(rpc.method);
      return [path, { rpc, handler: must(byPath.get(path), "every method was registered") }];
    }),
  );
}

/** What carries the open call through connect-es. */
export function carrying(call: Call): ContextValues {
  return createContextValues().set(CALL, call);
}

function callOf(context: HandlerContext): Call {
  return must(context.values.get(CALL), "a path opens the call before it hands it on");
}

function register(router: ConnectRouter, rpc: RpcMethod): void {
  switch (rpc.kind) {
    case "unary":
      router.rpc(rpc.method, (request, context) => {
        const call = answeringInto(context);
        return answered(() => rpc.answer(request, call), call);
      });
      return;
    case "client_streaming":
      router.rpc(rpc.method, (requests, context) => {
        const call = answeringInto(context);
        return answered(() => rpc.answer(requests, call), call);
      });
      return;
    case "server_streaming":
      router.rpc(rpc.method, (request, context) => {
        const call = answeringInto(context);
        return failing(rpc.answer(request, call), call);
      });
      return;
    case "bidi_streaming":
      router.rpc(rpc.method, (requests, context) => {
        const call = answeringInto(context);
        return failing(rpc.answer(requests, call), call);
      });
  }
}

/** The open call, which now writes its headers and trailers into the library's answer. */
function answeringInto(context: HandlerContext): Call {
  const call = callOf(context);
  call.answerInto(context.responseHeader, context.responseTrailer);
  return call;
}

async function answered<T>(answer: () => Promise<T>, call: Call): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    throw call.fail(error);
  }
}

async function* failing<T>(answers: AsyncIterable<T>, call: Call): AsyncGenerator<T> {
  try {
    yield* answers;
  } catch (error) {
    throw call.fail(error);
  }
}
