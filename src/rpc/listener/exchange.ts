import type { Clock } from "../../base/clock.ts";
import { NOWHERE } from "../../base/roster.ts";
import type { FinishedResponse } from "../stock/finish.ts";
import type { Transport } from "../stock/serve.ts";
import type { Connection, Exchange, ExchangePhase } from "./connection.ts";

/** One way of putting an answer on a connection. Callers ask `isGone` first; what throws all the same is ignored when it is. */
export interface AnswerSink {
  readonly isGone: boolean;
  /** Sends the head. With `alone`, nothing follows it: it ends the answer. */
  head(answer: FinishedResponse, alone: boolean): void;
  /** False when the client must read first; {@link drained} tells when it has. */
  write(chunk: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Ends the answer, with its trailer; resolves when the client has it or has gone. */
  end(answer: FinishedResponse): Promise<void>;
  onGone(callback: () => void): void;
  drop(): void;
}

/** One request and its answer on a connection, as the watch sees it and as the stock path writes to it. */
export class HttpExchange implements Exchange, Transport {
  rosterPlace = NOWHERE;
  readonly #sink: AnswerSink;
  readonly #connection: Connection;
  readonly #acceptsMore: () => boolean;
  readonly #clock: Clock;
  #unreadBytes = 0;
  phase: ExchangePhase = "receiving";
  sinceMs: number;

  constructor(
    sink: AnswerSink,
    connection: Connection,
    options: { readonly clock: Clock; readonly acceptsMore: (of: Connection) => boolean },
  ) {
    this.#sink = sink;
    this.#connection = connection;
    this.#clock = options.clock;
    this.#acceptsMore = () => options.acceptsMore(connection);
    this.sinceMs = options.clock.monotonic();
    connection.begin(this);
  }

  /** The whole request has arrived. */
  received(): void {
    if (this.phase === "receiving") this.#enter("answering");
  }

  /** The exchange is over, whatever came of it. */
  closed(): void {
    this.#read();
    this.#connection.end(this, this.#clock.monotonic());
  }

  get acceptsMore(): boolean {
    return this.#acceptsMore();
  }

  onGone(callback: () => void): void {
    this.#sink.onGone(callback);
  }

  async write(answer: FinishedResponse): Promise<void> {
    const sink = this.#sink;
    const chunks = answer.body?.[Symbol.asyncIterator]();
    try {
      // The head goes out after the first chunk is there: until then it may still change.
      let chunk = await chunks?.next();
      if (sink.isGone) return;
      this.#enter("answering");
      const alone = chunk === undefined || chunk.done === true;
      sink.head(answer, alone);
      if (alone) return;
      while (chunk !== undefined && chunk.done !== true) {
        await this.#send(chunk.value);
        if (sink.isGone) return;
        chunk = await chunks?.next();
      }
      if (sink.isGone) return;
      this.#enter("sending");
      await sink.end(answer);
    } catch (error) {
      if (!sink.isGone) throw error;
    } finally {
      await chunks?.return?.();
    }
  }

  drop(): void {
    this.#enter("dropped");
    this.#sink.drop();
  }

  async #send(chunk: Uint8Array): Promise<void> {
    this.#connection.countUnread(chunk.length);
    this.#unreadBytes += chunk.length;
    if (!this.#sink.write(chunk)) {
      this.#enter("sending");
      await this.#sink.drained();
      this.#enter("answering");
    }
    // A stream would else be held to what it sent since it began.
    this.#read();
  }

  #read(): void {
    this.#connection.countUnread(-this.#unreadBytes);
    this.#unreadBytes = 0;
  }

  #enter(phase: ExchangePhase): void {
    this.phase = phase;
    this.sinceMs = this.#clock.monotonic();
  }
}

/** Resolves at the first of these events, or at once when the emitter is past them all. */
export function firstOf(
  emitter: {
    readonly destroyed?: boolean;
    once(event: string, listener: () => void): unknown;
    off(event: string, listener: () => void): unknown;
  },
  ...events: readonly string[]
): Promise<void> {
  return new Promise((resolve) => {
    if (emitter.destroyed === true) return resolve();
    const done = () => {
      for (const event of events) emitter.off(event, done);
      resolve();
    };
    for (const event of events) emitter.once(event, done);
  });
}
