import { CHALLENGE } from "../face/challenge.ts";
import { REQUEST_ID_HEADER } from "../face/request-id.ts";
import type { HttpError } from "./errors.ts";

/** Carries the position token of an answer, and of what a read must not be older than. */
export const POSITION_HEADER = "x-entdb-position";
const JSON_TYPE = "application/json";

/** What a route answers with. */
export interface Answer {
  /** Defaults to 200. */
  readonly status?: number;
  readonly text: string;
  /** Defaults to application/json. */
  readonly contentType?: string;
  /** Empty or undefined: the answer is of no position. */
  readonly positionToken?: Uint8Array | undefined;
}

/** What a route answers with that goes on sending: server-sent events. */
export interface StreamAnswer {
  readonly events: AsyncIterator<string>;
  /** The event that says why the stream ends. */
  readonly failure: (error: HttpError) => string;
}

/**
 * Every answer says what it is, that nobody may keep it, and that no page of another site
 * may embed it. Bun adds date and length; there is no server header.
 */
export function replyOf(answer: Answer, requestId: string): Response {
  const headers = standardHeaders(requestId, answer.contentType ?? JSON_TYPE);
  const token = answer.positionToken;
  if (token !== undefined && token.length > 0) headers[POSITION_HEADER] = encodeToken(token);
  return new Response(answer.text, { status: answer.status ?? 200, headers });
}

/** An answer of events, which nobody on the way may keep, change or hold back. */
export function streamReply(body: ReadableStream<Uint8Array> | null, requestId: string): Response {
  const headers = standardHeaders(requestId, "text/event-stream");
  headers["x-accel-buffering"] = "no";
  return new Response(body, { headers });
}

export function errorReply(
  error: HttpError,
  requestId: string,
  allow: string | undefined,
): Response {
  const headers = standardHeaders(requestId, JSON_TYPE);
  if (error.retryAfterSeconds !== undefined) {
    headers["retry-after"] = String(error.retryAfterSeconds);
  }
  if (error.status === 401) headers["www-authenticate"] = CHALLENGE;
  if (allow !== undefined) headers["allow"] = allow;
  return new Response(JSON.stringify(error.body), { status: error.status, headers });
}

/** An answer without a body. */
export function emptyReply(requestId: string, headers: Record<string, string>): Response {
  return new Response(null, {
    status: 204,
    headers: { ...headers, [REQUEST_ID_HEADER]: requestId },
  });
}

/** Adds what every answer has to one that another handler made. */
export function completeHeaders(headers: Headers, requestId: string): void {
  headers.set("x-content-type-options", "nosniff");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  if (!headers.has(REQUEST_ID_HEADER)) headers.set(REQUEST_ID_HEADER, requestId);
}

export function encodeToken(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString("base64url");
}

function standardHeaders(requestId: string, contentType: string): Record<string, string> {
  return {
    "content-type": contentType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    [REQUEST_ID_HEADER]: requestId,
  };
}
