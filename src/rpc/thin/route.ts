import type { Message } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import type { Call } from "../calls.ts";
import { type AnyTypes, jsonOptions } from "../json-text.ts";
import { pathOf, type RpcMethod, type UnaryMethod } from "../methods.ts";
import { protocolRefusal } from "../stock/protocol-refusal.ts";

/**
 * The thin path: unary calls without the library's pipeline of async iterators, which
 * costs several times what decoding, answering and encoding do together. It speaks
 * uncompressed requests of gRPC and Connect; whatever else comes goes to the stock path,
 * so it need not know it. Both paths share the life of a call (`calls.ts`), the handlers
 * and the error map, and one suite of tests runs over both.
 */
export interface ThinRoute {
  readonly rpc: UnaryMethod;
  /** From the bytes of a request to the bytes of its answer. Throws the error that the client gets. */
  answer(bytes: Uint8Array, format: Format, call: Call): Promise<Uint8Array<ArrayBuffer>>;
}

export type Format = "proto" | "json";

/** Routes by path, for the methods that the thin path can serve. */
export function thinRoutes(
  methods: readonly RpcMethod[],
  limits: { readonly messageBytes: number; readonly anyTypes?: AnyTypes | undefined },
): ReadonlyMap<string, ThinRoute> {
  const routes = new Map<string, ThinRoute>();
  for (const rpc of methods) {
    if (rpc.kind === "unary")
      routes.set(pathOf(rpc.method), thinRoute(rpc, limits.messageBytes, limits.anyTypes));
  }
  return routes;
}

function thinRoute(
  rpc: UnaryMethod,
  messageBytesMax: number,
  anyTypes: AnyTypes | undefined,
): ThinRoute {
  const codec = createMethodSerializationLookup(rpc.method, undefined, jsonOptions(anyTypes), {
    readMaxBytes: messageBytesMax,
    writeMaxBytes: Number.MAX_SAFE_INTEGER,
  });
  const parse = (format: { parse(data: Uint8Array): Message }, bytes: Uint8Array): Message => {
    try {
      return format.parse(bytes);
    } catch (error) {
      throw explained(error, messageBytesMax);
    }
  };
  return {
    rpc,
    async answer(bytes, format, call) {
      const isProto = format === "proto";
      try {
        call.admit();
        const response = await rpc.answer(parse(codec.getI(isProto), bytes), call);
        return codec.getO(isProto).serialize(response);
      } catch (error) {
        throw call.fail(error);
      }
    },
  };
}

/** The codec's errors are the library's, without a reason of ours. */
function explained(error: unknown, messageBytesMax: number): unknown {
  if (!(error instanceof ConnectError)) return error;
  return protocolRefusal(error.code, error.rawMessage, messageBytesMax) ?? error;
}
