/**
 * A thread for work that would hold up the serving one: started with its first job, ended when it
 * has had none for a while, since a thread that waits has memory of its own, and started anew after
 * it died. Jobs are done in their order; each is plain data, and so is its answer.
 */
import { must } from "./assert.ts";
import type { Clock } from "./clock.ts";
import { hearThread } from "./threads.ts";

/** What goes into the thread. */
export interface ToJobThread<Job> {
  readonly id: number;
  readonly job: Job;
}

/** What comes back. */
export type FromJobThread<Answer> =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly failed: string };

export interface JobThreadOptions {
  readonly start: () => Worker;
  readonly clock: Pick<Clock, "timer">;
}

const IDLE_MS = 10_000;

interface Pending<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class JobThread<Job, Answer> {
  readonly #options: JobThreadOptions;
  readonly #pending = new Map<number, Pending<Answer>>();
  #worker: Worker | undefined;
  #nextId = 1;
  #forgetIdle: (() => void) | undefined;
  #closed = false;

  constructor(options: JobThreadOptions) {
    this.#options = options;
  }

  /** Whether it costs anything at the moment. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Rejects with what the job threw, or that the thread has died; then the job may be given again. */
  run(job: Job): Promise<Answer> {
    if (this.#closed) return Promise.reject(new Error("the thread was closed"));
    this.#forgetIdle?.();
    const worker = this.#worker ?? this.#start();
    // Whoever waits for an answer may have nothing else to do.
    worker.ref();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, job } satisfies ToJobThread<Job>);
    });
  }

  /** Ends the thread; what still runs is rejected. */
  close(): void {
    this.#closed = true;
    this.#end(new Error("the thread was closed"));
  }

  #start(): Worker {
    const worker = this.#options.start();
    const answered = (message: FromJobThread<Answer>) => this.#answered(message);
    hearThread(worker, answered, (why) => {
      if (this.#worker === worker) this.#end(why);
    });
    this.#worker = worker;
    return worker;
  }

  #answered(message: FromJobThread<Answer>): void {
    const pending = must(this.#pending.get(message.id), "an answer is to a job");
    this.#pending.delete(message.id);
    if ("answer" in message) pending.resolve(message.answer);
    else pending.reject(new Error(message.failed));
    this.#lookIdle();
  }

  #lookIdle(): void {
    this.#forgetIdle?.();
    if (this.#pending.size > 0) return;
    this.#worker?.unref();
    this.#forgetIdle = this.#options.clock.timer(IDLE_MS, () =>
      this.#end(new Error("nothing is to be done")),
    );
  }

  #end(why: Error): void {
    this.#forgetIdle?.();
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.terminate();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(why);
  }
}
