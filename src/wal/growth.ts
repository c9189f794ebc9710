import type { CancelSignal } from "../base/cancel-signal.ts";

/**
 * Wakes followers when the log grows, is closed, or their own signal aborts. A wake that
 * comes while nobody waits is remembered, so none is ever lost between a look at the
 * log's end and the wait.
 */
export class Growth {
  readonly #followers = new Set<Follower>();
  /** Whom {@link wakeFirst} woke last. Kept by itself: it may have gone when the others' turn comes. */
  #first: Follower | undefined;

  /** One per reader; dispose of it when the reader ends. */
  follow(signal: CancelSignal | undefined): Follower {
    const follower = new Follower(signal, () => this.#followers.delete(follower));
    this.#followers.add(follower);
    return follower;
  }

  wakeAll(): void {
    for (const follower of this.#followers) follower.wake();
  }

  /** Wakes the follower that has followed longest, for whom others wait: the applier. */
  wakeFirst(): void {
    [this.#first] = this.#followers;
    this.#first?.wake();
  }

  /** Wakes all but the one that {@link wakeFirst} woke last. */
  wakeOthers(): void {
    for (const follower of this.#followers) if (follower !== this.#first) follower.wake();
  }

  get followerCount(): number {
    return this.#followers.size;
  }
}

class Follower implements Disposable {
  readonly #signal: CancelSignal | undefined;
  readonly #onDispose: () => void;
  readonly wake = (): void => {
    this.#woken = true;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.();
  };
  #woken = false;
  #resolve: (() => void) | undefined;

  constructor(signal: CancelSignal | undefined, onDispose: () => void) {
    this.#signal = signal;
    this.#onDispose = onDispose;
    signal?.addEventListener("abort", this.wake, { once: true });
  }

  get aborted(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** Resolves at the next wake, or at once if one came since the last wait. */
  wait(): Promise<void> {
    if (this.#woken || this.aborted) {
      this.#woken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = () => {
        this.#woken = false;
        resolve();
      };
    });
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.wake);
    this.#onDispose();
    this.wake();
  }
}
