/**
 * gRPC-Web as text: the frames of `application/grpc-web` in base64, for clients that can read an
 * answer only as text (the `grpcwebtext` mode of Google's generator, which is its default). It is
 * a coat around gRPC-Web: taken off before the protocol library sees the request, put on again
 * when the answer is finished.
 *
 * Either side may end a piece with padding wherever a chunk ends, so `=` may stand in the middle.
 */
import { type EntError, invalid } from "../../base/errors.ts";
import type { RequestBody } from "../body.ts";
import type { FinishedResponse } from "./finish.ts";

const BINARY = "application/grpc-web";
const TEXT = "application/grpc-web-text";
/** Characters of base64 that make whole bytes. */
const GROUP = 4;
const PIECE = /^[A-Za-z0-9+/]*={0,2}$/;

/** Whether a request's body is gRPC-Web as text. */
export function isWebText(headers: Headers): boolean {
  return contentTypeOf(headers).toLowerCase().startsWith(TEXT);
}

interface Sent {
  readonly headers: Headers;
  readonly body: RequestBody;
}

/**
 * The request without its coat. Its body throws INVALID_REQUEST where it is not base64, or ends
 * within a group of four characters.
 */
export function withoutText<Request extends Sent>(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set("content-type", `${BINARY}${contentTypeOf(headers).slice(TEXT.length)}`);
  headers.delete("content-length");
  return { ...request, headers, body: new TextBody(request.body) };
}

/** The answer in its coat, each chunk a piece with padding of its own, so that none waits for the next. */
export function asText(response: FinishedResponse): FinishedResponse {
  const { header, body } = response;
  header.set("content-type", `${TEXT}${contentTypeOf(header).slice(BINARY.length)}`);
  return { ...response, body: body === undefined ? undefined : encoded(body) };
}

function contentTypeOf(headers: Headers): string {
  return headers.get("content-type") ?? "";
}

async function* encoded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const { buffer, byteOffset, length } of body) {
    const text = Buffer.from(buffer, byteOffset, length).toString("base64");
    yield Buffer.from(text, "latin1");
  }
}

class TextBody implements RequestBody {
  readonly #text: RequestBody;

  constructor(text: RequestBody) {
    this.#text = text;
  }

  abort(error: EntError): void {
    this.#text.abort(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let left = "";
    for await (const { buffer, byteOffset, length } of this.#text) {
      const text = left + Buffer.from(buffer, byteOffset, length).toString("latin1");
      const end = text.length - (text.length % GROUP);
      left = text.slice(end);
      if (end > 0) yield decoded(text.slice(0, end));
    }
    if (left !== "") throw notBase64("it ends within a group of four characters");
  }
}

/** Whole groups to bytes. Throws INVALID_REQUEST. */
function decoded(text: string): Uint8Array {
  const pieces = piecesOf(text);
  if (!pieces.every((piece) => PIECE.test(piece))) throw notBase64("it has other characters");
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

/** Cut behind each padding. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const padding = text.indexOf("=", start);
    const end = padding < 0 ? text.length : padding - (padding % GROUP) + GROUP;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function notBase64(why: string): EntError {
  return invalid(
    "INVALID_REQUEST",
    `The body of gRPC-Web as text is not base64: ${why}.`,
    `Encode the frames in standard base64, or send them as they are with content type ${BINARY}+proto.`,
  );
}
