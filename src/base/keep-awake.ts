/**
 * Keeps the calling thread's processor from halting while that waits for something short, such as a
 * sync: from a halt a processor needs longer to come back, above all on a virtual machine, and finds
 * its caches cold. A thread of the idle priority uses it meanwhile, which any other thread
 * of the machine pushes aside at once.
 *
 * That thread is there once waits have come close on each other, and only on Linux, where no quota
 * limits what the process may use; while they do not, it sleeps. Without it nothing happens.
 */
import {
  ASLEEP,
  type AwakeRefusal,
  type AwakeStart,
  awakeWords,
  CLOSED,
  NOT_WANTED,
  PROCESSOR,
  STATE,
  WANTED,
} from "./awake-words.ts";
import type { Clock } from "./clock.ts";
import { type LinuxCalls, linuxCalls } from "./linux-calls.ts";
import { hearThread } from "./threads.ts";

// Put in by the build (scripts/compile.ts): where the thread's code lies inside the executable.
declare const ENTDB_AWAKE_THREAD: string | undefined;

const THREAD_PATH =
  typeof ENTDB_AWAKE_THREAD === "string" ? ENTDB_AWAKE_THREAD : "./awake-thread.ts";

export interface KeepAwakeOptions {
  /** How long the processor stays awake behind a wait; 0: nothing is done at all. */
  readonly forMs: number;
  readonly clock: Pick<Clock, "monotonic">;
  /** How the thread is started. Defaults to one that runs `awake-thread.ts`; a test may do worse. */
  readonly start?: (() => Worker) | undefined;
}

/** Tells a thread when to keep the processor awake, once there is reason to have it; the head of the file says why. */
export class KeepAwake {
  readonly #forMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #start: () => Worker;
  #calls: LinuxCalls | undefined;
  /** Started once at most. */
  #thread: Worker | undefined;
  readonly #words = awakeWords();
  /** There is no thread, and none is to be. */
  #isOff: boolean;
  #closeWaits = 0;
  #endedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ forMs, clock, start = startThread }: KeepAwakeOptions) {
    this.#forMs = forMs;
    this.#clock = clock;
    this.#start = start;
    this.#isOff = forMs === 0;
  }

  /** A wait begins, on this thread or on another that wakes this one when it is over. */
  begin(): void {
    if (this.#isOff) return;
    if (this.#thread === undefined) this.#notice();
    else if (this.#calls !== undefined) wake(this.#words, this.#calls);
  }

  /** It is over. */
  end(): void {
    if (this.#isOff) return;
    if (this.#thread === undefined) this.#endedAtMs = this.#clock.monotonic();
    else Atomics.store(this.#words, STATE, NOT_WANTED);
  }

  /** Ends the thread; there will be no other. Idempotent. */
  close(): void {
    this.#isOff = true;
    this.#endThread();
  }

  /** Starts a thread once waits come so close on each other that it would stay awake in between. */
  #notice(): void {
    const isClose = this.#clock.monotonic() - this.#endedAtMs < this.#forMs;
    this.#closeWaits = isClose ? this.#closeWaits + 1 : 0;
    if (this.#closeWaits < CLOSE_WAITS) return;
    this.#calls = linuxCalls();
    if (this.#calls === undefined) this.#isOff = true;
    else this.#startThread();
  }

  #startThread(): void {
    const thread = this.#start();
    thread.unref();
    const gone = () => this.close();
    // One that refuses or dies by itself would do so again.
    hearThread<AwakeRefusal>(thread, gone, gone);
    this.#thread = thread;
    thread.postMessage({ words: this.#words, forMs: this.#forMs } satisfies AwakeStart);
  }

  #endThread(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    Atomics.store(this.#words, STATE, CLOSED);
    // It does not hear of its end while the system holds it.
    this.#calls?.wake(this.#words);
    thread?.terminate();
  }
}

function wake(words: Int32Array, calls: LinuxCalls): void {
  Atomics.store(words, PROCESSOR, calls.currentProcessor());
  Atomics.store(words, STATE, WANTED);
  if (Atomics.load(words, ASLEEP) === 1) calls.wake(words);
}

/** So many close waits in a row show that there will be more. */
export const CLOSE_WAITS = 64;

function startThread(): Worker {
  return new Worker(new URL(THREAD_PATH, import.meta.url).href);
}
