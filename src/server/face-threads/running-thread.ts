/**
 * One face thread that runs, as the server's thread sees it, from its start to its end. What
 * the thread asks of the engine ends with it; nobody here ever waits for the thread without
 * also waiting for that end. One that hangs is ended.
 */
import type { Clock } from "../../base/clock.ts";
import { errorFromData } from "../../base/error-data.ts";
import { limits } from "../../base/limits.ts";
import { hearThread } from "../../base/threads.ts";
import type { Engine } from "../../engine/engine.ts";
import { clientGone } from "../../face/interruptions.ts";
import type { TlsMaterial } from "../../face/tls.ts";
import { EngineHost } from "../../link/engine-host.ts";
import type { Beside } from "../../link/messages.ts";
import type { Log } from "../../telemetry/log.ts";
import type { CountedMetrics, Metrics, UnderWay } from "../../telemetry/metrics.ts";
import type { Faces } from "../faces.ts";
import type { FaceThreadStart, FromFaceThread, ToFaceThread } from "./messages.ts";
import { SignsOfLife } from "./signs-of-life.ts";

export interface RunningThreadParts {
  readonly engine: Engine;
  readonly beside: Beside;
  readonly clock: Clock;
  readonly log: Log;
  /** Gets what the thread counts. */
  readonly metrics: Metrics;
}

/** How long a scrape waits for a thread that is busy; its numbers come with the next one. */
const DRAIN_MS = 1_000;
const NOTHING: UnderWay = { requests: 0, connections: 0 };

export class RunningThread {
  readonly #worker: Worker;
  readonly #parts: RunningThreadParts;
  readonly #host: EngineHost;
  readonly #signs: SignsOfLife;
  readonly #started = Promise.withResolvers<Faces["urls"]>();
  readonly #ended = Promise.withResolvers<Error>();
  readonly #stopped = Promise.withResolvers<void>();
  /** Of scrapes that wait, in the order in which they asked. */
  readonly #drains: PromiseWithResolvers<void>[] = [];
  #underWay = NOTHING;
  #isListening = false;
  #isOver = false;

  constructor(worker: Worker, start: Omit<FaceThreadStart, "port">, parts: RunningThreadParts) {
    this.#worker = worker;
    this.#parts = parts;
    const { port1, port2 } = new MessageChannel();
    this.#host = new EngineHost(parts.engine, parts.beside, port1);
    const received = (message: FromFaceThread) => this.#received(message);
    hearThread(worker, received, (why) => this.#end(why));
    // Whoever only waits for its end is not told why it did not start.
    this.#started.promise.catch(() => undefined);
    this.#send({ do: "start", start: { ...start, port: port2 } }, [port2]);
    this.#signs = new SignsOfLife({
      clock: parts.clock,
      ask: () => this.#send({ do: "ping" }),
      silent: () => this.#hangs(),
    });
  }

  /** Resolves when it listens. Rejects with why it cannot, or with why it has ended before. */
  get started(): Promise<Faces["urls"]> {
    return this.#started.promise;
  }

  /** Resolves, once it is over, with why. */
  get ended(): Promise<Error> {
    return this.#ended.promise;
  }

  /** Whether it listens. */
  get serves(): boolean {
    return this.#isListening && !this.#isOver;
  }

  renew(tls: TlsMaterial): void {
    this.#send({ do: "renew", tls });
  }

  /** Resolves when what it has counted is in the server's metrics, or it has had its time. */
  async drainMetrics(): Promise<void> {
    const drain = Promise.withResolvers<void>();
    this.#drains.push(drain);
    this.#send({ do: "drain_metrics" });
    await this.#within(DRAIN_MS, drain.promise);
  }

  /** Has it take nothing new and finish what is under way; ends it at the latest after so long. */
  async stop(withinMs: number): Promise<void> {
    this.#send({ do: "stop" });
    await this.#within(withinMs, this.#stopped.promise);
    this.terminate();
  }

  terminate(): void {
    this.#end(new Error("the server ended the thread"));
  }

  #received(message: FromFaceThread): void {
    switch (message.did) {
      case "start":
        this.#isListening = true;
        return this.#started.resolve(message.urls);
      case "fail":
        return this.#end(errorFromData(message.error));
      case "drain_metrics":
        this.#absorb(message.counted);
        return this.#drains.shift()?.resolve();
      case "ping":
        return this.#signs.answered();
      case "stop":
        this.#absorb(message.counted);
        return this.#stopped.resolve();
      case "log": {
        const { level, area, fields, cause } = message;
        const said = cause === undefined ? fields : { ...fields, cause: errorFromData(cause) };
        return this.#parts.log.logger(area).log(level, message.message, said);
      }
    }
  }

  #absorb(counted: CountedMetrics): void {
    if (this.#isOver) return;
    this.#parts.metrics.absorb(counted, this.#underWay);
    this.#underWay = counted.now;
  }

  #hangs(): void {
    this.#parts.metrics.counter("entdb_face_thread_hangs_total").add();
    this.#end(new Error(`the thread gave no sign of life for ${limits.faceThreadSilentMs} ms`));
  }

  #end(why: Error): void {
    if (this.#isOver) return;
    this.#signs.stop();
    this.#absorb({ counters: [], histograms: [], now: NOTHING });
    this.#isOver = true;
    this.#worker.terminate();
    this.#host.close(clientGone());
    this.#started.reject(why);
    this.#ended.resolve(why);
  }

  #send(message: ToFaceThread, transferred: MessagePort[] = []): void {
    if (!this.#isOver) this.#worker.postMessage(message, transferred);
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    const over = Promise.withResolvers<void>();
    const disarm = this.#parts.clock.timer(ms, over.resolve);
    await Promise.race([work, this.#ended.promise, over.promise]);
    disarm();
  }
}
