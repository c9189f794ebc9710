/**
 * What an answer to a unary call of gRPC says.
 *
 * The usual one is read at once: one message as it is, and the status that says so. Every other,
 * whatever is unusual about it, goes through the library's own functions, so that errors,
 * compression and broken answers mean what they mean there.
 */
import type { IncomingHttpHeaders } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Compression,
  createAsyncIterable,
  pipeTo,
  type Serialization,
  transformDecompressEnvelope,
  transformParseEnvelope,
  transformSplitEnvelope,
} from "@connectrpc/connect/protocol";
import {
  validateResponseWithCompression,
  validateTrailer,
} from "@connectrpc/connect/protocol-grpc";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { Answer } from "./exchange.ts";

/** Before a message stand its flags, in a byte, and its length, in four. */
const ENVELOPE_BYTES = 5;

/** What an envelope can say; the server has limits of its own. */
export const LIMITS = { readMaxBytes: 0xff_ff_ff_ff, writeMaxBytes: 0xff_ff_ff_ff };

/** How an answer may be compressed. */
export const ACCEPTED: Compression[] = [compressionGzip, compressionBrotli];

/** The message of an answer. Throws {@link ConnectError} when it has none, or none alone. */
export async function messageOf<T>(came: Answer, serialization: Serialization<T>): Promise<T> {
  const plain = plainMessage(came);
  return plain === undefined ? await unusual(came, serialization) : serialization.parse(plain);
}

/** The message of an answer that is nothing but one message; undefined for every other. */
function plainMessage({ header, chunks, trailer }: Answer): Uint8Array | undefined {
  const { ":status": status, "content-type": type, "grpc-encoding": encoding } = header;
  if (status !== 200 || (type !== "application/grpc+proto" && type !== "application/grpc")) return;
  if ("grpc-status" in header || trailer["grpc-status"] !== "0") return;
  if ("grpc-status-details-bin" in trailer) return;
  if (encoding !== undefined && encoding !== "identity") return;
  const [first] = chunks;
  if (first === undefined || first.length < ENVELOPE_BYTES || first[0] !== 0) return;
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0) - ENVELOPE_BYTES;
  if (bytes !== first.readUInt32BE(1)) return;
  // Bytes of a message are parts of this, and keep nothing else in memory.
  const message = new Uint8Array(bytes);
  message.set(first.subarray(ENVELOPE_BYTES));
  let at = first.length - ENVELOPE_BYTES;
  for (const chunk of chunks.slice(1)) {
    message.set(chunk, at);
    at += chunk.length;
  }
  return message;
}

async function unusual<T>(came: Answer, serialization: Serialization<T>): Promise<T> {
  const status = came.header[":status"] ?? 0;
  const header = headersOf(came.header);
  const trailer = headersOf(came.trailer);
  const { compression, headerError } = validateResponseWithCompression(ACCEPTED, status, header);
  const [message, another] = await pipeTo(
    createAsyncIterable([...came.chunks]),
    transformSplitEnvelope(LIMITS.readMaxBytes),
    transformDecompressEnvelope(compression ?? null, LIMITS.readMaxBytes),
    transformParseEnvelope(serialization),
    firstTwo,
    { propagateDownStreamError: false },
  );
  if (another !== undefined) throw broken("more than one message", Code.Unimplemented);
  validateTrailer(trailer, header);
  if (headerError !== undefined && message === undefined) throw headerError;
  if (headerError !== undefined) throw broken("a message behind its error", Code.Unknown);
  if (message === undefined) {
    const saysSo = trailer.has("grpc-status");
    throw broken("no message", saysSo ? Code.Unimplemented : Code.Unknown);
  }
  return message;
}

async function firstTwo<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const first: T[] = [];
  for await (const message of messages) if (first.push(message) === 2) break;
  return first;
}

function broken(what: string, code: Code): ConnectError {
  return new ConnectError(`protocol error: the answer to a unary call has ${what}`, code);
}

/** Fields of a head or of trailers, without those of the protocol. */
export function headersOf(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const name in fields) {
    const value = fields[name];
    if (name.startsWith(":") || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [String(value)]) headers.append(name, each);
  }
  return headers;
}
