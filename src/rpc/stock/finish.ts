import { Code, type ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  codeFromString,
  codeToHttpStatus,
  endStreamFlag,
  endStreamFromJson,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { CHALLENGE } from "../../face/challenge.ts";
import { REQUEST_ID_HEADER } from "../../face/request-id.ts";
import type { Call } from "../call.ts";
import { singleChunk } from "../single-chunk.ts";
import { bareRefusal, protocolRefusal } from "./protocol-refusal.ts";

/**
 * The last touch on an answer of connect-es: the request id, what caches may do, and our
 * reason on errors that the library raised itself.
 */
export interface FinishedResponse {
  readonly status: number;
  readonly header: Headers;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Complete only when the body has ended. */
  readonly trailer: Headers | undefined;
}

const ENVELOPE_BYTES = 5;
const COMPRESSED_FLAG = 1;
const COMPRESSIONS = [compressionGzip, compressionBrotli];
const LONGEST_ERROR = 1024 * 1024;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export async function finish(
  response: UniversalServerResponse,
  call: Call,
  options: { readonly isGet: boolean; readonly messageBytesMax: number },
): Promise<FinishedResponse> {
  const header = response.header ?? new Headers();
  header.set(REQUEST_ID_HEADER, call.requestId);
  if (call.protocol !== "grpc") {
    header.set("cache-control", options.isGet ? "private, no-store" : "no-store");
    header.set("x-content-type-options", "nosniff");
  }
  if (response.status === 401) header.set("www-authenticate", CHALLENGE);
  const failure = (code: Code, message: string) =>
    explain(call, code, message, options.messageBytesMax);
  const { status, body, trailer } = response;
  if (call.protocol === "connect")
    return finishConnect({ status, header, body, trailer }, call, failure);
  if (status >= 400) call.fail(bareRefusal(status));
  return {
    status,
    header,
    trailer,
    body: body === undefined ? undefined : finishGrpc(body, trailer, call, failure),
  };
}

type Explain = (code: Code, message: string) => ConnectError;

function explain(call: Call, code: Code, message: string, messageBytesMax: number): ConnectError {
  const refusal = call.signal.aborted ? undefined : protocolRefusal(code, message, messageBytesMax);
  return call.fail(refusal ?? new Error(`the protocol library failed: ${message}`));
}

/** A unary error of Connect is one chunk of JSON; 405, 415 and 505 come bare. A stream is a success until its end. */
async function finishConnect(
  response: FinishedResponse,
  call: Call,
  failure: Explain,
): Promise<FinishedResponse> {
  const { status, header, body } = response;
  if (call.failed) return response;
  if (status === 200) {
    const isStream = header.get("content-type")?.startsWith("application/connect+") ?? false;
    if (!isStream || body === undefined) return response;
    return { ...response, body: finishConnectStream(body, header, call, failure) };
  }
  if (body === undefined) {
    return { status, header, ...jsonBody(call.fail(bareRefusal(status)), header) };
  }
  const { code, message } = await jsonError(body, header.get("content-encoding"));
  header.delete("content-encoding");
  const error = failure(code, message);
  return { status: codeToHttpStatus(error.code), header, ...jsonBody(error, header) };
}

function jsonBody(error: ConnectError, header: Headers) {
  const body = errorToJsonBytes(error, undefined);
  header.set("content-type", "application/json");
  header.set("content-length", String(body.byteLength));
  return { body: singleChunk(body), trailer: undefined };
}

/** The library compresses its errors too, once they are long enough. */
async function jsonError(
  body: AsyncIterable<Uint8Array>,
  encoding: string | null,
): Promise<{ code: Code; message: string }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = await unfolded(Buffer.concat(chunks), encoding);
  const json: unknown = JSON.parse(decoder.decode(bytes));
  const { code, message } = json as { code?: string; message?: string };
  return { code: codeFromString(code ?? "") ?? Code.Unknown, message: message ?? "" };
}

async function unfolded(sent: Uint8Array, encoding: string | null): Promise<Uint8Array> {
  const compression = COMPRESSIONS.find(({ name }) => name === encoding);
  if (compression === undefined) return sent;
  return await compression.decompress(Uint8Array.from(sent), LONGEST_ERROR);
}

/** Connect says how a stream went in a last envelope of JSON. */
async function* finishConnectStream(
  body: AsyncIterable<Uint8Array>,
  header: Headers,
  call: Call,
  failure: Explain,
): AsyncGenerator<Uint8Array> {
  const encoding = header.get("connect-content-encoding");
  for await (const chunk of body) {
    const isEnd = ((chunk[0] ?? 0) & endStreamFlag) !== 0;
    yield isEnd && !call.failed ? await explainEnd(chunk, encoding, failure) : chunk;
  }
}

async function explainEnd(
  envelope: Uint8Array,
  encoding: string | null,
  failure: Explain,
): Promise<Uint8Array> {
  const isCompressed = ((envelope[0] ?? 0) & COMPRESSED_FLAG) !== 0;
  const sent = envelope.subarray(ENVELOPE_BYTES);
  const { metadata, error } = endStreamFromJson(
    await unfolded(sent, isCompressed ? encoding : null),
  );
  if (error === undefined) return envelope;
  const explained = failure(error.code, error.rawMessage);
  const json = JSON.stringify(endStreamToJson(metadata, explained, undefined));
  return enveloped(endStreamFlag, encoder.encode(json));
}

function enveloped(flags: number, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(ENVELOPE_BYTES + data.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(data.length, 1);
  bytes.set(data, ENVELOPE_BYTES);
  return bytes;
}

/** gRPC says how it went in the trailer, gRPC-Web in a last envelope that holds one. */
async function* finishGrpc(
  body: AsyncIterable<Uint8Array>,
  trailer: Headers | undefined,
  call: Call,
  failure: Explain,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk[0] === trailerFlag && !call.failed ? webTrailer(chunk, failure) : chunk;
  }
  if (trailer !== undefined && !call.failed) explainTrailer(trailer, failure);
}

function webTrailer(envelope: Uint8Array, failure: Explain): Uint8Array {
  const trailer = trailerParse(envelope.subarray(ENVELOPE_BYTES));
  explainTrailer(trailer, failure);
  return enveloped(trailerFlag, trailerSerialize(trailer));
}

function explainTrailer(trailer: Headers, failure: Explain): void {
  const status = Number(trailer.get("grpc-status") ?? 0);
  if (status === 0) return;
  const message = decodeURIComponent(trailer.get("grpc-message") ?? "");
  setTrailerStatus(trailer, failure(status, message));
}

/** The answer to a request that never became a call: JSON, as Connect writes errors. */
export function plainError(
  error: ConnectError,
  requestId: string,
  status: number = codeToHttpStatus(error.code),
): FinishedResponse {
  const header = new Headers({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    [REQUEST_ID_HEADER]: requestId,
  });
  if (status === 401) header.set("www-authenticate", CHALLENGE);
  return { status, header, ...jsonBody(error, header) };
}

/** The same for gRPC, which reads its status from the trailer whatever HTTP says; on the Web from the headers. */
export function grpcError(
  error: ConnectError,
  requestId: string,
  asked: { readonly protocol: "grpc" | "grpc-web"; readonly contentType: string },
): FinishedResponse {
  const { protocol } = asked;
  const format = asked.contentType.endsWith("+json") ? "json" : "proto";
  const header = new Headers({
    "content-type": `application/${protocol}+${format}`,
    [REQUEST_ID_HEADER]: requestId,
  });
  const isWeb = protocol === "grpc-web";
  const trailer = setTrailerStatus(isWeb ? header : new Headers(), error);
  return { status: 200, header, body: undefined, trailer: isWeb ? undefined : trailer };
}
