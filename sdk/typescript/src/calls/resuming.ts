/**
 * A stream that goes on where it broke off: opened again after whatever may pass, ended by what
 * may not. Silence for longer than the server lets pass between two messages is a break.
 */
import type { CallOptions as StubOptions } from "@connectrpc/connect";
import { canceled } from "../errors/classify.ts";
import { ConnectionLostError } from "../errors/connection.ts";
import { EntDBError } from "../errors/entdb-error.ts";
import { SilentStream } from "../transport/transport.ts";
import type { Caller } from "./caller.ts";

/** What is streamed, and how its caller hears of breaks. */
export interface ResumingOptions<Message> {
  readonly caller: Caller;
  /** Opens the stream, behind everything that was handed out before. */
  readonly open: (stub: StubOptions) => AsyncIterable<Message>;
  /** How often at least the server sends something, in milliseconds. */
  readonly heartbeatMs: number;
  readonly signal: AbortSignal | undefined;
  /** Told of each break, before the stream is opened again. */
  readonly onReconnect: ((error: EntDBError, attempt: number) => void) | undefined;
}

const SILENT_HEARTBEATS = 2.5;
/** Heartbeats may come fast; a break is nothing that a busy moment looks like. */
const SILENCE_MIN_MS = 2_500;
const FIRST_ATTEMPTS = 5;

/**
 * Message after message, until the loop is left, the signal aborts, or the server refuses to go
 * on. A stream that has begun never gives up on what may pass; one that has not does after
 * a few tries, like a call. Throws {@link EntDBError}.
 */
export async function* resuming<Message>(
  options: ResumingOptions<Message>,
): AsyncGenerator<Message, void, void> {
  const { caller, signal, onReconnect } = options;
  let begun = false;
  for (let failures = 0; ; ) {
    const connection = new Connection(options);
    try {
      for await (const message of connection.open()) {
        failures = 0;
        begun = true;
        yield message;
      }
    } catch (thrown) {
      failures += 1;
      const error = judge(connection.errorOf(thrown), { failures, begun }, options);
      onReconnect?.(error, failures);
      await caller.pause(caller.streamDelay(failures, error), signal);
    } finally {
      connection.close();
    }
  }
}

/** The error, if the stream is to be opened again after it. Throws it otherwise. */
function judge(
  error: EntDBError,
  { failures, begun }: { readonly failures: number; readonly begun: boolean },
  { caller, signal }: Pick<ResumingOptions<unknown>, "caller" | "signal">,
): EntDBError {
  for (const each of [signal, caller.closed]) {
    if (each?.aborted === true) throw canceled(each, error.requestId);
  }
  const renewable = error.reason === "UNAUTHENTICATED" && caller.renewsCredential;
  const worthIt = error.retryable || (renewable && begun && failures === 1);
  if (!worthIt || (!begun && failures >= FIRST_ATTEMPTS)) throw error;
  return error;
}

/** One opened stream, which ends when it falls silent. */
class Connection<Message> {
  readonly #options: ResumingOptions<Message>;
  readonly #silenceMs: number;
  /** What ends the stream from outside: the caller's signal, and the client's end. */
  readonly #signals: readonly AbortSignal[];
  readonly #abort = new AbortController();
  readonly #stop = () => this.#abort.abort();
  #requestId = "";
  #silent = false;

  constructor(options: ResumingOptions<Message>) {
    this.#options = options;
    this.#silenceMs = Math.max(options.heartbeatMs * SILENT_HEARTBEATS, SILENCE_MIN_MS);
    const { closed } = options.caller;
    this.#signals = options.signal === undefined ? [closed] : [closed, options.signal];
  }

  async *open(): AsyncGenerator<Message, void, void> {
    for (const signal of this.#signals) {
      signal.addEventListener("abort", this.#stop, { once: true });
      if (signal.aborted) this.#stop();
    }
    const { caller, open } = this.#options;
    const { stub, requestId } = await caller.streamOptions(this.#abort.signal);
    this.#requestId = requestId;
    const messages = open(stub)[Symbol.asyncIterator]();
    let silenceMs = Math.min(this.#silenceMs, caller.attemptTimeoutMs);
    for (;;) {
      const message = await this.#unlessSilent(messages.next(), silenceMs);
      silenceMs = this.#silenceMs;
      // The server never ends such a stream of its own accord without an error.
      if (message.done === true) throw lost(requestId);
      yield message.value;
    }
  }

  /** Why the stream ended. Throws what the program's own credential function threw. */
  errorOf(thrown: unknown): EntDBError {
    if (this.#requestId === "" && !(thrown instanceof EntDBError)) throw thrown;
    if (this.#silent) return lost(this.#requestId, thrown);
    return this.#options.caller.streamError(thrown, this.#requestId);
  }

  close(): void {
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#stop);
    this.#stop();
  }

  async #unlessSilent<T>(message: Promise<T>, silenceMs: number): Promise<T> {
    const timer = setTimeout(() => {
      this.#silent = true;
      this.#abort.abort(new SilentStream());
    }, silenceMs);
    try {
      return await message;
    } finally {
      clearTimeout(timer);
    }
  }
}

function lost(requestId: string, cause?: unknown): ConnectionLostError {
  return new ConnectionLostError({
    code: "unavailable",
    reason: "CONNECTION_LOST",
    message: "The stream ended.",
    hint: "Go on from the last position.",
    retryable: true,
    requestId,
    cause,
  });
}
