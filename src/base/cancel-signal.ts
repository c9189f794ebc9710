/**
 * Whether what somebody asked for is still wanted: what all work that can be ended looks at. An
 * `AbortSignal` is one. The signal of a call is not: to make the runtime's and to listen to it
 * twice took a twentieth to a tenth of the processor time of a durable write, and hardly any call
 * is ever ended.
 */
export interface CancelSignal<Reason = unknown> {
  readonly aborted: boolean;
  /** Why, once `aborted`: what the work then throws. Undefined before. */
  readonly reason: Reason | undefined;
  /** Throws `reason` once `aborted`. */
  throwIfAborted(): void;
  /** Calls back when that happens, once, in the turn in which it happens. The listener must not throw. */
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A signal, and the way to end what listens to it with a reason. For one call, or whatever is as short and as frequent. */
export class CancelSource<Reason = unknown> implements CancelSignal<Reason> {
  #aborted = false;
  #reason: Reason | undefined;
  /** Most are never listened to, or by one. */
  #listeners: (() => void)[] | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): Reason | undefined {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (this.#aborted) return;
    if (this.#listeners === undefined) this.#listeners = [listener];
    else if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const place = this.#listeners?.lastIndexOf(listener) ?? -1;
    if (place >= 0) this.#listeners?.splice(place, 1);
  }

  /** The first reason stands. */
  abort(reason: Reason): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    // One that is taken away by another on the way is not called.
    for (let next = this.#listeners?.shift(); next !== undefined; next = this.#listeners?.shift()) {
      next();
    }
  }
}

export function isCancelSignal(value: unknown): value is CancelSignal {
  return value instanceof CancelSource || value instanceof AbortSignal;
}

/** Ends when the first of them does, with its reason: what the runtime and libraries take. */
export function anySignal(...signals: readonly CancelSignal[]): AbortSignal {
  return AbortSignal.any(signals.map(nativeSignal));
}

/** The same as what the runtime and libraries take. */
export function nativeSignal(signal: CancelSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}
