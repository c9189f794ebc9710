import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  Message,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallContext } from "./call-context.ts";

/**
 * The table that every path is built from: a method's descriptor and the plain function
 * that answers it. Handlers throw `EntError`; they know nothing of HTTP.
 */
export type RpcMethod =
  | UnaryMethod
  | ServerStreamingMethod
  | ClientStreamingMethod
  | BiDiStreamingMethod;

/** How long a call may take: the server's usual cap, the one for long work, or as long as the client likes. */
export type DeadlineClass = "short" | "long" | "none";

interface MethodFacts {
  /** "entdb.v1.EntDBService/GetNode" */
  readonly name: string;
  readonly deadline: DeadlineClass;
}

export interface UnaryMethod extends MethodFacts {
  readonly kind: "unary";
  readonly method: DescMethodUnary;
  answer(request: Message, call: CallContext): Promise<Message>;
  /** The same answer as its bytes in protobuf, where that is worth a second way; undefined: it is not. */
  readonly pack: ((request: Message, call: CallContext) => Promise<PackedBytes>) | undefined;
}

export interface ServerStreamingMethod extends MethodFacts {
  readonly kind: "server_streaming";
  readonly method: DescMethodServerStreaming;
  answer(request: Message, call: CallContext): AsyncIterable<Message>;
  /** The same answers as bytes, any number at once, each behind gRPC's prefix; undefined as above. */
  readonly pack: ((request: Message, call: CallContext) => AsyncIterable<PackedBytes>) | undefined;
}

export type PackedBytes = Uint8Array<ArrayBuffer>;

export interface ClientStreamingMethod extends MethodFacts {
  readonly kind: "client_streaming";
  readonly method: DescMethodClientStreaming;
  answer(requests: AsyncIterable<Message>, call: CallContext): Promise<Message>;
}

export interface BiDiStreamingMethod extends MethodFacts {
  readonly kind: "bidi_streaming";
  readonly method: DescMethodBiDiStreaming;
  answer(requests: AsyncIterable<Message>, call: CallContext): AsyncIterable<Message>;
}

export function unary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  answer: (request: MessageShape<I>, call: CallContext) => Promise<MessageShape<O>>,
  deadline: DeadlineClass = "short",
  pack?: (request: MessageShape<I>, call: CallContext) => Promise<PackedBytes>,
): UnaryMethod {
  // The path parses what it hands over with the descriptor beside the handler, so the
  // message is of the handler's type, though a table of many methods cannot say so.
  const erased = answer as unknown as UnaryMethod["answer"];
  const packing = pack as unknown as UnaryMethod["pack"];
  return { kind: "unary", name: nameOf(method), method, answer: erased, pack: packing, deadline };
}

/** As {@link unary}, of what is answered in two forms that say the same: as a message, and as its bytes at once. */
export function unaryInBytes<I extends DescMessage, O extends DescMessage, A>(
  method: DescMethodUnary<I, O>,
  answer: (request: MessageShape<I>, call: CallContext) => Promise<A>,
  { encode, pack }: { encode(answer: A): MessageShape<O>; pack(answer: A): PackedBytes },
): UnaryMethod {
  return unary(
    method,
    async (request, call) => encode(await answer(request, call)),
    "short",
    async (request, call) => pack(await answer(request, call)),
  );
}

export function serverStreaming<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  answer: (request: MessageShape<I>, call: CallContext) => AsyncIterable<MessageShape<O>>,
  pack?: (request: MessageShape<I>, call: CallContext) => AsyncIterable<PackedBytes>,
): ServerStreamingMethod {
  const erased = answer as unknown as ServerStreamingMethod["answer"];
  return {
    kind: "server_streaming",
    name: nameOf(method),
    method,
    answer: erased,
    pack: pack as unknown as ServerStreamingMethod["pack"],
    deadline: "none",
  };
}

export function clientStreaming<I extends DescMessage, O extends DescMessage>(
  method: DescMethodClientStreaming<I, O>,
  answer: (requests: AsyncIterable<MessageShape<I>>, call: CallContext) => Promise<MessageShape<O>>,
): ClientStreamingMethod {
  const erased = answer as unknown as ClientStreamingMethod["answer"];
  return {
    kind: "client_streaming",
    name: nameOf(method),
    method,
    answer: erased,
    deadline: "none",
  };
}

export function biDiStreaming<I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  answer: (
    requests: AsyncIterable<MessageShape<I>>,
    call: CallContext,
  ) => AsyncIterable<MessageShape<O>>,
): BiDiStreamingMethod {
  const erased = answer as unknown as BiDiStreamingMethod["answer"];
  return { kind: "bidi_streaming", name: nameOf(method), method, answer: erased, deadline: "none" };
}

/** The path by which HTTP knows the method. */
export function pathOf(method: DescMethod): string {
  return `/${nameOf(method)}`;
}

function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}
