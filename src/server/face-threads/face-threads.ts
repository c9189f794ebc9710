/**
 * The face threads of a server: starts them, starts again what has died, stops them. They
 * share the two ports, and memory for what must hold for all of them together: limits, rates,
 * and how old what they remember of the catalog and its keys is.
 *
 * A thread that dies takes its connections with it. Other threads, and the engine, go on;
 * the system gives new connections to those that still listen.
 */
import { availableParallelism } from "node:os";
import type { Authenticator } from "../../access/authenticate.ts";
import { must } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { SharedCounts } from "../../base/counts.ts";
import type { Random } from "../../base/random.ts";
import type { Config } from "../../config/options.ts";
import { faceCountsShape } from "../../face/counts.ts";
import type { TlsSource } from "../../face/tls.ts";
import type { Beside } from "../../link/messages.ts";
import { PublishedViews } from "../../store/published-views.ts";
import { ViewBoard } from "../../store/view-board.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { SharedRateBuckets } from "../../tenant/shared-rate-buckets.ts";
import type { Faces } from "../faces.ts";
import type { Partition } from "../partition.ts";
import { claimPorts } from "./claim-ports.ts";
import type { SharedMemory } from "./messages.ts";
import { facePollUs } from "./own-processors.ts";
import { RunningThread } from "./running-thread.ts";

// Put in by the build (scripts/compile.ts): where the thread's code lies inside the executable.
declare const ENTDB_FACE_THREAD: string | undefined;

const THREAD_PATH = typeof ENTDB_FACE_THREAD === "string" ? ENTDB_FACE_THREAD : "./face-thread.ts";

export interface FaceThreadsParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly partition: Partition;
  readonly authenticator: Authenticator;
  readonly tls: TlsSource | undefined;
  /** Defaults to {@link startFaceThread}. */
  readonly startFaceThread?: (() => Worker) | undefined;
}

/** Before a thread that has died is started again: at first, and at most. */
const PAUSE_FIRST_MS = 10;
const PAUSE_MAX_MS = 5_000;
/** One that has lived so long did not die of how it was started. */
const STEADY_MS = 10_000;
/** What a thread gets to stop beyond the grace that it gives its calls. */
const STOP_MS = 3_000;

export class FaceThreads {
  readonly #config: Config;
  readonly #parts: FaceThreadsParts;
  readonly #logger: Logger;
  readonly #memory: SharedMemory;
  readonly #counts: SharedCounts;
  readonly #views: PublishedViews;
  readonly #threads: RunningThread[] = [];
  readonly #stopping = new AbortController();

  constructor(config: Config, parts: FaceThreadsParts) {
    this.#config = config;
    this.#parts = parts;
    this.#logger = parts.log.logger("faces");
    const shape = faceCountsShape(config.faceThreads);
    this.#memory = {
      counts: new SharedArrayBuffer(SharedCounts.bytes(shape)),
      rates: new SharedArrayBuffer(SharedRateBuckets.bytes),
      ratesSeed: Buffer.from(parts.random.bytes(8)).readBigUInt64LE(),
      views: new SharedArrayBuffer(ViewBoard.bytes(config.openTenants)),
      systemVersion: systemVersionOf(parts.partition),
    };
    const { stores, applied } = parts.partition;
    const board = new ViewBoard(this.#memory.views);
    this.#views = new PublishedViews(board, config.openTenants, stores, applied);
    this.#counts = new SharedCounts(this.#memory.counts, shape);
  }

  /** Resolves with where they listen when all do. Rejects with why one cannot; then none runs. */
  async start(): Promise<Faces["urls"]> {
    const { host, grpcPort, httpPort, faceThreads } = this.#config;
    const ports = await claimPorts(host, [grpcPort, httpPort]);
    const config = {
      ...this.#config,
      grpcPort: ports[0],
      httpPort: ports[1],
      idlePollUs: facePollUs(this.#config, availableParallelism()),
    };
    for (let i = 0; i < faceThreads; i++) this.#threads.push(this.#begin(config, i));
    const [urls] = await Promise.all(this.#threads.map((thread) => thread.started)).catch(
      (error: unknown) => {
        for (const thread of this.#threads) thread.terminate();
        throw error;
      },
    );
    this.#parts.tls?.onRenewed((tls) => {
      for (const thread of this.#threads) thread.renew(tls);
    });
    this.#parts.metrics.sample("entdb_face_threads", () => this.#serving);
    for (let i = 0; i < faceThreads; i++) void this.#keep(config, i);
    return must(urls, "there is at least one thread");
  }

  /** Takes nothing new in any thread, lets what is under way finish within the grace, then ends them. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const withinMs = this.#config.shutdownGraceMs + STOP_MS;
    await Promise.all(this.#threads.map((thread) => thread.stop(withinMs)));
  }

  get #serving(): number {
    return this.#threads.filter((thread) => thread.serves).length;
  }

  /** Starts the thread again whenever it has ended, until the server stops. Never rejects. */
  async #keep(config: Config, index: number): Promise<void> {
    const { clock, metrics } = this.#parts;
    const { signal } = this.#stopping;
    const restarts = metrics.counter("entdb_face_thread_restarts_total");
    let pauseMs = PAUSE_FIRST_MS;
    let thread = must(this.#threads[index], "a thread is kept that was begun");
    let begunAt = clock.monotonic();
    while (!signal.aborted) {
      const cause = await thread.ended;
      this.#counts.clear(index);
      if (signal.aborted) return;
      this.#logger.error("a face thread ended; it is started again", { thread: index, cause });
      if (clock.monotonic() - begunAt > STEADY_MS) pauseMs = PAUSE_FIRST_MS;
      await clock.sleep(pauseMs, signal);
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
      begunAt = clock.monotonic();
      restarts.add();
      thread = this.#begin(config, index);
      this.#threads[index] = thread;
    }
  }

  #begin(config: Config, thread: number): RunningThread {
    const { partition, tls, startFaceThread: start = startFaceThread } = this.#parts;
    const { engine } = partition;
    return new RunningThread(
      start(),
      {
        ...{ config, thread, memory: this.#memory, tls: tls?.current },
        log: { logId: partition.wal.logId, partition: partition.wal.partition },
        systemFile: partition.stores.system.file,
      },
      { ...this.#parts, engine, beside: this.#beside() },
    );
  }

  #beside(): Beside {
    const { authenticator, partition } = this.#parts;
    return {
      identify: (authorization, peer) => authenticator.identify(authorization, () => peer),
      actedFor: (asker) => authenticator.actedFor(asker),
      metricsText: () => this.#metricsText(),
      // The faces open when everything that was durable is applied.
      isReady: () => partition.wal.unavailable === undefined,
      monotonicMs: () => this.#parts.clock.monotonic(),
      publishView: (tenantId) => this.#views.publish(tenantId),
    };
  }

  /** With what every thread has counted by now. */
  async #metricsText(): Promise<string> {
    await Promise.all(this.#threads.map((thread) => thread.drainMetrics()));
    return await this.#parts.metrics.render();
  }
}

/** A thread that runs `face-thread.ts`. */
export function startFaceThread(): Worker {
  return new Worker(new URL(THREAD_PATH, import.meta.url).href);
}

/** Memory that holds, from now on, the version of the view of `_system`. */
function systemVersionOf({ stores }: Partition): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const version = new Int32Array(memory);
  const tell = () => Atomics.store(version, 0, stores.system.membershipVersion);
  stores.system.onVersionChanged = tell;
  tell();
  return memory;
}
