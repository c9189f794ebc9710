/**
 * Unary calls of gRPC, straight on a stream of the runtime's HTTP/2.
 *
 * The library sends one message through the pipes that it has for many, which takes several times
 * the processor time of the call itself.
 */
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Transport, UnaryResponse } from "@connectrpc/connect";
import {
  createMethodSerializationLookup,
  createMethodUrl,
  encodeEnvelope,
  type Serialization,
} from "@connectrpc/connect/protocol";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import { type Answer, Exchange } from "./exchange.ts";
import { ACCEPTED, headersOf, LIMITS, messageOf } from "./grpc-answer.ts";

/** What is the same for all calls of a method. */
interface Known<I extends DescMessage, O extends DescMessage> {
  readonly path: string;
  readonly request: Serialization<MessageShape<I>>;
  readonly answer: Serialization<MessageShape<O>>;
}

/** The flags of a message that is not compressed. */
const PLAIN = 0;
const USER_AGENT = "entdb-sdk-typescript";
const OWN_FIELDS = {
  "content-type": "application/grpc+proto",
  te: "trailers",
  "grpc-accept-encoding": ACCEPTED.map(({ name }) => name).join(","),
};

/** The unary half of a transport, over the session's connection. */
export function grpcUnary(endpoint: string, session: Http2SessionManager): Transport["unary"] {
  const known = new KnownMethods(endpoint);
  return async (method, signal, timeoutMs, header, input) => {
    const { path, request, answer } = known.of(method);
    const body = encodeEnvelope(PLAIN, request.serialize(create(method.input, input)));
    const fields = fieldsOf(header, timeoutMs);
    const came = await new Exchange(session, signal, timeoutMs).ask(path, fields, body);
    return responseOf(method, await messageOf(came, answer), came);
  };
}

class KnownMethods {
  readonly #endpoint: string;
  readonly #known = new Map<DescMethodUnary, unknown>();

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  of<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>): Known<I, O> {
    const found = this.#known.get(method);
    if (found !== undefined) return found as Known<I, O>;
    const lookup = createMethodSerializationLookup(method, undefined, undefined, LIMITS);
    const made: Known<I, O> = {
      path: new URL(createMethodUrl(this.#endpoint, method)).pathname,
      request: lookup.getI(true),
      answer: lookup.getO(true),
    };
    this.#known.set(method, made);
    return made;
  }
}

/** As the library takes them from a caller: in any form of it. */
type GivenFields = ConstructorParameters<typeof Headers>[0];

function fieldsOf(header: GivenFields, timeoutMs: number | undefined): Record<string, string> {
  const fields: Record<string, string> = { "user-agent": USER_AGENT };
  for (const [name, value] of new Headers(header)) fields[name] = value;
  Object.assign(fields, OWN_FIELDS);
  if (timeoutMs !== undefined && timeoutMs > 0) fields["grpc-timeout"] = `${timeoutMs}m`;
  return fields;
}

/** Headers are made for those who look at them. */
function responseOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  message: MessageShape<O>,
  came: Answer,
): UnaryResponse<I, O> {
  return {
    stream: false,
    service: method.parent,
    method,
    message,
    get header() {
      return headersOf(came.header);
    },
    get trailer() {
      return headersOf(came.trailer);
    },
  };
}
