import { Code, type ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { EntError, invalid } from "../../base/errors.ts";
import { CHALLENGE } from "../../face/challenge.ts";
import type { OutgoingFields } from "../../http2/header-encoder.ts";
import { GRPC_FRAME_BYTES, grpcFrame } from "./grpc-frame.ts";
import type { Format } from "./route.ts";

/**
 * How the two protocols of the thin path put a message on the wire, and an error. A
 * dialect is a constant: what differs from call to call comes in as an argument.
 */
export interface Dialect {
  readonly protocol: "grpc" | "connect";
  readonly format: Format;
  /** What frames a message in the body. */
  readonly frameBytes: number;
  /** The length that the head of the body promises; 0 when it promises nothing yet. */
  promisedBytes(firstChunk: Uint8Array): number;
  /** The message in a whole body. Throws INVALID_REQUEST when the frame does not fit it. */
  unframe(body: Uint8Array): Uint8Array;
  frame(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  headers(requestId: string): OutgoingFields;
  readonly trailers: OutgoingFields | undefined;
  /** What the names of trailers begin with where they travel among the headers. */
  readonly trailerPrefix: string;
  failure(error: ConnectError, requestId: string): Failure;
}

/** An error is in the body or in the trailers. */
export type Failure =
  | {
      readonly headers: OutgoingFields;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly trailers: undefined;
    }
  | {
      readonly headers: OutgoingFields;
      readonly body: undefined;
      readonly trailers: OutgoingFields;
    };

/** The dialect of a request; undefined for everything that the thin path leaves to the stock path. */
export function dialectOf(header: (name: string) => string | undefined): Dialect | undefined {
  switch (header("content-type")) {
    case "application/grpc":
    case "application/grpc+proto":
      return isPlain(header("grpc-encoding")) ? GRPC : undefined;
    case "application/proto":
      return isPlain(header("content-encoding")) ? CONNECT_PROTO : undefined;
    case "application/json":
      return isPlain(header("content-encoding")) ? CONNECT_JSON : undefined;
    default:
      return undefined;
  }
}

function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || encoding === "identity";
}

const GRPC: Dialect = {
  protocol: "grpc",
  format: "proto",
  frameBytes: GRPC_FRAME_BYTES,
  promisedBytes: (first) => (first.length < GRPC_FRAME_BYTES ? 0 : lengthIn(first)),
  unframe(body) {
    if (body.length === 0) throw notOneMessage("missing input message for unary method");
    if (body.length < GRPC_FRAME_BYTES)
      throw invalid("INVALID_REQUEST", "protocol error: incomplete envelope");
    if (body[0] !== 0) {
      throw unnamedEncoding();
    }
    const end = GRPC_FRAME_BYTES + lengthIn(body);
    if (body.length < end) throw invalid("INVALID_REQUEST", "protocol error: incomplete envelope");
    if (body.length > end) throw notOneMessage("received extra input message for unary method");
    return body.subarray(GRPC_FRAME_BYTES);
  },
  frame: grpcFrame,
  headers: (requestId) => ({
    ":status": 200,
    "content-type": "application/grpc+proto",
    "x-request-id": requestId,
  }),
  trailers: { "grpc-status": "0" },
  trailerPrefix: "",
  failure(error, requestId) {
    const trailers = Object.fromEntries(setTrailerStatus(new Headers(), error));
    return { headers: GRPC.headers(requestId), trailers, body: undefined };
  },
};

function lengthIn(frame: Uint8Array): number {
  const [, a = 0, b = 0, c = 0, d = 0] = frame;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** INTERNAL, as gRPC's own rules demand. */
function unnamedEncoding(): EntError {
  return new EntError({
    code: "internal",
    reason: "INVALID_REQUEST",
    message: "received compressed envelope, but no encoding was named",
  });
}

/** As the protocol library says it: a unary call has exactly one message. */
function notOneMessage(message: string): EntError {
  return new EntError({
    code: "unimplemented",
    reason: "INVALID_REQUEST",
    message: `protocol error: ${message}`,
  });
}

const CONNECT_PROTO = connectDialect("proto", "application/proto");
const CONNECT_JSON = connectDialect("json", "application/json");

function connectDialect(format: Format, contentType: string): Dialect {
  const headers = (status: number, type: string, requestId: string): OutgoingFields => ({
    ":status": status,
    "content-type": type,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": requestId,
  });
  return {
    protocol: "connect",
    format,
    frameBytes: 0,
    promisedBytes: () => 0,
    unframe: (body) => body,
    frame: (message) => message,
    headers: (requestId) => headers(200, contentType, requestId),
    trailers: undefined,
    trailerPrefix: "trailer-",
    failure: (error, requestId) => ({
      headers: {
        ...headers(codeToHttpStatus(error.code), "application/json", requestId),
        ...(error.code === Code.Unauthenticated ? { "www-authenticate": CHALLENGE } : {}),
      },
      body: new Uint8Array(errorToJsonBytes(error, undefined)),
      trailers: undefined,
    }),
  };
}
