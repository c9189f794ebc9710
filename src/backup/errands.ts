import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";

/** Something that is done now and then, whose failure is told and which is then due again. */
export interface Errand {
  /** Under which its failure is told. */
  readonly name: string;
  readonly everyMs: number;
  /** Whether it is due before that. */
  readonly isUrgent?: () => boolean;
  readonly run: (signal: CancelSignal) => Promise<void>;
}

export interface ErrandsOptions {
  readonly errands: readonly Errand[];
  readonly clock: Clock;
  readonly failed: (name: string, error: unknown) => void;
  readonly succeeded: (name: string) => void;
}

/** Runs each errand in the background when its time has come, at most once at a time. */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #endedAt = new Map<Errand, number>();
  readonly #running = new Map<Errand, Promise<void>>();

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /** Starts those that are due. */
  look(signal: CancelSignal): void {
    const { errands, clock } = this.#options;
    for (const errand of errands) {
      const endedAt = this.#endedAt.get(errand) ?? Number.NEGATIVE_INFINITY;
      const isDue = clock.monotonic() - endedAt >= errand.everyMs || errand.isUrgent?.() === true;
      if (this.#running.has(errand) || !isDue) continue;
      this.#running.set(errand, this.#run(errand, signal));
    }
  }

  /** Resolves when none runs. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(errand: Errand, signal: CancelSignal): Promise<void> {
    const { clock, failed, succeeded } = this.#options;
    try {
      await errand.run(signal);
      succeeded(errand.name);
    } catch (error) {
      if (!signal.aborted) failed(errand.name, error);
    }
    this.#endedAt.set(errand, clock.monotonic());
    this.#running.delete(errand);
  }
}
