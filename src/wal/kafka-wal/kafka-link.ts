import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { persistently } from "../epochs/persistently.ts";
import { KafkaSession } from "./kafka-session.ts";
import type { KafkaSettings } from "./kafka-settings.ts";

/**
 * The way to a partition, however often it breaks: a session at a time, opened when one is
 * needed, thrown away at the first error and opened anew by way of the next broker.
 */
export class KafkaLink {
  readonly #settings: KafkaSettings;
  readonly #topic: string;
  readonly #partition: number;
  readonly #clock: Clock;
  #session: Promise<KafkaSession> | undefined;
  #opened = 0;
  #isClosed = false;

  /** `clock` times the pauses between attempts. */
  constructor(settings: KafkaSettings, topic: string, partition: number, clock: Clock) {
    this.#settings = settings;
    this.#topic = topic;
    this.#partition = partition;
    this.#clock = clock;
  }

  /**
   * Does something with the session, again and again until it works. Rejects with the last error
   * when the signal aborts, or at once when Kafka says that trying again is of no use.
   */
  async persistently<T>(
    use: (session: KafkaSession) => Promise<T>,
    signal: CancelSignal,
  ): Promise<T> {
    return await persistently(() => this.#once(use), {
      clock: this.#clock,
      signal,
      isFinal: (error) => this.#isClosed || isFinal(error),
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drop(this.#session);
  }

  async #once<T>(use: (session: KafkaSession) => Promise<T>): Promise<T> {
    this.#session ??= this.#open();
    const opening = this.#session;
    try {
      return await opening.then(use);
    } catch (error) {
      // Nothing waits for it: a broker that hangs would hold up the way to one that does not.
      if (!(error instanceof EntError)) void this.#drop(opening);
      throw error;
    }
  }

  #open(): Promise<KafkaSession> {
    const { brokers } = this.#settings;
    const first = this.#opened++ % brokers.length;
    const rotated = [...brokers.slice(first), ...brokers.slice(0, first)];
    return KafkaSession.open(this.#settings, rotated, this.#topic, this.#partition);
  }

  async #drop(session: Promise<KafkaSession> | undefined): Promise<void> {
    if (this.#session === session) this.#session = undefined;
    await session?.then((opened) => opened.close()).catch(() => undefined);
  }
}

/** Whether Kafka itself refused what was asked, and would again. */
function isFinal(error: unknown): boolean {
  if (error instanceof EntError) return true;
  for (let at = error; at instanceof Error; at = at.cause) {
    const { name, type, retriable } = at as KafkaError;
    if (name === "KafkaJSProtocolError" && retriable === false) return !PASSING.has(type ?? "");
  }
  return false;
}

/** What kafkajs says of an error that a broker answered. */
interface KafkaError extends Error {
  readonly type?: string;
  readonly retriable?: boolean;
}

/** kafkajs calls these final; they pass, most when somebody puts permissions or passwords right. */
const PASSING: ReadonlySet<string> = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "ILLEGAL_SASL_STATE",
  // A leader that was replaced and does not know it yet; what was removed is asked for apart.
  "OFFSET_OUT_OF_RANGE",
]);
