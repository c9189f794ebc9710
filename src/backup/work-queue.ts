import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";

/** Something to be done for a tenant, which no position may pass before it is done. */
export interface Job {
  readonly tenantId: string;
  /** The first record that depends on it. */
  readonly offset: number;
  /** Memory that it holds until then. */
  readonly bytes: number;
  /** Tried again, with back-off, until it resolves. */
  readonly run: (signal: CancelSignal) => Promise<void>;
}

export interface WorkQueueOptions {
  /** Tenants that are worked for at once. */
  readonly atOnce: number;
  readonly clock: Clock;
  readonly signal: CancelSignal;
  readonly failed: (tenantId: string, error: unknown) => void;
  readonly succeeded: (tenantId: string) => void;
}

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 30_000;

/**
 * Jobs of many tenants: those of one tenant in their order, one after the other; those of
 * several side by side. A job that fails holds up its own tenant, and a place, until it succeeds
 * or the signal aborts.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #jobs = new Map<string, Job[]>();
  /** Tenants whose turn has not come, in order. */
  readonly #waiting: string[] = [];
  readonly #running = new Set<Promise<void>>();
  #size = 0;
  #bytes = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Jobs that wait or run. */
  get size(): number {
    return this.#size;
  }

  /** Memory that they hold. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first record that depends on a job; Infinity when there is none. */
  get lowestOffset(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const [first] of this.#jobs.values()) lowest = Math.min(lowest, first?.offset ?? lowest);
    return lowest;
  }

  add(job: Job): void {
    const jobs = this.#jobs.get(job.tenantId);
    this.#size += 1;
    this.#bytes += job.bytes;
    if (jobs !== undefined) {
      jobs.push(job);
      return;
    }
    this.#jobs.set(job.tenantId, [job]);
    this.#waiting.push(job.tenantId);
    this.#startNext();
  }

  /** Resolves when a job is done, or nothing runs. */
  async progress(): Promise<void> {
    const { size } = this;
    while (this.#running.size > 0 && this.#size >= size && !this.#options.signal.aborted) {
      await Promise.race(this.#running);
    }
  }

  /** Resolves when nothing runs any more. To be called after the signal has aborted. */
  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  #startNext(): void {
    const { atOnce, signal } = this.#options;
    while (this.#running.size < atOnce && !signal.aborted) {
      const tenantId = this.#waiting.shift();
      if (tenantId === undefined) return;
      const running = this.#runFirst(tenantId).finally(() => {
        this.#running.delete(running);
        this.#startNext();
      });
      this.#running.add(running);
    }
  }

  /** Does a tenant's first job, and puts the tenant at the end of the row if it has more. */
  async #runFirst(tenantId: string): Promise<void> {
    const jobs = this.#jobs.get(tenantId) ?? [];
    const [job] = jobs;
    if (job === undefined || !(await this.#succeeds(job))) return;
    jobs.shift();
    this.#size -= 1;
    this.#bytes -= job.bytes;
    if (jobs.length === 0) this.#jobs.delete(tenantId);
    else this.#waiting.push(tenantId);
  }

  /** Whether the job was done before the signal aborted. */
  async #succeeds({ tenantId, run }: Job): Promise<boolean> {
    const { clock, signal, failed, succeeded } = this.#options;
    let pauseMs = BACKOFF_FIRST_MS;
    while (!signal.aborted) {
      try {
        await run(signal);
        succeeded(tenantId);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        failed(tenantId, error);
      }
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, BACKOFF_MAX_MS);
    }
    return false;
  }
}
