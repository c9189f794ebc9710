/**
 * Every call of a client goes through here: identity, deadline, retries and errors, the same
 * for all. A call ends when its answer is there, when its time is over, or when its caller
 * gives it up; whatever the transport does, it never hangs.
 */
import type { CallOptions as StubOptions } from "@connectrpc/connect";
import { canceled, deadlineExceeded, neverMade } from "../errors/classify.ts";
import type { EntDBError } from "../errors/entdb-error.ts";
import { fromThrown } from "../errors/from-wire.ts";
import { InvalidArgumentError } from "../errors/refusals.ts";
import { checkedTimeout } from "../values/checked-number.ts";
import { pause } from "./pause.ts";
import type { RequestIds } from "./request-ids.ts";
import type { Repeatable, Retries } from "./retry.ts";

/** What every call can be told. */
export interface CallOptions {
  /** How long the call may take, retries included, in milliseconds. Defaults to the client's. */
  readonly timeoutMs?: number;
  /** Gives the call up when it is aborted. */
  readonly signal?: AbortSignal;
}

/** A credential, or how the one in force is got before each try. */
export type Credential = string | (() => string | Promise<string>);

/** What a caller is made of. */
export interface CallerDeps {
  readonly endpoint: string;
  readonly credential: Credential | undefined;
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly retries: Retries;
  readonly requestIds: RequestIds;
}

/** One try, with what the stub is to be told. */
type Attempt<T> = (options: StubOptions) => Promise<T>;

/** Makes calls, and makes them again. */
export class Caller {
  readonly #deps: CallerDeps;
  readonly #closing = new AbortController();

  constructor(deps: CallerDeps) {
    this.#deps = deps;
  }

  /** Aborts when the client is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** From here on every call ends with {@link CanceledError}. */
  close(): void {
    this.#closing.abort(new Error("The client was closed."));
  }

  /**
   * Calls until there is an answer or no sense in going on. Throws {@link EntDBError}.
   *
   * `amend` is asked about each error first; it says true when the next try will be another one,
   * which is then made at once.
   */
  async call<T>(
    attempt: Attempt<T>,
    repeatable: Repeatable,
    options: CallOptions = {},
    amend?: (error: EntDBError) => boolean,
  ): Promise<T> {
    const { retries } = this.#deps;
    const { signal } = options;
    const timeoutMs = options.timeoutMs ?? this.#deps.timeoutMs;
    const endsAt = performance.now() + checkedTimeout("timeoutMs", timeoutMs);
    if (this.closed.aborted) throw neverMade("The client is closed.", this.closed);
    if (isAborted(signal)) throw neverMade("The call was given up before it was made.", signal);
    for (let tries = 1; ; tries++) {
      const outcome = await this.#try(attempt, endsAt, signal);
      if ("answer" in outcome) {
        retries.succeeded();
        return outcome.answer;
      }
      const { failed } = outcome;
      if (amend?.(failed) === true) continue;
      const delayMs = retries.delayAfter(tries, failed, repeatable);
      if (delayMs === undefined || performance.now() + delayMs >= endsAt) throw failed;
      await this.pause(delayMs, signal, failed.requestId);
    }
  }

  /** What a stream's stub is to be told: identity, and the caller's signal, but no end in time. */
  async streamOptions(
    signal: AbortSignal,
  ): Promise<{ readonly stub: StubOptions; readonly requestId: string }> {
    const { attemptTimeoutMs, requestIds } = this.#deps;
    const requestId = requestIds.next();
    const headers = await this.#headers(requestId, attemptTimeoutMs, signal);
    return { stub: { headers, signal }, requestId };
  }

  /** A stream's failure as an error of this package. */
  streamError(thrown: unknown, requestId: string): EntDBError {
    return fromThrown(thrown, { endpoint: this.#deps.endpoint, requestId });
  }

  /** How long one try may take before the next one, in milliseconds. */
  get attemptTimeoutMs(): number {
    return this.#deps.attemptTimeoutMs;
  }

  /** Whether the credential is asked for anew at each try. */
  get renewsCredential(): boolean {
    return typeof this.#deps.credential === "function";
  }

  /** Waits. Throws {@link CanceledError} when the signal, or the client's end, comes first. */
  async pause(ms: number, signal: AbortSignal | undefined, requestId?: string): Promise<void> {
    const either = signal === undefined ? this.closed : AbortSignal.any([signal, this.closed]);
    if (!(await pause(ms, either))) throw canceled(either, requestId);
  }

  /** The pause before a stream is opened for the nth time, in milliseconds. */
  streamDelay(attempt: number, error: EntDBError): number {
    return this.#deps.retries.delay(attempt, error.retryAfterMs);
  }

  async #try<T>(
    attempt: Attempt<T>,
    endsAt: number,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly answer: T } | { readonly failed: EntDBError }> {
    const { endpoint, requestIds, attemptTimeoutMs } = this.#deps;
    const requestId = requestIds.next();
    const leftMs = endsAt - performance.now();
    if (this.closed.aborted) return { failed: canceled(this.closed, requestId) };
    if (isAborted(signal)) return { failed: canceled(signal, requestId) };
    if (leftMs <= 0) return { failed: deadlineExceeded({ requestId }) };
    // What the program's own function throws is the program's, and passes as it is.
    const headers = await this.#headers(requestId, leftMs, signal);
    try {
      const timeoutMs = Math.ceil(Math.min(leftMs, attemptTimeoutMs));
      const stub: StubOptions = { headers, timeoutMs };
      if (signal !== undefined) stub.signal = signal;
      return { answer: await attempt(stub) };
    } catch (thrown) {
      if (this.closed.aborted) return { failed: canceled(this.closed, requestId) };
      if (isAborted(signal)) return { failed: canceled(signal, requestId) };
      return { failed: fromThrown(thrown, { endpoint, requestId }) };
    }
  }

  /** `leftMs` and `signal` bound how long the credential may be waited for. */
  async #headers(
    requestId: string,
    leftMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, string>> {
    const { credential } = this.#deps;
    if (credential === undefined) return { "x-request-id": requestId };
    const token =
      typeof credential === "string" ? credential : await this.#ask(credential, leftMs, signal);
    if (!CREDENTIAL.test(token)) throw badCredential();
    return { "x-request-id": requestId, authorization: `Bearer ${token}` };
  }

  /** The credential in force. Throws when it does not come in time, and what the function throws. */
  async #ask(
    credential: () => string | Promise<string>,
    leftMs: number,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const answered = new AbortController();
    const signals = [answered.signal, this.closed, ...(signal === undefined ? [] : [signal])];
    const late = pause(leftMs, AbortSignal.any(signals)).then((timeIsUp) => {
      if (timeIsUp) throw deadlineExceeded({});
      throw canceled(signal ?? this.closed);
    });
    try {
      return await Promise.race([Promise.resolve(credential()), late]);
    } finally {
      late.catch(() => undefined);
      answered.abort();
    }
  }
}

/** What may stand in the header behind "Bearer ". */
const CREDENTIAL = /^[\x21-\x7e]+$/;

function badCredential(): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: "The credential is not one: it is empty, or holds characters that none has.",
    hint: 'Give the key or token alone, without "Bearer" and without the end of its line.',
  });
}

function isAborted(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted ?? false;
}
