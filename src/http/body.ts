import type { Clock } from "../base/clock.ts";
import { EntError, invalid } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { limitDetails, limits } from "../base/limits.ts";
import type { HttpCall } from "./call.ts";
import type { Calls } from "./calls.ts";

/**
 * Reads a request's body: JSON in UTF-8, uncompressed, within the limit of bytes and of
 * time. What says beforehand that it is too large is refused unread; what does not say so
 * is cut off at the first byte too many.
 */
export interface BodyLimits {
  readonly messageBytes: number;
  /** For the whole body to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/** A byte-order mark at the start is dropped, as JSON allows. */
const utf8 = new TextDecoder("utf-8", { fatal: true });
const JSON_CONTENT = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #calls: Calls;

  constructor(limits: BodyLimits, calls: Calls) {
    this.#limits = limits;
    this.#calls = calls;
  }

  /**
   * The body as a JSON object whose members' source texts are kept. An absent body is an
   * empty object. Throws UNSUPPORTED_ENCODING, MESSAGE_TOO_LARGE, INVALID_REQUEST,
   * LIMIT_EXCEEDED for nesting, OVERLOADED, and the reason of the call's signal.
   */
  async read(call: HttpCall): Promise<JsonObject> {
    // A request that came over no connection does not say in its headers that it has a body.
    if (!call.bodyUnread && call.request.body === null) return {};
    this.#check(call);
    const bytes = await this.#bytes(call);
    call.bodyUnread = false;
    if (bytes.length === 0) return {};
    const body = parseJson(textOf(bytes), { keepSources: true });
    if (isJsonObject(body)) return body;
    throw invalid(
      "INVALID_REQUEST",
      `The body is ${kindOf(body)}, not an object.`,
      'Send a JSON object: {"name": value, …}.',
    );
  }

  #check(call: HttpCall): void {
    const encoding = call.header("content-encoding");
    if (encoding !== null && encoding.toLowerCase() !== "identity") {
      throw unsupported(
        `The body is encoded as ${JSON.stringify(encoding.slice(0, 32))}.`,
        "Send it uncompressed, without Content-Encoding.",
      );
    }
    const type = call.header("content-type");
    if (type === null || !JSON_CONTENT.test(type)) {
      const given = type === null ? "no Content-Type" : JSON.stringify(type.slice(0, 64));
      throw unsupported(
        `The body has ${given} where application/json is expected.`,
        "Send JSON in UTF-8 with the header Content-Type: application/json.",
      );
    }
    const length = this.#declaredLength(call);
    if (length !== undefined && length > this.#limits.messageBytes) throw this.#tooLarge();
  }

  /** Undefined for a chunked body. */
  #declaredLength(call: HttpCall): number | undefined {
    const header = call.header("content-length");
    return header === null ? undefined : Number(header);
  }

  async #bytes(call: HttpCall): Promise<Uint8Array> {
    const length = this.#declaredLength(call);
    // A chunked body may turn out as large as is allowed.
    this.#calls.hold(call, length ?? this.#limits.messageBytes);
    const reading = length === undefined ? this.#chunks(call.request) : bytesOf(call.request);
    return this.#inTime(call, reading);
  }

  async #chunks(request: Request): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    // The rest of what is too large may still be discarded.
    const body = request.body?.values({ preventCancel: true }) ?? [];
    for await (const chunk of body) {
      length += chunk.length;
      if (length > this.#limits.messageBytes) throw this.#tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  }

  #inTime(call: HttpCall, reading: Promise<Uint8Array>): Promise<Uint8Array> {
    const { signal } = call;
    const { clock, requestTimeoutMs } = this.#limits;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      const cancelTimer = clock.timer(requestTimeoutMs, () => reject(tooSlow(requestTimeoutMs)));
      const done = () => {
        cancelTimer();
        signal.removeEventListener("abort", onAbort);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      reading.then(resolve, (error) => reject(brokenOff(error))).finally(done);
    });
  }

  #tooLarge(): EntError {
    const { messageBytes } = this.#limits;
    return new EntError({
      code: "resource_exhausted",
      reason: "MESSAGE_TOO_LARGE",
      message: `The body is larger than ${messageBytes} bytes.`,
      hint: "Split it: a transaction into several, a read into pages.",
      details: limitDetails("messageBytes", messageBytes),
    });
  }
}

/**
 * The response to a request whose body nobody wants: it leaves at once, but ends only when
 * what the client goes on to send was read and thrown away, as long as the limits say. For a
 * connection that is closed while its client still sends is reset by the system, and the
 * answer on its way is lost.
 */
export function lingering(response: Response, { body }: Request, clock: Clock): Response {
  // A body that is still being read comes too slowly: its client had its time.
  if (response.body === null || body === null || body.locked) return response;
  const { status, headers } = response;
  return new Response(answerThenDiscard(response.body, body, clock), { status, headers });
}

async function* answerThenDiscard(
  answer: ReadableStream<Uint8Array>,
  unread: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  yield* answer;
  await discard(unread, clock);
}

/** Never rejects. */
async function discard(body: ReadableStream<Uint8Array>, clock: Clock): Promise<void> {
  const reader = body.getReader();
  const over = Promise.withResolvers<undefined>();
  const cancel = clock.timer(limits.discardedBodyMs, () => over.resolve(undefined));
  try {
    for (let left: number = limits.discardedBodyBytes; left >= 0; ) {
      const piece = await Promise.race([reader.read(), over.promise]);
      if (piece === undefined || piece.done) return;
      left -= piece.value.length;
    }
  } catch {
    // The client has gone.
  } finally {
    cancel();
  }
}

/** Whether a body follows the head. */
export function declaresBody(headers: Headers): boolean {
  const length = headers.get("content-length");
  return length === null ? headers.has("transfer-encoding") : length !== "0";
}

async function bytesOf(request: Request): Promise<Uint8Array> {
  return new Uint8Array(await request.arrayBuffer());
}

function textOf(bytes: Uint8Array): string {
  const text = decoded(bytes);
  if (text !== undefined) return text;
  throw invalid("INVALID_REQUEST", "The body is not valid UTF-8.", "Send JSON in UTF-8.");
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function kindOf(json: JsonValue): string {
  if (json === null) return "null";
  if (Array.isArray(json)) return "a list";
  return typeof json === "object" || typeof json === "bigint" ? "a number" : `a ${typeof json}`;
}

/** The platform's own errors here mean that the client went away in the middle of its body. */
function brokenOff(error: unknown): unknown {
  if (error instanceof EntError) return error;
  return new EntError({
    code: "canceled",
    reason: "CANCELED",
    message: "The request ended in the middle of its body.",
  });
}

function tooSlow(timeoutMs: number): EntError {
  return new EntError({
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    message: `The body did not arrive within ${timeoutMs} ms.`,
    hint: "Send it faster, or in smaller requests.",
    retryable: true,
  });
}

function unsupported(message: string, hint: string): EntError {
  return invalid("UNSUPPORTED_ENCODING", message, hint);
}
