import type { DescMethod, Message } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import type { Call } from "../call.ts";
import { type AnyTypes, jsonOptions } from "../json-text.ts";
import {
  pathOf,
  type RpcMethod,
  type ServerStreamingMethod,
  type UnaryMethod,
} from "../methods.ts";
import { protocolRefusal } from "../stock/protocol-refusal.ts";
import { grpcFrame } from "./grpc-frame.ts";
import { messageReader } from "./message-reader.ts";

/**
 * The thin path: unary calls, and streams that a server sends over gRPC, without the library's
 * pipeline of async iterators, which costs several times what decoding, answering and encoding
 * do together. It speaks uncompressed requests of gRPC and Connect; whatever else comes goes to
 * the stock path, so it need not know it. Both paths share the life of a call (`call.ts`), the
 * handlers and the error map, and one suite of tests runs over both.
 */
export type ThinRoute = ThinUnaryRoute | ThinStreamRoute;

export interface ThinUnaryRoute {
  readonly kind: "unary";
  readonly rpc: UnaryMethod;
  /** From the bytes of a request to the bytes of its answer. Throws the error that the client gets. */
  answer(bytes: Uint8Array, format: Format, call: Call): Promise<Uint8Array<ArrayBuffer>>;
}

export interface ThinStreamRoute {
  readonly kind: "server_streaming";
  readonly rpc: ServerStreamingMethod;
  /** From the bytes of a request to pieces of a body of gRPC, whole messages each. Throws the error that the client gets. */
  answer(bytes: Uint8Array, call: Call): AsyncIterable<Uint8Array>;
}

export type Format = "proto" | "json";

interface RouteLimits {
  readonly messageBytes: number;
  readonly anyTypes?: AnyTypes | undefined;
}

/** Routes by path, for the methods that the thin path can serve. */
export function thinRoutes(
  methods: readonly RpcMethod[],
  limits: RouteLimits,
): ReadonlyMap<string, ThinRoute> {
  const routes = new Map<string, ThinRoute>();
  for (const rpc of methods) {
    if (rpc.kind === "unary") routes.set(pathOf(rpc.method), unaryRoute(rpc, limits));
    if (rpc.kind === "server_streaming") routes.set(pathOf(rpc.method), streamRoute(rpc, limits));
  }
  return routes;
}

function unaryRoute(rpc: UnaryMethod, limits: RouteLimits): ThinUnaryRoute {
  const codec = codecOf(rpc.method, limits);
  const parse = parserOf(rpc.method, codec, limits);
  return {
    kind: "unary",
    rpc,
    async answer(bytes, format, call) {
      const isProto = format === "proto";
      try {
        call.admit();
        const request = parse(bytes, format);
        if (isProto && rpc.pack !== undefined) return await rpc.pack(request, call);
        return codec.getO(isProto).serialize(await rpc.answer(request, call));
      } catch (error) {
        throw call.fail(error);
      }
    },
  };
}

function streamRoute(rpc: ServerStreamingMethod, limits: RouteLimits): ThinStreamRoute {
  const codec = codecOf(rpc.method, limits);
  const parse = parserOf(rpc.method, codec, limits);
  return {
    kind: "server_streaming",
    rpc,
    async *answer(bytes, call) {
      try {
        call.admit();
        const request = parse(bytes, "proto");
        if (rpc.pack !== undefined) return yield* rpc.pack(request, call);
        const { serialize } = codec.getO(true);
        for await (const message of rpc.answer(request, call)) {
          yield grpcFrame(serialize(message));
        }
      } catch (error) {
        throw call.fail(error);
      }
    },
  };
}

function codecOf(method: DescMethod, { messageBytes, anyTypes }: RouteLimits) {
  return createMethodSerializationLookup(method, undefined, jsonOptions(anyTypes), {
    readMaxBytes: messageBytes,
    writeMaxBytes: Number.MAX_SAFE_INTEGER,
  });
}

/** What a reader of ours does not take, or is too long, is the library's to read or to refuse. */
function parserOf(
  method: DescMethod,
  codec: ReturnType<typeof codecOf>,
  { messageBytes }: RouteLimits,
): (bytes: Uint8Array, format: Format) => Message {
  const read = messageReader(method.input);
  return (bytes, format) => {
    const isProto = format === "proto";
    const message = isProto && bytes.length <= messageBytes ? read(bytes) : undefined;
    if (message !== undefined) return message;
    try {
      return codec.getI(isProto).parse(bytes);
    } catch (error) {
      throw explained(error, messageBytes);
    }
  };
}

/** The codec's errors are the library's, without a reason of ours. */
function explained(error: unknown, messageBytesMax: number): unknown {
  if (!(error instanceof ConnectError)) return error;
  return protocolRefusal(error.code, error.rawMessage, messageBytesMax) ?? error;
}
