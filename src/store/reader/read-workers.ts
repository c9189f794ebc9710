/**
 * The pool of read workers. Threads start with the first job that needs one, so that a
 * server that only reads by key never pays for them.
 */
import { abortable, type Settle } from "../../base/abortable.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { errorFromData } from "../../base/error-data.ts";
import { EntError, serverStopping } from "../../base/errors.ts";
import { NumberMap } from "../../base/number-map.ts";
import { hearThread } from "../../base/threads.ts";
import type { FromReadWorker, ReadAnswers, ReadFile, ReadWork, ToReadWorker } from "./read-job.ts";

// Put in by the build (scripts/build.ts): where the thread's code lies inside the executable.
declare const ENTDB_READ_WORKER: string | undefined;

const WORKER_PATH = typeof ENTDB_READ_WORKER === "string" ? ENTDB_READ_WORKER : "./read-worker.ts";

export interface ReadWorkersOptions {
  readonly threads: number;
  /** Jobs of one tenant's file that may wait or run at once; more are refused as OVERLOADED. */
  readonly jobsPerFile: number;
  /** How a thread is started. Defaults to {@link startReadWorker}; a test may do worse. */
  readonly start?: (() => Worker) | undefined;
}

/** A thread that runs `read-worker.ts`. */
export function startReadWorker(): Worker {
  return new Worker(new URL(WORKER_PATH, import.meta.url).href);
}

interface Pending {
  readonly worker: number;
  readonly file: string;
  readonly settle: Settle<never>;
}

/** The pool. */
export class ReadWorkers {
  readonly #options: ReadWorkersOptions;
  readonly #workers: (Worker | undefined)[] = [];
  readonly #pending = new NumberMap<Pending>();
  readonly #loads: number[] = [];
  readonly #jobsOfFile = new Map<string, number>();
  #nextId = 1;
  #closed = false;

  constructor(options: ReadWorkersOptions) {
    this.#options = options;
    for (let i = 0; i < options.threads; i++) this.#loads.push(0);
  }

  /** Jobs that wait or run now. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Runs the work on the least busy thread. Rejects with the work's `EntError`, with
   * OVERLOADED when the file has too many jobs, and with the signal's reason when that
   * comes first (the work is cancelled between two slices).
   */
  run<K extends keyof ReadAnswers>(
    file: ReadFile,
    work: ReadWork & { kind: K },
    signal: CancelSignal,
  ): Promise<ReadAnswers[K]> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const jobs = this.#jobsOfFile.get(file.path) ?? 0;
    if (this.#closed) return Promise.reject(serverStopping());
    if (jobs >= this.#options.jobsPerFile) return Promise.reject(overloaded());
    this.#jobsOfFile.set(file.path, jobs + 1);
    const id = this.#nextId++;
    const worker = this.#leastBusy();
    this.#loads[worker] = (this.#loads[worker] ?? 0) + 1;
    return abortable<ReadAnswers[K]>(signal, (settle) => {
      this.#pending.set(id, { worker, file: file.path, settle: settle as Settle<never> });
      this.#send(worker, { do: "run", job: { id, file, work } });
      return () => {
        // Still pending here means that the signal came first.
        if (this.#end(id) !== undefined) this.#send(worker, { do: "cancel", id });
      };
    });
  }

  /** Ends the threads that have nothing to do now, and so what they hold; the next job starts one again. */
  release(): void {
    for (const [index, worker] of this.#workers.entries()) {
      if (this.#loads[index] !== 0) continue;
      this.#workers[index] = undefined;
      worker?.terminate();
    }
  }

  /** Ends all threads; what still runs is rejected. */
  close(): void {
    this.#closed = true;
    for (const worker of this.#workers) worker?.terminate();
    for (const [id] of this.#pending.entries()) this.#end(id)?.settle.reject(serverStopping());
  }

  #leastBusy(): number {
    let best = 0;
    for (const [i, load] of this.#loads.entries()) {
      if (load < (this.#loads[best] ?? 0)) best = i;
    }
    return best;
  }

  #send(index: number, message: ToReadWorker): void {
    const worker = this.#workers[index] ?? this.#start(index);
    worker.postMessage(message);
  }

  #start(index: number): Worker {
    const worker = (this.#options.start ?? startReadWorker)();
    const answered = (message: FromReadWorker) => this.#answered(message);
    hearThread(worker, answered, (why) => this.#died(index, worker, why));
    worker.unref();
    this.#workers[index] = worker;
    return worker;
  }

  #answered(message: FromReadWorker): void {
    const pending = this.#end(message.id);
    if (pending === undefined) return;
    if ("answer" in message) pending.settle.resolve(message.answer as never);
    // With SQLite's code, so that it is sorted like an error of this thread.
    else pending.settle.reject(errorFromData(message.error));
  }

  /** A thread that died takes its jobs with it; the next job starts another. */
  #died(index: number, worker: Worker, why: Error): void {
    if (this.#workers[index] !== worker) return;
    worker.terminate();
    this.#workers[index] = undefined;
    for (const [id, pending] of this.#pending.entries()) {
      if (pending.worker === index) this.#end(id)?.settle.reject(why);
    }
  }

  #end(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    this.#loads[pending.worker] = (this.#loads[pending.worker] ?? 1) - 1;
    const left = (this.#jobsOfFile.get(pending.file) ?? 1) - 1;
    if (left === 0) this.#jobsOfFile.delete(pending.file);
    else this.#jobsOfFile.set(pending.file, left);
    return pending;
  }
}

function overloaded(): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "OVERLOADED",
    message: "Too many queries of this tenant are waiting for a read worker.",
    hint: "Try again in a moment, or use a query that an index serves.",
    retryable: true,
  });
}
