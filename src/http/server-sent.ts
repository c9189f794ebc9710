import { stringifyJson } from "../base/json-write.ts";
import type { HttpError } from "./errors.ts";

/** In which EventSource says what it saw last. */
export const LAST_EVENT_HEADER = "last-event-id";

/** What a client that lost its connection waits before it comes back. */
const RETRY_MS = 2_000;
/** A line in front of the first event, or alone. */
export const RETRY = `retry: ${RETRY_MS}\n`;

/** The last event of a stream, which says why it ends. */
export function endEvent(error: HttpError): string {
  return `event: end\ndata: ${stringifyJson(error.body)}\n\n`;
}
