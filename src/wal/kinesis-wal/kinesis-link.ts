import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { anySignal, type CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { persistently } from "../epochs/persistently.ts";
import type { KinesisSettings } from "./kinesis-settings.ts";

/** One request, to be made with these options. */
export type KinesisRequest<T> = (
  client: KinesisClient,
  options: { readonly abortSignal: AbortSignal },
) => Promise<T>;

/**
 * The way to Kinesis, however often it breaks. Every request has deadlines: the handler's for
 * the connection and for the answer's head, and a timer of ours for the whole with its body.
 */
export class KinesisLink {
  readonly #client: KinesisClient;
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  /** `clock` times deadlines and the pauses between attempts. */
  constructor({ region, endpoint }: KinesisSettings, clock: Clock) {
    this.#clock = clock;
    this.#client = new KinesisClient({
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      // Trying again is ours: by the same rules as for every other backend.
      maxAttempts: 1,
      // Its own default speaks HTTP/2, which services other than Amazon's do not.
      requestHandler: new NodeHttpHandler({
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        throwOnRequestTimeout: true,
      }),
    });
  }

  /**
   * Makes a request again and again until it works. Rejects with the last error when the signal
   * aborts, or at once when Kinesis says that trying again is of no use, or `isFinal` does.
   */
  persistently<T>(
    request: KinesisRequest<T>,
    signal: CancelSignal,
    isFinal: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    return persistently(() => this.#once(request, signal), {
      clock: this.#clock,
      signal,
      isFinal: (error) => this.#closing.signal.aborted || isRefused(error) || isFinal(error),
    });
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#client.destroy();
    return Promise.resolve();
  }

  async #once<T>(request: KinesisRequest<T>, signal: CancelSignal): Promise<T> {
    const late = new AbortController();
    const cancel = this.#clock.timer(REQUEST_MS, () => late.abort());
    const abortSignal = anySignal(signal, late.signal, this.#closing.signal);
    try {
      return await request(this.#client, { abortSignal });
    } finally {
      cancel();
    }
  }
}

/** Whether Kinesis itself refused what was asked, and would again. */
function isRefused(error: unknown): boolean {
  if (error instanceof EntError) return true;
  return error instanceof Error && REFUSALS.has(error.name);
}

const REFUSALS: ReadonlySet<string> = new Set([
  "InvalidArgumentException",
  "ValidationException",
  "SerializationException",
]);
const CONNECT_MS = 1_000;
const ANSWER_MS = 3_000;
/** Ten mebibytes of records may be on their way. */
const REQUEST_MS = 10_000;
